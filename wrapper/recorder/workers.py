"""Short-lived processes for what may block: the recorder's loop touches only its pipes and the run directory."""

from __future__ import annotations

import _signal
import os
import time

from wrapper.recorder.forking import fork_with_pipes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar


class Worker:
    """Calls a function in a process of its own; `poll` has the answer, or "" when it took too long or failed."""

    _left: ClassVar[list[int]] = []  # Those that had not ended yet when they were no longer needed.

    def __init__(self, function: Callable[[], str], deadline_s: float) -> None:
        """Raises OSError when there may be no more processes."""
        self._left[:] = [pid for pid in self._left if not has_ended(pid)]
        self._deadline = time.monotonic() + deadline_s
        self._text = b""
        self._pid, [(self.answer, answer_end)] = fork_with_pipes(1)
        if self._pid == 0:
            try:
                os.close(self.answer)
                _write_all(answer_end, os.fsencode(function()))
            finally:
                os._exit(0)
        os.close(answer_end)
        os.set_blocking(self.answer, False)

    def poll(self) -> str | None:
        """The answer; None while there is none."""
        if time.monotonic() > self._deadline:
            return self._end("")
        try:
            piece = os.read(self.answer, 1 << 16)
        except BlockingIOError:
            return None
        self._text += piece
        return None if piece else self._end(os.fsdecode(self._text))

    def _end(self, answer: str) -> str:
        """One that hangs in the kernel cannot be waited for; it is killed, and left until the next one is needed."""
        os.close(self.answer)
        os.kill(self._pid, _signal.SIGKILL)
        self._left.append(self._pid)
        return answer


def has_ended(pid: int) -> bool:
    """Whether a child is gone for good; it is no zombie any more then."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:  # It was our parent's.
        return True


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
