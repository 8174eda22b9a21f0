"""`--pty`: a terminal of its own for a command whose output is no terminal.

It leads a session, and the terminal controls it, as under script(1) or ssh -t. So a few things are unlike a run without
it: ^Z does not stop it, its background processes are hung up when it ends, and so is it itself when both our
processes die at once. Standard error comes together with standard output.
"""

from __future__ import annotations

import os
import termios

from wrapper.launch import command, fds
from wrapper.launch.outputs import OFLAG, Output, read_size, window
from wrapper.launch.packages import open_site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.launch.loop import Loop
    from wrapper.launch.start import Start
    from wrapper.rundir.board import Board

USUAL_SIZE = 24, 80
LOCAL_MODES, INPUT_MODES, CONTROL_CHARACTERS = 3, 0, 6
RAW_OFF = termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN


class Keyboard:
    """The person's terminal as the source of keys: passed on as they are typed, and put back as it was."""

    def __init__(self, person: int, master: int) -> None:
        self.person, self._master = person, master
        self._before = termios.tcgetattr(person)

    def pass_on(self, loop: Loop) -> None:
        """Have the loop hand every key to the command."""
        modes = termios.tcgetattr(self.person)
        modes[LOCAL_MODES] &= ~RAW_OFF
        modes[INPUT_MODES] &= ~(termios.ICRNL | termios.IXON)
        termios.tcsetattr(self.person, termios.TCSADRAIN, modes)
        loop.watch(self.person, lambda: self._pass(loop))

    def _pass(self, loop: Loop) -> None:
        try:
            keys = os.read(self.person, 1024)
            os.write(self._master, keys or termios.tcgetattr(self._master)[CONTROL_CHARACTERS][termios.VEOF])
        except OSError:  # One of the two terminals is gone.
            keys = b""
        if not keys:
            loop.unwatch(self.person)

    def restore(self) -> None:
        try:
            termios.tcsetattr(self.person, termios.TCSADRAIN, self._before)
        except termios.error:  # It hung up.
            return


class FullPty:
    """The command on its own terminal."""

    def __init__(self, start: Start, output: Output, changes: dict[bytes, bytes], board: Board, site: str) -> None:
        """Start it. Raises CannotStart."""
        self._start, self._changes, self._board = start, changes, board
        output.kind, output.fds = "pty", [1, 2]
        output.person = fds.duplicate(1)
        has_keyboard = os.isatty(0)
        self._stdin = None if has_keyboard else fds.duplicate(0)
        open_site(site)
        self.pid, master = self._spawn()
        output.source = fds.duplicate(master)
        self.keyboard = Keyboard(fds.duplicate(0), output.source) if has_keyboard else None

    def _spawn(self) -> tuple[int, int]:
        from ptyprocess import PtyProcess

        theirs = [fd for fd in fds.open_descriptors() if fd > 2 and fds.is_inherited(fd)]
        kept = [*theirs, self._board.fd, *([self._stdin] if self._stdin is not None else [])]
        try:
            process = PtyProcess.spawn(
                [os.path.abspath(self._start.path)],
                dimensions=find_size(),
                preexec_fn=self._become_command,
                pass_fds=kept,
            )
        except OSError as error:
            raise command.explain(self._start.argv[0], int(str(error))) from error
        process.closed = True  # Else it would kill the command when it is collected.
        self._process = process
        return process.pid, process.fd

    def _become_command(self) -> None:
        """In the child, where ptyprocess would run its own idea of the command."""
        self._board.command = os.getpid()
        modes = termios.tcgetattr(1)
        modes[OFLAG] &= ~termios.OPOST  # What goes to a pipe or file has no carriage returns.
        termios.tcsetattr(1, termios.TCSANOW, modes)
        if self._stdin is not None:
            os.dup2(self._stdin, 0)
        self._start.restore_signals()
        try:
            command.become(
                self._start.path,
                self._start.argv,
                command.with_variables(self._start.environment, self._changes),
            )
        except OSError as error:
            raise OSError(str(error.errno)) from error


def find_size() -> tuple[int, int]:
    """Rows and columns of a terminal that the caller has, or the usual ones."""
    for fd in (2, 0):
        if os.isatty(fd) and all(size := window(read_size(fd))):
            return size
    return USUAL_SIZE
