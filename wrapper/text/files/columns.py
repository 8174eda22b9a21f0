"""What the columns of a log are: its step, its epoch, its time, what it was measured on, and the metrics."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from wrapper.text.files.facts import Fact, Number, as_count
from wrapper.text.names import tidy_name

# From the best to the least: of several columns the first is the step.
STEPS = (
    "global_step total_timesteps num_timesteps timesteps timestep total_steps total_env_steps env_steps train_step step"
    " steps num_updates updates update iteration iterations iter iters training_iteration round generation gen episode"
    " episodes trial it batch batch_idx"
).split()
STEP_RANK = {name: rank for rank, name in enumerate(STEPS)}
WEAK_STEPS = frozenset("it batch batch_idx trial gen".split())  # also the name of much that is no log
EPOCHS = frozenset(("epoch", "epochs"))
TIMES = frozenset("time timestamp wall_time walltime datetime date ts created_at".split())
SPLITS = frozenset("mode split phase stage subset".split())
TRAIN = frozenset(("train", "training"))
SECTIONS = TRAIN | frozenset("val valid validation test testing eval evaluation dev holdout".split())
# Columns of tables about single things, not of logs.
RECORDS = re.compile(
    r"(.*_)?(id|ids|idx|index|uuid|name|names|file|files|filename|filenames|path|paths|url|image|images|text|prompt|prompts"
    r"|completion|completions|question|answer|answers|label|labels|target|targets|class|classes|y|y_true|y_pred|pred|preds"
    r"|prediction|predictions|predicted|prob|probs|probability|logit|logits|token|tokens|user|item|query|document|sample"
    r"|sentence|species|category|truth|ground_truth)"
)
AT_A_TIME = (1e8, 5e9)  # Unix times; less than that is counted from the start of something.


@dataclass(frozen=True)
class Columns:
    """The names of a table by what they are; None where there is none of the kind."""

    names: tuple[str, ...]
    step: str | None
    epoch: str | None
    time: str | None
    split: str | None

    @property
    def has_counter(self) -> bool:
        """Whether something counts that only counts in logs."""
        return self.epoch is not None or (self.step is not None and plain(self.step) not in WEAK_STEPS)

    @property
    def speaks_of_things(self) -> bool:
        """Whether a column says of what single thing a row is."""
        return any(RECORDS.fullmatch(plain(name)) for name in self.names)


@lru_cache(256)
def know_columns(names: tuple[str, ...]) -> Columns:
    """Tell the columns apart by their names."""
    steps = [name for name in names if plain(name) in STEP_RANK]
    return Columns(
        names,
        min(steps, key=lambda name: STEP_RANK[plain(name)], default=None),
        next((name for name in names if plain(name) in EPOCHS), None),
        next((name for name in names if plain(name) in TIMES), None),
        next((name for name in names if plain(name) in SPLITS), None),
    )


@lru_cache(4096)
def plain(name: str) -> str:
    """A column's name for comparing: `time/total_timesteps`, `Total Timesteps` and `_step` mean what their ends say."""
    words = re.sub(r"[\s\-.]+", "_", name.strip().lower().rpartition("/")[2]).strip("_#")
    first, _, rest = words.partition("_")
    return rest if first in SECTIONS and rest in ("num_updates", "iter", "iteration", "global_step") else words


@dataclass
class Counting:
    """The step of each row of one file: as it says itself, or counted where it says none."""

    rows: int = 0
    _last: Number | None = None
    _epoch: Number | None = None
    _base: Number = 0
    _has_steps: bool = field(default=False)

    def place(self, step: Number | None, epoch: Number | None, is_side: bool = False) -> Number:
        """Where a row stands. A step that begins again with every epoch is counted on; what was measured beside
        the training, and counted for itself, stands where the training is."""
        self.rows += 1
        if step is None:
            if self._has_steps and self._last is not None:
                return self._base + self._last
            return epoch if isinstance(epoch, int) and not self._has_steps else self.rows
        if self._last is not None and step < self._last:
            if self._epoch is not None and epoch is not None and epoch > self._epoch and not is_side:
                self._base += self._last
            elif is_side:
                return self._base + self._last
        self._has_steps, self._last = True, step
        self._epoch = self._epoch if epoch is None else epoch
        return self._base + step


def make_row(
    values: dict[str, object], columns: Columns, counting: Counting, since: float | None = None
) -> Fact | None:
    """The row that the numbers of one line are; None when nothing was measured in it.

    `since` is the Unix time from which the time column counts, where the file says so.
    """
    section = str(values.get(columns.split, "")).strip().lower() if columns.split else ""
    step = as_count(values.get(columns.step)) if columns.step else None
    epoch = as_count(values.get(columns.epoch)) if columns.epoch else None
    time = read_time(values.get(columns.time), since) if columns.time else None
    used = {columns.step, columns.epoch, columns.split, columns.time if time is not None else None}
    row = {tidy_name(name): value for name, value in values.items() if name not in used and tidy_name(name)}
    row = {name: value for name, value in row.items() if not isinstance(value, str)}
    if not row:
        return None
    is_side = section in SECTIONS - TRAIN
    place = counting.place(step, epoch, is_side)
    if is_side:
        row = {name if in_section(name) else f"{section}/{name}": value for name, value in row.items()}
    return Fact(row=row, step=place, epoch=epoch, time=time)


def in_section(name: str) -> bool:
    """Whether a name says itself on what it was measured."""
    return re.split(r"[/_.]", name.lower())[0] in SECTIONS


def read_time(value: object, since: float | None) -> float | None:
    """A Unix time; None for a time that is counted from somewhere else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    time = value + (since or 0.0)
    return float(time) if AT_A_TIME[0] < time < AT_A_TIME[1] else None
