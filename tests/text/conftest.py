"""A real terminal to compare with: tmux, one server for all tests, at a socket of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from waiting import wait_until

REPLAY = Path(__file__).parent / "replay.py"


@dataclass(frozen=True)
class Shown:
    """What stands on the terminal and above it: as rows, and with wrapped rows joined; and the cursor, from 0."""

    rows: list[str]
    lines: list[str]
    cursor: tuple[int, int]


class Tmux:
    """A tmux server that shows what it is given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._call("start-server", ";", "set", "-g", "exit-empty", "off")
        self._call("set", "-g", "status", "off", ";", "set", "-g", "history-limit", "100000")

    def show(self, data: bytes, columns: int, rows: int) -> Shown:
        """What is seen when `data` has been written to a window of that size."""
        name = f"window{next(self._numbers)}"
        shown, answer = self._folder / f"{name}.raw", self._folder / name
        shown.write_bytes(data)
        size = ["-x", str(columns), "-y", str(rows)]
        self._call("new-session", "-d", "-s", name, *size, sys.executable, "-IS", str(REPLAY), str(shown), str(answer))
        try:
            wait_until(answer.exists)
            y, x = (int(number) - 1 for number in answer.read_text().split())
            return Shown(self._capture(name), self._capture(name, "-J"), (y, x))
        finally:
            self._call("kill-session", "-t", name)

    def end(self) -> None:
        """End the server, and all it shows."""
        self._call("kill-server")

    def _capture(self, name: str, *options: str) -> list[str]:
        text = self._call("capture-pane", "-p", "-S", "-", "-E", "-", *options, "-t", name)
        return without_empty_end([line.rstrip(" ") for line in text.removesuffix("\n").split("\n")])

    def _call(self, *arguments: str) -> str:
        command = ["tmux", "-u", "-S", str(self._folder / "socket"), "-f", "/dev/null", *arguments]
        settings = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        done = subprocess.run(command, env=settings, capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()


def without_empty_end(lines: list[str]) -> list[str]:
    """`lines` up to the last one in which something stands: a terminal is empty below its text."""
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


@pytest.fixture(scope="session")
def tmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    server = Tmux(tmp_path_factory.mktemp("tmux"))
    yield server
    server.end()
