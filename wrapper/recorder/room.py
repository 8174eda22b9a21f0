"""Leaving room for the training: while it runs, what reads takes only the processor time that nobody else wants."""

from __future__ import annotations

import os

NICER = 5
# Of its session: where the kernel shares the processors out among sessions first, as it does on most desktops, the
# niceness of a process only counts within its own.
BESIDE_TRAINING, AFTERWARDS = 19, 0


class Room:
    """How far this process, which gets a session of its own, has stepped back."""

    def __init__(self, has_ended: bool) -> None:
        os.setsid()
        os.nice(NICER)
        self._wanted = AFTERWARDS if has_ended else BESIDE_TRAINING
        self._is_left = False
        self.leave()

    def leave(self) -> None:
        """Step back, as long as that has not gone well."""
        if not self._is_left:
            self._is_left = make_session_nice("self", self._wanted)


def make_session_nice(process: int | str, niceness: int) -> bool:
    """False when it may be tried again: the kernel allows it ten times a second, for all of a machine."""
    try:
        file = os.open(f"/proc/{process}/autogroup", os.O_WRONLY)
    except OSError:  # This kernel does not share that way, or the process has gone.
        return True
    try:
        os.write(file, b"%d" % niceness)
    except BlockingIOError:
        return False
    except OSError:  # Not here, not for us.
        return True
    finally:
        os.close(file)
    return True
