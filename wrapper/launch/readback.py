"""What is typed, for a program that reads it from where it writes: `less` does, and `read line <&2`.

Standard output and standard error are our terminal then, and nobody types there. So where a process waits for that
one, and only then, we read the person's and hand it over.
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
    from wrapper.rundir.board import Board

TTY = os.makedev(5, 0)  # Whatever the terminal is that controls who opens that.
TIOCGPTPEER = 0x5441
LFLAG, CHARACTERS = 3, 6
ECHOES = termios.ECHO | termios.ECHONL
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0  # between looks, as long as nobody reads what was typed
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
        self.tend()

    def tend(self) -> None:
        """Look whether somebody waits for what was typed, if nobody has read it yet."""
        now = time.monotonic()
        if now < self._due_at:
            return
        if not self._is_unread():
            self._due_at = float("inf")
            return
        try:
            if self._is_awaited():
                self._hand_over()
                self._pause_s = FIRST_PAUSE_S
        except (OSError, termios.error):  # Somebody else was quicker, a terminal has gone, or the kernel is old.
            self._pause_s = LONGEST_PAUSE_S
        self._due_at, self._pause_s = now + self._pause_s, min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _is_unread(self) -> bool:
        poll = select.poll()
        poll.register(self._person, select.POLLIN)
        return any(events & select.POLLIN for _fd, events in poll.poll(0))

    def _is_awaited(self) -> bool:
        """Not where the person's own terminal is, too: who sleeps for that wakes up just now, and will read it."""
        command = self._board.command
        if command <= 0 or not is_in_foreground(self._person):
            return False
        devices = awaited_devices(command)
        return self._slave_device() in devices and not devices & {TTY, os.fstat(self._person).st_rdev}

    def _slave_device(self) -> int:
        slave = self._open_slave()
        device = os.fstat(slave).st_rdev
        os.close(slave)
        return device

    def _open_slave(self) -> int:
        return fcntl.ioctl(self._master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)

    def _hand_over(self) -> None:
        keys = os.read(self._open_keyboard(), MOST_KEYS)
        self._type(keys or termios.tcgetattr(self._master)[CHARACTERS][termios.VEOF])

    def _open_keyboard(self) -> int:
        """The person's terminal to read from, when there first is something to read."""
        if self._keyboard < 0:
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            self._keyboard = lift(os.open(f"/proc/self/fd/{self._person}", flags))
        return self._keyboard

    def _type(self, keys: bytes) -> None:
        """As if typed on the command's terminal, without an echo: the person's has given that already."""
        modes = termios.tcgetattr(self._master)
        silent = [*modes]
        silent[LFLAG] &= ~ECHOES
        termios.tcsetattr(self._master, termios.TCSANOW, silent)
        os.write(self._master, keys)
        slave = self._open_slave()
        poll = select.poll()
        poll.register(slave, select.POLLIN)
        poll.poll(0)  # The kernel takes in what was typed before it answers that.
        os.close(slave)
        if termios.tcgetattr(self._master)[LFLAG] == silent[LFLAG]:
            termios.tcsetattr(self._master, termios.TCSANOW, modes)
