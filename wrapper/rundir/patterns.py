"""Patterns of the user's own: `loss: {loss}, step {step}`, or a regular expression between slashes.

They are read before the command starts, so that one that cannot work stops nobody's training in the middle,
and again where its output is read.
"""

from __future__ import annotations

import re
import warnings
from typing import NamedTuple

NUMBER = r"[-+]?(?:\d[\d,]{0,40}(?:\.\d{0,40})?(?:[eE][-+]?\d{1,4})?|\.\d{1,40}(?:[eE][-+]?\d{1,4})?|nan|NaN|inf|Inf)"
FIELD = re.compile(r"\{([^{}]*)\}")
NAME = re.compile(r"[^\W\d][\w./@-]*")
COUNTS = ("step", "epoch")
LONGEST_LINE = 1000  # characters that are looked at: a regular expression may take the square of it, or worse

ELEMENT = re.compile(
    r"(?P<open>\((?:\?(?:P<\w+>|[aiLmsux-]*:|<?[=!]|>))?)|(?P<close>\))|(?P<either>\|)"
    r"|(?P<atom>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)|\[\^?\]?(?:\\.|[^\]\\])*\]|[^()|*+?{])|(?P<other>.)",
    re.S,
)
REPEAT = re.compile(r"(?:[*+]|\{\d*,\})[+?]?|(?P<bounded>\?|\{\d+(?:,\d+)?\})[+?]?")
BLANKS = (r"\s", r"\t", r"\n")


class BadPattern(ValueError):
    """A pattern that cannot work; `place` is where, counted from 0."""

    def __init__(self, why: str, place: int) -> None:
        super().__init__(why)
        self.place = place


class Pattern(NamedTuple):
    """A pattern that is ready to be looked for, and the names of its fields."""

    text: str
    regex: re.Pattern[str]
    names: tuple[str, ...]

    def find(self, line: str) -> dict[str, tuple[int, int]]:
        """Where the fields are in a line; nothing where the pattern does not occur in its first thousand characters."""
        found = self.regex.search(line, 0, LONGEST_LINE)
        if not found:
            return {}
        spans = {name: found.span(number) for number, name in enumerate(self.names, 1)}
        return {name: span for name, span in spans.items() if span[0] >= 0}


def read_pattern(text: str) -> Pattern:
    """The pattern that `text` means; raises BadPattern when it cannot work."""
    if len(text) > 2 and text[0] == text[-1] == "/":
        return read_regex(text)
    return read_fields(text)


def read_fields(text: str) -> Pattern:
    regex, end = "", 0
    names: list[str] = []
    for field in FIELD.finditer(text):
        name = field[1]
        if not NAME.fullmatch(name):
            raise BadPattern(f"{{{name}}} is no name: letters, digits and _ . / @ - after a letter", field.start())
        if name in names:
            raise BadPattern(f"{{{name}}} occurs twice", field.start())
        if names and field.start() == end:
            raise BadPattern("two fields need something between them", field.start())
        regex += literal(text[end : field.start()], end) + f"({NUMBER})"
        names.append(name)
        end = field.end()
    regex += literal(text[end:], end)
    if not names or set(names) <= set(COUNTS):
        raise BadPattern("there is no field such as {loss} in it", len(text))
    return Pattern(text, re.compile(regex), tuple(names))


def literal(text: str, start: int) -> str:
    """What matches the text between two fields: blanks match any number of blanks."""
    for place, sign in enumerate(text):
        if sign in "{}":
            raise BadPattern(f'"{sign}" without its other half', start + place)
    return r"\s+".join(re.escape(part) for part in re.split(r"\s+", text))


def read_regex(text: str) -> Pattern:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # About what a later Python may read otherwise: this one knows what it means.
            regex = re.compile(text[1:-1])
    except re.error as error:
        raise BadPattern(error.msg, 1 + (error.pos or 0)) from None
    except (OverflowError, RecursionError):
        raise BadPattern("it is too large", 1) from None
    names = tuple(regex.groupindex)
    if not set(names) - set(COUNTS):
        raise BadPattern("there is no group such as (?P<loss>...) in it", len(text) - 1)
    if regex.groups != len(names):
        raise BadPattern("each group needs a name: (?P<loss>...), or (?:...) where nothing is taken", 1)
    place = find_endless(text[1:-1])
    if place is not None:
        raise BadPattern("a repetition of what repeats itself may never end: put a sign between the two", 1 + place)
    return Pattern(text, regex, names)


class Group:
    """What stands between two brackets of a regular expression."""

    def __init__(self) -> None:
        self.repeated: list[str] = []  # what may come any number of times
        self.has_choice = False
        self.last = ""  # the element at its end, where that comes exactly once


def find_endless(regex: str) -> int | None:
    """Where a group is repeated that repeats something itself, so that a text may fit in very many ways.

    It is safe where the group ends in a sign that what it repeats is not: `(?:\\w+ )+`.
    """
    groups, place = [Group()], 0
    while found := ELEMENT.match(regex, place):
        place, closed = found.end(), None
        if found["open"]:
            groups.append(Group())
            continue
        if found["close"] and len(groups) > 1:
            closed = groups.pop()
        group = groups[-1]
        repeat = REPEAT.match(regex, place)
        is_endless = repeat is not None and not repeat["bounded"]
        if closed and is_endless and is_ambiguous(closed):
            return place
        if found["either"]:
            group.has_choice = True
        if closed:
            group.repeated += closed.repeated
            group.has_choice = group.has_choice or closed.has_choice
        if is_endless:
            group.repeated.append(found["atom"] or "[^\\0]")
        group.last = "" if repeat else found["atom"] or ""
        place = repeat.end() if repeat else place
    return None


def is_ambiguous(group: Group) -> bool:
    """Whether what the group repeats may run on into the next turn of the group."""
    if not group.repeated:
        return False
    if group.last in BLANKS:
        sign = " "
    elif len(group.last) == 1 and group.last != ".":
        sign = group.last
    elif len(group.last) == 2 and not group.last[1].isalnum():
        sign = group.last[1]
    else:
        return True
    return group.has_choice or any(re.fullmatch(atom, sign) for atom in group.repeated)
