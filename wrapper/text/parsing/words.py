"""What a name says about its number: the words of metrics, counters, times, rates and settings."""

import re
from functools import lru_cache

EPOCHS = frozenset("epoch epochs ep".split())
# From the best to the least: of several in one line the first is the step.
STEPS = (
    "global_step total_timesteps num_timesteps step steps iter iteration iterations iters it num_updates update updates"
    " timestep timesteps round generation gen trial episode pass batch mb batches minibatch nr iterat"
    " micro_step batch_id batch_idx training_iteration local_step tree time_step time_steps up iterate counter"
).split()
STEP_RANK = {name: rank for rank, name in enumerate(STEPS)}
SECTIONS = frozenset("train training val valid validation test testing eval evaluation dev holdout heldout".split())
METRICS = frozenset(
    "loss losses acc accuracy error err f1 auc auroc auprc roc ap map ar iou miou dice jaccard precision recall"
    " ppl perplexity bpb bpc bleu rouge meteor wer cer ter chrf reward rewards return returns score scores"
    " lr mse rmse mae mape smape mdape rmsle r2 logloss nll xent ce bce kl elbo entropy likelihood"
    " cost objective fitness deviance inertia gnorm gradnorm grad psnr ssim fid lpips mfu mcc kappa ndcg mrr hits"
    " spearman pearson correlation sse residual perp specificity sensitivity coverage duality logp"
    " evidence metric improve epret hit recon commit advantage vloss ploss energy wpe ece brier"
    " l1 l2 lossv losspi top1 top5 prec1 prec5 acc1 acc5 inception bestfit vvals"
    " wss silhouette impurity gini regret value hypervolume td explained throughput bound"
    " acceptance autocorrelation correct rms".split()
)
SETTINGS = frozenset(
    "size sizes num number batch_size lr_scheduler warmup seed max min_lr max_lr layers heads dim dims hidden"
    " depth width vocab dropout momentum decay weight_decay beta beta1 beta2 betas eps gamma workers"
    " devices gpus world rank nranks nodes params parameters param count total limit budget patience threshold"
    " interval port pid version bytes memory mem alloc allocated reserved images samples examples tokens rows"
    " columns classes features length block context bits precision_bits scheduler optimizer resolution height"
    " channels kernel stride cutoff window buffer capacity jobs threads cores processes retries timeout level"
    " verbosity line lines row col column padding clip tolerance tol smoothing temperature sents bsz folds fits"
    " candidates documents words labels points bins leaves estimators progress draw draws mom support instances"
    " positive negative used warnings failed passed errors id index elements records files file dataset shape"
    " weights every per_device accumulation cuda cpu gpu tpu device thresh packet packets".split()
)
TIMES = frozenset(
    "time times timing eta elapsed remaining seconds second sec secs minutes minute hours hour ms dt dur"
    " duration wall runtime latency reader date clock took walltime".split()
)
TIMES_IN_TWO = frozenset("data batch_cost data_cost reader_cost avg_batch_cost avg_reader_cost".split())
DURATIONS = frozenset("dur duration durations".split())
STATISTICS = frozenset("avg mean average std stdev min max median stderr var sum best last final current total".split())
PROSE = frozenset(
    "the a an of for with from to in on by and or at after before this that your you will be was were are has have"
    " than using into which when if not can could should would per".split()
)

NOT_COUNTING = frozenset("max min search without this no number in".split())
TOTALS = frozenset("min_delta n_epoch n_epochs n_iter n_iters n_iterations n_steps".split())
ORDINALS = SECTIONS | frozenset("number no nr num index idx id loaded".split())
GROUPS = SECTIONS | frozenset("time progress global trainer charts general rollout".split())
LENGTHS = frozenset("length count used".split())
AT_NUMBER = re.compile(r"\w@\d{1,4}$")
WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")
LETTERS = re.compile(r"(?=\d)")  # of `fid50k` the first three
CAMEL = re.compile(r"[a-z][A-Z]")


@lru_cache(4096)
def split(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `TrainLoss`, `train_loss` and `train loss` have the same."""
    plain = [word for word in re.split(r"[\W_]+", name) if word]
    if CAMEL.search(name):
        plain = [part for word in plain for part in ([word] if word.islower() else WORDS.findall(word) or [word])]
    return tuple(word.lower() for word in plain)


@lru_cache(4096)
def role(name: str) -> str:
    """What its words say that a number of this name is.

    One of `epoch`, `step`, `metric`, `setting`, `time`, `rate`, and `other` where they say nothing.
    """
    words = split(name.partition("(")[0] or name) or split(name)
    if not words:
        return "other"
    last, joined = words[-1], "_".join(words)
    if "/s" in name.lower() or "fps" in words or "per_s" in joined or (joined.endswith("_sec") and "time" not in words):
        return "rate"
    if "/" in name and words[0] not in GROUPS and joined not in STEP_RANK and last in {*EPOCHS, *STEPS}:
        return "time" if TIMES & {*words} else "other"
    is_counter = last in {*EPOCHS, *STEPS} and joined not in STEP_RANK
    if joined in TOTALS or (is_counter and not NOT_COUNTING.isdisjoint(words)):
        return "setting"
    is_counted = last in EPOCHS and "in" not in words and not is_of_epoch(name, words)
    if is_counted or joined == "e" or (words[0] in EPOCHS and ORDINALS.issuperset(words[1:])):
        return "epoch"
    if joined in STEP_RANK:
        return "step"
    if (TIMES & {*words} and not is_of_durations(words)) or joined in TIMES_IN_TWO:
        return "time"
    is_metric = is_measured(name, words)
    if last in STEP_RANK and not is_metric:
        return "step"
    if is_metric:
        return "setting" if last in SETTINGS - STATISTICS - LENGTHS or words[0] in SETTINGS - STATISTICS else "metric"
    return "other" if last in STATISTICS or SETTINGS.isdisjoint(words) else "setting"


def is_of_durations(words: tuple[str, ...]) -> bool:
    """Whether it is the loss of a model that foretells durations, and no time itself."""
    return "loss" in words and not DURATIONS.isdisjoint(words)


def is_of_epoch(name: str, words: tuple[str, ...]) -> bool:
    """Whether it is a metric over an epoch, as in `train_loss_epoch`."""
    return len(words) > 1 and " " not in name and is_measured("_".join(words[:-1]), words[:-1])


def is_measured(name: str, words: tuple[str, ...]) -> bool:
    """Whether a word of the name is one of a metric: `AP50` and `P@1` too."""
    if "std" in words and "err" in words:
        return False
    if {"best", "final"} & {*words} and SECTIONS & {*words} and {*words} <= SECTIONS | STATISTICS:
        return True
    if (words[-1] in LENGTHS and {"episode", "ep"} & {*words}) or words == ("r", "2"):
        return True
    if not METRICS.isdisjoint(words) or (words[-1] == "rate" and "learning" in words) or words[-1] == "norm":
        return True
    return bool(AT_NUMBER.search(name)) or any(LETTERS.split(word, 1)[0] in METRICS for word in words)


def step_rank(name: str) -> int:
    """How well a counter of this name tells the step: the lower, the better."""
    words = split(name)
    return min(STEP_RANK.get("_".join(words), 99), STEP_RANK.get(words[-1], 99) if words else 99)


def is_section(text: str) -> bool:
    """Whether `text` only says on which data what follows was measured: `Test set`, `val`, `DEV`."""
    words = split(text)
    return (
        bool(words)
        and words[0] in SECTIONS
        and all(word in SECTIONS or word in ("set", "error", "results", "result", "data", "metrics") for word in words)
    )


def has_section(name: str) -> bool:
    """Whether the name itself says on which data it was measured."""
    return not SECTIONS.isdisjoint(split(name))


def first_word(name: str) -> str:
    """The first word of a name; "" where it is that of the training."""
    words = split(name)
    return "" if not words or words[0] in ("train", "training") else words[0]
