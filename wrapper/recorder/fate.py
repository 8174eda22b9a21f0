"""What became of the command, also when the process that waits for it is dead."""

from __future__ import annotations

import time

from wrapper.rundir.processes import exit_status, is_alive, watch_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.rundir.board import Board

REAPED_WITHIN_S = 1.0
LOOK_EVERY_S = 0.01


class Fate:
    """Watches the command through a descriptor of its own; `wrapper` is the process that would know better."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._command = watch_process(board.command) if board.command else None
        self._wrapper = watch_process(board.wrapper)
        self._seen_at: float | None = None

    def descriptors(self) -> list[int]:
        """They can be read once the command, or `wandb run`, has ended; none that already can be."""
        processes = ((self._command, self._board.command), (self._wrapper, self._board.wrapper))
        return [fd for fd, pid in processes if fd is not None and is_alive(pid, fd)]

    def wait_s(self, longest_s: float) -> float:
        """How long one may sleep before looking again."""
        return longest_s if self._seen_at is None else min(longest_s, LOOK_EVERY_S)

    def has_ended(self) -> bool:
        """Whether the command has ended, and all is known of it that can be known."""
        if self._board.has_ended:
            return True
        if is_alive(self._board.command, self._command) or is_alive(self._board.wrapper, self._wrapper):
            return False
        self._seen_at = self._seen_at or time.monotonic()
        return self.status() is not None or time.monotonic() - self._seen_at > REAPED_WITHIN_S

    def is_left_alone(self) -> bool:
        """Whether nobody will write on the board how the command ended."""
        return not is_alive(self._board.wrapper, self._wrapper)

    def status(self) -> int | None:
        """The wait status; None when nobody could learn it."""
        if self._board.has_ended:
            return self._board.status
        return exit_status(self._command, self._board.command) if self._command is not None else None
