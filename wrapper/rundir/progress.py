"""How far a run has come, and how long it may still take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """So much is `done` of `total`, counted in `unit`, as was said at `at`."""

    done: float
    total: float
    unit: str
    at: float

    @property
    def fraction(self) -> float:
        return min(1.0, self.done / self.total)

    def is_like(self, other: Progress) -> bool:
        """Whether both count the same thing."""
        return (self.total, self.unit) == (other.total, other.unit)


class Pace:
    """Follows what a run says of its progress; how fast it is follows from the first that was said of the same.

    A step back counts once it is said twice: where one bar follows another, a single word may be of neither.
    """

    def __init__(self) -> None:
        self._first: Progress | None = None
        self._back: Progress | None = None
        self._started_at: float | None = None
        self.now: Progress | None = None

    def begin(self, at: float | None) -> None:
        """Note when it began; what is said later of another beginning does not count."""
        self._started_at = self._started_at or at

    def take(self, progress: Progress) -> None:
        """Take in what was just said."""
        is_back = self.now is not None and progress.is_like(self.now) and progress.done < self.now.done
        if is_back and self._back is None:
            self._back = progress
            return
        if self._first is None or not progress.is_like(self._first):
            self._first = progress
        elif is_back:
            self._first = self._back
        self._back = None
        self.now = progress

    def left_s(self, now: float) -> float | None:
        """How long it takes from `now` on if it goes on like this; None where nobody knows, as when it stands still."""
        if self.now is None or self._first is None:
            return None
        done, since = self.now.done - self._first.done, self._first.at
        if done <= 0 and self._started_at is not None:
            done, since = self.now.done, self._started_at
        took = self.now.at - since
        if done <= 0 or took <= 0:
            return None
        rest = (self.now.total - self.now.done) * took / done
        left_s = rest - (now - self.now.at)
        return left_s if left_s >= 0 else None


def read_progress(record: dict[str, Any]) -> Progress | None:
    """What a record says of it; None when it makes no sense."""
    said, at = record.get("progress"), record.get("time", record.get("at"))
    if not isinstance(said, dict) or not isinstance(at, (int, float)):
        return None
    done, total, unit = said.get("done"), said.get("total"), said.get("unit")
    if not isinstance(done, (int, float)) or not isinstance(total, (int, float)):
        return None
    if not 0 <= done <= total or not 0 < total < float("inf"):
        return None
    return Progress(done, total, unit if isinstance(unit, str) else "step", at)
