"""The options of `wandb run`, in one table: read here before the command starts, and by click for help.

Nothing is imported but names.py, and patterns.py where a pattern is given: this runs in the milliseconds before
somebody's training.
"""

from __future__ import annotations

from wrapper.rundir.names import LONGEST_ID, TAKEN, is_run_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

USAGE = "wandb run [OPTIONS] [--] COMMAND [ARGUMENTS]..."
MODES = ("online", "offline", "dryrun", "disabled")
MODE_MEANS = {
    "online": "online",
    "offline": "offline",
    "dryrun": "offline",
    "disabled": "disabled",
    "off": "disabled",
    "run": "online",  # This and the next are the official client's, and change nothing for us.
    "shared": "online",
}
RESUMES = ("allow", "must", "never", "auto")

CALLED = "What the run is called"
KEPT = "How it is kept"
RUNNING = "How the command runs"
READ = "What is read in its output"
MEASURED = "What is measured of the machine"
ENDED = "When it is ended"

HELP_DIR = "Keep it in DIR/.wandb-wrapper, instead of .wandb-wrapper here."
HELP_MODE = (
    "online, offline (or dryrun): the run is kept on this machine, and online will also send it, once there"
    " is a server to send it to. disabled: the command runs by itself."
)
HELP_RESUME = (
    "With --id: allow (as without it) makes the next attempt of the run if there is one; must and never refuse where"
    " there is none, or is one. auto: go on with the last run of this command here, unless it ended well."
)
HELP_PER_RANK = "Where several processes are started together (srun, torchrun, mpirun): one run for each, grouped."
HELP_PTY = "Give the command a terminal of its own even where its output goes elsewhere."
HELP_LIVE = "Set PYTHONUNBUFFERED=1, so that what Python prints into a pipe arrives at once."
HELP_OWN_OUTPUT = (
    "Where output goes into a file: write it there on the command's behalf, so that what others write into"
    " the same file is told apart. And keep what goes to /dev/null, of which nothing is kept otherwise."
)
HELP_NO_REDACT = (
    "Keep passwords and tokens as they are: of arguments, variables, config files, code, remotes and notes."
)
HELP_SAVE = (
    "Keep the files that this pattern names, such as 'checkpoints/*.pt', as they appear and change. May be given"
    " several times."
)
HELP_METRIC = (
    "Take what stands in this place: 'loss: {loss}, step {step}', or /regex/ with named groups. It goes before what"
    " is found by itself. May be given several times; `wandb parse --metric` shows what it finds."
)
HELP_IGNORE = "Leave the metric of this name out. May be given several times."
HELP_STATS_INTERVAL = "Look at processors, memory, disks and GPUs so often: 2 by default, 0 for never."
HELP_STATS_AVERAGE = (
    "Keep one average of that for so long: 30 by default, less where a rule asks about a shorter time, 0 for none."
)
HELP_ENERGY_PRICE = 'What a kilowatt-hour costs, as in "0.30 EUR": then the run says what its GPUs have cost.'
HELP_NO_PARSE = "Look for no metrics in the output."
HELP_STOP_IF = (
    "End the command when this holds: 'loss is nan', 'val/loss > 10 for 3 rows', 'gpu.util < 5 for 10m', 'no output for"
    " 30m'. Metrics have the names that `wandb show` has, with * for anything, and stand between quotation marks where"
    " they would be read otherwise; cpu, memory, gpu.util, gpu.memory, gpu.temp, gpu.power and system.… are the"
    " machine's, of GPUs the highest of those that it uses. May be given several times."
)
HELP_STOP_AFTER = "End the command when it has run for so long: 90m, 2h, 1d12h."
HELP_STOP_GRACE = (
    "To end it, its processes get SIGTERM, and SIGKILL if they are still there so much later: 30s by default."
)
HELP_STALL_AFTER = (
    "Say that it is stalled after so long without output, metrics, and use of processors and GPUs: 30m by default, 0"
    " for never. It goes on all the same."
)


SHORTEST_STATS_S, LONGEST_STATS_S = 0.1, 86400.0


class UsageError(Exception):
    """The command line cannot be understood; the text says why, and nothing was run."""


class RunOptions:
    """What the options of `wandb run` ask for; None where they do not say.

    `given` has, for each name that was set, the flag as it was written.
    """

    def __init__(self) -> None:
        self.given: dict[str, str] = {}
        self.project: str | None = None
        self.name: str | None = None
        self.id: str | None = None
        self.group: str | None = None
        self.job_type: str | None = None
        self.tags: list[str] | None = None
        self.notes: str | None = None
        self.entity: str | None = None
        self.dir: str | None = None
        self.mode: str | None = None
        self.resume: str | None = None
        self.per_rank: bool | None = None
        self.pty: bool | None = None
        self.live: bool | None = None
        self.own_output: bool | None = None
        self.silent: bool | None = None
        self.metrics: list[str] | None = None
        self.ignore: list[str] | None = None
        self.parse: bool | None = None
        self.stats_interval: float | None = None
        self.stats_average: float | None = None
        self.energy_price: str | None = None
        self.redact: bool | None = None
        self.save: list[str] | None = None
        self.stop_if: list[str] | None = None
        self.stop_after: float | None = None
        self.stop_grace: float | None = None
        self.stall_after: float | None = None
        self.help: bool | None = None
        self.command: list[str] = []


def as_text(text: str) -> str:
    return text


def as_folder(text: str) -> str:
    if not text:
        raise ValueError("an empty word is no directory")
    return text


def as_id(text: str) -> str:
    if not is_run_id(text):
        raise ValueError(
            f'"{text}" cannot be an id, which has 1 to {LONGEST_ID} letters, digits, "_", "." or "-"'
            f' and does not begin with "." or "-"; nor can {", ".join(TAKEN)}'
        )
    return text


def as_tag(text: str) -> list[str]:
    return [text] if text else []


def as_tags(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def as_pattern(text: str) -> list[str]:
    """Raises ValueError, with the place, for one that cannot work."""
    from wrapper.rundir.patterns import BadPattern, read_pattern

    try:
        return [read_pattern(text).text]
    except BadPattern as error:
        raise ValueError(pointed(str(error), text, error.place)) from None


def as_rule(text: str) -> list[str]:
    """Raises ValueError, with the place, for one that cannot be understood."""
    from wrapper.rundir.rules import BadRule, read_rule

    try:
        return [read_rule(text).text]
    except BadRule as error:
        raise ValueError(pointed(str(error), text, error.place)) from None


def as_duration(text: str) -> float:
    from wrapper.rundir.durations import BadDuration, read_duration

    try:
        return read_duration(text)
    except BadDuration as error:
        raise ValueError(pointed(str(error), text, error.place)) from None


def pointed(why: str, text: str, place: int) -> str:
    """What is wrong, and below it the text, with a sign where that shows."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{why}\n  {shown}\n  {' ' * place}^"


def as_seconds(text: str) -> float:
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_STATS_S or 0 < seconds < SHORTEST_STATS_S:
        raise ValueError(
            f'"{text}" is no time in seconds between {SHORTEST_STATS_S} and {LONGEST_STATS_S:.0f}; 0 turns it off'
        )
    return seconds


def as_price(text: str) -> str:
    from wrapper.rundir.prices import read_price

    read_price(text)
    return text


def as_names(text: str) -> list[str]:
    return [text] if text else []


class Option:
    """One option: its flags, and what it sets: to `means`, or to what `read` makes of a value."""

    def __init__(
        self,
        *flags: str,
        sets: str,
        help: str = "",
        section: str = RUNNING,
        value: str = "",
        read: Callable[[str], object] = as_text,
        choices: tuple[str, ...] = (),
        means: object = None,
    ) -> None:
        self.flags, self.sets, self.help, self.section = flags, sets, help, section
        self.value = value  # What help calls the value; empty when it takes none.
        self.read, self.choices, self.means = read, choices, means

    def read_value(self, flag: str, text: str) -> object:
        """What `text` means here; raises UsageError when that is nothing."""
        if self.choices and text not in self.choices:
            raise UsageError(f'{flag} is one of {", ".join(self.choices)}, and not "{text}"')
        try:
            return self.read(text)
        except ValueError as error:
            raise UsageError(f"{flag}: {error}") from None


OPTIONS = (
    Option("--project", sets="project", value="NAME", section=CALLED, help="List the run under this project."),
    Option("--name", sets="name", value="NAME", section=CALLED, help="Instead of two words and a number."),
    Option("--id", sets="id", value="ID", section=CALLED, read=as_id, help="Instead of 8 letters and digits."),
    Option("--group", sets="group", value="NAME", section=CALLED, help="What this run is a part of."),
    Option("--job-type", sets="job_type", value="TYPE", section=CALLED, help="Such as train or eval."),
    Option("--tag", sets="tags", value="TAG", section=CALLED, read=as_tag, help="May be given several times."),
    Option("--tags", sets="tags", value="A,B", section=CALLED, read=as_tags, help="Several tags at once."),
    Option("--notes", sets="notes", value="TEXT", section=CALLED, help="What this run is about."),
    Option("--entity", sets="entity", value="NAME", section=CALLED, help="The user or team it belongs to."),
    Option("--dir", sets="dir", value="DIR", section=KEPT, read=as_folder, help=HELP_DIR),
    Option("--mode", sets="mode", value="MODE", choices=MODES, section=KEPT, help=HELP_MODE),
    Option("--offline", sets="mode", means="offline", section=KEPT, help="The same as --mode offline."),
    Option("--resume", sets="resume", value="WHEN", choices=RESUMES, section=KEPT, help=HELP_RESUME),
    Option("--per-rank", sets="per_rank", means=True, section=KEPT, help=HELP_PER_RANK),
    Option("--no-per-rank", sets="per_rank", means=False),
    Option("--save", sets="save", value="GLOB", read=as_names, section=KEPT, help=HELP_SAVE),
    Option("--no-redact", sets="redact", means=False, section=KEPT, help=HELP_NO_REDACT),
    Option("--redact", sets="redact", means=True, section=KEPT),
    Option("--pty", sets="pty", means=True, help=HELP_PTY),
    Option("--no-pty", sets="pty", means=False),
    Option("--live", sets="live", means=True, help=HELP_LIVE),
    Option("--no-live", sets="live", means=False),
    Option("--own-output", sets="own_output", means=True, help=HELP_OWN_OUTPUT),
    Option("--no-own-output", sets="own_output", means=False),
    Option("--metric", sets="metrics", value="PATTERN", read=as_pattern, section=READ, help=HELP_METRIC),
    Option("--ignore", sets="ignore", value="NAME", read=as_names, section=READ, help=HELP_IGNORE),
    Option("--no-parse", sets="parse", means=False, section=READ, help=HELP_NO_PARSE),
    Option("--parse", sets="parse", means=True, section=READ),
    Option(
        "--stats-interval",
        sets="stats_interval",
        value="SECONDS",
        read=as_seconds,
        section=MEASURED,
        help=HELP_STATS_INTERVAL,
    ),
    Option(
        "--stats-average",
        sets="stats_average",
        value="SECONDS",
        read=as_seconds,
        section=MEASURED,
        help=HELP_STATS_AVERAGE,
    ),
    Option(
        "--energy-price", sets="energy_price", value="PRICE", read=as_price, section=MEASURED, help=HELP_ENERGY_PRICE
    ),
    Option("--stop-if", sets="stop_if", value="RULE", read=as_rule, section=ENDED, help=HELP_STOP_IF),
    Option("--stop-after", sets="stop_after", value="TIME", read=as_duration, section=ENDED, help=HELP_STOP_AFTER),
    Option("--stop-grace", sets="stop_grace", value="TIME", read=as_duration, section=ENDED, help=HELP_STOP_GRACE),
    Option("--stall-after", sets="stall_after", value="TIME", read=as_duration, section=ENDED, help=HELP_STALL_AFTER),
    Option(
        "-q",
        "--quiet",
        sets="silent",
        means=True,
        help="Say nothing of ours: not how the command ended, nor that there is no record.",
    ),
    Option("--no-quiet", sets="silent", means=False),
    Option("-h", "--help", sets="help", means=True, help="Show this message and exit."),
)
BY_FLAG = {flag: option for option in OPTIONS for flag in option.flags}


def early_mode(options: RunOptions | None, environment: Mapping[str, str]) -> str | None:
    """The mode as far as flags and environment decide it; None when it takes a file to know."""
    text = (options and options.mode) or environment.get("WANDB_MODE")
    return MODE_MEANS.get(text.lower()) if text else None


def parse_run(args: list[str]) -> RunOptions:
    """Take apart what follows `wandb run`: our options, then the command, to which all the rest belongs.

    Our options end at the first word that is none, or at `--`. What follows --help is not read.
    Raises UsageError.
    """
    options = RunOptions()
    index = 0
    while index < len(args) and _is_option(args[index]) and not options.help:
        index += _take_option(options, args[index:])
    if options.help:
        return options
    options.command = args[index + 1 :] if args[index : index + 1] == ["--"] else args[index:]
    if not options.command:
        raise UsageError(f"there is no command to run\nusage: {USAGE}\n       wandb run --help says more")
    return options


def _is_option(word: str) -> bool:
    return word.startswith("-") and word not in ("-", "--")


def _take_option(options: RunOptions, words: list[str]) -> int:
    """Set what the first word says, and return how many words that took."""
    flag, equals, text = words[0].partition("=")
    option = BY_FLAG.get(flag)
    if option is None:
        raise UsageError(_about_unknown(flag))
    if not option.value:
        if equals:
            raise UsageError(f"{flag} takes no value")
        _set(options, option, flag, option.means)
        return 1
    if equals:
        _set(options, option, flag, option.read_value(flag, text))
        return 1
    if len(words) < 2 or words[1] == "--" or words[1].partition("=")[0] in BY_FLAG:
        raise UsageError(f"{flag} needs a value: {flag} {'|'.join(option.choices) or option.value}")
    _set(options, option, flag, option.read_value(flag, words[1]))
    return 2


def _set(options: RunOptions, option: Option, flag: str, value: object) -> None:
    """The last of several wins; lists add up."""
    if isinstance(value, list):
        value = (getattr(options, option.sets) or []) + value
    setattr(options, option.sets, value)
    options.given[option.sets] = flag


def _about_unknown(flag: str) -> str:
    meant = nearest(flag, BY_FLAG)
    if meant:
        return f"run has no option {flag}; did you mean {meant}?"
    return f"run has no option {flag}; the command's own options stand after the command"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant: it begins so, or is a few letters away; None if none is."""
    begun = [other for other in known if other.startswith(word)]
    if len(begun) == 1 and len(word.strip("-")) > 1:
        return begun[0]
    far, closest = min(((distance(word, other), other) for other in known), default=(len(word), ""))
    return closest if far <= (len(word.strip("-")) + 1) // 3 else None


def distance(one: str, other: str) -> int:
    """How many letters must be added, removed, replaced or swapped with their neighbour."""
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        last_but_one, above, row = above, row, [i + 1]
        for j, its in enumerate(other):
            steps = min(above[j + 1] + 1, row[j] + 1, above[j] + (letter != its))
            if i and j and letter == other[j - 1] and one[i - 1] == its:
                steps = min(steps, last_but_one[j - 1] + 1)
            row.append(steps)
    return row[-1]
