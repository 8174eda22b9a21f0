"""What is known of a metric without keeping its values: first, last, least, most, and its course in few points."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import compress
from typing import Any, NamedTuple

POINTS = 256
NUMBERS = {int, float, bool}


class Row(NamedTuple):
    """Values of one moment. `step` and `epoch` are None where nobody said, `number` counts the rows of the source."""

    number: int
    step: float | None
    epoch: float | None
    at: float
    values: dict[str, Any]


class Point(NamedTuple):
    """A value, and the row that it stands in."""

    value: Any
    row: Row


class Course:
    """The means of at most 2 * POINTS stretches of equal length; of one with few numbers it is NaN."""

    def __init__(self) -> None:
        self.means = array("d")
        self._stride = 1
        self._rest: list[float] = []

    def add(self, numbers: Sequence[float]) -> None:
        rest = [*self._rest, *numbers]
        position = 0
        while len(rest) - position >= self._stride:
            self.means.append(mean(rest[position : position + self._stride]))
            position += self._stride
            if len(self.means) >= 2 * POINTS:
                self._halve()
        self._rest = rest[position:]

    def _halve(self) -> None:
        self.means = array("d", (mean(self.means[i : i + 2]) for i in range(0, len(self.means), 2)))
        self._stride *= 2

    def points(self) -> list[float]:
        """All of it, the newest too."""
        return [*self.means, mean(self._rest)] if self._rest else list(self.means)


def mean(numbers: Sequence[float]) -> float:
    """Of the finite ones; NaN when most of them are not."""
    finite = list(filter(math.isfinite, numbers))
    return sum(finite) / len(finite) if 2 * len(finite) >= len(numbers) > 0 else math.nan


class Series:
    """One metric of one source.

    `count` has all values, `numbers` those that can be compared: NaN and texts are neither the least nor the most.
    """

    def __init__(self) -> None:
        self.count = self.numbers = 0
        self.total = 0.0
        self.first: Point | None = None
        self.last: Point | None = None
        self.min: Point | None = None
        self.max: Point | None = None
        self.course = Course()

    def add(self, values: list[Any], rows: list[Row]) -> None:
        """Take values in order, each with its row; there is at least one."""
        self.count += len(values)
        self.first = self.first or Point(values[0], rows[0])
        self.last = Point(values[-1], rows[-1])
        numbers = values
        if not set(map(type, values)) <= NUMBERS:
            are_numbers = [is_number(value) for value in values]
            numbers, rows = list(compress(values, are_numbers)), list(compress(rows, are_numbers))
        self._add_numbers(numbers, rows)

    def _add_numbers(self, numbers: list[Any], rows: list[Row]) -> None:
        try:
            self.course.add(list(map(float, numbers)))
            is_nan = list(map(math.isnan, numbers))
        except OverflowError:  # A whole number that no double can hold: it is left to `last`.
            fitting = [is_double(number) for number in numbers]
            self._add_numbers(list(compress(numbers, fitting)), list(compress(rows, fitting)))
            return
        if any(is_nan):
            known = [not flag for flag in is_nan]
            numbers, rows = list(compress(numbers, known)), list(compress(rows, known))
        if numbers:
            self._compare(numbers, rows)

    def _compare(self, numbers: list[Any], rows: list[Row]) -> None:
        self.numbers += len(numbers)
        self.total += sum(filter(math.isfinite, numbers))
        least, most = min(numbers), max(numbers)
        if self.min is None or least < self.min.value:
            self.min = Point(least, rows[numbers.index(least)])
        if self.max is None or most > self.max.value:
            self.max = Point(most, rows[numbers.index(most)])


def is_number(value: object) -> bool:
    """Whether it is one that can be drawn; true and false count as 1 and 0."""
    return isinstance(value, (int, float))


def is_double(number: float) -> bool:
    try:
        float(number)
    except OverflowError:
        return False
    return True
