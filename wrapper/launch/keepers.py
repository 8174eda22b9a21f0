"""What W and K both hold, and the forking of K."""

from __future__ import annotations

import posix as os
import time

from wrapper.launch import kernel
from wrapper.launch.fds import close_quietly, let_go_of_callers, make_pipe, set_nonblocking
from wrapper.launch.signals import Canary
from wrapper.rundir.processes import process_state, watch_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wrapper.launch.full_pty import Keyboard
    from wrapper.launch.loop import Loop
    from wrapper.launch.recorders import Recorders
    from wrapper.launch.relay import Relay
    from wrapper.launch.terminal import Window
    from wrapper.rundir.board import Board

    Life = Callable[["Shared", int, int, int], None]

STARTED, QUIT = b"s", b"q"


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
        self._may_have_died = self._has_quit = False

    def descriptors(self) -> list[int]:
        return [self._lifeline, self._reports, self._reports_end, self._questions, self._questions_end]

    def start(self, is_ours: bool = True) -> None:
        """Fork a keeper, which is nobody's child if it is not to be ours.

        Raises OSError when there may be no more processes or descriptors.
        """
        lifeline_end, lifeline = make_pipe()
        set_nonblocking(lifeline)
        pid = os.fork()
        if pid == 0:
            try:
                if not is_ours and os.fork():
                    os._exit(0)
                os.close(lifeline)
                ours = (lifeline_end, self._reports_end, self._questions_end)
                # With nobody to read them, each report would be a SIGPIPE, which is reported, and so on for ever.
                let_go_of_callers([*self._shared.descriptors(), *ours, self._reports])
                self._life(self._shared, *ours)
            finally:
                os._exit(0)
        os.close(lifeline_end)
        if not is_ours:
            os.waitpid(pid, 0)
        self._pid, self._lifeline = pid, lifeline

    def try_to_start(self) -> bool:
        """Fork a keeper, or do without one until the next turn."""
        try:
            self.start()
        except OSError:  # Too many processes.
            self._pid = 0
            return False
        return True

    def tell(self, word: bytes) -> None:
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
        os.close(self._lifeline)

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
        if process_state(self._pid) not in ("", "Z", "X"):
            return
        if self._process >= 0:
            loop.unwatch(self._process)
            os.close(self._process)
            self._process = -1
        self._may_have_died = False
        close_quietly(self._lifeline)
        if self.try_to_start():
            self.watch(loop)
