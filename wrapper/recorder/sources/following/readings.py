"""What understands a file that grows, piece by piece: lines of text, and the records of event files."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol

from wrapper.recorder.sources.following.outlet import Outlet
from wrapper.text.files.csv_log import CsvLog
from wrapper.text.files.events import EventLog
from wrapper.text.files.facts import Fact
from wrapper.text.files.json_log import JsonLog
from wrapper.text.files.lines import MOST_LINE_BYTES, cut_lines
from wrapper.text.files.records import SEARCH_BYTES, Record, find_record, split_records

PIECE_BYTES = 1 << 18
# Bytes from another machine may come later than the length of their file: until then there are zeros.
HOLE_S = 5.0


class Reading(Protocol):
    """Knows of a file what the pieces before said."""

    wanted: int  # so many bytes the next piece needs at least
    is_waiting: bool  # something may be understood later, though the file stays as it is
    is_over: bool  # nothing more can be read of the file

    def read(self, data: bytes, start: int, size: int, has_ended: bool) -> int:
        """Take in what stands at `start` in a file of this size; where the next piece begins.

        `has_ended` when nobody writes into it any more.
        """
        ...


class LineReading:
    """Lines of a CSV or JSON log."""

    def __init__(self, outlet: Outlet, log: CsvLog | JsonLog) -> None:
        self._outlet, self._log = outlet, log
        self._line = 0
        self._is_in_long_line = False
        self._hole_since: float | None = None
        self.wanted = PIECE_BYTES
        self.is_waiting = self.is_over = False

    def read(self, data: bytes, start: int, size: int, has_ended: bool) -> int:
        is_final = has_ended and start + len(data) >= size
        if b"\0" in data:
            data = self._before_hole(data, has_ended)
        else:
            self._hole_since, self.is_waiting = None, False
        if self._is_in_long_line:
            return self._skip(data, start)
        cut = cut_lines(data, start, is_final)
        for line, end in cut.lines:
            self._line += 1
            self._take(line.strip(b"\0"), end)
        self.wanted = PIECE_BYTES
        if not cut.lines and len(data) >= MOST_LINE_BYTES:
            self._is_in_long_line = True
            return start + len(data)
        if not cut.lines and len(data) >= PIECE_BYTES:
            self.wanted = MOST_LINE_BYTES
        return cut.end

    def _take(self, line: bytes, end: int) -> None:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = line.decode("utf-8", "replace")
            self._outlet.warn("this is no UTF-8; what makes no sense was replaced", end, self._line)
        for fact in self._log.read(text):
            self._outlet.give(fact, end, self._line)

    def _skip(self, data: bytes, start: int) -> int:
        """Go to the end of a line that no log has."""
        end = start + (data.find(b"\n") + 1 or len(data))
        if data[: end - start].endswith(b"\n"):
            self._is_in_long_line = False
            self._line += 1
            text = f"the line is longer than {MOST_LINE_BYTES} bytes; it was left out"
            self._outlet.warn(text, end, self._line)
        return end

    def _before_hole(self, data: bytes, has_ended: bool) -> bytes:
        """What stands before the zeros; they are taken for text when they stay."""
        now = time.monotonic()
        self._hole_since = self._hole_since or now
        self.is_waiting = now - self._hole_since < HOLE_S and not has_ended
        return data[: data.find(b"\0")] if self.is_waiting else data


class EventReading:
    """Records of an event file. Values of one step that stand together make one row."""

    def __init__(self, outlet: Outlet, log: EventLog) -> None:
        self._outlet, self._log = outlet, log
        self._row: Fact | None = None
        self._row_end = 0
        self._damaged_since: float | None = None
        self._searched_bytes = 0
        self.wanted = PIECE_BYTES
        self.is_waiting = self.is_over = False

    def read(self, data: bytes, start: int, size: int, has_ended: bool) -> int:
        found = split_records(data, start, is_checked=not self._outlet.is_silent)
        end = start
        for record in found.records:
            if record.end > size:
                break
            self._take(record, end)
            end = record.end
        self._flush()
        self.wanted = max(PIECE_BYTES, found.wanted)
        self.is_waiting = False
        if found.is_damaged and end == found.end:
            return end if end > start else self._search(data, start, has_ended)
        return end

    def _take(self, record: Record, start: int) -> None:
        if record.data is None:
            self._say(record.warning, record.end)
            return
        try:
            facts = self._log.read(record.data)
        except (ValueError, OverflowError):
            self._say(f"the record at offset {start} makes no sense; it was left out", record.end)
            return
        for fact in facts:
            self._add(fact, record.end)

    def _add(self, fact: Fact, end: int) -> None:
        row = self._row
        if row and not fact.media and fact.row and fact.step == row.step and not fact.row.keys() & row.row.keys():
            self._row = replace(row, row={**row.row, **fact.row}, time=fact.time)
        else:
            self._flush()
            self._row = fact
        self._row_end = end
        if fact.media or fact.config:
            self._flush()

    def _flush(self) -> None:
        if self._row:
            self._outlet.give(self._row, self._row_end)
            self._row = None

    def _say(self, text: str, end: int) -> None:
        self._flush()
        self._outlet.warn(text, end)

    def _search(self, data: bytes, start: int, has_ended: bool) -> int:
        """Find the next record after a damaged one, once it is certain that it is damaged."""
        if self._outlet.is_silent:
            return start
        now = time.monotonic()
        self._damaged_since = self._damaged_since or now
        if now - self._damaged_since < HOLE_S and not has_ended:
            self.is_waiting = True
            return start
        if len(data) < 2 * self._searched_bytes and not has_ended:
            return start
        place = find_record(data)
        self._searched_bytes = len(data)
        if place is not None:
            self._damaged_since, self._searched_bytes = None, 0
            self._outlet.warn(f"{place} bytes at offset {start} are damaged, and were left out", start + place)
            return start + place
        if has_ended or len(data) >= SEARCH_BYTES:
            self.is_over = True
            self._outlet.warn(f"what follows offset {start} is damaged, and was left out", start)
        return start
