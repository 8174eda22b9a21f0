"""The rows of a run's metrics, one by one. They are read a second time: only the first tells which are shown."""

from __future__ import annotations

from collections.abc import Container, Iterator
from heapq import merge
from typing import Any, NamedTuple

from wrapper.rundir import names
from wrapper.rundir.history import History, PartHistory, Track, read_origin, read_row
from wrapper.rundir.metrics import Origin
from wrapper.rundir.series import Row
from wrapper.rundir.tail import Tail

NOWHERE = Origin(-1, "")


class ShownRow(NamedTuple):
    """A row as it is shown: of one source, with the values that are wanted of it."""

    origin: Origin
    row: Row


class Rows:
    """Gives the rows of a history as far as that has been read, in the order in which they came, and then what is new.

    Rows of a source with the same step are one. `where` says for each name that is wanted whose values they are,
    with None for everybody's. In memory is a row of each source, and, of a source whose steps go back and
    forth, all of its rows.
    """

    def __init__(self, history: History, where: dict[str, Origin | None], wanted: Container[Origin]) -> None:
        self.history, self._where, self._wanted = history, where, wanted
        self._parts: dict[tuple[int, int], PartRows] = {}

    def read(self, is_all: bool = True) -> Iterator[ShownRow]:
        """Yield what is new.

        A row that might still get more values waits for the next call, but with `is_all`.
        """
        attempts: dict[int, list[PartRows]] = {}
        for part in self.history.in_order():
            if any(origin in self._wanted for origin in part.tracks):
                attempts.setdefault(part.attempt, []).append(self._part(part))
        for parts in attempts.values():
            yield from merge(*(part.read(is_all) for part in parts), key=lambda shown: shown.row.at)

    def _part(self, part: PartHistory) -> PartRows:
        found = self._parts.get((part.attempt, part.rank))
        if found is None:
            found = self._parts[part.attempt, part.rank] = PartRows(part, self._where, self._wanted)
        found.part = part
        return found


class PartRows:
    """The same for one part."""

    def __init__(self, part: PartHistory, where: dict[str, Origin | None], wanted: Container[Origin]) -> None:
        self.part, self._where, self._wanted = part, where, wanted
        self._tail = Tail(part.path / names.JOURNAL_FILE, ("row",))
        self._count = 0
        self._tracks: dict[Origin, Track] = {}
        self._open: dict[Origin, Row] = {}  # the last row of each source, which may get more values
        self._unordered: dict[Origin, dict[Any, Row]] = {}

    def read(self, is_all: bool) -> Iterator[ShownRow]:
        """Yield what is new in this part."""
        before = dict(self._open)
        for records in self._tail.read(self.part.offset):
            for record in records:
                self._count += 1
                origin = read_origin(record, self.part.rank)
                if origin in self._wanted and "row" in record and (row := read_row(record, self._count)):
                    yield from self._take(origin, row)
        for origin, row in list(self._open.items()):
            if is_all or before.get(origin) is row:
                yield ShownRow(origin, self._open.pop(origin))
        if is_all:
            yield from self._sorted()

    def _take(self, origin: Origin, row: Row) -> Iterator[ShownRow]:
        """Keep the row until it is certain that nothing more comes to it; give back the one that was kept."""
        if not self._track(origin).is_shown(row):
            return
        values = self._chosen(origin, row.values)
        if not values:
            return
        row = Row(row.number, row.step, row.epoch, row.at, values)
        if origin in self._unordered and row.step is not None:
            rows = self._unordered[origin]
            rows[row.step] = joined(rows[row.step], row) if row.step in rows else row
            return
        before = self._open.get(origin)
        if before is not None and row.step is not None and before.step == row.step and origin.kind != "output":
            self._open[origin] = joined(before, row)
            return
        if before is not None:
            yield ShownRow(origin, before)
        self._open[origin] = row

    def _track(self, origin: Origin) -> Track:
        track = self._tracks.get(origin)
        if track is None:
            track = self._tracks[origin] = Track(origin, self.part.cuts.get(origin))
            known = self.part.tracks.get(origin)
            if known and not known.is_ordered and origin.kind != "output":
                self._unordered[origin] = {}
        return track

    def _chosen(self, origin: Origin, values: dict[str, Any]) -> dict[str, Any]:
        here = (None, origin)
        return {name: value for name, value in values.items() if self._where.get(name, NOWHERE) in here}

    def _sorted(self) -> Iterator[ShownRow]:
        for origin, rows in self._unordered.items():
            yield from (ShownRow(origin, rows[step]) for step in sorted(rows))
            self._unordered[origin] = {}


def joined(before: Row, row: Row) -> Row:
    """Two rows of the same step as one; what came later counts."""
    epoch = before.epoch if row.epoch is None else row.epoch
    return Row(before.number, row.step, epoch, row.at, {**before.values, **row.values})
