"""Who else writes into a file that we follow: then not all of it is this command's output."""

from __future__ import annotations

import os
import time

from wrapper.recorder.workers import Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.rundir.board import Board

RETRY_S = 1.0
FIRST_S, EVERY_S, SELDOM_S, DEADLINE_S = 0.5, 30.0, 600.0, 10.0


class SharingCheck:
    """Looks for other writers now and then, in a worker: /proc may be long, or slow."""

    def __init__(self, board: Board, files: list[int]) -> None:
        self._board, self._files = board, files
        self._due = time.monotonic() + FIRST_S
        self._pause_s = EVERY_S
        self._worker: Worker | None = None
        self._found: set[str] = set()
        self._looked = 0

    def has_looked(self) -> bool:
        """Whether it is known by now that others write into a file, if any do."""
        return not self._files or self._looked > 0

    def descriptors(self) -> list[int]:
        return [self._worker.answer] if self._worker else []

    def look(self) -> list[str]:
        """The paths that were found to be shared since the last look."""
        if not self._files:
            return []
        if self._worker is None and time.monotonic() >= self._due:
            self._begin()
        answer = self._worker.poll() if self._worker else None
        if answer is None:
            return []
        self._looked += 1
        # It costs a tenth of a second of a processor per thousand processes: seldom, then more seldom.
        self._worker, self._due = None, time.monotonic() + self._pause_s
        self._pause_s = min(SELDOM_S, 2 * self._pause_s)
        new = set(filter(None, answer.split("\0"))) - self._found
        self._found |= new
        return sorted(new)

    def _begin(self) -> None:
        try:
            self._worker = Worker(lambda: "\0".join(self._search()), DEADLINE_S)
        except OSError:  # There may be no more processes now.
            self._due = time.monotonic() + RETRY_S

    def _search(self) -> list[str]:
        wanted = {place(os.fstat(file)): os.readlink(f"/proc/self/fd/{file}") for file in self._files}
        wrapper = self._board.wrapper
        ours = set(ancestors(wrapper)) | {wrapper, os.getpid(), os.getppid()}
        mark = read_mark(self._board.command)
        found = set()
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            shared = written_by(pid) & wanted.keys() if pid not in ours else set()
            if shared and wrapper not in ancestors(pid) and (not mark or read_mark(pid) != mark):
                found |= {wanted[where] for where in shared}
        return sorted(found)


def place(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def ancestors(pid: int) -> list[int]:
    """The parent of a process, and its parents, nearest first; as far as they can be seen."""
    found: list[int] = []
    while pid > 1 and len(found) < 1000:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b") ")[2].split()[1])
        except OSError:  # Gone.
            break
        if pid:  # 0 is who came into this container from outside, or is the kernel's own.
            found.append(pid)
    return found


def read_mark(pid: int) -> bytes | None:
    """What tells a process of this run, though its parent is gone: the run that its environment names."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except OSError:  # Gone, or another user's.
        return None
    return next((entry for entry in entries if entry.startswith(b"WANDB_METRICS_FILE=")), None)


def is_anybody_left(metrics_file: str) -> bool:
    """Whether a process lives that was started with this metrics file; as far as its environment can be read."""
    mark = os.fsencode(f"WANDB_METRICS_FILE={metrics_file}")
    return any(read_mark(int(pid)) == mark for pid in os.listdir("/proc") if pid.isdigit())


def written_by(pid: int) -> set[tuple[int, int]]:
    """The files that a process has open for writing; none when it is gone or another user's."""
    found = set()
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if is_writable(pid, fd):
                found.add(place(os.stat(f"/proc/{pid}/fd/{fd}")))
    except OSError:
        return found
    return found


def is_writable(pid: int, fd: str) -> bool:
    with open(f"/proc/{pid}/fdinfo/{fd}") as file:
        flags = next(int(line.split()[1], 8) for line in file if line.startswith("flags:"))
    return flags & os.O_ACCMODE != os.O_RDONLY
