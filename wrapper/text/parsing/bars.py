"""Progress bars while they are redrawn: how far they have come, and the last state of one that is wiped away."""

import math
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from wrapper.text.parsing.rows import Row

PRECISION = 2e-4  # of a fraction as it is printed
MOST = 10_000_000  # steps
KEPT = 8192  # states that wait for the lines that were printed meanwhile
LONG = 200  # steps of a bar that is worth more than its last state
POINTS = 100  # that are taken from such a bar
KEPT_TOTALS = 64


class State(NamedTuple):
    """A bar as it was when `end` bytes had been read."""

    end: int
    step: float
    total: float
    epoch: float | None
    row: Row | None  # what stands in it, where it is full


class Bars:
    """Follows the states of bars in step with the lines that stay."""

    def __init__(self) -> None:
        self._states: deque[State] = deque()
        self._full: Row | None = None
        self._main: State | None = None  # of the bar that goes furthest, the last state
        self._has_fractions = False
        self._points: dict[float, int] = {}  # the last that was taken, by the bar's total

    def see(self, state: State, times: int = 1) -> bool:
        """Remember a state, and say whether it is one of the hundred points that a long bar is worth.

        A bar that is drawn so many `times`, once for each epoch, has fewer each time.
        """
        if len(self._states) >= KEPT:
            self._states.popleft()
        self._states.append(state)
        if not LONG <= state.total <= MOST or state.step >= state.total:
            return False
        point, last = int(POINTS // times * state.step / state.total), self._points.get(state.total, 0)
        if point == last:
            return False
        if len(self._points) >= KEPT_TOTALS and state.total not in self._points:
            self._points.clear()
        self._points[state.total] = point
        return point > last

    def is_waiting(self) -> bool:
        """Whether there are states that `follow` has not come to."""
        return bool(self._states)

    def follow(self, end: int | None, epoch_at: Callable[[int], float | None]) -> list[Row]:
        """Go on to where `end` bytes had been read; the rows of bars that were full, and began anew."""
        rows = []
        while self._states and (end is None or self._states[0].end <= end):
            state = self._states.popleft()
            if state.epoch is None:
                state = state._replace(epoch=epoch_at(state.end))
            rows += self._begin_anew(state)
            if self._main is None or state.total >= self._main.total:
                self._main = state
            if state.row:
                self._full = state.row._replace(epoch=state.epoch)
        return rows

    def step_at(self, epoch: float) -> float | None:
        """The step at a fraction of an epoch, as the bar over all epochs has it; None where none is certain.

        The bar may lag behind: the step is the first one from there on that fits the fraction.
        """
        self._has_fractions = self._has_fractions or epoch % 1 != 0
        if not self._has_fractions or self._main is None or not 0 <= epoch <= MOST:
            return None
        steps = [epoch * size for size in divisors(self._main.total) if size * PRECISION < 1]
        fitting = [round(step) for step in steps if abs(step - round(step)) <= step * PRECISION + 0.01]
        return min((float(step) for step in fitting if step >= self._main.step), default=None)

    def forget(self, row: Row) -> None:
        """A line that stays says what the full bar said."""
        if self._full and (self._full.step, self._full.epoch) == (row.step, row.epoch):
            self._full = None

    def _begin_anew(self, state: State) -> list[Row]:
        full = self._full
        if full is None or (state.epoch == full.epoch and full.step is not None and state.step >= full.step):
            return []
        self._full = None
        return [full]


@lru_cache(64)
def divisors(number: float) -> tuple[int, ...]:
    """What divides a count, the count itself too; nothing for what is no count."""
    if not 0 < number <= MOST or number % 1:
        return ()
    count = int(number)
    small = [divisor for divisor in range(1, math.isqrt(count) + 1) if count % divisor == 0]
    return tuple(sorted({*small, *(count // divisor for divisor in small)}))
