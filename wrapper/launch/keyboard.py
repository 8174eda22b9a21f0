"""The person's keyboard, for a command that has a terminal of its own: `--pty`."""

from __future__ import annotations

import posix as os
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.launch.loop import Loop

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
