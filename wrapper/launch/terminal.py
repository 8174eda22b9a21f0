"""The command's terminal and the person's, kept alike."""

from __future__ import annotations

import fcntl
import posix as os
import termios

from wrapper.launch.outputs import OFLAG, copy_size, read_size, window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.rundir.board import Board

TERMIOS_BYTES = 64
OUTPUT_AT, LOCAL_AT = 4, 12  # c_iflag, c_oflag, c_cflag and c_lflag have four bytes each


class Mirror:
    """Gives each terminal the modes that were set on the other.

    Curses sets the modes of its *output*, which is our PTY; without this a key would need Enter. Other programs
    set those of their input, the person's terminal, and read them back from the output.
    """

    def __init__(self, person: int, master: int) -> None:
        self._person, self._master = person, master
        self._persons, self._commands = read_modes(person), read_modes(master)

    def apply(self) -> None:
        """Look at both, which is cheap, and copy what has changed since the last look."""
        commands, persons = read_modes(self._master), read_modes(self._person)
        if (commands, persons) == (self._commands, self._persons):
            return
        if commands != self._commands:
            self._copy_to_person()
        else:
            copy_modes(self._person, self._master, keep_output=False)
        self._persons, self._commands = read_modes(self._person), read_modes(self._master)

    def _copy_to_person(self) -> None:
        """Not from the background: without us the kernel would stop a command that tried."""
        if is_in_foreground(self._person):
            copy_modes(self._master, self._person, keep_output=True)
        if flags_in(self._persons, OUTPUT_AT) & termios.OPOST:
            copy_modes(self._master, self._master, keep_output=False)  # Once is enough, though `less` wants it here.

    def must_stop(self) -> bool:
        """Whether the kernel would stop who writes here now: `stty tostop`, and we are in the background."""
        return bool(flags_in(self._persons, LOCAL_AT) & termios.TOSTOP) and not is_in_foreground(self._person)


def read_modes(terminal: int) -> bytes:
    """The modes as the kernel keeps them, to be compared; none when there is no terminal any more."""
    try:
        return fcntl.ioctl(terminal, termios.TCGETS, bytes(TERMIOS_BYTES))
    except OSError:  # It hung up, and the relay will find that out by itself.
        return b""


def flags_in(modes: bytes, at: int) -> int:
    """One of the four sets of flags in what `read_modes` returned."""
    return int.from_bytes(modes[at : at + 4], "little")


def copy_modes(source: int, target: int, keep_output: bool) -> None:
    """Give the target the modes of the source, with its own output processing, or with none."""
    try:
        modes, others = termios.tcgetattr(source), termios.tcgetattr(target)
        modes[OFLAG] = (modes[OFLAG] & ~termios.OPOST) | (others[OFLAG] & termios.OPOST if keep_output else 0)
        termios.tcsetattr(target, termios.TCSANOW, modes)
    except termios.error:  # One of them hung up; there is nothing left to set.
        return


def is_in_foreground(terminal: int) -> bool:
    """Whether our process group may set this terminal's modes."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # Not our controlling terminal, so nobody would be stopped.
        return True


class Window:
    """Keeps the command's window as large as the person's, and the board knows its size."""

    def __init__(self, board: Board, pairs: dict[int, tuple[int, int]], mirrored: bool = True) -> None:
        """`pairs` are, for each stream that is a terminal, the person's and the command's."""
        self.board, self.pairs = board, pairs
        # Made before the command starts: whoever relays later is to see what it has changed since.
        self._mirrors = {stream: Mirror(*pair) for stream, pair in pairs.items()} if mirrored else {}
        self._note()

    def mirrors(self) -> dict[int, Mirror]:
        """What keeps the modes of each stream's terminals alike."""
        return dict(self._mirrors)

    def follow(self) -> bool:
        """Copy the size; whether it had changed."""
        changed = False
        for person, master in self.pairs.values():
            try:
                changed |= copy_size(person, master)
            except OSError:  # It hung up; the command hears of that by itself.
                continue
        if changed:
            self._note()
        return changed

    def _note(self) -> None:
        for person, _ in list(self.pairs.values())[:1]:
            self.board.rows, self.board.columns = window(read_size(person))
            self.board.sizes += 1
