"""Finds the files that the processes of a command wrote: those seen open, and those near it that are new."""

from __future__ import annotations

import json
import os
import stat
import time
from collections import deque
from typing import Any

from wrapper.recorder.sources.following.finding import OURS, SHARED, is_below, output_folders, own_files
from wrapper.recorder.sources.following.folders import CLOCK_S, MARKS, search_depth
from wrapper.recorder.sources.following.others import OtherRuns
from wrapper.recorder.sources.following.processes import Descendants, working_directory, written_files

MOST_ENTRIES = 200_000
WALK_S = 5.0
MOST_SEEN = 5_000
MOST_LISTED = 1_000
SMALL_BYTES = 1 << 20
MOST_HASHED_BYTES = 64 << 20
HASH_S = 3.0
SKIPPED = frozenset("__pycache__ node_modules site-packages dist-packages .git .wandb-wrapper .cache".split())


class Finder:
    """What one command wrote, as far as it can be seen."""

    def __init__(self, part: dict[str, Any], directory: str, command: int, since: float) -> None:
        self.directory, self._since = directory, since - CLOCK_S
        self._processes = Descendants(command)
        self._others = OtherRuns(part, directory, self._processes.family)
        self._known = own_files(part)
        self._named = output_folders(part, directory)
        self._seen: set[str] = set()
        self._folders: set[str] = set()

    def note_writing(self) -> set[str]:
        """The files that its processes have open for writing now."""
        found: set[str] = set()
        for pid in self._processes.pids():
            found.update(path for path in written_files(pid) if OURS not in path)
            folder = working_directory(pid)
            if folder and len(self._folders) < MOST_SEEN:
                self._folders.add(folder)
        if len(self._seen) < MOST_SEEN:
            self._seen |= found
        return found

    def find(self, until: float) -> tuple[dict[str, os.stat_result], bool]:
        """All files that it wrote, before a time; and whether there may be more."""
        found: dict[str, os.stat_result] = {}
        for path in self._seen:
            self._add(path, found, until)
        is_alone = not self._others.are_there()
        roots = [
            folder
            for folder in (self.directory, *self._named, *sorted(self._folders))
            if search_depth(folder) is not None
        ]
        roots += [os.path.dirname(path) for path in self._seen]
        waiting = deque(
            (root, search_depth(root) or 0) for root in roots if root not in SHARED or root == self.directory
        )
        seen: set[str] = set()
        entries, end = 0, time.monotonic() + WALK_S
        while waiting:
            folder, depth = waiting.popleft()
            if folder in seen or (not is_alone and is_below(folder, self.directory)):
                continue  # Whose files those are cannot be told; but for those that were seen open.
            seen.add(folder)
            folders, files = list_folder(folder)
            entries += len(folders) + len(files)
            for path in files:
                self._add(path, found, until)
            if depth > 0:
                waiting.extend((path, depth - 1) for path in folders)
            if entries > MOST_ENTRIES or time.monotonic() > end:
                return found, True
        return found, False

    def _add(self, path: str, found: dict[str, os.stat_result], until: float) -> None:
        try:
            status = os.lstat(path)
        except OSError:  # Gone.
            return
        is_new = self._since <= status.st_mtime < until
        if is_new and stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) not in self._known:
            found[path] = status


def list_folder(path: str) -> tuple[list[str], list[str]]:
    """The folders and the files in a folder; none where it cannot be read, or holds programs."""
    folders: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name in MARKS:
                    return [], []
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED:
                        folders.append(entry.path)
                elif len(files) < MOST_ENTRIES:
                    files.append(entry.path)
    except OSError:
        return [], []
    return folders, files


def describe(finder: Finder, until: float) -> str:
    """The list as JSON: the largest files when there are too many, in the order of their paths."""
    found, is_cut = finder.find(until)
    largest = sorted(found, key=lambda path: -found[path].st_size)[:MOST_LISTED]
    hashes = hash_small({path: found[path].st_size for path in largest})
    files = [as_facts(path, found[path], finder.directory, hashes.get(path)) for path in sorted(largest)]
    facts: dict[str, Any] = {"count": len(found), "bytes": sum(status.st_size for status in found.values())}
    return json.dumps(facts | {"files": files} | ({"cut": True} if is_cut else {}))


def as_facts(path: str, status: os.stat_result, directory: str, sha256: str | None) -> dict[str, Any]:
    shown = os.path.relpath(path, directory) if is_below(path, directory) else path
    facts = {"path": shown, "bytes": status.st_size, "at": round(status.st_mtime, 3)}
    return facts | ({"sha256": sha256} if sha256 else {})


def hash_small(sizes: dict[str, int]) -> dict[str, str]:
    """The checksums of the small ones, as many as there is time for."""
    import hashlib  # 2 MB, which a process that lives long has no use for.

    found: dict[str, str] = {}
    left, until = MOST_HASHED_BYTES, time.monotonic() + HASH_S
    for path in sorted(sizes, key=lambda path: sizes[path]):
        left -= sizes[path]
        if sizes[path] > SMALL_BYTES or left < 0 or time.monotonic() > until:
            break
        try:
            with open(path, "rb") as file:
                found[path] = hashlib.sha256(file.read(SMALL_BYTES + 1)).hexdigest()
        except OSError:  # Gone, or not ours to read.
            continue
    return found
