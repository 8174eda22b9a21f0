"""The command's terminal and the person's, kept alike."""

from __future__ import annotations

import os
import termios

from wrapper.launch.outputs import OFLAG, copy_size, read_size, window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.rundir.board import Board


class Mirror:
    """Gives each terminal the modes that were set on the other.

    Curses sets the modes of its *output*, which is our PTY; without this a key would need Enter. Other programs
    set those of their input, the person's terminal, and read them back from the output.
    """

    def __init__(self, person: int, master: int) -> None:
        self._person, self._master = person, master
        self._persons = read_modes(person)
        self._commands = read_modes(master)

    def apply(self) -> None:
        commands, persons = read_modes(self._master), read_modes(self._person)
        if commands is None or persons is None:
            return  # One of them has gone, and the relay will find out by itself.
        if commands != self._commands:
            self._copy_to_person(commands, persons)
        elif persons != self._persons:
            self._copy_to_command(persons)
        self._commands, self._persons = read_modes(self._master), read_modes(self._person)

    def _copy_to_person(self, commands: list[object], persons: list[object]) -> None:
        """Not from the background: without us the kernel would stop a command that tried."""
        if is_in_foreground(self._person):
            set_modes(self._person, with_output_of(commands, persons, keep=True))

    def _copy_to_command(self, persons: list[object]) -> None:
        set_modes(self._master, with_output_of(persons, persons, keep=False))


def read_modes(terminal: int) -> list[object] | None:
    """What tcgetattr says; None when there is no terminal any more."""
    try:
        return termios.tcgetattr(terminal)
    except (OSError, termios.error):  # It hung up.
        return None


def set_modes(terminal: int, modes: list[object]) -> None:
    try:
        termios.tcsetattr(terminal, termios.TCSANOW, modes)  # type: ignore[arg-type]
    except (OSError, termios.error):  # It hung up; there is nothing left to set.
        return


def with_output_of(modes: list[object], other: list[object], keep: bool) -> list[object]:
    """`modes`, with output processing as in `other`, or without it."""
    changed = list(modes)
    flags, others = modes[OFLAG], other[OFLAG]
    assert isinstance(flags, int) and isinstance(others, int)
    changed[OFLAG] = (flags & ~termios.OPOST) | (others & termios.OPOST if keep else 0)
    return changed


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
        self._board, self.pairs, self._is_mirrored = board, pairs, mirrored
        self._note()

    def mirrors(self) -> dict[int, Mirror]:
        """What keeps the modes of each stream's terminals alike."""
        return {stream: Mirror(*pair) for stream, pair in self.pairs.items()} if self._is_mirrored else {}

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
            self._board.rows, self._board.columns = window(read_size(person))
            self._board.sizes += 1
