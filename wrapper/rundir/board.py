"""The board: a page of memory that W, K and P share, so that each can go on where another died.

Nothing here is a message that could be lost with its reader: every field is a fact that may be
read again. Fields that must change together change through one byte, because one byte is the most that
a process killed at any instruction is sure to have written whole.
"""

from __future__ import annotations

import mmap
import posix as os
import struct

SIZE_BYTES = 4096

STREAMS = (1, 2)
STREAM_AT = 256
STREAM_BYTES = 1024
GAPS = 32
SIGNALS_AT = STREAM_AT + len(STREAMS) * STREAM_BYTES
SIGNALS = 32
TEXT_BYTES = 512
TROUBLE_AT = 3072
STOP_AT = TROUBLE_AT + TEXT_BYTES

TALLY = struct.Struct("=QQ")
SENDER = struct.Struct("=iiId")


class Field:
    """One number at a fixed place."""

    def __init__(self, at: int, form: str) -> None:
        self.at, self._form = at, struct.Struct("=" + form)
        self.size_bytes = self._form.size

    def __get__(self, owner: Board | StreamBoard, _kind: type) -> int:
        number: int = self._form.unpack_from(owner.memory, owner.start + self.at)[0]
        return number

    def __set__(self, owner: Board | StreamBoard, value: int) -> None:
        self._form.pack_into(owner.memory, owner.start + self.at, value)


class Byte:
    """One byte at a fixed place: what a relay looks at for every piece."""

    size_bytes = 1

    def __init__(self, at: int) -> None:
        self.at = at

    def __get__(self, owner: Board | StreamBoard, _kind: type) -> int:
        return owner.memory[owner.start + self.at]

    def __set__(self, owner: Board | StreamBoard, value: int) -> None:
        owner.memory[owner.start + self.at] = value


class Board:
    """What the processes of one run know of each other."""

    command = Field(0, "q")
    has_ended = Byte(8)
    is_stopping = Byte(9)  # W is about to stop itself, as the command did.
    is_drained = Byte(10)  # What the command itself wrote has all been relayed.
    is_held = Byte(11)  # K has stopped the command, because W was stopped.
    status = Field(12, "i")
    ended_at_ns = Field(16, "q")
    recorder = Field(24, "q")
    wrapper = Field(32, "q")
    columns = Field(40, "H")
    rows = Field(42, "H")
    sizes = Field(44, "I")  # How often columns and rows have changed.
    signals = Field(48, "I")  # How many signals were ever noted; the newest SIGNALS are kept.
    is_kept = Byte(56)  # The end is on the disk.
    is_finished = Byte(57)  # Nothing more will come, and no recorder is needed.
    is_midline = Byte(58)  # The last byte that was kept is no newline.
    is_gone = Byte(59)  # Somebody removed the directory: there is no record any more.
    lost_bytes = Field(64, "Q")  # What the record lacks, as its end says.
    # When the recorder last heard of it, by the monotonic clock.
    output_at_ns = Field(72, "q")
    metric_at_ns = Field(80, "q")
    busy_at_ns = Field(88, "q")
    turned_at_ns = Field(96, "q")  # Its last turn; where it hangs, what it has not heard means nothing.

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.start = 0
        self.memory = mmap.mmap(fd, SIZE_BYTES)
        self.streams = {stream: StreamBoard(self, stream) for stream in STREAMS}

    @classmethod
    def make(cls) -> Board:
        """A new one, all zero, that nobody can reach but through its descriptor."""
        fd = os.memfd_create("wandb-board", os.MFD_CLOEXEC)
        os.ftruncate(fd, SIZE_BYTES)
        return cls(fd)

    def note_trouble(self, text: str) -> None:
        """Keep what went wrong in the wrapper itself, for the recorder to write down."""
        self._write_text(TROUBLE_AT, text)

    def read_trouble(self) -> str:
        """What went wrong in the wrapper; "" when nothing did."""
        return self._read_text(TROUBLE_AT)

    def note_stop(self, why: str) -> None:
        """Keep why the recorder ends the command, for the wrapper to say."""
        self._write_text(STOP_AT, why)

    def read_stop(self) -> str:
        """Why the recorder ended the command; "" when it did not."""
        return self._read_text(STOP_AT)

    def _write_text(self, at: int, text: str) -> None:
        line = text.encode("ascii", "backslashreplace")[: TEXT_BYTES - 1]
        self.memory[at : at + TEXT_BYTES] = line.ljust(TEXT_BYTES, b"\0")

    def _read_text(self, at: int) -> str:
        return self.memory[at : at + TEXT_BYTES].partition(b"\0")[0].decode("ascii")

    def note_signal(self, number: int, pid: int, uid: int, at: float) -> None:
        """Keep who sent a signal; the oldest is forgotten when there are too many."""
        count = self.signals
        SENDER.pack_into(self.memory, SIGNALS_AT + count % SIGNALS * SENDER.size, number, pid, uid, at)
        self.signals = count + 1

    def read_signals(self, since: int) -> list[tuple[int, int, int, float]]:
        """(signal, pid, uid, time) of each signal noted after the first `since`, as far as they are kept."""
        oldest = max(since, self.signals - SIGNALS)
        return [
            SENDER.unpack_from(self.memory, SIGNALS_AT + count % SIGNALS * SENDER.size)
            for count in range(oldest, self.signals)
        ]


class StreamBoard:
    """How far the relay of one stream has come.

    `phase` is 0 while a chunk is being taken in and 1 once it also stands in the copy for the log;
    its second bit says which of two tallies holds the bytes given to the log before this
    chunk. So the step from one chunk to the next is the store of a single byte.
    """

    phase = Byte(0)
    is_closed = Byte(1)
    gaps = Field(4, "I")  # How many were ever noted.
    chunk = Field(8, "Q")
    lost = Field(16, "Q")
    gaps_read = Field(24, "I")  # How many of those the recorder has written down.
    TALLIES_AT = 32
    GAPS_AT = 64
    offset = Field(640, "Q")  # Where in a followed file this part's output begins.

    def __init__(self, board: Board, stream: int) -> None:
        self.memory = board.memory
        self.start = STREAM_AT + STREAMS.index(stream) * STREAM_BYTES

    @property
    def is_copied(self) -> bool:
        """Whether the chunk at hand already stands in the copy for the log."""
        return bool(self.phase & 1)

    @property
    def logged(self) -> int:
        """Bytes that left for the log (or were dropped) before the chunk at hand."""
        return self._tally(self.phase >> 1)

    def mark_copied(self) -> None:
        self.phase |= 1

    def mark_done(self) -> None:
        """The chunk at hand is with the person and with the log: the next may be taken in."""
        slot = self.phase >> 1
        struct.pack_into("=Q", self.memory, self._tally_at(1 - slot), self._tally(slot) + self.chunk)
        self.phase = (1 - slot) << 1

    def _tally_at(self, slot: int) -> int:
        return self.start + self.TALLIES_AT + 8 * slot

    def _tally(self, slot: int) -> int:
        number: int = struct.unpack_from("=Q", self.memory, self._tally_at(slot))[0]
        return number

    def note_gap(self, position: int, size_bytes: int) -> None:
        """So many bytes after `position` of this stream are not in the log."""
        self.lost += size_bytes
        count = self.gaps
        if count - self.gaps_read >= GAPS:  # No room: the last one grows, and stands a little too early.
            old_position, old_size = self.read_gap(count - 1)
            self._write_gap(count - 1, old_position, old_size + size_bytes)
        else:
            self._write_gap(count, position, size_bytes)
            self.gaps = count + 1

    def read_gap(self, index: int) -> tuple[int, int]:
        """(position, bytes lost there) of the gap with this index, one of the last GAPS."""
        position, size_bytes = TALLY.unpack_from(self.memory, self._gap_at(index))
        return position, size_bytes

    def _write_gap(self, index: int, position: int, size_bytes: int) -> None:
        TALLY.pack_into(self.memory, self._gap_at(index), position, size_bytes)

    def _gap_at(self, index: int) -> int:
        return self.start + self.GAPS_AT + index % GAPS * TALLY.size
