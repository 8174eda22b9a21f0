"""Which files are to be kept: by --save, and by what the command itself says in its metrics file."""

from __future__ import annotations

import fnmatch
import glob
import json
import os
import time

from wrapper.recorder.sources.following.folders import CLOCK_S
from wrapper.rundir.names import FOLDER, JOURNAL_FILE

MOST_FOUND = 2_000
FIND_S = 0.5
MOST_PATTERNS = 200
READ_BYTES = 1 << 22
MARK = b'"save": '


class Asked:
    """The patterns that somebody asked for, and the files that they mean."""

    def __init__(self, patterns: list[str], directory: str, since: float) -> None:
        self._patterns = dict.fromkeys(patterns)
        self._directory, self._since = directory, since - CLOCK_S
        self._offset = 0
        self._met: set[str] = set()

    def unmet(self, kept: list[str]) -> list[str]:
        """The patterns that no file was found for; `kept` are those that somebody before us found."""
        places = [os.path.join(self._directory, path) for path in kept]
        return [
            pattern
            for pattern in self._patterns
            if pattern not in self._met and not fnmatch.filter(places, self._place(pattern))
        ]

    def _place(self, pattern: str) -> str:
        return os.path.join(self._directory, os.path.expanduser(pattern))

    def patterns(self) -> list[str]:
        """All up to now: those of the journal count from when they are written."""
        try:
            with open(JOURNAL_FILE, "rb") as file:
                file.seek(self._offset)
                while data := file.read(READ_BYTES):
                    end = data.rfind(b"\n") + 1
                    if not end:
                        break
                    self._offset += end
                    file.seek(self._offset)
                    if MARK in data:
                        self._take(data[:end])
        except FileNotFoundError:
            return list(self._patterns)
        return list(self._patterns)

    def _take(self, data: bytes) -> None:
        for line in data.splitlines():
            record = json.loads(line) if MARK in line else {}
            wanted = record.get("save") if record.get("source") == "metrics" else None
            if isinstance(wanted, str) and len(self._patterns) < MOST_PATTERNS:
                self._patterns[wanted] = None

    def find(self, patterns: list[str]) -> list[str]:
        """The files that are meant: what a pattern finds counts when it is new; one that is named, always."""
        found: dict[str, None] = {}
        until = time.monotonic() + FIND_S
        for pattern in patterns:
            place = self._place(pattern)
            is_named = not glob.has_magic(pattern)
            for path in [place] if is_named else glob.iglob(place, recursive=True):
                if len(found) >= MOST_FOUND or time.monotonic() > until:
                    break
                if FOLDER not in path.split("/") and self._counts(path, is_named):
                    found[path] = None
                    self._met.add(pattern)
        return list(found)

    def _counts(self, path: str, is_named: bool) -> bool:
        try:
            return os.path.isfile(path) and (is_named or os.stat(path).st_mtime >= self._since)
        except OSError:  # Gone.
            return False
