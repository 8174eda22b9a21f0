"""The step of a line that says only its epoch: what the bar beside it had come to when the line was printed.

A line that was written through a bar (the bar wiped away, the line printed, the bar drawn anew) has the step of the
draw that follows. Any other was printed somewhere between the draw before it and the one after it, and has a step only
where one alone fits its epoch. So a row waits for the next draw; those that come after it wait with it.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from wrapper.text.parsing.rows import Row

PRECISION = 2e-4  # of a fraction as it is printed
ROUNDED = 0.005  # of an epoch printed with two decimals
MOST = 10_000_000  # steps
PATIENCE = 200  # lines that a row waits for a draw


@dataclass
class Asked:
    """A row without a step, printed when `end` bytes had been read, beside a bar that goes to `total`."""

    row: Row
    end: int
    total: float
    is_through: bool  # it was written where the bar had been wiped away
    is_open: bool = True
    step: float | None = None

    def answer(self, step: float | None) -> None:
        """That is its step; None where nothing tells it."""
        self.is_open, self.step = False, step


class Steps:
    """Keeps the rows that wait for a draw, and all that come after them."""

    def __init__(self) -> None:
        self._asked: dict[int, Asked] = {}  # by the identity of their row, in order
        self._kept: deque[Row] = deque()
        self._step = self._total = -1.0  # of the bar that goes furthest, as far as the lines have come
        self._has_fractions = False
        self._is_beside = False  # the lines come later than the bar: they are buffered, and it is not
        self._last = (-1.0, -1.0)  # epoch and step that were answered

    def guess(self, epoch: float) -> float | None:
        """The first step that fits the epoch, from where the bar is now; None where there is none."""
        return min(self._fitting(epoch, self._step, self._total), default=None)

    def ask(self, row: Row, end: int, is_through: bool) -> Row:
        """The row; `give` gives it with its step, when that is known."""
        epoch = -1.0 if row.epoch is None else row.epoch
        self._has_fractions = self._has_fractions or epoch % 1 != 0
        if self._has_fractions and self._total > 0 and 0 <= epoch <= MOST:
            self._asked[id(row)] = Asked(row, end, self._total, is_through)
        return row

    def see(self, end: int, step: float, total: float, line: int) -> None:
        """A bar was drawn, perhaps after lines that have not been read yet: those written through it know enough."""
        self._lose_patience(line)
        for asked in self._open():
            if asked.is_through and asked.end < end and asked.total == total:
                asked.answer(self._follow(asked, step))

    def pass_by(self, end: int, step: float, total: float, line: int) -> None:
        """A bar was drawn, and all lines before it have been read."""
        self.see(end, step, total, line)
        if total < self._total:
            return
        if total == self._total:
            self._settle([asked for asked in self._open() if asked.end < end and asked.total == total], step)
        self._step, self._total = step, total

    def give(self, rows: list[Row], line: int) -> list[Row]:
        """Those that are certain, of these and of those before them, in their order."""
        if not self._asked and not self._kept:
            return rows
        self._kept += rows
        self._lose_patience(line)
        given: list[Row] = []
        while self._kept:
            asked = self._asked.get(id(self._kept[0]))
            if asked and asked.is_open:
                break
            row = self._kept.popleft()
            if asked:
                del self._asked[id(row)]
                row = row._replace(step=asked.step)
            given.append(row)
        return given

    def finish(self) -> None:
        """No bar is drawn any more."""
        rows = [asked for asked in self._open() if asked.total == self._total]
        if not (rows and self._step == self._total and self._divide(rows)):
            self._settle(rows, self._total)
        self._refuse(self._open())

    def _open(self) -> list[Asked]:
        return [asked for asked in self._asked.values() if asked.is_open] if self._asked else []

    def _lose_patience(self, line: int) -> None:
        self._refuse(asked for asked in self._open() if line - asked.row.line > PATIENCE)

    def _refuse(self, rows: Iterable[Asked]) -> None:
        for asked in rows:
            asked.answer(None)

    def _follow(self, asked: Asked, step: float) -> float | None:
        """The step that was drawn after the line, if the epoch can be there."""
        epoch = asked.row.epoch or 0.0
        fits = any(abs(epoch * size - step) <= size * ROUNDED + step * PRECISION for size in divisors(asked.total))
        if not fits or step <= 0 or (epoch > self._last[0] and step <= self._last[1]):
            return None
        self._last = epoch, step
        return step

    def _divide(self, rows: list[Asked]) -> bool:
        """Whether the bar is full and the last epoch whole: then each epoch had the same share of the bar."""
        epochs = [asked.row.epoch or 0.0 for asked in rows]
        last = max(epochs)
        if last <= 0 or last % 1 or self._total % last:
            return False
        steps = [epoch * self._total / last for epoch in epochs]
        if not all(is_about_whole(step) for step in steps):
            return False
        for asked, step in zip(rows, steps, strict=True):
            asked.answer(float(round(step)))
        return True

    def _settle(self, rows: list[Asked], until: float) -> None:
        """These were printed between two draws of the bar."""
        epochs = {asked.row.epoch for asked in rows}
        self._is_beside = self._is_beside or len(epochs) > 1
        for asked in rows:
            epoch = asked.row.epoch or 0.0
            steps = {step for step in self._fitting(epoch, self._step, asked.total) if step <= until}
            step = steps.pop() if len(steps) == 1 else None
            if step is not None and epoch > self._last[0] and step <= self._last[1]:
                self._is_beside = True
            asked.answer(None if self._is_beside else step)
            if asked.step is not None:
                self._last = epoch, asked.step

    def _fitting(self, epoch: float, begin: float, total: float) -> list[float]:
        """The steps from `begin` on that are at that fraction of the epochs, if the total is a whole number of them."""
        if not self._has_fractions or not 0 <= epoch <= MOST:
            return []
        steps = [epoch * size for size in divisors(total) if size * PRECISION < 1]
        return [float(round(step)) for step in steps if is_about_whole(step) and round(step) >= begin]


def is_about_whole(step: float) -> bool:
    """Whether it is a whole number, as far as an epoch is printed."""
    return abs(step - round(step)) <= step * PRECISION + 0.01


@lru_cache(64)
def divisors(number: float) -> tuple[int, ...]:
    """What divides a count, the count itself too; nothing for what is no count."""
    if not 0 < number <= MOST or number % 1:
        return ()
    count = int(number)
    small = [divisor for divisor in range(1, math.isqrt(count) + 1) if count % divisor == 0]
    return tuple(sorted({*small, *(count // divisor for divisor in small)}))
