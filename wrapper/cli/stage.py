"""A terminal that is drawn upon, and put back as it was whatever happens."""

from __future__ import annotations

import os
import select
import signal
import termios
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType, TracebackType

# The other screen, without the cursor and without wrapping at the edge; and back.
ENTER = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
LEAVE = b"\x1b[?7h\x1b[?25h\x1b[?1049l"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
HEARD = (*ENDING, signal.SIGWINCH, signal.SIGTSTP)
NO_KEY = b"\0"  # _POSIX_VDISABLE on Linux.


class Stage:
    """Takes the terminal of standard input and output; `frame` is what stands on it.

    ^C is a key here and no signal, so that it can reach nobody else. A signal ends nothing by itself: `ended_by` says
    which it was, and whoever uses the stage leaves it first.
    """

    def __init__(self, fd_in: int = 0, fd_out: int = 1) -> None:
        self._in, self._out = fd_in, fd_out
        self._frame: list[str] = []
        self._is_fresh = True
        self._modes = termios.tcgetattr(fd_in) if os.isatty(fd_in) else None
        self._heard: list[int] = []
        self.ended_by: int | None = None

    def __enter__(self) -> Stage:
        self._wake, wakes = os.pipe()
        self._wakes = wakes
        for fd in (self._wake, wakes):
            os.set_blocking(fd, False)
        self._handlers = {signum: signal.signal(signum, self._hear) for signum in HEARD}
        self._wakes_before = signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        self._enter()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._leave()
        signal.set_wakeup_fd(self._wakes_before)
        for signum, handler in self._handlers.items():
            signal.signal(signum, handler)
        os.close(self._wake)
        os.close(self._wakes)

    def _hear(self, signum: int, _frame: FrameType | None) -> None:
        self._heard.append(signum)

    def _enter(self) -> None:
        if self._modes:
            modes = [*self._modes[:6], list(self._modes[6])]
            modes[3] &= ~(termios.ICANON | termios.ECHO)
            modes[6][termios.VINTR] = modes[6][termios.VQUIT] = NO_KEY
            modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
            termios.tcsetattr(self._in, termios.TCSANOW, modes)
        self._is_fresh = True
        self._write(ENTER)

    def _leave(self) -> None:
        with suppress(OSError, termios.error):  # The terminal is gone, and with it all that was to be put back.
            self._write(LEAVE)
            if self._modes:
                termios.tcsetattr(self._in, termios.TCSANOW, self._modes)

    def size(self) -> tuple[int, int]:
        """Columns and rows, as they are now."""
        try:
            columns, rows = os.get_terminal_size(self._out)
        except OSError:
            return 80, 24
        return columns or 80, rows or 24

    def show(self, lines: Sequence[str]) -> None:
        """Have these lines stand there, from the top; only what has changed is written, all at once."""
        frame = list(lines)[: self.size()[1]]
        text = "\x1b[2J" if self._is_fresh else ""
        before = [] if self._is_fresh else self._frame
        for row, line in enumerate(frame):
            if row >= len(before) or before[row] != line:
                # Erased first: behind a line as wide as the window the cursor stands on its last letter.
                text += f"\x1b[{row + 1};1H\x1b[K{line}\x1b[0m"
        if len(frame) < len(before):
            text += f"\x1b[{len(frame) + 1};1H\x1b[J"
        self._frame, self._is_fresh = frame, False
        if text:
            self._write(text.encode(errors="replace"))

    def _write(self, data: bytes) -> None:
        while data:
            select.select([], [self._out], [])  # Somebody may have made it one that does not wait.
            data = data[os.write(self._out, data) :]

    def wait(self, seconds: float) -> bytes:
        """The keys that were pressed meanwhile; b"" when none was, at once when the window has changed."""
        waited_for = [self._wake, *([self._in] if self._modes else [])]
        ready, _, _ = select.select(waited_for, [], [], seconds)
        if self._wake in ready:
            os.read(self._wake, 512)
        self._answer()
        if self._in in ready and self.ended_by is None:
            keys = os.read(self._in, 512)
            if not keys:  # The terminal has hung up.
                self.ended_by = signal.SIGHUP
            return keys
        return b""

    def _answer(self) -> None:
        """Do what the signals that came ask for."""
        heard, self._heard = self._heard, []
        for signum in heard:
            if signum == signal.SIGTSTP:
                self._leave()
                os.kill(os.getpid(), signal.SIGSTOP)
                self._enter()
            elif signum == signal.SIGWINCH:
                self._is_fresh = True
            else:
                self.ended_by = signum
