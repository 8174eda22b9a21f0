"""Where output comes from: a pipe that the wrapper fills, or a file that the command writes itself."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.recorder.log import Log
    from wrapper.rundir.board import StreamBoard
    from wrapper.rundir.journal import Journal


class PipeStream:
    """Bytes that the wrapper hands on."""

    def __init__(self, stream: int, pipe: int, log: Log, board: StreamBoard) -> None:
        self.stream, self._pipe, self._log, self._board = stream, pipe, log, board
        self._has_ended = False
        self._waiting = select.poll()
        self._waiting.register(pipe, select.POLLIN)

    def descriptor(self) -> int | None:
        """What can be read when there is something to take; None when there will be nothing more."""
        return None if self._has_ended else self._pipe

    def take(self) -> int:
        """Move into the log what there is; how much that was. Raises OSError when the disk does not take it."""
        most_bytes = self._log.note_gaps(self.stream, self._board)
        if not self.has_more():
            return 0
        if not self.waiting():  # Then it is the end that waits, which is no piece of the output.
            self._has_ended = True
            return 0
        return self._log.take_pipe(self.stream, self._pipe, most_bytes) or 0

    def has_more(self) -> bool:
        """Whether something, or the end, waits to be taken."""
        return not self._has_ended and bool(self._waiting.poll(0))

    def waiting(self) -> int:
        """Bytes that are not in the log yet."""
        return int.from_bytes(fcntl.ioctl(self._pipe, termios.FIONREAD, bytes(4)), "little")

    def is_complete(self) -> bool:
        """Whether nobody will write any more, and all is taken."""
        if self._has_ended:
            return True
        return bool(self._board.is_closed) and not self.has_more()


class FileStream:
    """A file that the command, or somebody else too, writes."""

    def __init__(self, stream: int, file: int, log: Log, journal: Journal, start: int) -> None:
        self.stream, self._file, self._log, self._journal = stream, file, log, journal
        # Where the file stands is how much was taken, moved by where it began.
        self._shift = journal.positions.get(f"followed:{stream}", start)
        self._must_copy = False

    def descriptor(self) -> None:
        """A file is always ready to be read; it has to be looked at."""

    @property
    def offset(self) -> int:
        return self._log.taken(self.stream) + self._shift

    def has_more(self) -> bool:
        return os.fstat(self._file).st_size != self.offset

    def take(self) -> int:
        """Copy into the log what has grown; how much that was. Raises OSError when the disk does not take it."""
        size = os.fstat(self._file).st_size
        if size < self.offset:
            self._begin_anew()
        if size == self.offset:
            return 0
        try:
            return self._copy()
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOSYS) or self._must_copy:
                raise
            self._must_copy = True  # A file system that cannot sendfile(2).
            return self._copy()

    def _copy(self) -> int:
        if self._must_copy:
            return self._log.take_bytes(self.stream, os.pread(self._file, 1 << 20, self.offset))
        return self._log.take_file(self.stream, self._file, self.offset)

    def _begin_anew(self) -> None:
        """Somebody cut the file short, as log rotation does: what follows stands at its beginning."""
        shift = -self._log.taken(self.stream)
        text = "the file that output goes to was cut short; what was in it and not yet read is lost"
        self._log.warn(self.stream, text, {f"followed:{self.stream}": shift})
        self._shift = shift

    def waiting(self) -> int:
        """Bytes that are not in the log yet."""
        return max(0, os.fstat(self._file).st_size - self.offset)

    def is_complete(self) -> bool:
        """Nobody can know who will still write; once the command has ended, what is there is all."""
        return not self.has_more()
