"""The processes of a run: the command, all that came of it, and those whose parents are gone.

Nothing here reads all of /proc: a process is known by its parent, which the kernel lists for each thread. One that
lost its parent before anybody saw it now belongs to an ancestor of the run, and is told by its environment; to read
that may hang, so it is done elsewhere, and such a process is a suspect until then.
"""

from __future__ import annotations

import os
import time

from wrapper.recorder.measuring.counters import read_file
from wrapper.recorder.writers import ancestors

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SHARE_FOR_CHILDREN = 1 / 300  # of a core, at most, to look for new processes
MOST_STRANGERS = 100_000


class Process:
    """What /proc/PID/stat says: when it began names the process for good, together with its pid."""

    __slots__ = ("began", "cpu_ticks", "is_dead", "memory_bytes", "parent", "threads")

    def __init__(self, fields: list[bytes]) -> None:
        self.is_dead = fields[0] in (b"Z", b"X")
        self.parent = int(fields[1])
        self.cpu_ticks = sum(map(int, fields[11:15]))  # with what its children used that it has waited for
        self.threads = int(fields[17])
        self.began = int(fields[19])
        self.memory_bytes = PAGE_BYTES * int(fields[21])


def read_process(pid: int) -> Process | None:
    """None when it is gone."""
    try:
        return Process(read_file(f"/proc/{pid}/stat").rpartition(b") ")[2].split())
    except OSError:
        return None


def children(pid: int, threads: int) -> list[int]:
    """The pids of its children; none when it is gone."""
    found: list[int] = []
    try:
        tasks = [str(pid)] if threads == 1 else os.listdir(f"/proc/{pid}/task")
        for task in tasks:
            found.extend(map(int, read_file(f"/proc/{pid}/task/{task}/children").split()))
    except OSError:
        return found
    return found


def ticks_since_boot() -> float:
    """The clock by which processes begin."""
    return TICKS * time.clock_gettime(time.CLOCK_BOOTTIME)


def can_list_children() -> bool:
    return os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def children_of_all() -> dict[int, list[int]]:
    """For kernels that list no children: the parent of every process there is."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := read_process(int(name))):
            found.setdefault(process.parent, []).append(int(name))
    return found


class Usage:
    """What the processes used since the last look, and have now."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self.memory_bytes = self.threads = self.processes = 0


class Tree:
    """All processes of a run. `ours` are processes of the recording, which are no part of it."""

    def __init__(self, command: int, ours: set[int]) -> None:
        self.members: dict[int, Process] = {}
        self._command, self._ours = command, ours
        self._have_pids_wrapped = False  # Until then, a number below the command's is one from before it.
        self._reapers = ancestors(command)
        self._strangers: set[int] = set()
        self._newest = 0
        self._look_again_at = 0.0
        self._looked_ticks = ticks_since_boot()
        self._owed_ticks = 0
        self._has_lists = can_list_children()
        first = read_process(command)
        self._began = first.began if first else 0
        if first:
            self.members[command] = first

    def look(self, pids: bytes) -> Usage:
        """Read all members once more; `pids` is what /proc/loadavg says: its last number is the newest pid."""
        newest = int(pids.rpartition(b" ")[2])
        self._have_pids_wrapped |= newest < max(self._newest, self._command)
        before, self.members = self.members, {}
        for pid, known in before.items():
            process = read_process(pid)
            if process and process.began == known.began:
                self.members[pid] = process
        if newest != self._newest and time.monotonic() >= self._look_again_at:
            new = self._find_new()
            self.members.update(new)
            self._newest = newest
            # What they used before the last look was not used since then.
            before = {**before, **{pid: process for pid, process in new.items() if process.began < self._looked_ticks}}
        self._looked_ticks = ticks_since_boot()
        return self._usage(before)

    def _usage(self, before: dict[int, Process]) -> Usage:
        usage = Usage()
        ticks = -sum(process.cpu_ticks for process in before.values())
        for pid, process in before.items():
            if pid not in self.members and process.parent not in before:
                ticks += process.cpu_ticks  # Nobody of us has waited for it, who would count it from now on.
        for process in self.members.values():
            ticks += process.cpu_ticks
            if not process.is_dead:
                usage.memory_bytes += process.memory_bytes
                usage.threads += process.threads
                usage.processes += 1
        # One that ends while we look is missing now and in its parent's count later, or in both now and missing later.
        ticks += self._owed_ticks
        self._owed_ticks = min(0, ticks)
        usage.cpu_s = max(0, ticks) / TICKS
        return usage

    def _find_new(self) -> dict[int, Process]:
        """Children of members, and theirs, that were not known yet."""
        began = time.process_time()
        lists = {} if self._has_lists else children_of_all()
        found: dict[int, Process] = {}
        below = list(self.members.items())
        while below:
            pid, process = below.pop()
            for child in lists.get(pid, []) if lists else children(pid, process.threads):
                if child in self.members or child in found or child in self._ours:
                    continue
                if new := read_process(child):
                    found[child] = new
                    below.append((child, new))
        self._look_again_at = time.monotonic() + (time.process_time() - began) / SHARE_FOR_CHILDREN
        return found

    def suspects(self) -> list[int]:
        """Processes whose parent is an ancestor of the run, and which began after the command: perhaps ours."""
        lists = {} if self._has_lists else children_of_all()
        seen: set[int] = set()
        for reaper in self._reapers:
            process = None if lists else read_process(reaper)
            seen.update(lists.get(reaper, []) if process is None else children(reaper, process.threads))
        self._strangers &= seen
        suspects = []
        for pid in seen - self._strangers - self.members.keys() - self._ours - set(self._reapers):
            is_older = pid < self._command and not self._have_pids_wrapped
            process = None if is_older else read_process(pid)
            if process and process.began >= self._began and not process.is_dead:
                suspects.append(pid)
            elif len(self._strangers) < MOST_STRANGERS:
                self._strangers.add(pid)
        return suspects

    def judge(self, suspects: list[int], marked: set[int]) -> None:
        """Take those in that have the run's mark; the others are no concern of ours."""
        for pid in suspects:
            process = read_process(pid) if pid in marked else None
            if process:
                self.members[pid] = process
                self._newest = 0  # It may have children.
            elif pid not in marked:
                self._strangers.add(pid)
