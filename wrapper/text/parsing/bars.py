"""Progress bars while they are redrawn: how far they have come, and the last state of one that is wiped away."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from wrapper.text.parsing.rows import Row

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

    def follow(
        self, end: int | None, epoch_at: Callable[[int], float | None], pass_by: Callable[[State], None]
    ) -> list[Row]:
        """Go on to where `end` bytes had been read; the rows of bars that were full, and began anew.

        Each state on the way is told to `pass_by`.
        """
        rows = []
        while self._states and (end is None or self._states[0].end <= end):
            state = self._states.popleft()
            pass_by(state)
            if state.epoch is None:
                state = state._replace(epoch=epoch_at(state.end))
            rows += self._begin_anew(state)
            if state.row:
                self._full = state.row._replace(epoch=state.epoch)
        return rows

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
