"""Finds the files to follow: those that the command's processes hold open, and those that appear or grow near it."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from typing import Any

from wrapper.recorder.sources.following.folders import CLOCK_S, Folders, Root, search_depth
from wrapper.recorder.sources.following.others import OtherRuns, writer_of
from wrapper.recorder.sources.following.processes import Descendants, working_directory, written_files
from wrapper.rundir.names import JOURNAL_FILE, METRICS_FILE, OUTPUT_FILE, PART_FILE
from wrapper.text.files.kinds import kind_by_name

OUTSIDE_DEPTH = 2
MOST_ROOTS = 50
MOST_OPENED = 5000
LONGEST_WORD = 4096
SHARED = ("/", "/tmp", "/dev/shm", "/var/tmp", "/home", "/root", "/mnt", "/data")
OURS = "/.wandb-wrapper/"
# An option that says where a program puts what it writes.
OUTPUT_OPTION = re.compile(r"-{0,2}[\w.]*(out|log|save|work|exp|ckpt|checkpoint|result|run|model|dir)[\w.\-]*", re.I)


class Finder:
    """Looks for files of one command; each time it gives all that are worth following, or may be later."""

    def __init__(self, part: dict[str, Any], directory: str, command: int, since: float) -> None:
        self._directory, self._since = directory, since
        self._processes, self._folders = Descendants(command), Folders(since)
        self._others = OtherRuns(part, directory, self._processes.family)
        self._not_followed = own_files(part)
        self._argument_folders = output_folders(part, directory)
        self._opened: set[str] = set()
        self._own_folders: set[str] = set()  # that the command writes into, or works in
        self._ours: set[str] = set()
        self._doubtful: set[str] = set()
        self.old: list[tuple[str, int]] = []

    def find(self) -> list[str]:
        """Paths of files that the command, and nobody else, has written since its start."""
        for pid in self._processes.pids():
            self._note_writing(pid)
        scan = self._folders.scan(self._roots())
        self.old = scan.old
        opened = [path for path in self._opened if kind_by_name(path) and self._is_new(path)]
        found = dict.fromkeys(opened)
        for path in scan.new:
            if path not in found and (path in self._ours or self._is_ours(path)):
                self._ours.add(path)
                found[path] = None
        return [path for path in found if not self._is_own(path)]

    def in_doubt(self) -> list[str]:
        """Files that other runs may have written."""
        return sorted(self._doubtful) if self._others.are_strangers else []

    def next_start(self, after: float) -> float:
        """When the first run after a time began in the same directory; never, when none did."""
        return self._others.next_start(after)

    def _note_writing(self, pid: int) -> None:
        """Remember what a process has open for writing, and where."""
        for path in written_files(pid):
            if OURS not in path:
                if kind_by_name(path) and len(self._opened) < MOST_OPENED:
                    self._opened.add(path)
                self._note_folder(os.path.dirname(path))
        self._note_folder(working_directory(pid))

    def _note_folder(self, folder: str | None) -> None:
        if folder and folder != self._directory and "/." not in folder and len(self._own_folders) < MOST_OPENED:
            self._own_folders.add(folder)

    def _roots(self) -> list[Root]:
        """Where to search: the command's directory, and the folders elsewhere that it writes into."""
        depth = search_depth(self._directory)
        roots = [] if depth is None else [Root(self._directory, depth)]
        for folder in sorted(self._own_folders):
            if folder not in SHARED and not is_below(folder, self._directory) and search_depth(folder) is not None:
                roots.append(Root(folder, 1))
        for folder in self._argument_folders:
            if self._is_new(folder):
                roots.append(Root(folder, OUTSIDE_DEPTH))
        return roots[:MOST_ROOTS]

    def _is_new(self, path: str) -> bool:
        try:
            return os.stat(path).st_mtime >= self._since - CLOCK_S
        except OSError:  # Gone.
            return False

    def _is_own(self, path: str) -> bool:
        """Whether it is a file that is recorded as something else: the output, or the metrics file."""
        try:
            status = os.stat(path)
        except OSError:
            return True
        return (status.st_dev, status.st_ino) in self._not_followed

    def _is_ours(self, path: str) -> bool:
        """Whether this command wrote it, as far as can be told. Nobody else is about, as a rule."""
        if not self._others.are_there():
            return True
        writer = writer_of(path)
        is_ours = writer is not None and writer[0] == os.uname().nodename and writer[1] in self._processes.ever
        folders = [folder for folder in self._own_folders if not is_below(self._directory, folder)]
        if is_ours or any(is_below(path, folder) for folder in folders) or self._others.is_named(path):
            self._doubtful.discard(path)
            return True
        self._doubtful.add(path)
        return False


def is_below(path: str, folder: str) -> bool:
    """Whether a path is in a folder, or is the folder."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def own_files(part: dict[str, Any]) -> set[tuple[int, int]]:
    """Device and inode of the files that the output goes to, and of the metrics file."""
    streams = part.get("streams")
    found = set()
    for stream in streams if isinstance(streams, list) else []:
        if isinstance(stream, dict) and isinstance(stream.get("device"), int) and isinstance(stream.get("inode"), int):
            found.add((stream["device"], stream["inode"]))
    with suppress(FileNotFoundError):  # The disk had no room for it.
        status = os.stat(METRICS_FILE)
        found.add((status.st_dev, status.st_ino))
    return found


def output_folders(part: dict[str, Any], directory: str) -> list[str]:
    """The folders elsewhere that the command line names as those for what the command writes."""
    argv = part.get("argv")
    found = []
    option = ""
    for word in argv if isinstance(argv, list) else []:
        name, sign, value = str(word).partition("=")
        name, value = (name, value) if sign else (option, str(word))
        option = str(word) if str(word).startswith("-") else ""
        if value and len(word) < LONGEST_WORD and OUTPUT_OPTION.fullmatch(name):
            path = os.path.realpath(os.path.join(directory, value))
            if not is_below(path, directory) and path not in SHARED:
                found.append(path)
    return found


def last_sign_of_life() -> float:
    """When anything of the part was last written; now, as long as its recorder lives."""
    files = (PART_FILE, JOURNAL_FILE, OUTPUT_FILE, METRICS_FILE)
    return max((os.stat(file).st_mtime for file in files if os.path.exists(file)), default=time.time())
