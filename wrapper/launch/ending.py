"""Ending exactly as the command did."""

from __future__ import annotations

import _signal  # The signal module proper builds enums, which takes 3 ms.
import _thread
import posix as os
import resource

from wrapper.rundir.processes import signal_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def end_as(status: int) -> NoReturn:
    """End with this wait status: the same exit code, or the same signal."""
    if os.WIFSIGNALED(status):
        die_of(os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def die_of(signum: int) -> NoReturn:
    """Die of a signal, so that a shell says "Terminated" and a script stops on ^C."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # One core dump is enough: the command's.
    if signum not in (_signal.SIGKILL, _signal.SIGSTOP) and _signal.getsignal(signum) != _signal.SIG_DFL:
        _signal.signal(signum, _signal.SIG_DFL)
    # To this thread: the one that takes signals would only take this one, too.
    _signal.pthread_kill(_thread.get_ident(), signum)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [signum])
    os._exit(128 + signum)


def end_in_words(status: int) -> str:
    """How a wait status reads: "finished", "failed with exit code 3", "killed by SIGTERM"."""
    if os.WIFSIGNALED(status):
        return f"killed by {signal_name(os.WTERMSIG(status))}"
    code = os.WEXITSTATUS(status)
    return f"failed with exit code {code}" if code else "finished"


def in_words(duration_s: float) -> str:
    """4.2 s, 3 min 12 s, 5 h 07 min, 2 d 3 h."""
    whole = round(duration_s)
    if duration_s < 59.95:
        return f"{duration_s:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
