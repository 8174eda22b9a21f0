"""What a reader says to the recorder, and hears from it.

A reader is a child of the recorder: it reads and understands what may be long, hostile or on a disk that hangs. It
may die at any instruction, and then another one goes on from the positions in the journal.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wrapper.recorder.room import Room
    from wrapper.rundir.board import Board

FLUSH_BYTES = 1 << 15
LONGEST_PIECE_S = 20.0  # of CPU; what takes longer does not come to an end.
POSITION_BYTES = 8


class Channel:
    """The reader's end: facts go to the journal through it."""

    def __init__(
        self, out: int, ends: int, page: mmap.mmap, positions: dict[str, int], command: int, skips: frozenset[int]
    ) -> None:
        self._out, self._page = out, page
        self._said: list[str] = []
        self._said_bytes = 0
        self._ends = select.poll()
        self._ends.register(ends, select.POLLIN)
        self.positions, self.command, self.skips = positions, command, skips
        self.has_ended = False
        self.board: Board | None = None  # None for who reads what is left.
        self.room: Room | None = None
        self.part: dict[str, Any] = {}
        self.settings: dict[str, Any] = {}

    def send(self, source: str, upto: int | None = None, also: dict[str, int] | None = None, **facts: object) -> None:
        """Have one record written to the journal; it leaves when there are many, or with the next wait()."""
        texts = (json.dumps(source), "" if upto is None else str(upto), json.dumps(also or {}), json.dumps(facts))
        line = "\t".join(texts) + "\n"
        self._said.append(line)
        self._said_bytes += len(line)
        if self._said_bytes >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand over what was said. Waits while the recorder is behind; does not return when it is gone."""
        if self.room:
            self.room.leave()
        rest = "".join(self._said).encode("ascii")
        self._said, self._said_bytes = [], 0
        try:
            while rest:
                rest = rest[os.write(self._out, rest) :]
        except BrokenPipeError:
            os._exit(0)

    def wait(self, seconds: float) -> None:
        """Hand over what was said, and sleep; not so long when the command ends. Does not return without a recorder."""
        self.flush()
        self._page[:POSITION_BYTES] = bytes(POSITION_BYTES)
        if self.has_ended:
            return
        for _fd, event in self._ends.poll(1000 * seconds):
            if not event & select.POLLIN:
                os._exit(0)
            self.has_ended = True

    def begin(self, position: int) -> None:
        """The piece at this position is read now. One that killed its reader three times is among `skips` then."""
        self._page[:POSITION_BYTES] = (position + 1).to_bytes(POSITION_BYTES, "little")
        signal.setitimer(signal.ITIMER_PROF, LONGEST_PIECE_S)  # What happens then ends the process.


def take_turns(channel: Channel, take: Callable[[bool], object], pause_s: Callable[[], float]) -> None:
    """Have `take` read what there is, again and again, and once more when the command has ended."""
    has_ended = False
    while not has_ended:
        has_ended = channel.has_ended  # Asked before: what comes in between is read by the next turn.
        take(has_ended)
        if not has_ended:
            channel.wait(pause_s())


def load_part(channel: Channel) -> None:
    """Give the channel what part.json says; nothing when it is not there."""
    from wrapper.rundir.names import PART_FILE

    try:
        with open(PART_FILE, encoding="utf-8") as file:
            facts = json.load(file)
    except (OSError, ValueError, RecursionError):
        facts = {}
    channel.part = facts if isinstance(facts, dict) else {}
    if channel.part.get("redact") is False:
        from wrapper.text import masking

        masking.turn_off()
    settings = channel.part.get("metrics")
    channel.settings = settings if isinstance(settings, dict) else {}
