"""Numbers in a line: where they are, and what they are worth."""

import re

# A digit in a name (`Acc@1`, `f1`, `output #0`, `top-5`, `mAP50-95`) is none. Nothing in it can match in two ways.
NUMBER = re.compile(
    r"(?<![\w.@^])(?<![A-Za-z_]-)(?<![A-Za-z_]\d-)(?<![A-Za-z_]\d\d-)"
    r"([-+]?(?:\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d+\.?\d*(?:[eE][-+]?\d+|[dD][-+]\d+)?|\.\d+(?:[eEdD][-+]?\d+)?"
    r"|(?:nan|NaN|NAN|inf|Inf|INF|Infinity)(?![\w'-])))"
)
# Behind a name. A line may have no other number, and that one tells more than any.
WITHOUT_DIGITS = re.compile(r"[:= \t][-+]?(?:nan|NaN|NAN|inf|Inf|INF)(?![\w'-])")
LONGEST = 40  # characters: what is longer is an identifier


def read_number(text: str) -> float | None:
    """The number that `text` spells, or None: "1,024" is one, "1,2" is not."""
    if len(text) > LONGEST:
        return None
    try:
        return float(text)
    except ValueError:  # It has commas, or a D as Fortran prints it, or is none.
        return _read_odd_number(text) if NUMBER.fullmatch(text) else None


def _read_odd_number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").lower().replace("d", "e"))
    except ValueError:
        return None


def is_whole(text: str) -> bool:
    """Whether a number is printed without a fraction; it may stand at the end of a sentence."""
    return "." not in text.rstrip(".")
