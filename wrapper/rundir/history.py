"""What the journals of a run say of its metrics: of all attempts, ranks and sources, merged, and as far as is written.

    history = History(path)
    history.read()              # again whenever there may be more
    for metric in history.metrics().values(): …
    for row in Rows(history, …)    # rows.py

A row is known by its source and step. Where a later attempt has begun again at a step, what earlier ones had from there
on is not shown; it stays stored. A name that several sources have is shown from the best of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from wrapper.rundir import names
from wrapper.rundir.metrics import Definitions, Metric, Origin, combine
from wrapper.rundir.nested import flatten, merge
from wrapper.rundir.progress import Pace, read_progress
from wrapper.rundir.reading import list_parts, read_time
from wrapper.rundir.series import Row, Series
from wrapper.rundir.tail import Tail

KEYS = (
    "row",
    "progress",
    "config",
    "summary",
    "define",
    "skipped",
    "data",
    "media",
    "tag",
    "note",
    "alert",
    "started",
    "read",
)
# A record that has none but these says nothing beside its row.
ROW_KEYS = frozenset("n at source upto also positions row step epoch time rank".split())
STEPS = {int, float}
BEST_FIRST = ("metrics", "followed", "output")
# Of configuration what comes later counts more; a source that is not here comes first.
CONFIG_LAST = ("config", "arguments", "followed", "metrics")
GATHERED_ROWS = 512
MOST_NAMES = 20_000  # A program that makes up a name for each row is not to take all memory.


class Mark(NamedTuple):
    """A place in a training."""

    step: float | None
    epoch: float | None

    def is_before(self, row: Row | Mark, by_epoch: bool) -> bool | None:
        """Whether the row is at this place or behind it; None when nobody can tell."""
        if by_epoch and self.epoch is not None and row.epoch is not None and self.epoch != row.epoch:
            return row.epoch > self.epoch
        if self.step is not None and row.step is not None:
            return row.step >= self.step
        if self.epoch is not None and row.epoch is not None:
            return row.epoch >= self.epoch
        return None


class Track:
    """The rows of one source in one part, up to where a later attempt began again."""

    def __init__(self, origin: Origin, cut: Mark | None, is_brief: bool = False) -> None:
        self.origin, self._cut, self._is_brief = origin, cut, is_brief
        self._is_over = False
        self.first: Mark | None = None
        self.series: dict[str, Series] = {}
        self.has_steps = self.has_epochs = False
        self.is_ordered = True
        self.left_out = 0  # how often there was a name beyond the first MOST_NAMES
        self._step = float("-inf")
        self._rows: list[Row] = []

    def is_shown(self, row: Row) -> bool:
        """Whether no later attempt has gone over this row again; to be asked of each row in order."""
        if self._cut is not None:
            # What a program prints may count its steps anew in each epoch.
            is_over = self._cut.is_before(row, by_epoch=self.origin.kind == "output")
            self._is_over = self._is_over if is_over is None else is_over
        return not self._is_over

    def take(self, row: Row) -> None:
        """Take in the next row."""
        if self.first is None and (row.step is not None or row.epoch is not None):
            self.first = Mark(row.step, row.epoch)
        if self._cut is not None and not self.is_shown(row):
            return
        if row.step is not None:
            self.has_steps = True
            if row.step < self._step:
                self.is_ordered = False
            self._step = row.step
        if row.epoch is not None:
            self.has_epochs = True
        self._rows.append(row)
        if len(self._rows) >= GATHERED_ROWS:
            self.gather()

    def gather(self) -> None:
        """Have the series take the rows of late; many at a time is several times as fast."""
        if self._is_brief:
            self._count()
            return
        columns: dict[str, tuple[list[Any], list[Row]]] = {}
        for row in self._rows:
            for name, value in row.values.items():
                if name not in columns:
                    columns[name] = [], []
                values, rows = columns[name]
                values.append(value)
                rows.append(row)
        self._rows = []
        for name, (values, rows) in columns.items():
            self._series_of(name).add(values, rows)

    def _series_of(self, name: str) -> Series:
        """The series of that name; one that is not kept where there are too many."""
        if name not in self.series and len(self.series) >= MOST_NAMES:
            self.left_out += 1
            return Series()
        return self.series.setdefault(name, Series())

    def _count(self) -> None:
        names = chain.from_iterable(row.values for row in self._rows)
        for name, count in Counter(names).items():
            self._series_of(name).count += count
        self._rows = []


class PartHistory:
    """What the journal of one part says."""

    def __init__(self, path: Path, attempt: int, rank: int, cuts: dict[Origin, Mark], is_brief: bool = False) -> None:
        self.path, self.attempt, self.rank, self._is_brief = path, attempt, rank, is_brief
        self.cuts = cuts
        self._tail = Tail(path / names.JOURNAL_FILE, KEYS)
        self._count = 0
        self.tracks: dict[Origin, Track] = {}
        self._by_source: dict[tuple[str, int | None], Track] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.summary: dict[str, Any] = {}
        self.definitions: list[Any] = []
        self.data: list[Any] = []
        self.alerts: list[Any] = []
        self.tags: list[str] = []
        self.notes: list[str] = []
        self.media: Counter[str] = Counter()
        self.pace = Pace()
        self.skipped_lines = self.skipped_bytes = 0
        self.is_read = False

    @property
    def offset(self) -> int:
        """How far in the journal it has been read."""
        return self._tail.offset

    def read(self) -> bool:
        """Take in what is new; whether there was anything."""
        has_more = False
        for records in self._tail.read():
            has_more = True
            for record in records:
                if "row" in record:
                    self._take_row(record)
                if not ROW_KEYS.issuperset(record):
                    self._take_facts(record)
        for track in self.tracks.values():
            track.gather()
        return has_more

    def _take_row(self, record: dict[str, Any]) -> None:
        self._count += 1
        if row := read_row(record, self._count):
            rank = record.get("rank")
            who = record["source"], rank if isinstance(rank, int) else None
            track = self._by_source.get(who) or self._make_track(who, read_origin(record, self.rank))
            track.take(row)

    def _make_track(self, who: tuple[str, int | None], origin: Origin) -> Track:
        track = self._by_source[who] = self.tracks.setdefault(
            origin, Track(origin, self.cuts.get(origin), self._is_brief)
        )
        return track

    def _take_facts(self, record: dict[str, Any]) -> None:
        if isinstance(config := record.get("config"), dict):
            source = record["source"]
            self.configs[source] = merge(self.configs.get(source, {}), config)
        if isinstance(summary := record.get("summary"), dict):
            self.summary = merge(self.summary, summary)
        for key, found in (("define", self.definitions), ("data", self.data), ("alert", self.alerts)):
            if key in record:
                found.append(record[key])
        for key, texts in (("tag", self.tags), ("note", self.notes)):
            said = record.get(key)
            texts.extend(text for text in (said if isinstance(said, list) else [said]) if isinstance(text, str))
        if isinstance(media := record.get("media"), dict):
            self.media.update(str(item.get("type")) for item in media.values() if isinstance(item, dict))
        if progress := read_progress(record):
            self.pace.take(progress)
        if isinstance(skipped := record.get("skipped"), dict):
            self.skipped_lines += read_count(skipped.get("lines"))
            self.skipped_bytes += read_count(skipped.get("bytes"))
        if "started" in record:
            self.pace.begin(read_time(record.get("at")))
        if record.get("read") is True:
            self.is_read = True

    def config(self) -> dict[str, Any]:
        """Of all sources, the best last."""
        return reduce(merge, (self.configs[source] for source in sorted(self.configs, key=config_rank)), {})


class History:
    """All that is known of the metrics of a run, or of one of its attempts.

    A brief one knows of each metric only how often it came, which takes less time.
    """

    def __init__(self, path: Path, attempt: int | None = None, is_brief: bool = False) -> None:
        self._path, self._attempt, self._is_brief = path, attempt, is_brief
        self.parts: dict[tuple[int, int], PartHistory] = {}

    def read(self) -> bool:
        """Take in what has been written since the last time; whether there was anything.

        The newest attempt is read first: where it began says how far those before it count.
        """
        has_more = False
        cuts: dict[Origin, Mark] = {}
        there = [part for part in list_parts(self._path) if self._attempt in (None, part[0])]
        for attempt in sorted({attempt for attempt, _rank in there}, reverse=True):
            parts = [self._part(attempt, rank, cuts) for that, rank in there if that == attempt]
            for part in parts:
                has_more = part.read() or has_more
            cuts = earliest(cuts, (track for part in parts for track in part.tracks.values()))
        return has_more

    def _part(self, attempt: int, rank: int, cuts: dict[Origin, Mark]) -> PartHistory:
        """The part as far as it has been read; from its beginning when it counts less far than was thought."""
        part = self.parts.get((attempt, rank))
        if part is None or part.cuts != cuts:
            path = self._path / names.part_name(attempt, rank)
            part = self.parts[attempt, rank] = PartHistory(path, attempt, rank, cuts, self._is_brief)
        return part

    def in_order(self) -> list[PartHistory]:
        """By attempt, and by rank."""
        return [self.parts[key] for key in sorted(self.parts)]

    def tracks(self, origin: Origin) -> list[Track]:
        """Of every attempt, in order."""
        return [part.tracks[origin] for part in self.in_order() if origin in part.tracks]

    def origins(self, kind: str | None = None) -> list[Origin]:
        """Where there are rows from, the best first: the leading rank, and of it the best source."""
        found = dict.fromkeys(origin for part in self.in_order() for origin in part.tracks)
        fitting = [origin for origin in found if kind in (None, origin.kind)]
        return sorted(fitting, key=lambda origin: (origin.rank, kind_rank(origin.kind)))

    def choose(self, kind: str | None = None) -> dict[str, Origin]:
        """Each name with where it is shown from; of two files the one that has more of it."""
        best: dict[str, tuple[tuple[int, int, int], Origin]] = {}
        for origin in self.origins(kind):
            for name, count in self._counts(origin).items():
                how_good = (origin.rank, kind_rank(origin.kind), -count)
                if name not in best or how_good < best[name][0]:
                    best[name] = how_good, origin
        return {name: origin for name, (_how_good, origin) in best.items()}

    def _counts(self, origin: Origin) -> Counter[str]:
        counts: Counter[str] = Counter()
        for track in self.tracks(origin):
            counts.update({name: series.count for name, series in track.series.items()})
        return counts

    def metrics(self, has_ended: bool, kind: str | None = None) -> dict[str, Metric]:
        """Everything that has a name, as it stands now; results among it only where the run has ended."""
        definitions = self.definitions()
        ends = {origin: self._end_of_series(origin) for origin in self.origins(kind)}
        found = {}
        for name, origin in self.choose(kind).items():
            attempts = [track.series[name] for track in self.tracks(origin) if name in track.series]
            is_result = has_ended and is_at_end(attempts, ends[origin], self.tracks(origin)[-1].series.get(name))
            found[name] = combine(name, origin, definitions.of(name), attempts, is_result)
        return found

    def _end_of_series(self, origin: Origin) -> int:
        """The number of the last row with something that has come more than once; 0 when there is none."""
        counts = self._counts(origin)
        last = self.tracks(origin)[-1].series
        numbers = [series.last.row.number for name, series in last.items() if counts[name] > 1 and series.last]
        return max(numbers, default=0)

    def definitions(self) -> Definitions:
        """All that `$define` says."""
        definitions = Definitions()
        for part in self.in_order():
            for said in part.definitions:
                definitions.take(said)
        return definitions

    def config(self) -> dict[str, Any]:
        """The configuration as one object: of each attempt over those before, the leading rank over the others."""
        parts = sorted(self.in_order(), key=lambda part: (part.attempt, -part.rank))
        return reduce(merge, (part.config() for part in parts), {})

    def summary(self) -> dict[str, Any]:
        """What was said to be the run's result, as one object."""
        parts = sorted(self.in_order(), key=lambda part: (part.attempt, -part.rank))
        return reduce(merge, (part.summary for part in parts), {})

    @property
    def latest(self) -> PartHistory | None:
        """The leading rank of the newest attempt; None when there is no part."""
        newest = max((attempt for attempt, _rank in self.parts), default=None)
        return next((part for part in self.in_order() if part.attempt == newest), None)


def read_row(record: dict[str, Any], count: int) -> Row | None:
    """The row that a record has; None when it makes no sense. Its number is the count where the source has none."""
    values = record["row"]
    get = record.get
    at: Any = get("time") or get("at")
    step, epoch = get("step"), get("epoch")
    if type(values) is not dict or type(at) not in STEPS:
        return None
    if type(step) not in STEPS or step != step:
        step = None
    if type(epoch) not in STEPS or epoch != epoch:
        epoch = None
    if record["source"] == "parsed" and type(upto := get("upto")) is int:
        count = upto
    return Row(count, step, epoch, at, flatten(values))


def read_origin(record: dict[str, Any], rank: int) -> Origin:
    """Where a record is from; what one process prints may be of several ranks."""
    said = record.get("rank")
    return Origin(said if isinstance(said, int) else rank, record["source"])


def read_count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def kind_rank(kind: str) -> int:
    return BEST_FIRST.index(kind) if kind in BEST_FIRST else len(BEST_FIRST)


def config_rank(source: str) -> int:
    kind = source.partition(":")[0]
    return CONFIG_LAST.index(kind) if kind in CONFIG_LAST else -1


def earliest(cuts: dict[Origin, Mark], tracks: Iterable[Track]) -> dict[Origin, Mark]:
    """Where each source began again first: by what later attempts say, and by this one."""
    found = dict(cuts)
    for track in tracks:
        mark, cut = track.first, found.get(track.origin)
        if mark and (cut is None or mark.is_before(cut, by_epoch=track.origin.kind == "output")):
            found[track.origin] = mark
    return found


def is_at_end(attempts: list[Series], end_of_series: int, last: Series | None) -> bool:
    """Whether something came only once, and then nothing that comes again and again did."""
    has_come_once = last is not None and sum(series.count for series in attempts) == 1
    return bool(has_come_once and last and last.last and last.last.row.number >= end_of_series)
