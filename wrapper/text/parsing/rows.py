"""What the parser gives back."""

from typing import NamedTuple


class Row(NamedTuple):
    """What one line, one row of a table or one box says."""

    values: dict[str, float]
    step: float | None = None
    epoch: float | None = None
    rank: int | None = None
    line: int = 0  # counted from 1, among those fed


class Record(NamedTuple):
    """What one row of a table, or a box, says."""

    values: dict[str, float]
    step: float | None = None
    epoch: float | None = None
    refused: tuple[tuple[str, str], ...] = ()  # name, rule
    rule: str = "table"


class Candidate(NamedTuple):
    """A number that was looked at."""

    line: int
    name: str
    text: str
    is_taken: bool
    rule: str


def without_point(number: float | None) -> float | int | None:
    """A whole number as an int: a step is 3 and not 3.0."""
    return int(number) if number is not None and number.is_integer() else number
