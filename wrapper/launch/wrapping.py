"""W: from the fork of the command to the end of `wandb run`."""

from __future__ import annotations

import _signal
import gc
import posix as os
import time

from wrapper.launch import command, fds, making, outputs
from wrapper.launch.ending import end_as, end_in_words, in_words
from wrapper.launch.keeper import keep
from wrapper.launch.keepers import STARTED, Keepers, Shared
from wrapper.launch.last_output import LastOutput
from wrapper.launch.loop import Loop
from wrapper.launch.recorders import Recorders
from wrapper.launch.relay import Relay
from wrapper.launch.signals import Signals, block_all, take_pending
from wrapper.launch.start import Start, say
from wrapper.launch.terminal import Window
from wrapper.rundir.board import Board
from wrapper.rundir.names import METRICS_FILE
from wrapper.rundir.processes import watch_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from wrapper.launch.keyboard import Keyboard

LONGEST_END_S = 2.0
LOOK_AT_END_EVERY_S = 0.005


class Wrapping:
    """A run that is recorded: made, and the command with it; raises OSError when there is no room for both."""

    def __init__(self, start: Start, made: making.Made, found: list[outputs.Output], site: str) -> None:
        self._start, self._made, self._found = start, made, found
        self._board = Board.make()
        self._board.wrapper = os.getpid()
        outputs.open_channels(found)
        self._pty = found[0].source if found[0].kind == "pty" else None
        self._keyboard = self._open_keyboard()
        self._recorders = Recorders(self._board, made.part, site, start.environment)
        copies = command.get_variable(start.environment, b"WANDB_RELAY") == b"copy"
        self._shared = Shared(self._board, self._make_relays(), self._recorders, self._make_window(), copies)
        self._bell_end, self._bell = fds.make_pipe()
        fds.set_nonblocking(self._bell)
        self._shared.keyboard = self._keyboard
        self._talk = fds.duplicate(2)
        self._keepers = Keepers(self._shared, keep)
        self._word, self._word_end = fds.make_pipe()
        if leads_terminal(found):
            self._become_command()
        self._keepers.start()
        self._early = take_pending()
        try:
            self._command = self._fork()
        except (OSError, MemoryError):
            self._keepers.dismiss()
            raise

    def _fork(self) -> int:
        return self._start.fork(self._found, self._changes(), self._board, self._word_end)

    def _become_command(self) -> NoReturn:
        """Where we lead the terminal's session, let the command lead it, and the keeper do all that we would.

        The end of such a leader hangs up its whole group: SIGKILL of us would end the command.
        """
        self._shared.talk = [self._talk]
        self._shared.say_last_words = self._say_last_words
        self._shared.command = watch_process(os.getpid())  # It may have ended before the keeper looks.
        self._keepers.start(is_ours=False)
        self._board.command = os.getpid()
        for output in self._found:
            output.give_to_command()
        self._start.restore_signals()
        try:
            environment = command.with_variables(self._start.environment, self._changes())
            command.become(self._start.path, self._start.argv, environment)
        except OSError as error:
            number = error.errno or 0
        self._refuse(number)

    def _refuse(self, number: int) -> NoReturn:
        """execve(2) did not take the command: there is no run."""
        block_all()  # Our end may hang up the group, and with it who removes the directory.
        refusal = command.explain(self._start.argv[0], number)
        self._keepers.quit()
        making.remove_beside(self._made.part)
        say(str(refusal), self._talk)
        os._exit(refusal.status)

    def _make_relays(self) -> dict[int, Relay]:
        relays = {}
        for output in self._found:
            if output.follow is not None:
                self._recorders.give(f"follow{output.stream}", output.follow)
                self._board.streams[output.stream].offset = output.offset
            if output.source is None or output.person is None:
                continue
            log_end, log = fds.make_pipe()
            fds.widen(log)
            self._recorders.give(f"log{output.stream}", log_end)
            board = self._board.streams[output.stream]
            relays[output.stream] = Relay(output.source, output.person, log, board, output.kind)
        return relays

    def _open_keyboard(self) -> Keyboard | None:
        if self._pty is None or not os.isatty(0):
            return None
        from wrapper.launch.keyboard import Keyboard

        return Keyboard(fds.duplicate(0), self._pty)

    def _make_window(self) -> Window:
        if self._keyboard and self._pty is not None:
            return Window(self._board, {1: (self._keyboard.person, self._pty)}, mirrored=False)
        pairs = {
            output.stream: (output.person, output.source)
            for output in self._found
            if output.kind == "terminal" and output.person is not None and output.source is not None
        }
        return Window(self._board, pairs)

    def run(self) -> NoReturn:
        """Relay until the command has ended, and end as it did."""
        self._keepers.tell(STARTED)
        gc.freeze()  # What is there stays, in the pages that the keeper has in common with us.
        gc.enable()
        self._let_go()
        self._signals = Signals(
            self._command, self._keepers.canary, self._early, self._board, self._shared.window, self._ring, self._pty
        )
        try:
            self._signals.start()
        except RuntimeError as error:  # There may be no more threads: this one has to hear signals, and relay no more.
            self._read_word()
            self._stand_aside(error, self._signals.take_until_the_end)
            self._end()
        try:
            self._record()
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with us, the command is not to notice.
            self._stand_aside(error, self._wait_for_end)
        self._end()

    def _record(self) -> None:
        self._loop = Loop(self._shared.relays, self._forget, self._recorders.ring)
        self._read_word()
        self._recorders.start(self._loop)  # Before ctypes is loaded, which takes half as long as it needs.
        self._shared.use_copies_if_need_be()
        self._loop.relays = dict(self._shared.relays)
        self._loop.tend_terminals(self._shared.window)
        if self._keyboard:
            self._keyboard.pass_on(self._loop)
        self._loop.watch(self._bell_end, self._hear)
        self._keepers.watch(self._loop)
        self._relay()
        self._wait_until_kept()

    def _stand_aside(self, error: Exception, wait_for_end: Callable[[], None]) -> None:
        """Let the keeper go on as if we were dead, and do nothing but wait: for the command, and for its record."""
        self._board.note_trouble(repr(error))
        self._keepers.abandon()
        for relay in self._shared.relays.values():  # Only who relays may hold them, or nobody finds them closed.
            for fd in relay.descriptors():
                fds.close_quietly(fd)
        wait_for_end()
        deadline = time.monotonic() + LONGEST_END_S
        while not self._board.is_kept and time.monotonic() < deadline:
            time.sleep(LOOK_AT_END_EVERY_S)

    def _wait_for_end(self) -> None:
        while not self._board.has_ended:
            os.read(self._bell_end, 4096)

    def _changes(self) -> dict[bytes, bytes]:
        """What the command's environment has and ours had not."""
        metrics = f"{self._made.part}/{METRICS_FILE}"
        changes = {b"WANDB_METRICS_FILE": command.as_bytes(metrics), b"WANDB_WRAPPED_RUN": self._made.run.encode()}
        if self._made.choices.live:
            changes[b"PYTHONUNBUFFERED"] = b"1"
        return changes

    def _let_go(self) -> None:
        """What the command was given is the command's alone from here on."""
        for output in self._found:
            if output.end is not None:
                os.close(output.end)
        ours = [self._word, self._bell, self._bell_end, self._talk]
        fds.let_go_of_callers([*ours, *self._shared.descriptors(), *self._keepers.descriptors()])

    def _ring(self) -> None:
        try:
            os.write(self._bell, b"!")
        except BlockingIOError:  # The loop will wake up anyway.
            return

    def _hear(self) -> None:
        os.read(self._bell_end, 4096)

    def _read_word(self) -> None:
        """Wait until execve(2) has gone well, and the recorder may come; or it has not, and there is no run."""
        number = os.read(self._word, 16)
        os.close(self._word)
        if number:
            self._refuse(int(number))
        if not os.isatty(self._talk):
            os.close(self._talk)
            self._talk = -1

    def _forget(self, stream: int) -> None:
        self._shared.relays.pop(stream, None)
        self._keepers.drop(stream)
        self._recorders.ring()

    def _turn(self, longest_s: float | None) -> None:
        self._loop.turn(self._keepers.wait_s(self._recorders.wait_s(longest_s)))
        self._recorders.tend(self._loop)
        self._keepers.tend(self._loop)

    def _relay(self) -> None:
        """Relay until the command has ended and what it wrote has arrived."""
        while not self._board.has_ended:
            self._turn(None)
            if self._signals.must_show:
                if not self._loop.is_held_back:
                    self._show(gives_up=True)
                self._signals.must_show = False
        self._show(gives_up=os.WIFSIGNALED(self._board.status))

    def _show(self, gives_up: bool) -> None:
        """Relay until what the command wrote by now has arrived."""
        last = LastOutput(self._loop, gives_up, has_keeper=not takes_all_along())
        while not last.has_arrived():
            self._turn(LOOK_AT_END_EVERY_S)

    def _wait_until_kept(self) -> None:
        """Wait for the recorder to say that all is on disk, at most 2 s, and relay what others still write.

        The keeper waits longer, when we end before that: what is still in our pipes would be lost with both.
        """
        self._board.is_drained = 1
        self._recorders.ring()
        self._loop.watch(self._recorders.kept, lambda: None)
        deadline = time.monotonic() + LONGEST_END_S
        while not self._board.is_kept and (left_s := deadline - time.monotonic()) > 0:
            self._turn(left_s)
        if self._board.is_kept and not self._loop.relays:
            self._keepers.quit()

    def _end(self) -> NoReturn:
        if self._keyboard:
            self._keyboard.restore()
        self._say_last_words()
        end_as(self._board.status)

    def _say_last_words(self) -> None:
        """One line, on a terminal: the name, how it ended, and how to see it."""
        if self._talk < 0 or self._made.choices.silent or not os.isatty(self._talk):
            return
        took = in_words(max(0.0, self._board.ended_at_ns / 1e9 - self._shared.started_at))
        how = end_in_words(self._board.status)
        stopped = self._board.read_stop()
        told = f"was stopped after {took}: {stopped} ({how})" if stopped else f"{how} after {took}"
        name = self._made.name.replace("\n", "\\n")
        say(f"{name} {told}; {self._see()}", self._talk, "\n" if self._is_midline() else "")

    def _see(self) -> str:
        """How to see the run, and what is wrong with its record."""
        if self._board.is_gone:
            return "its record is gone: the directory was removed while it ran"
        lost_bytes = self._board.lost_bytes
        lost = f"{lost_bytes:,} bytes of its output could not be kept; " if lost_bytes else ""
        if not self._board.is_kept:
            lost += "the rest of its record is still being written; "
        return f"{lost}see: wandb show {self._made.run}"

    def _is_midline(self) -> bool:
        """Whether the cursor stands behind something: an unfinished line, or the echo of ^C."""
        status = self._board.status
        was_typed = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (_signal.SIGINT, _signal.SIGQUIT)
        return bool(self._board.is_midline) or was_typed


def leads_terminal(found: list[outputs.Output]) -> bool:
    """Whether our end would hang up the terminal that the command writes to.

    Not where the keeper ends with us: what the command wrote last could not be relayed any more.
    """
    if takes_all_along() or os.getsid(0) != os.getpid():
        return False
    return any(output.kind == "terminal" and controls_us(output.person) for output in found)


def takes_all_along() -> bool:
    """Whether our end is the end of the keeper, too.

    So it is for the first process of a container and all others in it, and for a task of Slurm and what it leaves.
    """
    return os.getpid() == 1 or b"SLURM_STEP_ID" in os.environ


def controls_us(terminal: int | None) -> bool:
    """Whether this is the controlling terminal of our session."""
    try:
        return terminal is not None and os.tcgetpgrp(terminal) > 0
    except OSError:
        return False
