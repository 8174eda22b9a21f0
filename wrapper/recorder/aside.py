"""A process aside, for what may hang: it says lines, and when it is silent for too long it is left behind."""

from __future__ import annotations

import _signal
import os
import select
import time

from wrapper.recorder.forking import fork_with_pipes
from wrapper.recorder.readers import close_all_but

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READ_BYTES = 1 << 16


class Listener:
    """The other process's end: what it says goes through it, and it hears when nobody listens any more."""

    def __init__(self, out: int, lifeline: int) -> None:
        self._out = out
        self._lifeline = select.poll()
        self._lifeline.register(lifeline, select.POLLIN)

    def say(self, line: str) -> None:
        """Hand over one line; does not return when nobody listens."""
        rest = line.encode("ascii") + b"\n"
        try:
            while rest:
                rest = rest[os.write(self._out, rest) :]
        except BrokenPipeError:
            os._exit(0)

    def wait(self, seconds: float) -> None:
        """Sleep; does not return when nobody listens."""
        if self._lifeline.poll(1000 * seconds):
            os._exit(0)


class Aside:
    """Calls a function in a process of its own, which holds nothing of ours."""

    def __init__(self, function: Callable[[Listener], None]) -> None:
        """Raises OSError when there may be no more processes."""
        self._rest = b""
        self._heard_at = time.monotonic()
        self._is_over = False
        self._pid, [(self._in, out), (lifeline, self._lifeline)] = fork_with_pipes(2)
        if self._pid == 0:
            try:
                close_all_but({0, 1, 2, out, lifeline})
                function(Listener(out, lifeline))
                os._exit(0)
            finally:
                os._exit(1)
        os.close(out)
        os.close(lifeline)
        os.set_blocking(self._in, False)

    def lines(self) -> list[bytes]:
        """What it has said since the last look."""
        while not self._is_over:
            try:
                piece = os.read(self._in, READ_BYTES)
            except BlockingIOError:
                break
            if piece:
                self._heard_at = time.monotonic()
                self._rest += piece
            else:
                self._is_over = True
        *lines, self._rest = self._rest.split(b"\n")
        return lines

    def is_over(self) -> bool:
        """Whether it has said all that it had to say, or died, or was ended."""
        return self._is_over

    def wait(self, seconds: float) -> None:
        """Sleep, until it says something."""
        poll = select.poll()
        poll.register(self._in, select.POLLIN)
        poll.poll(1000 * seconds)

    def silent_s(self) -> float:
        """For how long nothing has been heard of it."""
        return time.monotonic() - self._heard_at

    def end(self) -> None:
        """End it, wherever it is. One that hangs in the kernel is left to itself: `is_left` tells."""
        os.close(self._in)
        os.close(self._lifeline)
        os.kill(self._pid, _signal.SIGKILL)
        self._is_over = True

    def is_left(self) -> bool:
        """Whether it still exists; it can be asked until it does not. After `end`, which has to come first."""
        if self._pid and os.waitpid(self._pid, os.WNOHANG)[0]:
            self._pid = 0
        return self._pid != 0
