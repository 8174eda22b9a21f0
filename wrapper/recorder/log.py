"""output.log: every byte that the command wrote, once, and the index of whose they are and when they came."""

from __future__ import annotations

import os
import time

from wrapper.rundir.names import OUTPUT_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wrapper.rundir.board import StreamBoard
    from wrapper.rundir.journal import Journal

SPLICE_NONBLOCK = 2
WHOLE = 1 << 20
PIECE_S = 0.2


def taken_of(stream: int, positions: dict[str, int], length: int) -> int:
    """How far a log of this length is in a stream: bytes that are in it, or known to be lost."""
    start = positions.get(f"output:{stream}", 0)
    return start + (length - positions.get("output", 0) if stream == positions.get("output:stream", 0) else 0)


def turn_to(stream: int, taken: int, positions: dict[str, int], length: int) -> dict[str, int]:
    """The positions with which the log goes on, with bytes of this stream, of which so much is taken."""
    before = positions.get("output:stream", 0)
    other = {f"output:{before}": taken_of(before, positions, length)} if before not in (0, stream) else {}
    return {**other, f"output:{stream}": taken, "output:stream": stream}


class Log:
    """Appends to output.log. The position of everything is the length of the file.

    Before bytes of another stream, or of another moment, are added, the journal says so. So after any crash
    each byte is accounted for: it belongs to the last thing the journal said.
    """

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.monotonic) -> None:
        self._journal, self._clock = journal, clock
        self._fd = os.open(OUTPUT_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.length = os.lseek(self._fd, 0, os.SEEK_END)
        self._piece_began = -PIECE_S

    def taken(self, stream: int) -> int:
        """How far we are in a stream: bytes that are in the log, or known to be lost."""
        return taken_of(stream, self._journal.positions, self.length)

    def warn(self, stream: int, text: str, positions: dict[str, int]) -> None:
        """Say what is wrong with a stream from here on, and where it stands."""
        self._note_piece(stream, self.taken(stream), positions, warning=text)

    def take_pipe(self, stream: int, pipe: int, most_bytes: int = WHOLE) -> int | None:
        """Move what waits in a pipe into the log; 0 at its end, None when nothing waits.

        Raises OSError when the disk does not take it; then it still waits.
        """
        self._begin_piece(stream)
        try:
            size = os.splice(pipe, self._fd, min(most_bytes, WHOLE), flags=SPLICE_NONBLOCK)
        except BlockingIOError:
            return None
        self.length += size
        return size

    def take_file(self, stream: int, file: int, offset: int) -> int:
        """Copy what stands in a file after `offset` into the log; 0 when nothing does."""
        self._begin_piece(stream)
        size = os.sendfile(self._fd, file, offset, WHOLE)
        self.length += size
        return size

    def take_bytes(self, stream: int, data: bytes) -> int:
        """Append these bytes, or as many as the disk takes; how many that were."""
        self._begin_piece(stream)
        size = os.write(self._fd, data)
        self.length += size
        return size

    def skip(self, stream: int, size_bytes: int) -> None:
        """So many bytes of the stream are lost: say so, here."""
        self._note_piece(stream, self.taken(stream) + size_bytes, {}, gap=size_bytes)

    def note_gaps(self, stream: int, board: StreamBoard) -> int:
        """Say where the wrapper had to drop bytes, as far as the log has come.

        Returns how many bytes come before the next gap.
        """
        while board.gaps_read < board.gaps:
            position, size_bytes = board.read_gap(board.gaps_read)
            taken = self.taken(stream)
            if taken < position:
                return position - taken
            if taken == position:  # Beyond it, it was written down before a recorder died.
                self.skip(stream, size_bytes)
            board.gaps_read += 1
        return WHOLE

    def _begin_piece(self, stream: int) -> None:
        if stream != self._journal.positions.get("output:stream") or self._clock() - self._piece_began >= PIECE_S:
            self._note_piece(stream, self.taken(stream), {})

    def _note_piece(self, stream: int, taken: int, positions: dict[str, int], **facts: object) -> None:
        also = turn_to(stream, taken, self._journal.positions, self.length) | positions
        self._journal.add("output", self.length, also, stream=stream, **facts)
        self._piece_began = self._clock()

    def last_byte(self) -> bytes:
        """The last byte of the log; none when it is empty."""
        return os.pread(self._fd, 1, self.length - 1) if self.length else b""

    def sync(self) -> None:
        os.fsync(self._fd)
