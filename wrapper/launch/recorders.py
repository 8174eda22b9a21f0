"""Starting P, the recorder, and starting it again when it dies."""

from __future__ import annotations

import _signal
import posix as os
import sys
import time

from wrapper.launch.command import become
from wrapper.launch.fds import make_pipe, set_nonblocking
from wrapper.launch.signals import forget_python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.launch.loop import Loop
    from wrapper.rundir.board import Board

QUICK_S = 0.25  # One that lives no longer than this will probably die of the same again.
FREE_RESTARTS = 5
LONGEST_PAUSE_S = 5.0
LONGEST_PAUSE_AT_END_S = 0.2  # There is little time left.
NICENESS = 5
# The file, not its directory: that would cost 3 ms for runpy.
MAIN = __file__.removesuffix("launch/recorders.py") + "recorder/__main__.py"


class Recorders:
    """Sees to it that there is one recorder, and never two."""

    def __init__(self, board: Board, part: str, site: str, environment: list[bytes]) -> None:
        self._board, self._part, self._site, self._environment = board, part, site, environment
        self._bell_end, self._bell = make_pipe()
        self.kept, self._kept_end = make_pipe()
        set_nonblocking(self._bell)
        self._sources: dict[str, int] = {}
        self._quick_deaths = 0
        self._started_at = 0.0
        self._due_at: float | None = None
        self._process: int | None = None

    def give(self, source: str, fd: int) -> None:
        """Have each recorder get this descriptor, under this name."""
        self._sources[source] = fd

    def descriptors(self) -> list[int]:
        return [self._bell_end, self._bell, self.kept, self._kept_end, *self._sources.values()]

    def ring(self) -> None:
        """Wake the recorder up: there is news on the board."""
        try:
            os.write(self._bell, b"!")
        except BlockingIOError:  # It has not heard the last thousand yet.
            return

    def start(self, loop: Loop) -> None:
        """Start a recorder and watch it."""
        self._due_at = None
        self._started_at = time.monotonic()
        try:
            pid = os.fork()
        except OSError:  # Too many processes; it is tried again.
            self._due_at = self._started_at + LONGEST_PAUSE_S
            return
        if pid == 0:
            try:
                self._become_recorder()
            finally:
                os._exit(127)
        self._board.recorder = pid
        self._watch(loop)

    def take_over(self, loop: Loop) -> None:
        """Watch the recorder that another process started."""
        if self._board.recorder:
            self._watch(loop)
        else:
            self.start(loop)

    def _watch(self, loop: Loop) -> None:
        try:
            process = os.pidfd_open(self._board.recorder)
        except ProcessLookupError:
            self._plan_restart()
            return
        except OSError:  # Linux before 5.3: `tend` looks for itself.
            return
        self._process = process
        loop.watch(process, lambda: self._note_death(loop))

    def _note_death(self, loop: Loop) -> None:
        if self._process is not None:
            loop.unwatch(self._process)
            os.close(self._process)
            self._process = None
        self._plan_restart()
        self.tend(loop)

    def _plan_restart(self) -> None:
        now = time.monotonic()
        self._quick_deaths = self._quick_deaths + 1 if now - self._started_at < QUICK_S else 0
        extra = self._quick_deaths - FREE_RESTARTS
        longest_s = LONGEST_PAUSE_AT_END_S if self._board.has_ended else LONGEST_PAUSE_S
        self._due_at = now + (min(0.1 * 2.0**extra, longest_s) if extra > 0 else 0.0)

    def wait_s(self, longest_s: float | None) -> float | None:
        """How long one may wait before `tend` is due."""
        if self._due_at is None or self._board.is_finished:
            return longest_s
        if self._board.has_ended:
            self._due_at = min(self._due_at, time.monotonic() + LONGEST_PAUSE_AT_END_S)
        left_s = max(0.0, self._due_at - time.monotonic())
        return left_s if longest_s is None else min(left_s, longest_s)

    def tend(self, loop: Loop) -> None:
        """Start another recorder when one is due. One that has kept everything need not come back."""
        if self._process is None and self._due_at is None and not _exists(self._board.recorder):
            self._plan_restart()
        if self._due_at is not None and time.monotonic() >= self._due_at and not self._board.is_finished:
            self.start(loop)

    def _become_recorder(self) -> None:
        """In the child: a session of its own, first to go when memory is short, and nothing of the caller's."""
        os.setsid()
        os.nice(NICENESS)
        _volunteer_for_oom()
        forget_python()
        _signal.pthread_sigmask(_signal.SIG_SETMASK, [])
        fds = {"board": self._board.fd, "bell": self._bell_end, "kept": self._kept_end, **self._sources}
        for fd in (0, 1, 2, *fds.values()):  # The first three are /dev/null, and nothing of ours is to land there.
            os.set_inheritable(fd, True)
        words = [f"{name}={fd}" for name, fd in fds.items()]
        argv = [sys.executable, "-I", "-S", MAIN, self._site, self._part, *words]
        become(sys.executable, argv, self._environment)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:  # Gone.
        return False
    return True


def _volunteer_for_oom() -> None:
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:  # No /proc, or not allowed to: then it is chosen like others.
        return
