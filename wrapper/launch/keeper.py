"""K, the keeper: holds every channel, and takes over when W, or a keeper before it, dies.

It does nothing else while all is well, but for three small services to W: it is the canary of `signals`, it
stops the command when W alone was stopped, and it lets go of a channel when told to.
"""

from __future__ import annotations

import _signal
import os
import select
import time

from wrapper.launch import kernel
from wrapper.launch.fds import close_quietly, let_go_of_callers, make_pipe, set_nonblocking
from wrapper.launch.loop import Loop
from wrapper.launch.signals import ALL, FAULTS, UNSTOPPABLE
from wrapper.rundir.processes import exit_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from wrapper.launch.full_pty import Keyboard
    from wrapper.launch.recorders import Recorders
    from wrapper.launch.relay import Relay
    from wrapper.rundir.board import Board

LOOK_EVERY_S = 0.25
REAPED_WITHIN_S = 1.0
STARTED, QUIT = b"s", b"q"


class Shared:
    """What W and K both hold."""

    def __init__(self, board: Board, relays: dict[int, Relay], recorders: Recorders, copies: bool) -> None:
        self.board, self.relays, self.recorders, self.copies = board, relays, recorders, copies
        self.started_at = time.time()
        self.keyboard: Keyboard | None = None

    def descriptors(self) -> list[int]:
        return [
            self.board.fd,
            *self.recorders.descriptors(),
            *([self.keyboard.person] if self.keyboard else []),
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

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.canary, self._canary_end = make_pipe()
        set_nonblocking(self.canary)
        set_nonblocking(self._canary_end)
        self._pid = 0
        self._lifeline = self._process = -1
        self._may_have_died = self._has_quit = False

    def descriptors(self) -> list[int]:
        return [self._lifeline, self.canary, self._canary_end]

    def start(self) -> None:
        """Fork a keeper. Raises OSError when there may be no more processes or descriptors."""
        lifeline_end, lifeline = make_pipe()
        set_nonblocking(lifeline)
        pid = os.fork()
        if pid == 0:
            try:
                os.close(lifeline)
                let_go_of_callers([*self._shared.descriptors(), lifeline_end, self.canary, self._canary_end])
                Keeping(self._shared, lifeline_end, self._canary_end).run()
            finally:
                os._exit(0)
        os.close(lifeline_end)
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
        if self._has_quit or (self._process >= 0 and not self._may_have_died):
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


class Keeping:
    """The keeper's own life."""

    def __init__(self, shared: Shared, lifeline: int, canary: int) -> None:
        self._shared, self._lifeline, self._canary = shared, lifeline, canary
        self._board = shared.board
        self._keeps_for = os.getppid()
        self._has_stopped_command = False

    def run(self) -> None:
        report_signals(self._canary)
        poll = select.poll()
        poll.register(self._lifeline, select.POLLIN)
        while True:
            if not poll.poll(1000 * LOOK_EVERY_S):
                self._mirror_stop()
                continue
            words = os.read(self._lifeline, 64)
            if QUIT in words:
                return
            if not words:
                take_over(self._shared, self._has_stopped_command)
            for word in words.replace(STARTED, b"").decode():
                self._drop(int(word))

    def _drop(self, stream: int) -> None:
        relay = self._shared.relays.pop(stream, None)
        if relay is not None:
            relay.close()

    def _mirror_stop(self) -> None:
        """SIGSTOP cannot be caught: when W alone was stopped, the command must stop too."""
        board = self._board
        if not board.command or board.has_ended or self._keeps_for != board.wrapper:
            return
        is_stopped = process_state(board.wrapper) == "T"
        if self._has_stopped_command:
            self._has_stopped_command = is_stopped  # W itself hears SIGCONT and passes it on.
        elif is_stopped and board.is_stopping:
            self._mirror_continue()
        elif is_stopped:
            signal_command(board, _signal.SIGSTOP)
            self._has_stopped_command = True
            if process_state(board.wrapper) != "T":  # Continued in between: W's SIGCONT may have come too early.
                signal_command(board, _signal.SIGCONT)

    def _mirror_continue(self) -> None:
        """W stopped because the command did; somebody continued the command alone."""
        if process_state(self._board.command) not in ("T", "t", ""):
            os.kill(self._board.wrapper, _signal.SIGCONT)


def report_signals(canary: int) -> None:
    """Have the C level of Python write the number of each signal into the canary's pipe, and do nothing else."""
    _signal.set_wakeup_fd(canary, warn_on_full_buffer=False)
    for signum in ALL - FAULTS - UNSTOPPABLE - {_signal.SIGCHLD}:
        if _signal.getsignal(signum) != _signal.SIG_IGN:
            _signal.signal(signum, _do_nothing)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, FAULTS | {_signal.SIGCHLD})


def _do_nothing(_signum: int, _frame: object) -> None:
    """The wake-up descriptor has said it already."""


def process_state(pid: int) -> str:
    """The letter that /proc has for a process: T is stopped; "" when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1].decode()
    except OSError:
        return ""


def signal_command(board: Board, signum: int) -> None:
    try:
        os.kill(board.command, signum)
    except (ProcessLookupError, PermissionError):  # Gone, or another user's: nothing to be done from here.
        return


def take_over(shared: Shared, has_stopped_command: bool) -> NoReturn:
    """Relay on, as if nothing had happened, until the last stream has ended and the command too."""
    _signal.pthread_sigmask(_signal.SIG_BLOCK, ALL)
    _signal.set_wakeup_fd(-1)
    os.sched_yield()
    Successor(shared).run(has_stopped_command)
    os._exit(0)


class Successor:
    """A keeper whose process to keep for has died."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._keepers = Keepers(shared)
        self._keepers.try_to_start()
        shared.use_copies_if_need_be()
        for relay in shared.relays.values():
            relay.take_over()
        self._loop = Loop(shared.relays, self._forget)
        self._ended_at: float | None = None

    def _forget(self, stream: int) -> None:
        self._shared.relays.pop(stream, None)
        self._keepers.drop(stream)
        self._shared.recorders.ring()

    def run(self, has_stopped_command: bool) -> None:
        shared, loop = self._shared, self._loop
        if has_stopped_command:
            signal_command(shared.board, _signal.SIGCONT)
        if shared.keyboard:
            shared.keyboard.restore()
        command = watch_process(shared.board.command)
        shared.recorders.take_over(loop)
        self._keepers.watch(loop)
        while loop.relays or not self._has_ended(command):
            loop.turn(shared.recorders.wait_s(LOOK_EVERY_S))
            shared.recorders.tend(loop)
            self._keepers.tend(loop)
        self._keepers.quit()
        shared.recorders.ring()

    def _has_ended(self, command: int | None) -> bool:
        """Whether the command has ended; how, goes on the board where the kernel tells those who are no parents."""
        board = self._shared.board
        if board.has_ended or is_alive(board.command, command):
            return bool(board.has_ended)
        self._ended_at = self._ended_at or time.monotonic()
        status = exit_status(command, board.command) if command is not None else None
        if status is None:
            return time.monotonic() - self._ended_at > REAPED_WITHIN_S
        board.status, board.ended_at_ns = status, time.time_ns()
        board.has_ended = 1
        return True


def watch_process(pid: int) -> int | None:
    """A descriptor that can be read once the process has ended; None where the kernel has no such thing."""
    try:
        return os.pidfd_open(pid)
    except OSError:  # Gone already, or Linux before 5.3.
        return None


def is_alive(pid: int, process: int | None) -> bool:
    """Whether a process still runs."""
    if process is not None:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        return not poll.poll(0)
    return process_state(pid) not in ("", "Z", "X")
