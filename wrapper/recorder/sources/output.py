"""Metrics in what the command prints: output.log, read as a terminal would show it, from its beginning.

What the parser knows of a log (its tables, its step) is nowhere on the disk. So another reader, after this one died,
begins at the beginning too; the same bytes give the same rows, and those that are in the journal are not given again.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from wrapper.recorder.channel import Channel
from wrapper.rundir.journal import read_records
from wrapper.rundir.names import JOURNAL_FILE
from wrapper.rundir.patterns import BadPattern, Pattern, read_pattern
from wrapper.rundir.reading import Part, read_edge, read_texts
from wrapper.rundir.stretches import Reader, Stretch
from wrapper.text.parsing.output import OutputParser
from wrapper.text.parsing.rows import Row, without_point

DENSE_EVERY_S, EVERY_S = 0.2, 0.8  # Where the last look found much, and where it found a line or nothing.
MUCH_BYTES = 1 << 10
PROGRESS_EVERY_S = PLACE_EVERY_S = 1.0
# So far the parser may lag behind; then it skips to the present, and rests, so that a flood costs a quarter of a core.
MOST_BEHIND_BYTES = 16 << 20
KEPT_BYTES = 64 << 10
REST_PER_WORK, LONGEST_REST_S = 3.0, 1.0
# What is left at the end may take so long, and a second is usual; then only the last of it is read.
LONGEST_REST_OF_WORK_S = 20.0
BLOCK_BYTES = 1 << 20
PIECE_BYTES = 1 << 14
CUT = b"\r\x1b[2K\n"  # Where bytes are missing: half a number is not to be taken for a whole one.


def read(channel: Channel) -> None:
    """Give the channel a record for each row, until the command has ended and all is read."""
    if channel.settings.get("parse") is False:
        return
    reading = Reading(channel)
    while True:
        has_ended = channel.has_ended
        reading.take()
        if has_ended and reading.is_through():
            break
        channel.wait(reading.pause_s())
    reading.finish()


class Reading:
    """One walk through the log."""

    def __init__(self, channel: Channel) -> None:
        part, settings = channel.part, channel.settings
        self._channel = channel
        self._part = Part(Path("."), 0, 0, part, None)
        self._stretches = Reader(self._part, lambda _: True, is_timed=True)
        size = read_edge(part.get("columns")), read_edge(part.get("rows"))
        self._parser = OutputParser(*size, read_patterns(settings.get("patterns")), read_texts(settings.get("ignore")))
        self._count, self._given = 0, channel.positions.get("parsed", 0)
        self._replay_until = channel.positions.get("parsed:bytes", 0)
        self._skips = read_skips() if self._replay_until else {}
        self._now: float | None = None
        self._told_at = time.monotonic()
        self._is_dense = True
        self._placed_at = 0.0
        self._ended_at: float | None = None  # by the clock of our own CPU time
        self._told: object = None
        self._paths = {stream["stream"]: stream.get("path") for stream in read_streams(part.get("streams"))}
        self._rested_at = time.process_time()

    def is_through(self) -> bool:
        """Whether nothing is left to be read."""
        return self._stretches.position >= self._part.output_bytes()

    def pause_s(self) -> float:
        """How long to wait for more."""
        return DENSE_EVERY_S if self._is_dense else EVERY_S

    def take(self) -> None:
        """Read what there is now."""
        if self.is_through() and not self._channel.has_ended:
            self._is_dense = False
            self._tell_progress()
        else:
            self._take_more()

    def _take_more(self) -> None:
        before = self._stretches.position
        while True:
            until = min((start for start in self._skips if start >= self._stretches.position), default=None)
            self._read(until)
            if until is None or self._stretches.position < until:
                break
            self._stretches.skip_to(until + self._skips.pop(until))
        if self._is_too_far_behind():
            self._skip()
        self._is_dense = self._stretches.position - before > MUCH_BYTES
        self._tell_progress()

    def _read(self, until: int | None) -> None:
        for stretch in self._stretches.read(until):
            if stretch.size:
                self._parser.resize(*stretch.size)
            elif self._paths.get(stretch.stream) in self._stretches.shared:
                continue  # Nobody knows whose it is.
            elif stretch.gap:
                self._give(self._parser.feed(stretch.stream, CUT))
            else:
                self._feed(stretch)
            if self._is_too_far_behind():
                return

    def _feed(self, stretch: Stretch) -> None:
        """In pieces: when one kills whoever reads it, little is lost with it. They begin where they would again."""
        start = self._stretches.position - len(stretch.data)
        self._now = stretch.at
        while start < self._stretches.position:
            end = min(self._stretches.position, start - start % PIECE_BYTES + PIECE_BYTES)
            offset = len(stretch.data) - self._stretches.position
            self._feed_piece(stretch.stream, start, stretch.data[start + offset : end + offset])
            start = end

    def _feed_piece(self, stream: int, start: int, data: bytes) -> None:
        self._channel.begin(start)
        if start in self._channel.skips and start not in self._skips:
            self._say_skipped(start, data.count(b"\n"), len(data), "reading it failed three times")
        else:
            self._give(self._parser.feed(stream, data))

    def _give(self, rows: list[Row]) -> None:
        for row in rows:
            self._count += 1
            if self._count <= self._given:
                continue
            facts = {
                "row": row.values,
                "step": without_point(row.step),
                "epoch": without_point(row.epoch),
                "rank": row.rank,
            }
            known = {name: value for name, value in {**facts, "time": self._now}.items() if value is not None}
            self._channel.send("parsed", self._count, self._place(), **known)

    def _place(self) -> dict[str, int]:
        """How far we are, once in a while: it only says from where on a reader is not catching up any more."""
        now = time.monotonic()
        if now - self._placed_at < PLACE_EVERY_S:
            return {}
        self._placed_at = now
        return {"parsed:bytes": self._stretches.position}

    def _is_too_far_behind(self) -> bool:
        """Only the present is skipped to, and only by who is not just catching up after another reader's death."""
        position = self._stretches.position
        if position < self._replay_until or self._count < self._given:
            self._ended_at = None
            return False
        behind = self._part.output_bytes() - position
        if not self._channel.has_ended:
            return behind > MOST_BEHIND_BYTES
        if self._ended_at is None:
            self._ended_at = time.process_time()
        return behind > KEPT_BYTES and time.process_time() - self._ended_at > LONGEST_REST_OF_WORK_S

    def _skip(self) -> None:
        """Leave out what is too much, whole lines of it, and say so."""
        with self._part.output_path.open("rb") as log:
            start = find_line(log, self._stretches.position)
        self._read_to(start)
        worked_s = time.process_time() - self._rested_at
        self._channel.wait(min(LONGEST_REST_S, REST_PER_WORK * worked_s))
        self._rested_at = time.process_time()
        with self._part.output_path.open("rb") as log:
            end = find_line(log, self._part.output_bytes() - KEPT_BYTES)
            lines = count_lines(log, start, end)
        self._say_skipped(start, lines, end - start, "more was printed than could be read")
        self._stretches.skip_to(end)

    def _read_to(self, position: int) -> None:
        for stretch in self._stretches.read(position):
            if stretch.data:
                self._feed(stretch)

    def _say_skipped(self, start: int, lines: int, size_bytes: int, why: str) -> None:
        skipped = {"from": start, "bytes": size_bytes, "lines": lines, "why": why}
        also = {"parsed:bytes": start + size_bytes}
        self._channel.send("parsed", max(self._count, self._given), also, skipped=skipped)

    def _tell_progress(self) -> None:
        progress = self._parser.progress
        if progress is None or self._count < self._given or progress == self._told:
            return
        if self._channel.has_ended or time.monotonic() - self._told_at >= PROGRESS_EVERY_S:
            self._told, self._told_at = progress, time.monotonic()
            self._channel.send("parsed", self._count, progress=progress._asdict())

    def finish(self) -> None:
        """What only the end can tell."""
        self._give(self._parser.finish())
        self._tell_progress()


def find_line(log: Any, position: int) -> int:
    """Where the next line begins after a position; the position itself where none does."""
    log.seek(position)
    offset = log.read(BLOCK_BYTES).find(b"\n")
    return int(position + offset + 1)


def count_lines(log: Any, start: int, end: int) -> int:
    """How many lines end in a stretch of the log."""
    log.seek(start)
    lines = 0
    while start < end and (data := log.read(min(BLOCK_BYTES, end - start))):
        lines += data.count(b"\n")
        start += len(data)
    return lines


def read_skips() -> dict[int, int]:
    """What readers before this one have left out: where, and how many bytes."""
    found = {}
    for record in read_records(JOURNAL_FILE):
        skipped = record.get("skipped") if record["source"] == "parsed" else None
        if isinstance(skipped, dict) and isinstance(skipped.get("from"), int) and isinstance(skipped.get("bytes"), int):
            found[skipped["from"]] = skipped["bytes"]
    return found


def read_streams(value: object) -> list[dict[str, Any]]:
    """The streams of part.json, as far as they make sense."""
    streams = value if isinstance(value, list) else []
    return [stream for stream in streams if isinstance(stream, dict) and "stream" in stream]


def read_patterns(texts: object) -> list[Pattern]:
    """They were looked at before the command started; one of another version that cannot be read is left out."""
    patterns = []
    for text in read_texts(texts):
        try:
            patterns.append(read_pattern(text))
        except BadPattern:
            continue
    return patterns
