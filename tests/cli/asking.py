"""`wandb` asked as from a script, and as by a person at a terminal."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ptyprocess import PtyProcess


def ask(wandb: list[str], *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What it answers into pipes."""
    return subprocess.run(
        [*wandb, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **variables},
    )


def answer(wandb: list[str], *words: str) -> str:
    """What stands on standard output when all is well."""
    asked = ask(wandb, *words)
    assert (asked.returncode, asked.stderr) == (0, "")
    return asked.stdout


@contextmanager
def asking(wandb: list[str], *words: str, **streams: int) -> Iterator[Any]:
    """A `wandb` that goes on answering; it is gone afterwards."""
    with subprocess.Popen([*wandb, *words], stdout=subprocess.PIPE, **streams) as asked:
        try:
            yield asked
        finally:
            asked.kill()


@contextmanager
def at_terminal(wandb: list[str], *words: str, columns: int = 80, **variables: str) -> Iterator[PtyProcess]:
    """The same at a terminal of this width."""
    environment = {**os.environ, "TERM": "xterm", **variables}
    terminal = PtyProcess.spawn([*wandb, *words], env=environment, dimensions=(24, columns))
    try:
        yield terminal
    finally:
        terminal.close(force=True)


def look_at(wandb: list[str], *words: str, columns: int = 80, **variables: str) -> str:
    """What a person sees there; without colours, unless NO_COLOR is said to be empty."""
    shown = b""
    with at_terminal(wandb, *words, columns=columns, **{"NO_COLOR": "1", **variables}) as terminal:
        while True:
            try:
                shown += terminal.read()
            except EOFError:
                return shown.decode().replace("\r\n", "\n")
