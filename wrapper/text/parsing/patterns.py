"""What patterns of the user's own find in a line, and what of the line is left to the rules."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from wrapper.text.names import fold_name
from wrapper.text.parsing.numbers import read_number


class Pattern(Protocol):
    """Finds fields in a line."""

    @property
    def text(self) -> str:
        """As the user wrote it."""

    def find(self, line: str) -> Mapping[str, tuple[int, int]]:
        """Where each field is; nothing where the pattern does not occur."""


class Match(NamedTuple):
    """What one pattern found."""

    pattern: str
    values: dict[str, float]
    step: float | None
    epoch: float | None


class Found(NamedTuple):
    """What all of them found in one line: the rules find nothing of that name, and nothing in that place."""

    matches: list[Match]
    names: frozenset[str] = frozenset()  # folded
    spans: frozenset[tuple[int, int]] = frozenset()

    def covers(self, start: int, end: int) -> bool:
        """Whether a number that stands there belongs to a field."""
        return any(first < end and start < last for first, last in self.spans)


NOTHING = Found([])


def find_all(patterns: Iterable[Pattern], line: str) -> Found:
    """What the patterns find in a line; of several with the same field the first has it."""
    matches = []
    names: set[str] = set()
    spans: set[tuple[int, int]] = set()
    for pattern in patterns:
        places = pattern.find(line)
        numbers = {name: read_number(line[start:end]) for name, (start, end) in places.items()}
        values = {name: number for name, number in numbers.items() if number is not None}
        step, epoch = values.pop("step", None), values.pop("epoch", None)
        values = {name: number for name, number in values.items() if fold_name(name) not in names}
        names.update(map(fold_name, values))
        spans.update(places[name] for name in values)
        if values or step is not None or epoch is not None:
            matches.append(Match(pattern.text, values, step, epoch))
    return Found(matches, frozenset(names), frozenset(spans)) if matches else NOTHING
