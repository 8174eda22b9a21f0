"""How far a program has come, from its bars and from `epoch 3/10`."""

from typing import NamedTuple

MOST = 64  # counters that are told apart
MOST_TIMES = 10_000
STALE = 500  # of others' counts, after which one that stands still counts no more


class Progress(NamedTuple):
    """So much is `done` of a `total`, counted in `unit`: "epoch" or "step"."""

    done: float
    total: float
    unit: str


class Counter:
    """One thing that is counted up to `total`, perhaps again and again."""

    def __init__(self, done: float, at: int) -> None:
        self.done, self.restarts, self.at = done, 0, at

    def copy(self) -> "Counter":
        """The same at this moment."""
        other = Counter(self.done, self.at)
        other.restarts = self.restarts
        return other

    def go_on(self, done: float, at: int) -> None:
        """Take the next count."""
        self.restarts += done < self.done
        self.done, self.at = done, at


class Counters:
    """Follows everything that is counted with its total, and finds the outermost."""

    def __init__(self) -> None:
        self._steps: dict[float, Counter] = {}  # by their total
        self._at = 0
        self._epoch: Progress | None = None
        self._within = 0.0  # how much of the epoch is done, as the bar says that goes furthest in it
        self._widest = 0.0  # where that one goes to
        self._reached = 0.0  # epochs: a bar that begins anew before the next epoch is named takes nothing back
        self._is_over = False

    def note_step(self, done: float, total: float) -> None:
        """A bar or a line says `done`/`total`."""
        if not 0 <= done <= total or not 0 < total < float("inf"):
            return
        self._at += 1
        if counter := self._steps.get(total):
            counter.go_on(done, self._at)
        else:
            if len(self._steps) >= MOST:
                del self._steps[min(self._steps, key=lambda total: self._steps[total].at)]
            self._steps[total] = Counter(done, self._at)
        if total >= self._widest:
            self._reached = self._reached if total == self._widest else 0.0
            self._within, self._widest = done / total, total
            self._reached = max(self._reached, self._epochs_done())

    def copy(self) -> "Counters":
        """The same, to be asked what would be."""
        other = Counters()
        other.__dict__.update(self.__dict__)
        other._steps = {total: counter.copy() for total, counter in self._steps.items()}
        return other

    def note_epoch(self, epoch: float, total: float, is_over: bool) -> None:
        """A line says `epoch`/`total`, at the epoch's end where `is_over`."""
        if not 0 <= epoch <= total or not 0 < total < float("inf"):
            return
        before = self._epoch
        if is_over and before and before.total == total and epoch == before.done - 1:
            return  # The result of an epoch that comes when the bar of the next one has begun.
        if before is None or (before.done, before.total) != (epoch, total):
            self._within = self._widest = 0.0
        if before is None or before.total != total or before.done > epoch:
            self._reached = 0.0
        self._epoch, self._is_over = Progress(epoch, total, "epoch"), is_over
        self._reached = max(self._reached, self._epochs_done())

    def _epochs_done(self) -> float:
        if self._epoch is None:
            return 0.0
        done = self._epoch.done
        return done if self._is_over or done % 1 else max(0.0, done - 1 + self._within)

    def times(self, total: float) -> int:
        """How often something is counted up to `total`, as far as is known: for each epoch, or as often as it was."""
        counter = self._steps.get(total)
        epochs = self._epoch.total if self._epoch else 1
        return int(max(1, min(epochs, MOST_TIMES), counter.restarts + 1 if counter else 1))

    def outermost(self) -> Progress | None:
        """How far the whole has come; None where nothing is counted up to a total."""
        if self._epoch:
            return self._epoch._replace(done=max(self._reached, self._epochs_done()))
        fresh = [total for total, counter in self._steps.items() if self._at - counter.at < STALE]
        open_ones = [total for total in fresh if self._steps[total].done < total] or fresh
        if not open_ones:
            return None
        total = min(open_ones, key=lambda total: (self._steps[total].restarts, -total))
        return Progress(self._steps[total].done, total, "step")


class Seen(NamedTuple):
    """What a bar says."""

    step: float | None
    total: float | None
    epoch: float | None
    epochs: float | None
    values: dict[str, float]

    def tell(self, counters: Counters) -> None:
        """Count it."""
        if self.epoch is not None and self.epochs is not None:
            counters.note_epoch(self.epoch, self.epochs, False)
        if self.step is not None and self.total is not None:
            counters.note_step(self.step, self.total)


NO_BAR = Seen(None, None, None, None, {})
