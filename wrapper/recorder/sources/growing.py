"""A file that others add lines to, or cut short, or write anew, while it is read here in bounded memory."""

from __future__ import annotations

import os
import re
import time
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

PIECE_BYTES = 1 << 18
TAIL_BYTES = 64
# Another machine's bytes reach NFS later than the file's length does: until then there are zeros.
HOLE_S = 2.0
LINE = re.compile(rb"([^\n]*)\n|([^\n]+)\Z")
LINE_OR_HOLE = re.compile(rb"([^\n\0]*)[\n\0]+|([^\n\0]+)\Z")


class Changed(Exception):
    """What was read stands no more in the file, which was cut short (`is_shorter`), or written anew."""

    def __init__(self, is_shorter: bool) -> None:
        self.is_shorter = is_shorter


class Place(NamedTuple):
    """How far a file was read: so many bytes, with this CRC-32, and so many ends of line in them."""

    position: int = 0
    crc: int = 0
    lines: int = 0


class GrowingFile:
    """Gives each whole line once. `place` is behind the line that was given last.

    `begin` is told where a piece is that is about to be read.
    """

    def __init__(
        self,
        path: str,
        longest_bytes: int,
        begin: Callable[[int], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._longest_bytes, self._begin, self._clock = path, longest_bytes, begin, clock
        self.go_on(0, 0)

    def go_on(self, position: int, crc: int | None) -> None:
        """Read on from there, if what stands before it has this CRC-32; None is believed."""
        self.place = Place(position, crc or 0)
        self._is_believed = crc is None and position > 0
        self._is_sure = position == 0
        self._tail = b""
        self._searched = 0  # There is no end of line between the position and this.
        self._state: object = None
        self._identity: object = None
        self._hole: tuple[float, int] | None = None
        self._lasting_until = 0

    def lines(self, is_last: bool) -> Iterator[tuple[bytes | None, int]]:
        """Yield each line that is new with its number, None for one that is too long.

        What has no end of line yet is left for later, unless this is the last time. Raises Changed, and OSError.
        """
        status = os.stat(self._path)
        state = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
        if state == self._state and not is_last:
            return
        fd = self._open()
        try:
            size = self._check(fd)
            while True:
                if block := self._whole_lines(fd, size, is_last):
                    yield from self._cut(block)
                elif (is_last or self._hole is None) and (length := self._long_line(fd, size, is_last)):
                    yield from self._take_long(fd, length)
                else:
                    break
        finally:
            os.close(fd)
        self._state = None if self._hole else state

    def first_line(self, is_last: bool) -> int | None:
        """The CRC-32 of the first line (or of its beginning), None while there is none."""
        fd = self._open()
        try:
            head = os.pread(fd, PIECE_BYTES, 0)
        finally:
            os.close(fd)
        end = head.find(b"\n")
        if end < 0 and len(head) < PIECE_BYTES and not (is_last and head):
            return None
        return zlib.crc32(head[:end] if end >= 0 else head)

    def _open(self) -> int:
        """A descriptor for reading; a pipe that somebody has put there is not waited for."""
        return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)

    def _check(self, fd: int) -> int:
        """The length of the file, when what was read still stands in it."""
        status = os.fstat(fd)
        identity = status.st_dev, status.st_ino
        if status.st_size < self.place.position:
            self._is_sure = False  # It may be longer again soon.
            raise Changed(is_shorter=True)
        if not self._is_sure or identity != (self._identity or identity):
            self._compare(fd)
        self._identity = identity
        return status.st_size

    def _compare(self, fd: int) -> None:
        """Read again all that was read before."""
        self._is_sure = False
        position, wanted, _ = self.place
        crc, lines, tail = self._sum(fd, 0, position, 0)
        if crc != wanted and not self._is_believed:
            self.place = Place(position, wanted, lines)
            raise Changed(is_shorter=False)
        self.place, self._tail = Place(position, crc, lines), tail
        self._is_believed, self._is_sure = False, True

    def _sum(self, fd: int, start: int, end: int, crc: int) -> tuple[int, int, bytes]:
        """CRC-32, ends of line and last bytes of a stretch."""
        lines, tail = 0, b""
        while start < end:
            self._begin(start)
            data = os.pread(fd, min(PIECE_BYTES, end - start), start)
            if not data:
                raise Changed(is_shorter=True)
            crc, lines, tail = zlib.crc32(data, crc), lines + data.count(b"\n"), (tail + data)[-TAIL_BYTES:]
            start += len(data)
        return crc, lines, tail

    def _whole_lines(self, fd: int, size: int, is_last: bool) -> bytes:
        """Lines that have their end, a piece of them; zeros in them are there to stay, and part lines too."""
        position = self.place.position
        data = self._read(fd, min(PIECE_BYTES, size - position))
        hole = data.find(b"\0")
        if hole < 0:
            self._hole = None
            return data[: data.rfind(b"\n") + 1]
        if self._is_lasting(position + hole, size, is_last):
            return data[: max(data.rfind(b"\n"), data.rfind(b"\0")) + 1]
        return data[: data.rfind(b"\n", 0, hole) + 1]

    def _is_lasting(self, offset: int, size: int, is_last: bool) -> bool:
        """Whether zeros have been there for so long that nothing will come in their place."""
        if is_last or offset < self._lasting_until:
            return True
        now = self._clock()
        if self._hole is None:
            self._hole = now, size
        elif now - self._hole[0] >= HOLE_S:
            self._lasting_until, self._hole = self._hole[1], None
        return offset < self._lasting_until

    def _long_line(self, fd: int, size: int, is_last: bool) -> int:
        """The length of a line that is longer than a piece, or that is the last and has no end; 0 if there is none."""
        position = self.place.position
        self._searched = max(self._searched, position)
        while size - position >= PIECE_BYTES and self._searched < size:
            self._begin(position)
            data = os.pread(fd, min(PIECE_BYTES, size - self._searched), self._searched)
            end = data.find(b"\n")
            if end >= 0:
                return self._searched + end + 1 - position
            if not data:
                raise Changed(is_shorter=True)
            self._searched += len(data)
        return size - position if is_last else 0

    def _take_long(self, fd: int, length: int) -> Iterator[tuple[bytes | None, int]]:
        if length <= self._longest_bytes:
            yield from self._cut(self._read(fd, length))
            return
        position, crc, lines = self.place
        crc, ends, self._tail = self._sum(fd, position, position + length, crc)
        self.place = Place(position + length, crc, lines + ends)
        yield None, lines + 1

    def _read(self, fd: int, length: int) -> bytes:
        """So many bytes after the position; raises Changed when others stand before it than were read."""
        before = len(self._tail)
        data = os.pread(fd, before + length, self.place.position - before)
        if data[:before] != self._tail or len(data) < before + length:
            self._is_sure = False
            raise Changed(is_shorter=len(data) < before + length)
        return data[before:]

    def _cut(self, block: bytes) -> Iterator[tuple[bytes | None, int]]:
        """Each line of a block. Where the last has no end, it has one here."""
        position, crc, lines = self.place
        pattern = LINE_OR_HOLE if b"\0" in block else LINE
        for match in pattern.finditer(block):
            raw, line = match[0], match[1] or match[2]
            number = lines + 1
            position, crc, lines = position + len(raw), zlib.crc32(raw, crc), lines + raw.count(b"\n")
            self.place = Place(position, crc, lines)
            if line:
                yield line, number
        self._tail = (self._tail + block)[-TAIL_BYTES:]
