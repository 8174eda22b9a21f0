"""What a part printed, in order: whose bytes they are and when they came, also while it goes on printing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from wrapper.rundir.lines import read_lines
from wrapper.rundir.names import JOURNAL_FILE
from wrapper.rundir.reading import Part, read_edge, read_piece

BLOCK_BYTES = 1 << 18


@dataclass(frozen=True)
class Stretch:
    """Bytes of one stream that arrived about `at`; or what came before the next: a gap, another size."""

    at: float | None
    stream: int
    data: bytes = b""
    gap: int = 0
    size: tuple[int | None, int | None] | None = None  # columns and rows that the terminal has from here on


class Reader:
    """Reads output.log along with the journal; each call of `read` goes on where the last one ended.

    Nothing but the block at hand is in memory, whatever the length of either. What came at several times
    is one stretch, unless `is_timed`. `damaged` has where in the journal a record ends that could not be read.
    """

    def __init__(self, part: Part, is_wanted: Callable[[Stretch], bool], is_timed: bool) -> None:
        self._part, self._is_wanted, self._is_timed = part, is_wanted, is_timed
        self._journal = str(part.path / JOURNAL_FILE)
        self._journal_offset = 0
        self.position = 0  # of output.log: what stands before it was given
        self._now = Stretch(part.started_at, 1)
        self.damaged: set[int] = set()
        self.shared: set[str] = set()  # Files into which others write as well.

    def read(self, until: int | None = None) -> Iterator[Stretch]:
        """All that is wanted of what has been written up to now, or up to a position.

        A record is written before its bytes: the bytes are looked at first, and then have all their records.
        Whoever does not take all of it goes on from `position` with the next call.
        """
        size = self._part.output_bytes()
        size = size if until is None else min(size, until)
        with self._open() as file:
            for record, end in self._records():
                upto = record.get("upto")
                if not isinstance(upto, int):
                    self.damaged.add(end)
                elif upto > size:
                    break  # Its bytes are not there yet: it is read again.
                else:
                    if self._is_change(record):
                        yield from self._read_until(upto, file)
                    yield from self._take(record, end)
                self._journal_offset = end
            yield from self._read_until(size, file)

    def skip_to(self, position: int) -> None:
        """Leave out what stands before this position."""
        self.position = max(self.position, position)

    def _open(self) -> IO[bytes]:
        try:
            return self._part.output_path.open("rb")
        except FileNotFoundError:  # Nothing has been printed yet.
            return io.BytesIO()

    def _is_change(self, record: dict[str, Any]) -> bool:
        """Whether what is before the record and what is behind it must be told apart."""
        return self._is_timed or "gap" in record or record.get("stream") != self._now.stream

    def _records(self) -> Iterator[tuple[dict[str, Any], int]]:
        """The records of output and terminal, with the offset after each."""
        try:
            for line, end in read_lines(self._journal, self._journal_offset):
                if b'"output"' in line or b'"terminal"' in line or b'"shared"' in line:
                    record = self._decode(line, end)
                    if record.get("source") == "files":
                        self.shared.add(str(record.get("shared")))
                    if record.get("source") in ("output", "terminal"):
                        yield record, end
        except FileNotFoundError:  # There is output before there is a journal, or it was lost.
            return

    def _decode(self, line: bytes, end: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if isinstance(record, dict):
            return record
        self.damaged.add(end)
        return {}

    def _take(self, record: dict[str, Any], end: int) -> Iterator[Stretch]:
        """What the record says holds for the bytes behind it."""
        if record["source"] == "terminal":
            size = read_edge(record.get("columns")), read_edge(record.get("rows"))
            yield Stretch(self._now.at, 1, size=size)
        elif piece := read_piece(record):
            self._now = Stretch(piece.at, piece.stream)
            if piece.gap and self._is_wanted(self._now):
                yield Stretch(piece.at, piece.stream, gap=piece.gap)
        else:
            self.damaged.add(end)

    def _read_until(self, end: int, file: IO[bytes]) -> Iterator[Stretch]:
        if end <= self.position:
            return
        if self._is_wanted(self._now):
            file.seek(self.position)
            while data := file.read(min(BLOCK_BYTES - self.position % BLOCK_BYTES, end - self.position)):
                self.position += len(data)
                yield Stretch(self._now.at, self._now.stream, data)
        self.position = end
