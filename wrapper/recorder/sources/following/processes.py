"""The processes of the command, and the files that they hold open for writing."""

from __future__ import annotations

import os
import time

from wrapper.recorder.writers import ancestors, is_writable, read_mark
from wrapper.rundir.processes import is_running, start_ticks

MOST_THREADS = 256
MOST_DESCRIPTORS = 4096
SEARCH_EVERY_S = 30.0
NO_LOGS = ("/dev/", "/proc/", "/sys/", "/run/", "/var/", "/usr/", "/etc/")


class Descendants:
    """All processes below the command: as the kernel tells, and those that lost their parent, by their environment."""

    def __init__(self, command: int) -> None:
        self._mark = read_mark(command) if command else None
        self._ancestors = set(ancestors(command)) if command else set()
        self._known: dict[int, int] = {}
        self._foreign: set[int] = set()
        self.ever: set[int] = set()
        self._search_at = 0.0
        ticks = start_ticks(command) if command else None
        self._started = ticks or 0
        if ticks is not None:
            self._known[command] = ticks

    def pids(self) -> list[int]:
        """Those that run now."""
        self._known = {pid: ticks for pid, ticks in self._known.items() if is_running(pid, ticks)}
        waiting = list(self._known)
        while waiting:
            for pid in children(waiting.pop()):
                if self._add(pid):
                    waiting.append(pid)
        if self._mark and time.monotonic() >= self._search_at:
            self._search_at = time.monotonic() + SEARCH_EVERY_S
            self._search(self._mark)
        self.ever |= self._known.keys()
        return list(self._known)

    def family(self) -> set[int]:
        """All that were ever seen below the command, and those above it."""
        return self.ever | self._ancestors

    def _add(self, pid: int) -> bool:
        ticks = start_ticks(pid) if pid not in self._known else None
        if ticks is None:
            return False
        self._known[pid] = ticks
        return True

    def _search(self, mark: bytes) -> None:
        """Look at every process of this user that is younger than the command, each once: there may be thousands."""
        ours, user = os.getpid(), os.geteuid()
        running = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self._foreign &= running
        for pid in running - self._foreign - self._known.keys():
            ticks = start_ticks(pid) if pid != ours and owner(pid) == user else None
            if ticks is not None and ticks >= self._started and read_mark(pid) == mark:
                self._known[pid] = ticks
            else:
                self._foreign.add(pid)


def owner(pid: int) -> int | None:
    """The user of a process; None when it is gone."""
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None


def children(pid: int) -> list[int]:
    """The processes that a process, any of its threads, has started; none when it is gone."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task")[:MOST_THREADS]:
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += map(int, file.read().split())
    except OSError:  # Gone, or a kernel that does not tell: then the environment does.
        return found
    return found


def written_files(pid: int) -> list[str]:
    """The paths of the regular files that a process has open for writing; none when it is gone or another user's."""
    found = []
    try:
        for fd in os.listdir(f"/proc/{pid}/fd")[:MOST_DESCRIPTORS]:
            path = os.readlink(f"/proc/{pid}/fd/{fd}")
            is_file = path.startswith("/") and not path.startswith(NO_LOGS) and not path.endswith(" (deleted)")
            if is_file and is_writable(pid, fd):
                found.append(path)
    except OSError:
        return found
    return found


def working_directory(pid: int) -> str | None:
    """Where a process is; None when it is gone."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None
