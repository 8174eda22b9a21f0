"""A packed file as a reader sees it: as before it was packed, or, where it is damaged, as far as it goes."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import IO

DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)
END_OF_GOOD = b"\n(damaged from here on)\n"  # No record: so whoever reads it says that something is left out.


class Unpacking(io.RawIOBase):
    """What gzip finds, and after damage one line that says so."""

    def __init__(self, path: str) -> None:
        self._file = gzip.open(path, "rb")  # noqa: SIM115 -- `close` is its end
        self._left = b""
        self._is_damaged = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._is_damaged, self._left = False, b""
        try:
            return self._file.seek(offset, whence)
        except DAMAGE:
            self._is_damaged, self._left = True, END_OF_GOOD.lstrip()
            return offset

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left and not self._is_damaged:
            self._left = self._read(len(buffer))
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def _read(self, size_bytes: int) -> bytes:
        try:
            return self._file.read1(size_bytes)
        except DAMAGE:
            self._is_damaged = True
            return END_OF_GOOD

    def close(self) -> None:
        self._file.close()
        super().close()


def open_unpacked(path: str) -> IO[bytes]:
    return io.BufferedReader(Unpacking(path))
