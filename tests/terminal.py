"""A terminal with a program on it, as a person has one."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from waiting import wait_until

Word = str | Path
ROWS, COLUMNS = 24, 80
LONGEST_WAIT_S = 60.0
MOST_AT_ONCE = 1 << 20
# The exit is the shell's own: it must not become the command, and so let it lead the session. As one that a person
# types in, it survives the keys that end a command.
BEHIND_SHELL = ["sh", "-c", 'trap : INT QUIT; "$@"; exit $?', "sh"]


class Terminal:
    """Shows what a program writes and has the program get what is typed; `shown` is all that came so far.

    The program runs behind a shell that leads the session, as a person's does, or leads it itself, as under
    `ssh -t` or `xterm -e`. `instead` has descriptors that it gets for 0, 1 or 2 instead of the
    terminal, None for one that is closed.
    """

    def __init__(
        self,
        *command: Word,
        leads: bool = False,
        rows: int = ROWS,
        columns: int = COLUMNS,
        instead: Mapping[int, int | None] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._leads = leads
        self.master, slave = os.openpty()
        self.resize(rows, columns)
        self.modes_before = self.modes()
        self.shown = b""
        self._expected = 0
        instead = instead or {}
        closed = [fd for fd, other in instead.items() if other is None]

        def take_terminal() -> None:
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in closed:
                os.close(fd)

        self.leader = subprocess.Popen(
            [*([] if leads else BEHIND_SHELL), *command],
            stdin=instead.get(0) or slave,
            stdout=instead.get(1) or slave,
            stderr=instead.get(2) or slave,
            env={**os.environ, **(variables or {})},
            start_new_session=True,
            preexec_fn=take_terminal,
        )
        os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """Close the window; what then still runs is left to the test that looks for it."""
        self.hang_up()
        with suppress(ProcessLookupError):
            if kind is not None:
                os.killpg(self.leader.pid, signal.SIGKILL)
        self.leader.wait(LONGEST_WAIT_S)

    def started(self) -> int:
        """The process that was started for the command: what somebody outside would signal."""
        leader = self.leader.pid
        return leader if self._leads else int(Path(f"/proc/{leader}/task/{leader}/children").read_text())

    def send(self, keys: bytes) -> None:
        """Type."""
        while keys:
            keys = keys[os.write(self.master, keys[:512]) :]
            self.look()

    def expect(self, pattern: bytes, timeout_s: float = LONGEST_WAIT_S) -> "re.Match[bytes]":
        """Read on until something matches that was not expected before."""
        wait_until(lambda: self.look() or re.compile(pattern, re.S).search(self.shown, self._expected), timeout_s)
        match = re.compile(pattern, re.S).search(self.shown, self._expected)
        assert match
        self._expected = match.end()
        return match

    def look(self, for_s: float = 0.0) -> None:
        """Read what has been shown by now; of more than can be read, a part."""
        enough = len(self.shown) + MOST_AT_ONCE
        while len(self.shown) < enough and select.select([self.master], [], [], for_s)[0]:
            try:
                self.shown += os.read(self.master, 1 << 16)
            except OSError:  # EIO: nobody has the terminal open any more.
                return

    def wait(self) -> int:
        """Read on until the program has ended and nobody has the terminal any more; how it ended, as in Popen."""
        self.wait_for_leader()
        wait_until(self._is_let_go, LONGEST_WAIT_S)
        return self.leader.returncode

    def wait_for_leader(self) -> int:
        """Read on until the program has ended, whoever else still has the terminal."""
        wait_until(lambda: self.look() or self.leader.poll() is not None, LONGEST_WAIT_S)
        self.look()
        return self.leader.returncode

    def _is_let_go(self) -> bool:
        try:
            while select.select([self.master], [], [], 0)[0]:
                self.shown += os.read(self.master, 1 << 16)
        except OSError:
            return True
        return False

    def modes(self) -> list[int]:
        """The flags as tcgetattr(3) has them, without speeds and characters."""
        return termios.tcgetattr(self.master)[:4]

    def is_echoing(self) -> bool:
        return bool(self.modes()[3] & termios.ECHO)

    def is_canonical(self) -> bool:
        """Whether a key needs Enter before the program gets it."""
        return bool(self.modes()[3] & termios.ICANON)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 8 * columns, 16 * rows))

    def hang_up(self) -> None:
        """Close the window."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


class Shell(Terminal):
    """A terminal with a shell that takes commands and controls jobs; it does not echo what is typed."""

    PROMPT = "prompt> "

    def __init__(self) -> None:
        shell = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
        super().__init__(*shell, leads=True, variables={"PS1": self.PROMPT, "PS2": "", "HISTFILE": ""})
        self.expect_prompt()
        self.enter("stty -echo")
        self.expect_prompt()

    def enter(self, line: str) -> None:
        """Type a command."""
        self.send(line.encode() + b"\n")

    def expect_prompt(self) -> None:
        """Wait until it takes the next command."""
        self.expect(re.escape(self.PROMPT.encode()))

    def answer(self, line: str) -> bytes:
        """What a command shows."""
        self.enter(f"{line}; echo that was it")
        shown = self.expect(rb"(.*)that was it\r\n").group(1)
        self.expect_prompt()
        return shown
