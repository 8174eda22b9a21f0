"""Files below a folder that may be logs and were written since the start, found without reading any."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from typing import NamedTuple

from wrapper.text.files.kinds import kind_by_name

MOST_ENTRIES = 20_000
MOST_FILES = 300  # in one folder; where more might be logs, they are data
BUDGET_S = 0.2
CLOCK_S = 0.02  # The time of a file may be that much older than the clock.
FRESH_S = 2.0  # The time of a folder that was just changed does not tell the next change.
SKIPPED = frozenset(
    "node_modules __pycache__ site-packages dist-packages venv env wandb mlruns build dist target vendor".split()
)
MARKS = frozenset(("pyvenv.cfg", "conda-meta"))  # of a folder that holds programs


class Listing(NamedTuple):
    """What a folder held when it was last looked into."""

    mtime_ns: int
    at: float
    folders: list[str]
    files: list[str]


class Root(NamedTuple):
    """A folder to be searched, and how many levels of it."""

    path: str
    depth: int


class Scan(NamedTuple):
    """Files that were written since the start, and files that were not, with their sizes."""

    new: list[str]
    old: list[tuple[str, int]]


class Folders:
    """Remembers what is in which folder, so that only a folder that has changed is read again."""

    def __init__(self, since: float, most_entries: int = MOST_ENTRIES) -> None:
        self._since, self._most_entries = since - CLOCK_S, most_entries
        self._listings: dict[str, Listing] = {}

    def scan(self, roots: list[Root]) -> Scan:
        """Search the folders, the nearest levels first, for as long as that may take."""
        found = Scan([], [])
        waiting = deque(roots)
        seen: set[str] = set()
        entries, until = 0, time.monotonic() + BUDGET_S
        while waiting and entries < self._most_entries and time.monotonic() < until:
            path, depth = waiting.popleft()
            if path in seen:
                continue
            seen.add(path)
            listing = self._list(path)
            if listing is None:
                continue
            entries += len(listing.files) + len(listing.folders) + 1
            self._look(listing.files, found)
            if depth > 0:
                waiting.extend(Root(folder, depth - 1) for folder in listing.folders)
        return found

    def _look(self, files: list[str], found: Scan) -> None:
        for path in files:
            try:
                status = os.lstat(path)
            except OSError:  # Gone.
                continue
            if not stat.S_ISREG(status.st_mode):
                continue
            if status.st_mtime >= self._since:
                found.new.append(path)
            else:
                found.old.append((path, status.st_size))

    def _list(self, path: str) -> Listing | None:
        known = self._listings.get(path)
        try:
            mtime_ns = os.stat(path).st_mtime_ns
            is_same = known is not None and known.mtime_ns == mtime_ns and mtime_ns / 1e9 + FRESH_S < known.at
            if not is_same:
                known = list_folder(path, mtime_ns)
        except OSError:  # Gone, or not ours to look into.
            self._listings.pop(path, None)
            return None
        assert known is not None
        self._listings[path] = known
        return known


def list_folder(path: str, mtime_ns: int) -> Listing:
    """What in a folder may be, or hold, a log."""
    folders, files, at = [], [], time.time()
    with os.scandir(path) as entries:
        for count, entry in enumerate(entries):
            if entry.name in MARKS:
                return Listing(mtime_ns, at, [], [])
            if count >= MOST_ENTRIES:
                break
            if entry.is_dir(follow_symlinks=False):
                if not is_skipped(entry.name):
                    folders.append(entry.path)
            elif kind_by_name(entry.path) is not None:
                files.append(entry.path)
    named = [file for file in files if kind_by_name(file) != "text"]
    texts = [file for file in files if kind_by_name(file) == "text"]
    return Listing(mtime_ns, at, sorted(folders), [*named[:MOST_FILES], *sorted(texts, key=len)[:MOST_FILES]])


def is_skipped(name: str) -> bool:
    """Whether a folder of this name holds no logs of the command."""
    return (name.startswith(".") and name != ".hydra") or name in SKIPPED


def search_depth(path: str) -> int | None:
    """How many levels of the command's directory are searched: few of a home, none of the whole machine."""
    home = os.path.realpath(os.path.expanduser("~"))
    if path == "/" or (home != path and f"{home}/".startswith(f"{path}/")):
        return None
    return 2 if path in (home, "/tmp") else 6
