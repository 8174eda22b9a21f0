"""Keys for a program that reads them from where it writes: pagers do, such as `less`, `more` and `man`.

Standard output and standard error are our terminal then, and nobody types there. So where a program has switched
that one to single keys, without echo, and a process sleeps until there is one, and only then, we read the person's
terminal and hand over what was typed. Lines that the terminal itself edits and echoes stay where they are.
"""

from __future__ import annotations

import fcntl
import posix as os
import select
import termios
import time

from wrapper.launch.awaiting import awaited_devices
from wrapper.launch.fds import close_quietly, lift
from wrapper.launch.terminal import is_in_foreground

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.launch.awaiting import Device
    from wrapper.rundir.board import Board

TIOCGPTPEER = 0x5441
TTY = os.makedev(5, 0)  # Whatever the terminal is that controls who opens that.
LFLAG = 3
OF_LINES = termios.ICANON | termios.ECHO
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 60.0  # between looks, as long as nobody reads what was typed
MOST_KEYS = 4096


class ReadBack:
    """Hands over what is typed on the person's terminal to who waits for it on the command's."""

    def __init__(self, person: int, master: int, board: Board) -> None:
        self._person, self._master, self._board = person, master, board
        self._keyboard = -1
        self._typed = select.epoll()
        # Told once each time that something is typed, however long it is not read.
        self._typed.register(person, select.EPOLLIN | select.EPOLLET)
        self._pause_s, self._due_at = 0.0, float("inf")

    @property
    def descriptor(self) -> int:
        """What can be read when something was typed: then `hear` of it."""
        return self._typed.fileno()

    def close(self) -> None:
        self._typed.close()
        if self._keyboard >= 0:
            close_quietly(self._keyboard)

    def hear(self) -> None:
        """Something was typed."""
        self._typed.poll(0)
        self._pause_s, self._due_at = FIRST_PAUSE_S, 0.0

    def tend(self) -> None:
        """Look whether somebody waits for what was typed, if nobody has read it yet.

        Raises OSError or termios.error where a terminal has gone, or the kernel is too old for this.
        """
        now = time.monotonic()
        if now < self._due_at:
            return
        if not self._is_unread():
            self._due_at = float("inf")
            return
        self._due_at, self._pause_s = now + self._pause_s, min(2 * self._pause_s, LONGEST_PAUSE_S)
        if self._is_awaited():
            self._hand_over()

    def _is_unread(self) -> bool:
        poll = select.poll()
        poll.register(self._person, select.POLLIN)
        return any(events & select.POLLIN for _fd, events in poll.poll(0))

    def _is_awaited(self) -> bool:
        """Not where the person's own terminal is, too: who sleeps for that wakes up just now, and will read it."""
        command = self._board.command
        if command <= 0 or termios.tcgetattr(self._master)[LFLAG] & OF_LINES or not is_in_foreground(self._person):
            return False
        devices = awaited_devices(command)
        persons = {TTY, os.fstat(self._person).st_rdev}
        return self._ours() in devices and persons.isdisjoint(number for _place, number in devices)

    def _ours(self) -> Device:
        slave: int = fcntl.ioctl(self._master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        status = os.fstat(slave)
        os.close(slave)
        return status.st_dev, status.st_rdev

    def _hand_over(self) -> None:
        try:
            os.write(self._master, os.read(self._open_keyboard(), MOST_KEYS))
        except BlockingIOError:  # Somebody else was quicker.
            return

    def _open_keyboard(self) -> int:
        """The person's terminal to read from, when there first is something to read."""
        if self._keyboard < 0:
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            self._keyboard = lift(os.open(f"/proc/self/fd/{self._person}", flags))
        return self._keyboard
