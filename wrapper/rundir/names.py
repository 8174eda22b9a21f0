"""What runs, parts and files are called."""

from __future__ import annotations

import posix as os

FOLDER = ".wandb-wrapper"
RUN_FILE = "run.json"
PART_FILE = "part.json"
OUTPUT_FILE = "output.log"
METRICS_FILE = "metrics.jsonl"
JOURNAL_FILE = "journal.jsonl"
END_FILE = "end.json"
UNREAD_FILE = "unread"  # There while something of a part may still have to be read.
STALLED_FILE = "stalled"  # There while the command shows no sign of life.
FILES_FOLDER = "files"

ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
ID_LENGTH = 8
LONGEST_ID = 64
MAY_STAND_IN_ID = frozenset(ID_LETTERS + ID_LETTERS.upper() + "_.-")

FIRST_WORDS = (
    "able amber ample apt azure bold brave breezy brief bright brisk calm candid cheery clear clever "
    "cosy crisp daring dawn deep deft eager early easy even fair fast fine firm fleet fluent fond frank "
    "free fresh gentle giddy glad gold good grand green happy hardy hazy honest humble icy ideal jolly "
    "jovial keen kind late lean light lilac lively loyal lucid lucky lunar mellow merry mild misty modest "
    "neat nimble noble olive open patient placid plain polite proud pure quick quiet rapid ready regal "
    "ripe robust rosy royal ruby sage serene sharp shy silent silver simple sleek smooth snug solar solid "
    "sonic spry steady stellar still sunny sure swift tidy topaz tranquil true upbeat valiant vast velvet "
    "vivid warm whole wild wise witty young zany zesty"
).split()
SECOND_WORDS = (
    "acorn alder antelope aspen aurora badger bay beacon beaver birch bison bloom breeze brook canyon "
    "cedar cloud clover comet condor coral cove crane creek cricket crow dale deer delta dove dune eagle "
    "egret elk elm ember falcon fern field finch fjord flame forest fox frost gale garden gecko glacier "
    "glade grove gull harbor hare hawk hazel heath heron hill ibis island ivy jay juniper kestrel kite "
    "lagoon lake lark laurel leaf lily linden lion llama lotus lynx magpie maple marsh marten meadow mesa "
    "mist moon moose moss newt night oak oasis orbit orca osprey otter owl palm panda pebble pine plover "
    "pond poplar quail rain raven reef ridge river robin rowan salmon sea seal shore sky snow sparrow "
    "spring spruce star stone stork stream sun swan swift thicket thrush tide tiger trail valley violet "
    "walrus wave willow wind wolf wren yew"
).split()


TAKEN = ("archives", "keys", "saved", "latest")


def make_id() -> str:
    """A new run id: 8 letters and digits, one of 2.8 * 10**12."""
    return "".join(ID_LETTERS[byte % len(ID_LETTERS)] for byte in os.urandom(ID_LENGTH))


def make_name(number: int) -> str:
    """Two words and the number, as "brisk-otter-12"."""
    first, second = os.urandom(2), os.urandom(2)
    return (
        f"{FIRST_WORDS[int.from_bytes(first, 'big') % len(FIRST_WORDS)]}"
        f"-{SECOND_WORDS[int.from_bytes(second, 'big') % len(SECOND_WORDS)]}-{number}"
    )


def is_run_id(text: str) -> bool:
    """Whether `text` can name a run, and so a directory; some names mean something else there, or to a person."""
    is_name = 0 < len(text) <= LONGEST_ID and text[0] not in ".-" and MAY_STAND_IN_ID.issuperset(text)
    return is_name and text not in TAKEN


def part_name(attempt: int, rank: int) -> str:
    """The directory of one attempt of one rank."""
    return f"{attempt}-{rank}"


def read_part_name(text: str) -> tuple[int, int] | None:
    """The attempt and rank that a directory's name states; None when it is not a part."""
    attempt, dash, rank = text.partition("-")
    if dash and attempt.isascii() and attempt.isdigit() and rank.isascii() and rank.isdigit():
        return int(attempt), int(rank)
    return None
