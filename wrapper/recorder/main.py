"""P from its first line to its last: opens what it was given, and records."""

from __future__ import annotations

import fcntl
import os
import select
import time
from contextlib import suppress

from wrapper.recorder.end import reserve_space, write_end
from wrapper.recorder.fate import Fate
from wrapper.recorder.gathering import Gathering
from wrapper.recorder.log import WHOLE, Log
from wrapper.recorder.memory import count_kills
from wrapper.recorder.packages import note_site
from wrapper.recorder.readers import make_readers
from wrapper.recorder.rest import finish_reading, mark_unread, pack_part
from wrapper.recorder.stall import Stall
from wrapper.recorder.streams import FileStream, PipeStream
from wrapper.recorder.writers import SharingCheck
from wrapper.rundir.board import STREAMS, Board
from wrapper.rundir.journal import Journal
from wrapper.rundir.lines import sync_path
from wrapper.rundir.names import END_FILE, JOURNAL_FILE, PART_FILE
from wrapper.rundir.processes import boot_id, command_name, start_ticks

LEASE_S = 30.0
RETRY_S = 1.0
GIVE_UP_S = 10.0
GROWING_S, QUIET_S, IDLE_S = 0.05, 0.25, 1.0
MUCH = 1 << 14  # bytes in one turn


def main(site: str, part: str, given: dict[str, str]) -> None:
    """Record until the command has ended and all that it wrote is kept; packages are installed in `site`."""
    os.umask(0o077)
    note_site(site)
    fds = {name: int(fd) for name, fd in given.items()}
    board = Board(fds["board"])
    try:
        os.chdir(part)  # From here on the directory may be moved.
    except FileNotFoundError:
        board.is_gone = board.is_kept = board.is_finished = 1
        os.write(fds["kept"], b"!")
        return
    # Never two at once: a wrapper may have died after it started one and before it could say so. Such a
    # lock ends with its process.
    fcntl.lockf(fds["board"], fcntl.LOCK_EX)
    if not board.is_finished:
        board.recorder = os.getpid()
        open_recorder(board, fds).run()


def open_recorder(board: Board, fds: dict[str, int]) -> Recorder:
    """A recorder, as soon as the disk has room for its journal.

    Until then output waits in its pipes, or is dropped by the wrapper, which counts it.
    """
    while True:
        try:
            return Recorder(board, fds)
        except OSError:
            if board.has_ended:
                raise
            time.sleep(RETRY_S)


class Recorder:
    """One loop over the sources of a run, one journal."""

    def __init__(self, board: Board, fds: dict[str, int]) -> None:
        self._board = board
        self._journal = Journal(JOURNAL_FILE)
        self._log = Log(self._journal)
        self._fate = Fate(board)
        self._gathering = Gathering()
        self._bell, self._kept = fds["bell"], fds["kept"]
        self._streams = open_streams(board, fds, self._log, self._journal)
        self._sharing = SharingCheck(board, [fds[name] for name in fds if name.startswith("follow")])
        self._readers = make_readers(self._journal, board.command, self._sharing.has_looked, self._ended_well, board)
        self._stall = Stall(board, self._journal, self._readers)
        self._trouble_until = 0.0
        self._ended_at: float | None = None
        self._end_bytes = -1
        self._taken = 0
        self._has_told_end = False
        self._give_up_at = 0.0
        self._leased = time.monotonic()
        self._journal.add("recorder", started=describe_processes(board.command))
        reserve_space()
        mark_unread(".")

    def run(self) -> None:
        """Record until nothing more can come; then have the kernel put all of it on the disk."""
        while not self._is_finished():
            self._turn()
        self._say_read()
        self._board.is_finished = 1
        self._ring_wrapper()
        with suppress(OSError):  # The disk is full or gone, and it was said as far as it could be.
            self._sync()
            if self._is_read():
                pack_part()

    def _ended_well(self) -> bool:
        return self._fate.status() == 0

    def _is_read(self) -> bool:
        return all(reader.is_complete for reader in self._readers)

    def _say_read(self) -> None:
        """All that can be worked out of this part stands in the journal."""
        if self._is_read():
            with suppress(OSError):  # Whoever looks at the run next finds that out again.
                finish_reading(self._journal, self._readers)

    def _sync(self) -> None:
        self._log.sync()
        self._journal.sync()
        sync_path(END_FILE)
        sync_path(".")

    def _turn(self) -> None:
        self._wait()
        if self._ended_at is None and self._fate.has_ended():
            self._note_end()
        try:
            self._record()
        except OSError:  # No room, or no disk. The wrapper counts what we leave in the pipes.
            self._trouble_until = time.monotonic() + RETRY_S
            self._stall.put_off()
            self._end_in_trouble()

    def _record(self) -> None:
        """Take all that there is, whatever it is."""
        self._taken = taken = sum(stream.take() for stream in self._streams)
        self._note_trouble()
        self._note_signals()
        self._note_size()
        self._renew_lease()
        for path in self._sharing.look():
            self._journal.add("files", shared=path)
        self._tend_end()
        has_ended = self._has_told_end and self._is_all_kept()
        for reader in self._readers:
            reader.tend(has_ended)
        if self._ended_at is None:
            self._stall.look(taken)
            self._gathering.pause(taken, self._bell)

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        now = time.monotonic()
        wait_s = IDLE_S
        if self._ended_at is None:
            wait_s = self._fate.wait_s(wait_s)
            for fd in (*self._fate.descriptors(), *self._sharing.descriptors()):
                poll.register(fd, select.POLLIN)
        if now < self._trouble_until:
            wait_s = self._trouble_until - now
        else:
            for stream in self._streams:
                wait_s = min(wait_s, self._watch(stream, poll))
            for reader in self._readers:
                wait_s = reader.watch(poll, wait_s)
        if self._ended_at is not None:
            wait_s = min(wait_s, GROWING_S)
        if self._bell in dict(poll.poll(1000 * wait_s)):
            self._hear_bell()

    def _watch(self, stream: PipeStream | FileStream, poll: select.poll) -> float:
        """Have the poll wake up for the stream; how long it may sleep, because a file cannot wake it."""
        fd = stream.descriptor()
        if fd is not None:
            poll.register(fd, select.POLLIN)
        if isinstance(stream, PipeStream):
            return IDLE_S
        if self._taken >= WHOLE:
            return 0.0  # There was more than one turn takes.
        return GROWING_S if self._taken >= MUCH else QUIET_S

    def _hear_bell(self) -> None:
        if not os.read(self._bell, 4096):  # Wrapper and keepers are gone; nobody rings any more.
            os.close(self._bell)
            self._bell, _ = os.pipe()

    def _note_trouble(self) -> None:
        trouble = self._board.read_trouble()
        if trouble and "wrapper" not in self._journal.positions:
            text = f"the wrapper stood aside, because of an error of its own: {trouble}"
            self._journal.add("wrapper", 1, warning=text)

    def _note_signals(self) -> None:
        since = self._journal.positions.get("signals", 0)
        for number, (signum, pid, uid, _at) in enumerate(self._board.read_signals(since), since + 1):
            sender = {"pid": pid, "uid": uid, "command": command_name(pid) if pid else None}
            self._journal.add("signals", number, signal=signum, sender=sender)

    def _note_size(self) -> None:
        """The first size is in part.json."""
        sizes = self._board.sizes
        if sizes > self._journal.positions.get("terminal:sizes", 1):
            columns, rows = self._board.columns, self._board.rows
            self._journal.add("terminal", self._log.length, {"terminal:sizes": sizes}, columns=columns, rows=rows)

    def _renew_lease(self) -> None:
        now = time.monotonic()
        if now - self._leased >= LEASE_S:
            os.utime(PART_FILE)
            self._leased = now

    def _tend_end(self) -> None:
        if self._ended_at is not None and not self._has_told_end:
            self._stall.end()
            self._journal.add("recorder", ended={"status": self._fate.status(), "at": self._ended_at})
            self._has_told_end = True
        if self._ended_at is not None and self._is_drained() and self._end_bytes != self._log.length:
            self._say_end(self._ended_at, self._lost_bytes())

    def _note_end(self) -> None:
        ended_at = self._board.ended_at_ns / 1e9 if self._board.has_ended else time.time()
        self._ended_at = round(ended_at, 3)
        self._give_up_at = time.monotonic() + GIVE_UP_S

    def _is_drained(self) -> bool:
        """Whether all that the command itself wrote is in the log."""
        if not self._board.is_drained and not self._fate.is_left_alone():
            return False
        return not any(stream.has_more() for stream in self._streams)

    def _end_in_trouble(self) -> None:
        """Tell at least the end: there was room kept for that. What the disk does not take counts as lost, so far."""
        if self._ended_at is None:
            return
        lost_bytes = self._lost_bytes() + sum(stream.waiting() for stream in self._streams)
        # The wrapper, or the keeper after it, may have had a piece in hand when the end was told, and dropped it since.
        if (self._end_bytes, self._board.lost_bytes) == (self._log.length, lost_bytes):
            return
        try:
            self._say_end(self._ended_at, lost_bytes)
        except FileNotFoundError:  # Somebody has removed the directory: there is nothing to record in any more.
            self._board.is_gone = 1
            self._board.is_kept = 1
            self._give_up_at = time.monotonic()
        except OSError:  # Not even that; until we give up.
            return

    def _lost_bytes(self) -> int:
        """What the wrapper had to drop."""
        return sum(stream.lost for stream in self._board.streams.values())

    def _say_end(self, ended_at: float, lost_bytes: int) -> None:
        write_end(self._fate.status(), ended_at, self._log.length, lost_bytes)
        self._board.lost_bytes = lost_bytes
        self._end_bytes = self._log.length
        self._board.is_midline = self._log.last_byte() not in (b"", b"\n")
        self._board.is_kept = 1
        self._ring_wrapper()

    def _ring_wrapper(self) -> None:
        try:
            os.write(self._kept, b"!")
        except BrokenPipeError:  # `wandb run` had no time to wait.
            return

    def _is_finished(self) -> bool:
        if self._ended_at is None:
            return False
        now = time.monotonic()
        if self._give_up_at <= now < self._trouble_until:
            return True  # The disk does not come back.
        if self._give_up_at <= now and any(reader.cannot_start for reader in self._readers):
            return self._is_all_kept()  # Whoever looks at the run next has it read.
        return self._is_all_kept() and self._is_read()

    def _is_all_kept(self) -> bool:
        """Whether the end is told, and no more output can come."""
        return self._end_bytes == self._log.length and all(stream.is_complete() for stream in self._streams)


def open_streams(board: Board, fds: dict[str, int], log: Log, journal: Journal) -> list[PipeStream | FileStream]:
    """A stream for each descriptor that was given."""
    streams: list[PipeStream | FileStream] = []
    for stream in STREAMS:
        if f"log{stream}" in fds:
            streams.append(PipeStream(stream, fds[f"log{stream}"], log, board.streams[stream]))
        if f"follow{stream}" in fds:
            start = board.streams[stream].offset
            streams.append(FileStream(stream, fds[f"follow{stream}"], log, journal, start))
    return streams


def describe_processes(command: int) -> dict[str, int | str | None]:
    """Who records, and what: pids with their starts, which name them for good; and what is to be compared later."""
    return {
        "pid": os.getpid(),
        "pid_ticks": start_ticks(os.getpid()),
        "command": command,
        "command_ticks": start_ticks(command),
        "boot": boot_id(),
        "oom_kills": count_kills(command),
    }
