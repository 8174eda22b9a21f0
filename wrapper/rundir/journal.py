"""The journal: all records of a part, in order, numbered from 1, and its own memory."""

from __future__ import annotations

import os
import time

from wrapper.rundir.lines import Appender, complete_length, encode, read_lines
from wrapper.rundir.packing import is_there

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

POSITIONS_EVERY = 1000

# What a reader says: source, position, further positions, and the other facts as a JSON object.
Said = tuple[str, "int | None", "dict[str, int]", str]
TAIL_BYTES = 1 << 20


class Journal:
    """Adds records, each with its number and how far its source had been read.

    Both are in the line itself, so there is nothing to keep in step with it:
    opened again after a crash, the journal knows where every source goes on. Raises FileExistsError
    when it was packed: a part whose journal is, is finished.
    """

    def __init__(self, path: str) -> None:
        self.number = 0
        self.positions: dict[str, int] = {}
        if not os.path.exists(path) and is_there(path):
            raise FileExistsError(path)
        if os.path.exists(path) and os.path.getsize(path):
            self.number, self.positions = read_state(path)
            os.truncate(path, complete_length(path))  # Half a record; its source still has it.
        self._lines = Appender(path)

    def add(self, source: str, upto: int | None = None, also: dict[str, int] | None = None, **facts: object) -> None:
        """Append one record; raises OSError when the disk does not take it, and then nothing was counted.

        `also` are further positions, for a source that has several.
        """
        record: dict[str, object] = {"n": self.number + 1, "at": round(time.time(), 3), "source": source}
        positions = self.positions
        if upto is not None:
            record["upto"] = upto
            positions = {**positions, source: upto, **(also or {})}
        record.update(facts)
        if also:
            record["also"] = also
        if (self.number + 1) % POSITIONS_EVERY == 0:
            record["positions"] = positions
        self._lines.append(record)
        self.number += 1
        self.positions = positions

    def add_said(self, said: list[Said]) -> None:
        """Append records whose facts are JSON already, all or none of them; raises OSError when the disk has no room.

        One write for many: a metric file may bring tens of thousands of rows in a second.
        """
        at, number, positions, lines = round(time.time(), 3), self.number, dict(self.positions), []
        for source, upto, also, facts in said:
            number += 1
            line = f'{{"n": {number}, "at": {at!r}, "source": {encode(source)}'
            if upto is not None:
                line += f', "upto": {upto}'
                positions[source] = upto
                positions.update(also)
            line += (", " if len(facts) > 2 else "") + facts[1:-1]
            if also:
                line += f', "also": {encode(also)}'
            if number % POSITIONS_EVERY == 0:
                line += f', "positions": {encode(positions)}'
            lines.append(line + "}\n")
        self._lines.append_text("".join(lines))
        self.number, self.positions = number, positions

    def sync(self) -> None:
        self._lines.sync()


def read_records(path: str, offset: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every complete record; one that is damaged comes as {"source": "journal", "damaged": …}."""
    import json

    for line, end in read_lines(path, offset):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict) and isinstance(record.get("source"), str):
            yield record
        elif line.strip(b"\0\n"):
            yield {"source": "journal", "damaged": line[:200], "offset": end - len(line)}


def read_state(path: str) -> tuple[int, dict[str, int]]:
    """The last record's number and the newest position of each source, from the end of the file.

    Every 1,000th record repeats all positions, so this reads a few megabytes of a journal of any length.
    """
    size = complete_length(path)
    length = TAIL_BYTES
    while True:
        start = max(0, size - length)
        number, positions, is_complete = _read_tail(path, start)
        if is_complete or start == 0:
            return number, positions
        length *= 4


def _read_tail(path: str, start: int) -> tuple[int, dict[str, int], bool]:
    """Number and positions as of the records after `start`, and whether that is all there is to know."""
    number, positions, is_complete = 0, {}, start == 0
    for record in read_records(path, start):
        if isinstance(record.get("positions"), dict):
            positions = _numbers(record["positions"])
            is_complete = True
        if isinstance(record.get("upto"), int):
            positions[record["source"]] = record["upto"]
            positions.update(_numbers(record.get("also")))
        if isinstance(record.get("n"), int):
            number = max(number, record["n"])
    return number, positions, is_complete


def _numbers(value: object) -> dict[str, int]:
    """The numbers in an object; none in what is no object, because it is damaged."""
    items = value.items() if isinstance(value, dict) else ()
    return {key: number for key, number in items if isinstance(number, int)}
