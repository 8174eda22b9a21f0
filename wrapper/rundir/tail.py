"""Reading a journal as it grows: each call goes on where the last one ended."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from wrapper.rundir.packing import is_there, open_packed

BLOCK_BYTES = 1 << 18


class Tail:
    """The records of a journal that have one of some keys.

    The others are not decoded, and those that are come a block at a time: of 1,000,000 rows that is half of the
    time. A record that is damaged is left out; `Part.warnings` says so.
    """

    def __init__(self, path: Path, keys: tuple[str, ...]) -> None:
        self._path = path
        self._has_key = re.compile(b"|".join(b'"%b"' % key.encode() for key in keys)).search
        self.offset = 0
        self._is_packed = False

    def read(self, until: int | None = None) -> Iterator[list[dict[str, Any]]]:
        """Yield what is new, many records at a time; nothing where there is no journal yet.

        A last line without its newline is still being written, and left for the next call. With `until`, an offset
        to which another has read, not more than that.
        """
        if until is None and not self._has_grown():
            return
        if until is not None and until <= self.offset:
            return
        with open_packed(str(self._path)) as file:
            file.seek(self.offset)
            while lines := file.readlines(BLOCK_BYTES):
                ends = list(accumulate(map(len, lines), initial=self.offset))
                while lines and (not lines[-1].endswith(b"\n") or (until is not None and ends[len(lines)] > until)):
                    lines.pop()
                self.offset = ends[len(lines)]
                if wanted := [line for line in lines if self._has_key(line)]:
                    yield decode(wanted)
                if len(lines) < len(ends) - 1:  # What comes next in the file is the rest of a line.
                    return

    def _has_grown(self) -> bool:
        try:
            return os.stat(self._path).st_size > self.offset
        except OSError:  # There is none yet, or none that can be read; or it is packed, and will not grow.
            was_packed, self._is_packed = self._is_packed, is_there(str(self._path))
            return self._is_packed and not was_packed


def decode(lines: list[bytes]) -> list[dict[str, Any]]:
    """The records in the lines, without those that are damaged."""
    try:
        records = json.loads(b"[" + b",".join(lines) + b"]")
    except (ValueError, RecursionError):
        records = []
    if len(records) != len(lines):
        records = [decode_one(line) for line in lines]
    return [record for record in records if isinstance(record, dict) and isinstance(record.get("source"), str)]


def decode_one(line: bytes) -> object:
    """What stands in one line; None when that is nothing."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
