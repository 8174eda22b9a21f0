"""Where output goes, and who reads it there: nobody, a process that only reads, or a terminal that draws."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

PLACES = ("tmux", "terminal", "pipe", "file") if shutil.which("tmux") else ("terminal", "pipe", "file")
TERMINALS = ("tmux", "terminal")
ROWS, COLUMNS = 40, 120
DRAIN = Path(__file__).with_name("drain.py")
HOLDER = Path(__file__).with_name("pane.py")
MARK = "-- that was all --"
LOOK_EVERY_S = 0.01


class Shown(NamedTuple):
    """What arrived: how many bytes, None where nobody counts them; how they began; the last line that was drawn."""

    size_bytes: int | None
    head: str = ""
    last_line: str = ""


class Place(Protocol):
    """`output` is for the command; `pids` are who reads what it writes there."""

    output: int
    pids: set[int]

    def finish(self) -> Shown:
        """What was shown, once nobody writes any more; no process of the place is left then."""


@contextmanager
def open_place(name: str, directory: Path) -> Iterator[Place]:
    """The place while the body runs; `directory` is for what it needs on the disk."""
    if name == "file":
        yield File(directory / "shown")
    elif name == "tmux":
        yield Screen(directory / "tmux")
    else:
        with drained(*(os.pipe() if name == "pipe" else open_terminal())) as drain:
            yield drain


def open_terminal() -> tuple[int, int]:
    person, output = os.openpty()
    fcntl.ioctl(output, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    return person, output


class File:
    """Nobody needs to read it."""

    def __init__(self, path: Path) -> None:
        self.output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.pids: set[int] = set()
        self._path = path

    def finish(self) -> Shown:
        return Shown(self._path.stat().st_size)


class Drain:
    """A process of its own reads all that comes, as fast as it comes."""

    def __init__(self, reader: subprocess.Popen[bytes], output: int) -> None:
        self.output, self.pids = output, {reader.pid}
        self._reader = reader

    def finish(self) -> Shown:
        assert self._reader.stdout
        facts = json.loads(self._reader.stdout.read())
        self._reader.wait()
        return Shown(facts["bytes"], facts["head"])


@contextmanager
def drained(person: int, output: int) -> Iterator[Drain]:
    """It is ready to read when the body begins."""
    argv = [sys.executable, "-I", "-S", str(DRAIN), str(person)]
    reader = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[person])
    os.close(person)
    assert reader.stdout
    with reader.stdout:
        reader.stdout.readline()
        yield Drain(reader, output)


class Screen:
    """A pane of a tmux of its own, which draws what comes as a person's terminal does."""

    def __init__(self, socket: Path) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        holder = [sys.executable, "-I", "-S", str(HOLDER), str(socket) + ".tty"]
        self._ask("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), *holder)
        self.pids = {int(self._ask("display-message", "-p", "#{pid}"))}
        while not (name := read_if_there(Path(str(socket) + ".tty"))):
            time.sleep(LOOK_EVERY_S)
        self.output = os.open(name, os.O_RDWR | os.O_NOCTTY)
        self._end = os.dup(self.output)

    def finish(self) -> Shown:
        os.write(self._end, f"\n{MARK}".encode())
        os.close(self._end)
        while (drawn := self._drawn())[-1:] != [MARK]:
            time.sleep(LOOK_EVERY_S)
        self._ask("kill-server")
        for pid in self.pids:
            os.waitpid(pid, 0)
        return Shown(None, last_line="".join(drawn[-2:-1]))

    def _drawn(self) -> list[str]:
        """The lines that stand on the screen, without those that are empty."""
        return [line.rstrip() for line in self._ask("capture-pane", "-p").splitlines() if line.strip()]

    def _ask(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], stdout=subprocess.PIPE, text=True, check=True).stdout


def read_if_there(path: Path) -> str:
    return path.read_text() if path.exists() else ""
