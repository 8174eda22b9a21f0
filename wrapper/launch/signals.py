"""Signals: what reaches `wandb run` reaches the command once, and what stops or ends it stops or ends us.

A signal may have been sent to `wandb run` alone, or to the whole process group, in which case the command has it
already. Nothing in the signal tells which. The keeper does: it is in the same group, so when it was signalled
too, the command needs nothing from us. It is asked, and its answer waited for: how long it takes says nothing.
"""

from __future__ import annotations

import _signal
import _thread
import posix as os
import select
import time

from wrapper.launch.ending import end_as
from wrapper.rundir.processes import is_at_work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wrapper.launch.terminal import Window
    from wrapper.rundir.board import Board

UNSTOPPABLE = {_signal.SIGKILL, _signal.SIGSTOP}
ALL = _signal.valid_signals() - UNSTOPPABLE
FAULTS = {_signal.SIGSEGV, _signal.SIGBUS, _signal.SIGFPE, _signal.SIGILL, _signal.SIGTRAP, _signal.SIGSYS}
HARMLESS = {_signal.SIGCHLD, _signal.SIGCONT, _signal.SIGURG, _signal.SIGWINCH}
STOPS = {_signal.SIGTSTP, _signal.SIGTTIN, _signal.SIGTTOU}
SI_KERNEL = 128
ANSWERED_WITHIN_S = 1.0
# Slurm and systemd signal the processes of a job one after the other. When such a one has come to rest, all are sent;
RESTS_AFTER_S = 0.002
SENT_WITHIN_S = 0.025  # of one that is gone, or not to be seen, nobody knows whether another goes on;
LONGEST_SENDING_S = 0.5  # and one may be busy with something else.
STALE_S = 2.0  # We may come to what the keeper has reported much later: each signal that is before it takes its time.
FIRST_QUESTION = 128  # Lower numbers are signals.
STOPS_WITHIN_S = 0.5  # One that has not by then does not mind that signal.
NEVER = float("-inf")
SHOWN_WITHIN_S = 0.3
LOOK_EVERY_S = 0.002


def block_all() -> set[int]:
    """Block every signal; returns what was blocked before."""
    before: set[int] = _signal.pthread_sigmask(_signal.SIG_BLOCK, ALL)
    return before


def forget_python() -> None:
    """Undo what Python itself set at its start, while everything is blocked."""
    for signum in (_signal.SIGPIPE, _signal.SIGXFSZ, _signal.SIGINT):
        if _signal.getsignal(signum) != _signal.SIG_IGN or signum != _signal.SIGINT:
            _signal.signal(signum, _signal.SIG_DFL)


def restore_for_command(mask: set[int], ignores_pipe: bool) -> None:
    """Give a process that will become the command the signal state that the caller meant it to have."""
    if ignores_pipe:
        _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)
    # Of children of ours, and of a board that is larger than files may be: they would be the command's.
    for signum in (_signal.SIGCHLD, _signal.SIGXFSZ):
        _signal.sigtimedwait([signum], 0)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)


def caller_ignores_pipe() -> bool:
    """Whether SIGPIPE was ignored before Python, which always ignores it, came.

    The shell that starts us has looked. Without it our caller's own state has to do, though it may be another than
    what it gives its children: one that ignores SIGXFSZ too is Python itself, which gives them the default back.
    """
    told = os.environ.get(b"_WANDB_IGNORED")
    if told:
        return bool(int(told, 16) & 1 << _signal.SIGPIPE - 1)
    return ignores(os.getppid(), _signal.SIGPIPE) and not ignores(os.getppid(), _signal.SIGXFSZ)


def ignores(pid: int, signum: int) -> bool:
    """Whether a process ignores that signal; not where it is hidden from us: nearly everybody has the default."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            ignored = next(int(line.split()[1], 16) for line in file if line.startswith(b"SigIgn:"))
    except (OSError, StopIteration):
        return False
    return bool(ignored & 1 << signum - 1)


def take_pending() -> list[_signal.struct_siginfo]:
    """Signals that have come already: to us, before there was a command that could have got them too."""
    taken = []
    while (info := _signal.sigtimedwait(ALL - {_signal.SIGCHLD}, 0)) is not None:
        taken.append(info)
    return taken


class Canary:
    """The keeper, as one that can be asked whether it was signalled too.

    It writes the number of each signal that it gets into a pipe, and repeats there whatever it is asked. What was
    sent to it before the question stands before the answer.
    """

    def __init__(self, reports: int, questions: int) -> None:
        self._reports, self._questions = reports, questions
        self._asked = 0
        self._reported: dict[int, list[float]] = {}
        self.is_gone = False  # It relays now, in our place, and answers nobody.

    def has_had(self, signum: int, sender: int) -> bool:
        """Whether it got this signal as well, now or a moment ago."""
        if self.is_gone:
            return False
        began = time.monotonic()
        poll = select.poll()
        poll.register(self._reports, select.POLLIN)
        while True:
            was_sent = _was_sent(sender, time.monotonic() - began)
            has_answered = self._ask()
            if self._take(signum):
                return True
            if was_sent or not has_answered:
                return False
            poll.poll(1000 * RESTS_AFTER_S)

    def has_reported(self, signums: set[int]) -> bool:
        """Whether it got one of these that we have not come to yet."""
        after = time.monotonic() - STALE_S
        return any(at > after for signum in signums for at in self._reported.get(signum, ()))

    def _take(self, signum: int) -> bool:
        """Whether there is a report that is not old; each stands for one signal: those from SIGRTMIN on queue."""
        reports = self._reported.get(signum, [])
        while reports:
            if time.monotonic() - reports.pop(0) < STALE_S:
                return True
        return False

    def _ask(self) -> bool:
        """Read what the keeper has reported by now; False when it does not answer."""
        self._asked = (self._asked + 1) % FIRST_QUESTION
        question = FIRST_QUESTION + self._asked
        try:
            os.write(self._questions, bytes([question]))
        except BlockingIOError:  # Nobody has read any of the last thousands.
            return False
        poll = select.poll()
        poll.register(self._reports, select.POLLIN)
        deadline = time.monotonic() + ANSWERED_WITHIN_S
        while (left_s := deadline - time.monotonic()) > 0:
            if poll.poll(1000 * left_s) and question in self._read():
                return True
        return False

    def _read(self) -> bytes:
        numbers = os.read(self._reports, 4096)
        for number in numbers:
            if number < FIRST_QUESTION:
                self._reported.setdefault(number, []).append(time.monotonic())
        return numbers


def _was_sent(sender: int, since_s: float) -> bool:
    """Whether a signal that came so long ago has been sent to all who are to get it."""
    if since_s < RESTS_AFTER_S:
        return False
    is_busy = is_at_work(sender)
    return since_s >= (SENT_WITHIN_S if is_busy is None else LONGEST_SENDING_S if is_busy else RESTS_AFTER_S)


class Signals:
    """A thread that takes every signal of this process, so that none ever waits for a slow terminal."""

    def __init__(
        self,
        command: int,
        canary: Canary,
        early: list[_signal.struct_siginfo],
        board: Board,
        window: Window,
        on_change: Callable[[], None],
        terminal: int | None = None,
    ) -> None:
        """`early` came before the command was there, whoever else has had it.

        `terminal` is the command's own, with --pty: what our group is sent it does not hear.
        """
        self._command, self._canary, self._early = command, canary, early
        self._board, self._window, self._on_change = board, window, on_change
        self._terminal = terminal
        self._asked_to_stop_at = NEVER  # by our own loop, which has something that it must not write now
        self._may_write = False  # Though it must not: the command ignored that.
        self.must_show = False  # Until the loop has shown what the command wrote before it stopped.

    def start(self) -> None:
        """Take signals for ever, in a thread. Raises RuntimeError when there may be no more threads."""
        _thread.start_new_thread(self._run, ())

    def _run(self) -> None:
        self._send_early()
        while True:
            self._take()

    def take_until_the_end(self) -> None:
        """Take signals in this thread, until the command has ended."""
        self._send_early()
        while not self._board.has_ended:
            self._take()

    def _send_early(self) -> None:
        for info in self._early:
            self._canary.has_had(info.si_signo, info.si_pid)
            self._note(info)
            self._send(info.si_signo)

    def _take(self) -> None:
        info = _signal.sigwaitinfo(ALL)
        if info.si_signo == _signal.SIGCHLD:
            self._reap()
        elif self._board.has_ended and info.si_pid != self._command:
            self._end_soon(info)
        elif info.si_signo == _signal.SIGWINCH and self._window.follow():
            # The kernel told the command too, perhaps before its window had the new size.
            self._send(_signal.SIGWINCH)
        elif info.si_signo not in FAULTS or info.si_code <= 0:
            self._forward(info)

    def _forward(self, info: _signal.struct_siginfo) -> None:
        signum = info.si_signo
        if signum == _signal.SIGCONT:
            self._board.is_held = 0
        if signum == _signal.SIGTTOU and info.si_pid == os.getpid():
            self._asked_to_stop_at = time.monotonic()
        self._note(info)
        if self._terminal is not None:
            self._send_to_terminal(signum, info.si_code)
            return
        if self._canary.is_gone and info.si_code == SI_KERNEL:
            return  # A key, which the whole group has heard.
        if self._canary.has_had(signum, info.si_pid) or self._is_undone(signum):
            return
        if info.si_pid == self._command:  # It meant its parent, which without us is our parent.
            self._send(signum, os.getppid())
        else:
            self._send(signum)

    def _is_undone(self, signum: int) -> bool:
        """Whether our group has been told the opposite since: that discards what the keeper had not come to report."""
        opposites = {_signal.SIGCONT} if signum in STOPS else STOPS if signum == _signal.SIGCONT else set()
        undone = opposites & _signal.sigpending()
        return bool(undone) and self._canary.has_reported(undone)

    def _note(self, info: _signal.struct_siginfo) -> None:
        self._board.note_signal(info.si_signo, info.si_pid, info.si_uid, time.time())

    def _send_to_terminal(self, signum: int, code: int) -> None:
        """A key that the kernel made a signal of is for whoever is in the foreground there."""
        assert self._terminal is not None
        if code == SI_KERNEL:
            try:
                os.killpg(os.tcgetpgrp(self._terminal), signum)
            except OSError:  # Nobody is.
                return
        else:
            self._send(signum)

    def _send(self, signum: int, pid: int | None = None) -> None:
        try:
            os.kill(pid or self._command, signum)
        except ProcessLookupError:  # It has just ended; SIGCHLD is on its way.
            return
        except PermissionError:  # A setuid command: without us the sender would have got this.
            return

    def _reap(self) -> None:
        """Hear from every child that changed."""
        if self._window.pairs and not self._board.has_ended:
            self._may_write = ignores(self._command, _signal.SIGTTOU)  # Nobody can say it of one that is reaped.
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid != self._command:
                self._on_change()
            elif os.WIFSTOPPED(status):
                self._wait_for_output()
                self._stop_as(os.WSTOPSIG(status))
            else:
                self._note_end(status)
                if time.monotonic() - self._asked_to_stop_at < STOPS_WITHIN_S:
                    self._stop_as_asked()

    def _stop_as_asked(self) -> None:
        """What the command should have stopped for; it was quicker to end."""
        if not self._may_write:
            self._stop_as(_signal.SIGTTOU)

    def _note_end(self, status: int) -> None:
        self._board.status = status
        self._board.ended_at_ns = time.time_ns()
        self._board.has_ended = 1
        self._on_change()

    def _wait_for_output(self) -> None:
        """What the command wrote before it stopped is seen before a shell takes the terminal back."""
        self.must_show = True
        self._on_change()
        deadline = time.monotonic() + SHOWN_WITHIN_S
        while self.must_show and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        self.must_show = False

    def _stop_as(self, signum: int) -> None:
        """Stop as the command did, until somebody continues us both."""
        if signum in STOPS and (info := _signal.sigtimedwait([signum], 0)) is not None:
            self._canary.has_had(signum, info.si_pid)  # The same to both: nobody else is to be taken for it later.
        if _signal.SIGCONT in _signal.sigpending():
            return  # Somebody has since, and the command hears of it next; to stop now would forget that.
        self._asked_to_stop_at = NEVER
        self._board.is_stopping = 1
        if signum in STOPS:
            # First sent, then let through, then blocked again: in another order one that is pending stops us twice.
            os.kill(os.getpid(), signum)
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [signum])
            _signal.pthread_sigmask(_signal.SIG_BLOCK, [signum])
        else:
            # To this thread: if the other were the one to stop us, this one would go on for a moment.
            _signal.pthread_kill(_thread.get_ident(), signum)
        self._board.is_stopping = 0

    def _end_soon(self, info: _signal.struct_siginfo) -> None:
        """The command is gone, and only its last output or our own work keeps us: both can go on without us.

        It may have had that signal too, and ended of it; or it was sent to nobody. We end as it did.
        """
        if info.si_signo in HARMLESS:
            return
        if info.si_signo == _signal.SIGTTOU and info.si_pid == os.getpid():
            self._stop_as_asked()
            return
        if info.si_signo in STOPS:
            self._stop_as(info.si_signo)
            return
        self._note(info)
        time.sleep(SHOWN_WITHIN_S)  # The loop ends us, as a rule.
        end_as(self._board.status)
