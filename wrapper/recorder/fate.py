"""What became of the command, also when the process that waits for it is dead."""

from __future__ import annotations

import fcntl
import os
import select
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.rundir.board import Board

# struct pidfd_info: mask, cgroup, eleven ids, exit code. Linux 6.15 on fills in the last, also after the
# process was reaped by somebody else.
INFO = struct.Struct("=QQ11Ii")
PIDFD_GET_INFO = 3 << 30 | INFO.size << 16 | 0xFF << 8 | 11
PIDFD_INFO_EXIT = 1 << 3


class Fate:
    """Watches the command through a descriptor of its own; `wrapper` is the process that would know better."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._command = _watch(board.command)
        self._wrapper = _watch(board.wrapper)

    def descriptors(self) -> list[int]:
        """They can be read once the command, or `wandb run`, has ended."""
        return [fd for fd in (self._command, self._wrapper) if fd is not None]

    def has_ended(self) -> bool:
        """Whether the command has ended, and all is known of it that can be known."""
        if self._board.has_ended:
            return True
        return not _is_alive(self._command, self._board.command) and not _is_alive(
            self._wrapper, self._board.wrapper
        )

    def is_left_alone(self) -> bool:
        """Whether nobody will write on the board how the command ended."""
        return not _is_alive(self._wrapper, self._board.wrapper)

    def status(self) -> int | None:
        """The wait status; None when nobody could learn it."""
        if self._board.has_ended:
            return self._board.status
        if self._command is None:
            return None
        try:
            info = fcntl.ioctl(self._command, PIDFD_GET_INFO, INFO.pack(PIDFD_INFO_EXIT, *[0] * 12, 0))
        except OSError:  # An older kernel.
            return None
        mask, *_, status = INFO.unpack(info)
        return status if mask & PIDFD_INFO_EXIT else None


def _watch(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid) if pid else None
    except OSError:  # Gone already, or Linux before 5.3.
        return None


def _is_alive(process: int | None, pid: int) -> bool:
    if process is not None:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        return not poll.poll(0)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != 0
