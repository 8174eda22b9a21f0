"""K, the keeper: holds every channel, and takes over when W, or a keeper before it, dies.

It does nothing else while all is well, but for three small services to W: it is the canary of `signals`, it
stops the command when W alone was stopped, and it lets go of a channel when told to.
"""

from __future__ import annotations

import _signal
import gc
import posix as os
import select
import time

from wrapper.launch.fds import make_pipe, set_nonblocking
from wrapper.launch.keepers import QUIT, STARTED, Keepers, Shared
from wrapper.launch.loop import Loop
from wrapper.launch.signals import ALL, FAULTS, UNSTOPPABLE
from wrapper.rundir.processes import exit_status, is_alive, process_state, watch_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from wrapper.rundir.board import Board

LOOK_FOR_STOP_EVERY_S = 1.0  # A look wakes a processor that may sleep.
LOOK_EVERY_S = 0.5
REAPED_WITHIN_S = 1.0
LONGEST_END_S = 2.0  # while somebody waits for us,
LONGEST_KEEP_S = 10.0  # and when nobody does


class Keeping:
    """The keeper's own life."""

    def __init__(self, shared: Shared, lifeline: int, reports: int, questions: int) -> None:
        self._shared, self._lifeline = shared, lifeline
        self._reports, self._questions = reports, questions
        self._board = shared.board
        self._keeps_for = os.getppid()

    def run(self) -> None:
        report_signals(self._reports)
        poll = select.poll()
        poll.register(self._lifeline, select.POLLIN)
        poll.register(self._questions, select.POLLIN)
        while True:
            ready = [fd for fd, _event in poll.poll(1000 * LOOK_FOR_STOP_EVERY_S)]
            if not ready:
                self._mirror_stop()
            if self._questions in ready:
                self._answer()
            if self._lifeline in ready:
                words = os.read(self._lifeline, 64)
                if QUIT in words:
                    return
                if not words:
                    take_over(self._shared)
                for word in words.replace(STARTED, b"").decode():
                    self._drop(int(word))

    def _answer(self) -> None:
        """Repeat what was asked: all signals that were sent to us before that are reported by now."""
        try:
            os.write(self._reports, os.read(self._questions, 64))
        except BlockingIOError:  # Nobody has read anything for thousands of signals.
            return

    def _drop(self, stream: int) -> None:
        relay = self._shared.relays.pop(stream, None)
        if relay is not None:
            relay.close()

    def _mirror_stop(self) -> None:
        """SIGSTOP cannot be caught: when W alone was stopped, the command must stop too."""
        board = self._board
        if not board.command or board.has_ended or self._keeps_for != board.wrapper:
            return
        if process_state(board.wrapper) != "T":
            return
        if board.is_stopping:
            self._mirror_continue()
        elif not board.is_held:  # Until W itself hears SIGCONT and passes it on.
            board.is_held = 1
            signal_command(board, _signal.SIGSTOP)
            if process_state(board.wrapper) != "T":  # Continued in between: W's SIGCONT may have come too early.
                board.is_held = 0
                signal_command(board, _signal.SIGCONT)

    def _mirror_continue(self) -> None:
        """W stopped because the command did; somebody continued the command alone."""
        if process_state(self._board.command) not in ("T", "t", ""):
            os.kill(self._board.wrapper, _signal.SIGCONT)


def report_signals(reports: int) -> None:
    """Have the C level of Python write the number of each signal into that pipe, and do nothing else."""
    _signal.set_wakeup_fd(reports, warn_on_full_buffer=False)
    for signum in ALL - FAULTS - UNSTOPPABLE - {_signal.SIGCHLD}:
        if _signal.getsignal(signum) != _signal.SIG_IGN:
            _signal.signal(signum, _do_nothing)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, FAULTS | {_signal.SIGCHLD})


def _do_nothing(_signum: int, _frame: object) -> None:
    """The wake-up descriptor has said it already."""


def keep(shared: Shared, lifeline: int, reports: int, questions: int) -> None:
    """Be the keeper of the process that holds the other end of the lifeline."""
    Keeping(shared, lifeline, reports, questions).run()


def take_over(shared: Shared) -> NoReturn:
    """Relay on, as if nothing had happened, until the last stream has ended and the command too."""
    _signal.pthread_sigmask(_signal.SIG_BLOCK, ALL)
    gc.enable()
    Successor(shared).run()
    os._exit(0)


class Successor:
    """A keeper whose process to keep for has died, or has become the command."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._keepers = Keepers(shared, keep)
        self._keepers.try_to_start()
        shared.use_copies_if_need_be()
        for relay in shared.relays.values():
            relay.take_over()
        self._loop = Loop(shared.relays, self._forget, shared.recorders.ring)
        self._loop.tend_terminals(shared.window)
        self._ended_at: float | None = None

    def _forget(self, stream: int) -> None:
        self._shared.relays.pop(stream, None)
        self._keepers.drop(stream)
        self._shared.recorders.ring()

    def run(self) -> None:
        shared, loop = self._shared, self._loop
        if shared.board.is_held:
            shared.board.is_held = 0
            signal_command(shared.board, _signal.SIGCONT)
        if shared.keyboard:
            shared.keyboard.restore()
        command = shared.command if shared.command is not None else watch_process(shared.board.command)
        shared.recorders.take_over(loop)
        self._keepers.watch(loop)
        self._follow_window()
        while loop.relays or not self._has_ended(command):
            loop.turn(self._keepers.wait_s(shared.recorders.wait_s(LOOK_EVERY_S)))
            shared.recorders.tend(loop)
            self._keepers.tend(loop)
        self._keepers.quit()
        shared.board.is_drained = 1
        shared.recorders.ring()
        if shared.say_last_words:  # The recorder knows whether the last line was finished.
            self._wait_until_kept(LONGEST_END_S)
            shared.say_last_words()
        self._wait_until_kept(LONGEST_KEEP_S)

    def _wait_until_kept(self, longest_s: float) -> None:
        """See to it that there is a recorder until it has taken what is in the pipes."""
        board = self._shared.board
        deadline = time.monotonic() + longest_s
        self._loop.watch(self._shared.recorders.kept, lambda: None)
        while not board.is_kept and time.monotonic() < deadline:
            self._loop.turn(self._shared.recorders.wait_s(LOOK_EVERY_S))
            self._shared.recorders.tend(self._loop)

    def _follow_window(self) -> None:
        """Hear of the one signal that matters here: the person's window has another size."""
        if not self._shared.window.pairs:
            return
        word, word_end = make_pipe()
        set_nonblocking(word)
        set_nonblocking(word_end)
        _signal.set_wakeup_fd(word_end, warn_on_full_buffer=False)
        _signal.signal(_signal.SIGWINCH, _do_nothing)
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGWINCH])
        self._loop.watch(word, lambda: self._resize(word))

    def _resize(self, word: int) -> None:
        os.read(word, 64)
        if self._shared.window.follow():
            signal_command(self._shared.board, _signal.SIGWINCH)

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


def signal_command(board: Board, signum: int) -> None:
    try:
        os.kill(board.command, signum)
    except (ProcessLookupError, PermissionError):  # Gone, or another user's: nothing to be done from here.
        return
