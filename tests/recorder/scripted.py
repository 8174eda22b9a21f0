"""A reader of the metrics file in this process, and what happens to the file meanwhile, turn by turn."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wrapper.recorder.sources.metrics import read

FILE = Path("metrics.jsonl")


class Killed(BaseException):
    """The reader's process would be gone."""


class Channel:
    """The reader's end as in wrapper/recorder/channel.py. `turns` is what happens at each wait; then the run ends.

    A turn may say how long it took. After `lives` records the reader is killed.
    """

    def __init__(self, *turns: Callable[[], object], positions: dict[str, int] | None = None) -> None:
        self._turns = iter(turns)
        self.positions = dict(positions or {})
        self.records: list[dict[str, Any]] = []
        self.skips: frozenset[int] = frozenset()
        self.has_ended = not turns
        self.lives = -1
        self.now = 0.0

    def send(self, source: str, upto: int | None = None, also: dict[str, int] | None = None, **facts: object) -> None:
        if self.lives == 0:
            raise Killed
        self.lives -= 1
        self.records.append({"source": source, **facts})
        if upto is not None:
            self.positions |= {source: upto, **(also or {})}

    def wait(self, seconds: float) -> None:
        turn = next(self._turns, None)
        if turn is None:
            self.has_ended = True
            return
        took_s = turn()
        self.now += took_s if isinstance(took_s, float) else seconds

    def begin(self, position: int) -> None:
        assert position >= 0


def append(data: bytes | str) -> Callable[[], object]:
    """A turn in which somebody adds this."""

    def turn() -> None:
        with FILE.open("ab") as file:
            file.write(data if isinstance(data, bytes) else data.encode())

    return turn


def rewrite(text: str) -> Callable[[], object]:
    return lambda: FILE.write_text(text)


def replace(text: str) -> Callable[[], object]:
    """A turn in which another file takes the place of the old one."""

    def turn() -> None:
        Path("new").write_text(text)
        os.replace("new", FILE)

    return turn


def pass_time() -> float:
    """A turn in which nothing happens for a minute."""
    return 60.0


def follow(*turns: Callable[[], object], positions: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """What was sent about a file to which this happened."""
    channel = Channel(*turns, positions=positions)
    read(channel, lambda: channel.now)
    return channel.records


def rows(records: list[dict[str, Any]]) -> list[tuple[int, Any]]:
    return [(record["step"], record["row"]) for record in records if "row" in record]


def table(records: list[dict[str, Any]]) -> dict[int, Any]:
    """What a person sees: at each step the row that came last."""
    return dict(rows(records))


def warnings(records: list[dict[str, Any]]) -> list[str]:
    return [record["warning"] for record in records if "warning" in record]


def numbered(first: int, end: int) -> str:
    return "".join(f'{{"loss": {number}}}\n' for number in range(first, end))


def counted(first: int, end: int) -> list[tuple[int, Any]]:
    return [(number, {"loss": number}) for number in range(first, end)]
