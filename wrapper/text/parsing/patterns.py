"""Patterns of the user's own: `loss: {loss}, step {step}`, or a regular expression between slashes."""

import re
from typing import NamedTuple

NUMBER = r"[-+]?(?:\d[\d,]{0,40}(?:\.\d{0,40})?(?:[eE][-+]?\d{1,4})?|\.\d{1,40}(?:[eE][-+]?\d{1,4})?|nan|NaN|inf|Inf)"
FIELD = re.compile(r"\{([^{}]*)\}")
NAME = re.compile(r"[^\W\d][\w./@-]*")


class BadPattern(ValueError):
    """A pattern that cannot work; `place` is where, counted from 0."""

    def __init__(self, why: str, place: int) -> None:
        super().__init__(why)
        self.place = place


class Pattern(NamedTuple):
    """A pattern that is ready to be looked for, and the names of its fields."""

    text: str
    regex: "re.Pattern[str]"
    names: tuple[str, ...]

    def find(self, line: str) -> dict[str, str] | None:
        """What the fields are in a line, as printed; None where the pattern does not occur."""
        found = self.regex.search(line)
        if not found:
            return None
        return {name: part for name, part in zip(self.names, found.groups(), strict=True) if part is not None}


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
    if not names or set(names) <= {"step", "epoch"}:
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
        regex = re.compile(text[1:-1])
    except re.error as error:
        raise BadPattern(error.msg, 1 + (error.pos or 0)) from None
    names = tuple(regex.groupindex)
    if not set(names) - {"step", "epoch"}:
        raise BadPattern("there is no group such as (?P<loss>...) in it", len(text) - 1)
    if regex.groups != len(names):
        raise BadPattern("each group needs a name: (?P<loss>...), or (?:...) where nothing is taken", 1)
    return Pattern(text, regex, names)
