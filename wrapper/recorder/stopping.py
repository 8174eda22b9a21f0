"""Ending the command and all that came of it: SIGTERM, some time, SIGKILL.

Never a process group: the command's is the caller's. Each process is named by its pid and its start, so that no other
one is hit which got that pid since.
"""

from __future__ import annotations

import os
import signal
import time

from wrapper.recorder.aside import Aside, Listener
from wrapper.recorder.measuring.tree import Tree
from wrapper.recorder.writers import ancestors, read_mark
from wrapper.rundir.processes import is_running, start_ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

MARKS_WITHIN_S = 2.0


class Processes:
    """The command, and all that came of it."""

    def __init__(self, command: int, began: int | None, mark: bytes | None) -> None:
        """`began` is when the command did, or None where that is not known; `mark` is what its environment has."""
        is_there = began is not None and is_running(command, began)
        self._ours = {os.getpid(), *ancestors(os.getpid())} - {command}
        self._mark = (read_mark(command) if is_there else None) or mark
        self._tree = Tree(command if is_there else 0, self._ours)
        self._looks = 0
        self._others: dict[int, int] = {}
        self.refused: set[int] = set()

    def living(self) -> dict[int, int]:
        """The pid of each and its start, parents before their children."""
        self._looks += 1
        self._tree.look(b" %d" % self._looks)
        found = {pid: process.began for pid, process in self._tree.members.items() if not process.is_dead}
        return found | {pid: began for pid, began in self._others.items() if is_running(pid, began)}

    def find_orphans(self) -> None:
        """Take in those whose parents are gone: their environment tells. To read it may hang, so it is done aside."""
        mark, ours = self._mark, self._ours
        if mark is None:
            return
        aside = Aside(lambda listener: say_marked(listener, mark, ours))
        until = time.monotonic() + MARKS_WITHIN_S
        while not aside.is_over() and time.monotonic() < until:
            aside.wait(until - time.monotonic())
            for line in aside.lines():
                pid, began = map(int, line.split())
                self._others[pid] = began
        aside.end()

    def send(self, signum: int, but: Container[int] = ()) -> int:
        """Send a signal to each but some; how many got it."""
        return sum(self._send(pid, began, signum) for pid, began in self.living().items() if pid not in but)

    def _send(self, pid: int, began: int, signum: int) -> bool:
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        except OSError:  # Linux before 5.3.
            process = None
        try:
            if not is_running(pid, began):
                return False
            if process is None:
                os.kill(pid, signum)
            else:
                signal.pidfd_send_signal(process, signum)
        except ProcessLookupError:
            return False
        except PermissionError:  # Another user's by now.
            self.refused.add(pid)
            return False
        finally:
            if process is not None:
                os.close(process)
        return True


def say_marked(listener: Listener, mark: bytes, ours: set[int]) -> None:
    """Say the processes that have the run's mark."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in ours and int(name) != os.getpid() and read_mark(int(name)) == mark:
            began = start_ticks(int(name))
            if began is not None:
                listener.say(f"{name} {began}")
