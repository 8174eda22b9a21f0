"""What W and K both hold, and the forking of K."""

from __future__ import annotations

import errno
import posix as os
import time

from wrapper.launch import kernel
from wrapper.launch.fds import let_go_of_callers, make_pipe, set_nonblocking
from wrapper.launch.signals import Canary
from wrapper.rundir.processes import process_state, watch_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from wrapper.launch.keyboard import Keyboard
    from wrapper.launch.loop import Loop
    from wrapper.launch.recorders import Recorders
    from wrapper.launch.relay import Relay
    from wrapper.launch.terminal import Window
    from wrapper.rundir.board import Board

    Life = Callable[["Shared", int, int, int], None]

STARTED, QUIT = b"s", b"q"
RETRY_S = 1.0


class Shared:
    """What W and K both hold."""

    def __init__(
        self, board: Board, relays: dict[int, Relay], recorders: Recorders, window: Window, copies: bool
    ) -> None:
        self.board, self.relays, self.recorders, self.copies = board, relays, recorders, copies
        self.window = window
        self.started_at = time.time()
        self.keyboard: Keyboard | None = None
        self.say_last_words: Callable[[], None] | None = None  # by the keeper, when nobody else can
        self.talk: list[int] = []
        self.command: int | None = None  # its pidfd, where it was opened in time

    def descriptors(self) -> list[int]:
        return [
            self.board.fd,
            *self.recorders.descriptors(),
            *([self.keyboard.person] if self.keyboard else []),
            *self.talk,
            *([self.command] if self.command is not None else []),
            *(fd for relay in self.relays.values() for fd in relay.descriptors()),
        ]

    def use_copies_if_need_be(self) -> None:
        """Move bytes through our memory where the kernel cannot, or when asked to."""
        try:
            if not self.copies:
                kernel.load()
        except kernel.CannotTee:
            self.copies = True
        if self.copies:
            self.relays = {stream: relay.as_copying() for stream, relay in self.relays.items()}


class Keepers:
    """Sees to it that there is a keeper for this process."""

    def __init__(self, shared: Shared, life: Life) -> None:
        """`life` is what the keeper does: called with what is shared, and its ends of the lifeline and the canary."""
        self._shared, self._life = shared, life
        self._reports, self._reports_end = make_pipe()
        self._questions_end, self._questions = make_pipe()
        for fd in (self._reports, self._reports_end, self._questions):
            set_nonblocking(fd)
        self.canary = Canary(self._reports, self._questions)
        self._pid = 0
        self._lifeline = self._process = -1
        self._due_at = 0.0
        self._may_have_died = self._has_quit = False

    def descriptors(self) -> list[int]:
        return [self._lifeline, self._reports, self._reports_end, self._questions, self._questions_end]

    def start(self, is_ours: bool = True) -> None:
        """Fork a keeper, which is nobody's child if it is not to be ours.

        Raises OSError when there may be no more processes or descriptors.
        """
        lifeline_end, lifeline = make_pipe()
        set_nonblocking(lifeline)
        try:
            pid = os.fork() if is_ours else fork_twice()
            if pid == 0:
                os.close(lifeline)
                self._live(lifeline_end)
        except OSError:
            os.close(lifeline)
            raise
        finally:
            os.close(lifeline_end)
        self._pid, self._lifeline = pid, lifeline

    def _live(self, lifeline_end: int) -> NoReturn:
        """In the keeper."""
        try:
            ours = (lifeline_end, self._reports_end, self._questions_end)
            # With nobody to read them, each report would be a SIGPIPE, which is reported, and so on for ever.
            let_go_of_callers([*self._shared.descriptors(), *ours, self._reports])
            self._life(self._shared, *ours)
        finally:
            os._exit(0)

    def try_to_start(self) -> bool:
        """Fork a keeper, or do without one until the next turn."""
        try:
            self.start()
        except OSError:  # Too many processes.
            self._due_at = time.monotonic() + RETRY_S
            return False
        return True

    def wait_s(self, longest_s: float | None) -> float | None:
        """How long one may wait before `tend` is due."""
        if self._pid or self._has_quit:
            return longest_s
        left_s = max(0.0, self._due_at - time.monotonic())
        return left_s if longest_s is None else min(left_s, longest_s)

    def tell(self, word: bytes) -> None:
        if self._lifeline < 0:  # There is none now; the next one will not need it.
            return
        try:
            os.write(self._lifeline, word)
        except (BrokenPipeError, BlockingIOError):  # It is dead; another follows.
            return

    def drop(self, stream: int) -> None:
        """Have it let go of a channel, so that the command or the reader finds it closed."""
        self.tell(b"%d" % stream)

    def quit(self) -> None:
        """Send the keeper away: there is nothing left to keep."""
        self.tell(QUIT)
        self._has_quit = True

    def dismiss(self) -> None:
        """Send the keeper away before we become the command, which is to have no child that it did not make."""
        self.quit()
        os.waitpid(self._pid, 0)

    def abandon(self) -> None:
        """Have the keeper take over now."""
        self.canary.is_gone = True
        self._let_go()

    def watch(self, loop: Loop) -> None:
        """Have the loop wake up when the keeper dies."""
        process = watch_process(self._pid)
        if process is not None:
            self._process = process
            loop.watch(process, self._suspect)

    def _suspect(self) -> None:
        self._may_have_died = True

    def tend(self, loop: Loop) -> None:
        """Fork another keeper when the last has died."""
        if self._has_quit:
            loop.unwatch(self._process)  # Its end is no news, and would wake us again and again.
            return
        if self._process >= 0 and not self._may_have_died:
            return
        if self._pid and process_state(self._pid) not in ("", "Z", "X"):
            return
        if self._process >= 0:
            loop.unwatch(self._process)
            os.close(self._process)
            self._process = -1
        self._may_have_died = False
        self._pid = 0
        self._let_go()
        if time.monotonic() >= self._due_at and self.try_to_start():
            self.watch(loop)

    def _let_go(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def fork_twice() -> int:
    """Fork a process that is nobody's child: 0 in that process. Raises OSError, as fork(2) does."""
    pid = os.fork()
    if pid:
        if os.waitpid(pid, 0)[1]:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return pid
    try:
        pid = os.fork()
    except OSError:
        os._exit(1)
    if pid:
        os._exit(0)
    return 0
