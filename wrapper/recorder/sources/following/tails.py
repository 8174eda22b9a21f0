"""Files that are followed: those that grow, and those that are written whole again and again."""

from __future__ import annotations

import os
import time
import zlib
from typing import Protocol

from wrapper.recorder.packages import reach_packages
from wrapper.recorder.sources.following.outlet import Outlet
from wrapper.recorder.sources.following.readings import EventReading, LineReading, Reading
from wrapper.text.files.csv_log import CsvLog
from wrapper.text.files.events import EventLog
from wrapper.text.files.json_log import JsonLog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Begin = Callable[[str, int], bool]  # Told of a file and a place in it; False when it is not to be read there.

GROWING = ("tensorboard", "csv", "json")
HEAD_BYTES = 1 << 12
LENGTH_BITS = 32
MOST_YAML_BYTES, MOST_JSON_BYTES = 256 << 10, 16 << 20
SETTLED_S = 2.0  # What is wrong for so long is not just being written.


class Followed(Protocol):
    """A file that is followed."""

    path: str
    kind: str
    outlet: Outlet
    is_over: bool

    def look(self, has_ended: bool, begin: Begin) -> bool:
        """Read what is new in it; False when nothing is. Raises OSError."""
        ...


def follow(path: str, kind: str, outlet: Outlet, prefix: str) -> Followed:
    """Follow a file of this kind."""
    return Tail(path, kind, outlet, prefix) if kind in GROWING else Document(path, kind, outlet)


class Tail:
    """A file that grows. What is known of it follows from its beginning: a new reader reads that again, silently."""

    def __init__(self, path: str, kind: str, outlet: Outlet, prefix: str) -> None:
        self.path, self.kind, self.outlet, self._prefix = path, kind, outlet, prefix
        self._reading = self._make_reading()
        self._place = 0
        self._seen: object = None
        self._is_started = False
        self.is_over = False

    def look(self, has_ended: bool, begin: Begin) -> bool:
        status = os.stat(self.path)
        seen = (status.st_size, status.st_mtime_ns, status.st_ino)
        is_new = seen != self._seen
        if not is_new and not has_ended and not self._reading.is_waiting:
            return False
        fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._check(fd, status.st_size, begin)
            self._read(fd, status.st_size, has_ended, begin)
        finally:
            os.close(fd)
        self._seen = seen
        return is_new

    def _make_reading(self) -> Reading:
        if self.kind == "tensorboard":
            return EventReading(self.outlet, EventLog(self._prefix))
        return LineReading(self.outlet, CsvLog() if self.kind == "csv" else JsonLog())

    def _check(self, fd: int, size: int, begin: Begin) -> None:
        """Be at the place to go on, in a file that is still the same."""
        if self._is_rewritten(fd, size):
            self._begin_anew()
        elif not self._is_started:
            self._go_on(fd, begin)
        self._is_started = True

    def _is_rewritten(self, fd: int, size: int) -> bool:
        """Whether the file is shorter than what was read, or begins otherwise than it did."""
        if size < max(self._place, self.outlet.position or self.outlet.noted("from") or 0):
            return True
        head = self.outlet.noted("head")
        return bool(head) and head != mark_head(fd, (head or 0) >> LENGTH_BITS)

    def _begin_anew(self) -> None:
        self._place = 0
        self._reading = self._make_reading()
        self.outlet.rows = 0
        for name, number in (("head", 0), ("from", 0), ("again", 1)):
            self.outlet.note(name, number)
        self.outlet.move(0)

    def _go_on(self, fd: int, begin: Begin) -> None:
        """Read silently what a reader before this one has given, and what is older than the run."""
        since = self.outlet.noted("from") or 0
        goal = since if self.outlet.position is None else self.outlet.position
        self.outlet.is_silent = True
        while self._place < goal:
            begin(self.path, -1)
            self.outlet.is_counting = self._place >= since
            until = goal if self._place >= since else since
            data = os.pread(fd, min(self._reading.wanted, until - self._place), self._place)
            place = self._reading.read(data, self._place, goal, has_ended=True)
            if place == self._place and (not data or len(data) < self._reading.wanted):
                break
            self._place = place
        self.outlet.is_silent, self.outlet.is_counting = False, True
        self._place = goal

    def _read(self, fd: int, size: int, has_ended: bool, begin: Begin) -> None:
        while self._place < size and not self.is_over:
            if not begin(self.path, self._place):
                self.is_over = True
                self.outlet.warn("reading it failed three times; the rest of it was left out", self._place)
                return
            data = os.pread(fd, self._reading.wanted, self._place)
            has_all = self._place + len(data) >= size
            self._note_head(fd, self._place + len(data))
            place = self._reading.read(data, self._place, size, has_ended)
            self.is_over = self._reading.is_over
            if place == self._place and (has_all or len(data) >= self._reading.wanted):
                return
            self._place = place

    def _note_head(self, fd: int, until: int) -> None:
        """Remember how the file begins, as soon as it has a beginning."""
        length = min(until, HEAD_BYTES)
        known = (self.outlet.noted("head") or 0) >> LENGTH_BITS
        if 2 * known <= length:
            self.outlet.note("head", mark_head(fd, length))


def mark_head(fd: int, length: int) -> int:
    """A number that tells this beginning of a file from another, and how long it is."""
    return length << LENGTH_BITS | zlib.crc32(os.pread(fd, length, 0))


class Document:
    """A file that is written whole. Its position is the checksum of what was read last."""

    def __init__(self, path: str, kind: str, outlet: Outlet) -> None:
        self.path, self.kind, self.outlet = path, kind, outlet
        self._seen: object = None
        self._bad: tuple[int, float] | None = None
        self.is_over = False

    def look(self, has_ended: bool, begin: Begin) -> bool:
        status = os.stat(self.path)
        seen = (status.st_size, status.st_mtime_ns, status.st_ino)
        if seen == self._seen and self._bad is None:
            return False
        is_new, self._seen = seen != self._seen, seen
        most = MOST_JSON_BYTES if self.path.endswith(".json") else MOST_YAML_BYTES
        with open(self.path, "rb") as file:
            data = file.read(most + 1)
        mark = zlib.crc32(data)
        if len(data) > most:
            self.is_over = True
            self.outlet.warn(f"it has {status.st_size} bytes, more than {most}, and was left out", mark)
        elif mark != self.outlet.position:
            self._read(data, mark, has_ended, begin)
        return is_new

    def _read(self, data: bytes, mark: int, has_ended: bool, begin: Begin) -> None:
        if not begin(self.path, mark):
            self.is_over = True
            self.outlet.warn("reading it failed three times; it was left out", mark)
            return
        reach_packages()
        from wrapper.text.files.documents import DOCUMENTS, BadDocument  # It takes 20 ms, and most runs need none.

        try:
            facts = DOCUMENTS[self.kind](data)
        except BadDocument as bad:
            self._complain(str(bad), bad.line, mark, has_ended)
            return
        self._bad = None
        self.outlet.rows = sum(bool(fact.row) for fact in facts)
        new = [fact for fact in facts if not self.outlet.was_given(fact)]
        before = self.outlet.position or 0
        for number, fact in enumerate(new, 1):  # Only the last says that all of them were read.
            self.outlet.rows -= bool(fact.row)
            self.outlet.give(fact, mark if number == len(new) else before)
        if not new:
            self.outlet.move(mark)

    def _complain(self, text: str, line: int | None, mark: int, has_ended: bool) -> None:
        now = time.monotonic()
        if self._bad is None or self._bad[0] != mark:
            self._bad = (mark, now)
        if has_ended or now - self._bad[1] >= SETTLED_S:
            self._bad = None
            self.outlet.warn(text, mark, line)
