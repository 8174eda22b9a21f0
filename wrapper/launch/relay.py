"""The relay of one stream: every byte once to the person, once to the log.

Two pipes of our own hold the chunk at hand: `kept` what the person still has to get, `copy` what the log still has
to get. Both, and the board, are shared with the keeper; whoever takes over reads from them at
which instruction the other died:

    taking in   splice  source -> kept          only when kept and copy are empty
    copying     tee     kept -> copy            then the phase on the board becomes 1
    giving      splice  copy -> log, kept -> person, each as fast as it goes
    done        both are empty: the phase becomes 0 again
"""

from __future__ import annotations

import errno
import posix as os
import select

from wrapper.launch import kernel
from wrapper.launch.fds import close_quietly, make_pipe, queued_bytes, room_of, set_nonblocking, widen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.rundir.board import StreamBoard

PAGE_BYTES = 4096
COPY_BYTES = 1 << 16
GONE = (errno.EPIPE, errno.EIO, errno.ECONNRESET, errno.ENXIO)


class Relay:
    """Moves one stream through the kernel. Nothing is ever in our memory."""

    def __init__(self, source: int, person: int, log: int, board: StreamBoard, kind: str) -> None:
        self.source, self.person, self.log, self.board = source, person, log, board
        self.is_terminal = kind in ("terminal", "pty")
        # The kernel sets aside a page for every 4 KB that are asked for, and a terminal fills only one. Taking more of
        # them before any is given made the command and who reads the screen wait for each other.
        self._piece_bytes = PAGE_BYTES if self.is_terminal else kernel.WHOLE
        # Smaller pieces than these are worth a wait for more.
        self.small_bytes = PAGE_BYTES // 2 if self.is_terminal else 1 << 15
        # A terminal or socket cannot be written "as far as it goes"; it is asked first.
        self.waits_before_person = kind in ("terminal", "socket")
        self.kept = make_pipe()
        self.copy = make_pipe()
        room = widen(self.kept[1])
        if widen(self.copy[1], room) < room:  # tee(2) must be able to copy a whole chunk.
            widen(self.kept[1], widen(self.copy[1], 1 << 16))
        set_nonblocking(source)
        self._room_bytes = room_of(person) if kind == "pipe" else 0  # What fits in there though nobody reads.
        self._may_widen = kind == "pipe"
        self.for_person = self.for_log = self.taken = 0
        self.must_copy_to_person = False
        self._can_write = select.poll()
        self._can_write.register(person, select.POLLOUT)

    def as_copying(self) -> CopyingRelay:
        """The same stream, moved through our memory."""
        return CopyingRelay(self)

    def descriptors(self) -> list[int]:
        return [self.source, self.person, self.log, *self.kept, *self.copy]

    def take_over(self) -> None:
        """Go on where another process died."""
        self.for_person, self.for_log = queued_bytes(self.kept[0]), queued_bytes(self.copy[0])
        if self.board.is_copied:
            self._mark_if_done()
        elif self.for_log:
            self.board.mark_copied()
        elif self.for_person:
            self._copy()

    def waiting(self) -> int:
        """Bytes that the command has written and we have not taken in."""
        return queued_bytes(self.source)

    @property
    def is_idle(self) -> bool:
        """Nothing is in our hands."""
        return not self.for_person and not self.for_log

    @property
    def is_held_up_by_log(self) -> bool:
        """The person has all, and only the log keeps us from taking in more."""
        return bool(self.for_log) and not self.for_person

    def take_in(self) -> int | None:
        """Take in a chunk; its size, 0 when the stream has ended, None when there is nothing now."""
        size = kernel.splice(self.source, self.kept[1], self._piece_bytes)
        if not size:
            return size
        self.for_person = size
        self.taken += size
        self._copy()
        return size

    def _copy(self) -> None:
        self.board.chunk = self.for_person
        self.for_log = kernel.tee(self.kept[0], self.copy[1], self.for_person)
        self.board.mark_copied()
        missing = self.for_person - self.for_log
        if missing:
            self.board.note_gap(self.board.logged + self.for_log, missing)

    def give(self) -> bool:
        """Hand on what can be handed on without waiting. Raises BrokenPipeError when nobody reads any more."""
        moved = bool(self.for_log) and self._give_log() > 0
        if self.for_person:
            moved |= self._give_person()
        self._mark_if_done()
        return moved

    def give_log(self) -> int:
        """Give the log alone what it takes now; how many bytes that was."""
        size = self._give_log() if self.for_log else 0
        self._mark_if_done()
        return size

    def _give_log(self) -> int:
        size = kernel.splice(self.copy[0], self.log, self.for_log) or 0
        self.for_log -= size
        return size

    def _give_person(self) -> bool:
        if self.waits_before_person and not self._can_write.poll(0):
            return False
        try:
            size = self._copy_to_person() if self.must_copy_to_person else self._splice_to_person()
        except OSError as error:
            if error.errno in GONE:
                raise BrokenPipeError(error.errno, error.strerror) from error
            raise
        self.for_person -= size or 0
        return bool(size)

    def _splice_to_person(self) -> int | None:
        try:
            return os.splice(self.kept[0], self.person, self.for_person, flags=kernel.NONBLOCK)
        except BlockingIOError:
            self._make_place()
            return None
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        self.must_copy_to_person = True  # An old kernel's terminal, or a file opened to append.
        return self._copy_to_person()

    def _make_place(self) -> None:
        """A piece that is moved takes a page of the reader's pipe, however small it is; one that is written does not.

        Without us there would be room for so many more of them as have filled it now.
        """
        if self._may_widen and queued_bytes(self.person) < self._room_bytes // 2:
            self._may_widen = False
            widen(self.person)

    def has_room(self) -> bool:
        """Whether all that we hold would have fitted, without us, into what the reader has not read yet."""
        held = self.for_person + self.waiting()
        return not held or (self._room_bytes > 0 and held + queued_bytes(self.person) <= self._room_bytes)

    def _copy_to_person(self) -> int:
        data = memoryview(os.read(self.kept[0], COPY_BYTES))
        size = len(data)
        while data:
            try:
                data = data[os.write(self.person, data) :]
            except BlockingIOError:
                self._can_write.poll()
        return size

    def drop_log(self) -> None:
        """Give up on the log for this chunk, and say how much it misses."""
        position = self.board.logged + self.board.chunk - self.for_log
        self.board.note_gap(position, self.for_log)
        self._empty(self.copy[0], self.for_log)
        self.for_log = 0
        self._mark_if_done()

    def drop_person(self) -> None:
        """Nobody reads any more; what the command wrote is for the log alone."""
        self._empty(self.kept[0], self.for_person)
        self.for_person = 0
        self._mark_if_done()

    def _empty(self, pipe: int, size_bytes: int) -> None:
        """What was on its way when the reader went may have been taken out already."""
        while (left := min(size_bytes, queued_bytes(pipe))) > 0:
            size_bytes -= len(os.read(pipe, min(left, COPY_BYTES)))

    def _mark_if_done(self) -> None:
        if not self.for_person and not self.for_log and self.board.is_copied:
            self.board.mark_done()

    def close(self) -> None:
        """The stream has ended: let go of both its ends."""
        for fd in (self.source, self.person):
            close_quietly(fd)


class CopyingRelay(Relay):
    """Moves one stream through our memory, where the kernel cannot do it.

    What was read and not yet written is lost with this process; everything else holds as well.
    """

    def __init__(self, relay: Relay) -> None:
        # Not Relay.__init__: the pipes are those of the other, which the keeper holds too.
        vars(self).update(vars(relay))
        self.waits_before_person = True
        self._chunk = memoryview(b"")
        set_nonblocking(self.log)

    def as_copying(self) -> CopyingRelay:
        return self

    def take_over(self) -> None:
        if self.board.chunk:
            self.board.mark_done()

    def take_in(self) -> int | None:
        try:
            data = os.read(self.source, COPY_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno == errno.EIO:
                return 0
            raise
        self._chunk = memoryview(data)
        self.taken += len(data)
        self.for_person = self.for_log = self.board.chunk = len(data)
        self.board.mark_copied()
        return len(data)

    def _give_log(self) -> int:
        try:
            size = os.write(self.log, self._chunk[len(self._chunk) - self.for_log :])
        except BlockingIOError:
            return 0
        self.for_log -= size
        return size

    def _splice_to_person(self) -> int | None:
        return self._copy_to_person()

    def _copy_to_person(self) -> int:
        # As much as a pipe takes at once when it says that it can take something.
        start = len(self._chunk) - self.for_person
        try:
            return os.write(self.person, self._chunk[start : start + select.PIPE_BUF])
        except BlockingIOError:
            return 0

    def _empty(self, pipe: int, size_bytes: int) -> None:
        """There is nothing in a pipe here."""
