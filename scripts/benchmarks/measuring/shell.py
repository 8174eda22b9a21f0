"""A stand-in for the shell that a person starts commands from: it leads the session, and outlives the command."""

from __future__ import annotations

import fcntl
import mmap
import os
import resource
import shutil
import signal
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

FACTS = struct.Struct("=6q")


class Said(NamedTuple):
    """What the shell noted: the exec and the end by the clocks, how it ended, and its own small share of CPU."""

    began_unix_ns: int
    began_ns: int
    ended_ns: int
    status: int
    was_right: int
    own_cpu_ns: int


class Shell:
    """One command in a session of its own, in the foreground of its terminal where it has one.

    A command that led the session itself would be a rare thing, and some wrappers treat it as one.
    """

    def __init__(
        self, argv: list[str], directory: Path, env: dict[str, str], output: int, look: Callable[[], bool]
    ) -> None:
        program = shutil.which(argv[0], path=env["PATH"])
        if program is None:
            raise FileNotFoundError(argv[0])
        self._argv, self._env, self._program, self._look = argv, env, program, look
        self._page = mmap.mmap(-1, FACTS.size)
        self._over, self._say_over = os.pipe()
        self._until_closed, self._stay = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                self._lead(directory, output)
            finally:
                os._exit(1)
        os.close(self._say_over)
        os.close(self._until_closed)

    def wait_for_command(self) -> None:
        """Return when the command has."""
        if not os.read(self._over, 1):
            raise OSError("the process that stands for the shell has died")
        os.close(self._over)

    def let_go(self) -> None:
        """Let go of the terminal or pipe, so that who reads it comes to its end."""
        os.write(self._stay, b"!")

    def close(self) -> None:
        """End the session; what was not read of its terminal by now is lost."""
        os.close(self._stay)
        os.waitpid(self.pid, 0)

    def said(self) -> Said:
        return Said(*FACTS.unpack(self._page[:]))

    def _lead(self, directory: Path, output: int) -> None:
        os.close(self._stay)
        os.setsid()
        os.chdir(directory)
        has_terminal = os.isatty(output)
        if has_terminal:
            fcntl.ioctl(output, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # Or who is not in the foreground could not change it.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # The person's end is closed before we are.
        command = os.fork()
        if not command:
            try:
                self._become_command(output, has_terminal)
            finally:
                os._exit(127)
        _, status = os.waitpid(command, 0)
        began_unix_ns, began_ns, *_ = self.said()
        ended_ns, was_right = time.monotonic_ns(), self._look()
        used = resource.getrusage(resource.RUSAGE_SELF)
        own_cpu_ns = int(1e9 * (used.ru_utime + used.ru_stime))
        FACTS.pack_into(self._page, 0, began_unix_ns, began_ns, ended_ns, status, was_right, own_cpu_ns)
        os.write(self._say_over, b"!")
        os.read(self._until_closed, 1)
        os.close(output)
        os.read(self._until_closed, 1)
        os._exit(0)

    def _become_command(self, output: int, has_terminal: bool) -> None:
        os.setpgid(0, 0)
        if has_terminal:
            os.tcsetpgrp(output, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.dup2(output if has_terminal else os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and that would be inherited.
        FACTS.pack_into(self._page, 0, time.time_ns(), time.monotonic_ns(), 0, 0, 0, 0)
        os.execve(self._program, self._argv, self._env)
