"""The recorder's side of its readers: starts them, takes what they say, and starts them again when they die."""

from __future__ import annotations

import _signal
import gc
import mmap
import os
import select
import sys
import time

from wrapper.recorder.forking import fork_with_pipes
from wrapper.recorder.room import AFTERWARDS, Room, make_session_nice
from wrapper.recorder.sources import KINDS, load
from wrapper.rundir.names import METRICS_FILE, OUTPUT_FILE, PART_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wrapper.recorder.channel import Channel
    from wrapper.rundir.board import Board
    from wrapper.rundir.journal import Journal, Said

READ_BYTES = 1 << 16
DEATHS_OF_A_PIECE = 3
MOST_DEATHS = 30
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 5.0
SILENT_S = 60.0  # after the end: a reader that says nothing for so long hangs.
MOST_MEMORY_BYTES = 2 << 30
LONGEST_TEXT = 500
IN_ONE_LANE = ("code", "config", "machine")  # They look once, and nothing of it goes away with the command.
READ_AFTER_S = 0.4  # Code and environment, which cannot wait, need as much memory in that time.
FOLLOW_AFTER_S = 0.5
SAMPLE_AFTER_S = 1.0  # A command that is over by then has hardly loaded anything.


class Reader:
    """One kind of reader. At most one process of it lives."""

    def __init__(
        self,
        kind: str,
        is_wanted: Callable[[bool], bool],
        journal: Journal,
        command: int,
        board: Board | None = None,
    ) -> None:
        self.kind, self._is_wanted, self._journal, self._command = kind, is_wanted, journal, command
        self._board = board
        self._pid = 0
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self._deaths: dict[int, int] = {}
        self._skips: frozenset[int] = frozenset()
        self._start_at = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._heard_at = time.monotonic()
        self.heard = 0  # how often it has said something
        self._rest = b""
        self._said: list[Said] = []
        self._failures: set[str] = set()
        self.is_complete = False
        self.cannot_start = False  # There are too many processes or descriptors for another.
        self.newest = ""  # The facts that it said last.
        self.lane: list[Reader] = []  # Those of which one lives at a time, so that not all need memory at once.
        self.follows: Reader | None = None  # Until that one has said all, the end is not near.
        self._has_ended = False
        self._may_hurry = False  # There is no training any more to leave room for.

    def watch(self, poll: select.poll, longest_s: float) -> float:
        """Have the poll wake up when it says something; how long one may sleep before looking again."""
        if self._pid:
            poll.register(self._in, select.POLLIN)
        elif not self.is_complete and self._start_at:
            return max(0.0, min(longest_s, self._start_at - time.monotonic()))
        return longest_s

    def tend(self, has_ended: bool) -> None:
        """Start what is to be started, write down what was said. Raises OSError when the disk does not take it."""
        has_ended = has_ended and (self.follows is None or self.follows.is_complete)
        if self._pid:
            self._tell_end(has_ended)
            self._take()
        elif not self.is_complete and time.monotonic() >= self._start_at and not any(other._pid for other in self.lane):
            if self._is_wanted(has_ended):
                self._start(has_ended)
            else:
                self.is_complete = has_ended

    def _start(self, has_ended: bool) -> None:
        self._page[:8] = bytes(8)
        self._has_ended, self._may_hurry = False, has_ended
        load_what_readers_share()
        try:
            self._pid, [(self._in, out), (ends, self._ends)] = fork_with_pipes(2)
        except OSError:  # Later: nothing is lost, and what can be recorded goes on.
            self.cannot_start = True
            self._put_off()
            return
        self.cannot_start = False
        if not self._pid:
            try:
                self._live(out, ends, has_ended)
            finally:
                os._exit(1)
        os.close(out)
        os.close(ends)
        os.set_blocking(self._in, False)
        self._heard_at = time.monotonic()
        self._tell_end(has_ended)

    def _live(self, out: int, ends: int, has_ended: bool) -> None:
        """In the child: what it inherits but does not need would keep pipes open when the recorder dies."""
        close_all_but({0, 1, 2, out, ends})
        room = Room(has_ended)
        limit_memory()
        from wrapper.recorder.channel import Channel, load_part

        channel = Channel(out, ends, self._page, dict(self._journal.positions), self._command, self._skips)
        channel.board, channel.room = self._board, room
        try:
            load_part(channel)
            load_whole(self.kind)(channel)
        except Exception as error:
            text = f"reading {NAMES[self.kind]} failed: {type(error).__name__}: {error}"
            channel.send("recorder", warning=text[:LONGEST_TEXT])
            channel.flush()
            raise
        channel.flush()
        os._exit(0)

    def _tell_end(self, has_ended: bool) -> None:
        if has_ended and not self._has_ended:
            self._has_ended = True
            self._heard_at = time.monotonic()
            try:
                os.write(self._ends, b"e")
            except BrokenPipeError:  # It has just died; the next one is told.
                return
        if has_ended and not self._may_hurry:
            self._may_hurry = make_session_nice(self._pid, AFTERWARDS)

    def _take(self) -> None:
        self._write()
        try:
            data = os.read(self._in, READ_BYTES)
        except BlockingIOError:
            if self._has_ended and time.monotonic() - self._heard_at > SILENT_S:
                self._give_up(f"did not come to an end within {SILENT_S:.0f} seconds")
            return
        if not data:
            self._bury()
            return
        self._heard_at = time.monotonic()
        self.heard += 1
        self._pause_s = FIRST_PAUSE_S
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._said = [said for line in lines if self._is_new(said := read_said(line))]
        self._write()

    def _is_new(self, said: Said) -> bool:
        """What a reader says of its own failure is written down once."""
        if said[0] != "recorder":
            return True
        is_new = said[3] not in self._failures
        self._failures.add(said[3])
        return is_new

    def _write(self) -> None:
        if self._said:
            self._journal.add_said(self._said)
            self.newest = self._said[-1][3]
            self._said = []

    def _bury(self) -> None:
        """It has ended: well, or to be started again, from where the journal is."""
        _, status = os.waitpid(self._pid, 0)
        self._let_go()
        if status == 0:
            self.is_complete = self._has_ended
            self._start_at = time.monotonic()
            if not self._has_ended:  # There was nothing for it to do.
                self.is_complete = True
            return
        place = int.from_bytes(self._page[:8], "little")
        self._deaths[place] = self._deaths.get(place, 0) + 1
        if place and self._deaths[place] >= DEATHS_OF_A_PIECE:
            self._skips |= {place - 1}
        if sum(self._deaths.values()) >= MOST_DEATHS:
            self._give_up("died again and again")
            return
        self._put_off()

    def _put_off(self) -> None:
        self._start_at = time.monotonic() + self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)

    def close(self) -> None:
        """End it where it is; another would go on from there."""
        if self._pid:
            os.kill(self._pid, _signal.SIGKILL)
            os.waitpid(self._pid, os.WNOHANG)  # One that hangs in the kernel is left to itself.
            self._let_go()

    def _give_up(self, why: str) -> None:
        self.close()
        self.is_complete = True
        self._journal.add("recorder", warning=f"the reader of {NAMES[self.kind]} {why}; some of it may be missing")

    def _let_go(self) -> None:
        os.close(self._in)
        os.close(self._ends)
        self._pid, self._rest = 0, b""


NAMES = {
    "code": "the code",
    "environment": "the environment",
    "output": "the output",
    "metrics": "the metrics file",
    "followed": "the files that the command wrote",
    "made": "what the command makes",
    "metadata": "what W&B wants to know",
    "config": "the arguments",
    "cause": "the cause of the end",
    "machine": "what the machine is",
    "system": "the load of the machine",
    "watch": "what the command is to be ended for",
}


def make_readers(
    journal: Journal,
    command: int,
    knows_writers: Callable[[], bool],
    ended_well: Callable[[], bool],
    board: Board | None = None,
) -> list[Reader]:
    """All kinds; each is started once there is something for it to read."""
    began = time.monotonic()
    has_rules = command > 0 and is_watched()
    has_patterns = once(names_files)

    def keeps_files() -> bool:
        return "metrics:save" in journal.positions or has_patterns()

    wanted: dict[str, Callable[[bool], bool]] = {
        "code": lambda _: journal.positions.get("code", 0) < 1,
        "environment": lambda _: command > 0 and journal.positions.get("environment", 0) < 2,
        "config": lambda _: journal.positions.get("arguments", 0) < 2,
        "output": lambda has_ended: (
            has_bytes(OUTPUT_FILE) and (has_ended or (time.monotonic() - began > READ_AFTER_S and knows_writers()))
        ),
        "metrics": lambda _: has_bytes(METRICS_FILE),
        "cause": lambda has_ended: has_ended and (not ended_well() or is_asked_to_end(journal.positions)),
        "followed": lambda has_ended: has_ended or time.monotonic() - began > FOLLOW_AFTER_S,
        "made": lambda has_ended: has_ended or (time.monotonic() - began > FOLLOW_AFTER_S and keeps_files()),
        "metadata": lambda has_ended: has_ended and journal.positions.get("metadata", 0) < 1,
        # What nobody has measured while it was there is not known; command is 0 for who reads the rest.
        "machine": lambda _: command > 0 and journal.positions.get("machine", 0) < 2,
        "system": lambda has_ended: command > 0 and not has_ended and time.monotonic() - began > SAMPLE_AFTER_S,
        "watch": lambda has_ended: has_rules and (not has_ended or journal.positions.get("watch", 0) > 0),
    }
    readers = {kind: Reader(kind, wanted[kind], journal, command, board) for kind in KINDS}
    for kind in IN_ONE_LANE:
        readers[kind].lane = [readers[other] for other in IN_ONE_LANE]
    readers["made"].follows = readers["metrics"]  # Which says what is to be kept.
    return list(readers.values())


def load_what_readers_share() -> None:
    """What nearly each reader needs is imported once, before the first is forked, and held in memory once.

    Not at the start of the recorder, which has better to do: this takes 30 ms.
    """
    if "wrapper.recorder.channel" in sys.modules:
        return
    import dataclasses  # noqa: F401

    import wrapper.recorder.channel
    import wrapper.rundir.reading
    import wrapper.text.masking  # noqa: F401

    gc.freeze()  # Or the first collection in each of them copies all of it.


def load_whole(kind: str) -> Callable[[Channel], None]:
    """The function that reads this kind, with all that it needs."""
    gc.disable()  # It would look through all that is imported, again and again, and find nothing.
    read = load(kind)
    gc.freeze()
    gc.enable()
    return read


def is_asked_to_end(positions: dict[str, int]) -> bool:
    """Whether the command had a signal, or is ended by a rule: then an exit code of 0 does not say all."""
    return positions.get("signals", 0) > 0 or positions.get("watch", 0) > 0


def is_watched() -> bool:
    """Whether part.json has a rule or a time for ending the command; told without the json package."""
    try:
        with open(PART_FILE, "rb") as file:
            return b'"stop_if": [' in (facts := file.read()) and b'"stop_if": [], "stop_after": 0.0' not in facts
    except OSError:
        return False


def once(question: Callable[[], bool]) -> Callable[[], bool]:
    """The same question, which is asked once; then its answer is known."""
    answers: list[bool] = []

    def ask() -> bool:
        if not answers:
            answers.append(question())
        return answers[0]

    return ask


def names_files() -> bool:
    """Whether part.json names files that are to be kept while the command runs."""
    try:
        with open(PART_FILE, "rb") as file:
            return b'"save": ["' in file.read()
    except FileNotFoundError:
        return False


def has_bytes(path: str) -> bool:
    try:
        return os.stat(path).st_size > 0
    except FileNotFoundError:
        return False


def read_said(line: bytes) -> Said:
    """A record as a reader said it."""
    import json

    source, upto, also, facts = line.decode("ascii").split("\t")
    return json.loads(source), int(upto) if upto else None, json.loads(also), facts


def close_all_but(kept: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:  # The one that listed them.
                continue


def limit_memory() -> None:
    """What a reader may take at most: a machine full of training has none to spare."""
    import resource

    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MOST_MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
