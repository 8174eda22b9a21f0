"""Whether the command still does anything: output, metrics, use of processors and GPUs, as far as the recorder knows.

It lives in the recorder itself, which hears of all that anyway: no process more, and no look at anything else.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from wrapper.recorder.workers import Worker
from wrapper.rundir.durations import spell_duration
from wrapper.rundir.lines import replace_whole
from wrapper.rundir.names import PART_FILE, STALLED_FILE
from wrapper.rundir.processes import process_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.recorder.readers import Reader
    from wrapper.rundir.board import Board
    from wrapper.rundir.journal import Journal

SOURCE = "stall"
LOOK_EVERY_S = 1.0
STACKS_WITHIN_S = 60.0
MOST_STACKS = 10  # A server that waits for somebody every night is no news.
SPEAKERS = ("output", "metrics", "followed")
LEAST_CORE_PERCENT = 2.0  # Less is what threads use that only wait.
LEAST_GPU_PERCENT = 1.0
LEAST_SAMPLES = 2
HUNG_S = 10.0  # A turn of the recorder's that took so long waited for a disk.


class Stall:
    """Notes on the board when something came last; in the journal, when nothing has come for too long."""

    def __init__(self, board: Board, journal: Journal, readers: list[Reader]) -> None:
        self._board, self._journal = board, journal
        self._after_s = read_after()
        self._speakers = [reader for reader in readers if reader.kind in SPEAKERS]
        self._sampler = next(reader for reader in readers if reader.kind == "system")
        self._heard = self._sampled = self._idle_samples = 0
        self._look_at = 0.0
        self._stacks: Worker | None = None
        now = time.monotonic_ns()
        # Known from a recorder before this one, else from now on.
        board.turned_at_ns = now
        board.output_at_ns = board.output_at_ns or now
        board.metric_at_ns = board.metric_at_ns or now
        board.busy_at_ns = board.busy_at_ns or now

    @property
    def _number(self) -> int:
        """The records of the journal are in turn: it is stalled, it goes on. So an odd one says that it is."""
        return self._journal.positions.get(SOURCE, 0)

    @property
    def _is_stalled(self) -> bool:
        return self._number % 2 == 1

    def put_off(self) -> None:
        """The recorder itself is in trouble: that it hears nothing says nothing of the command."""
        board = self._board
        board.output_at_ns = board.metric_at_ns = board.busy_at_ns = time.monotonic_ns()

    def look(self, taken_bytes: int) -> None:
        """After each turn, which took so much output. Raises OSError when the journal takes nothing."""
        now_ns = time.monotonic_ns()
        if now_ns - self._board.turned_at_ns > HUNG_S * 1e9:
            self.put_off()
        if taken_bytes:
            self._board.output_at_ns = now_ns
        heard = sum(reader.heard for reader in self._speakers)
        if heard != self._heard:
            self._heard, self._board.metric_at_ns = heard, now_ns
        self._hear_sample(now_ns)
        if now_ns / 1e9 >= self._look_at and self._after_s:
            self._look_at = now_ns / 1e9 + LOOK_EVERY_S
            self._judge(now_ns)
        self._board.turned_at_ns = now_ns

    def end(self) -> None:
        """The command has ended, which is no stalling."""
        if self._is_stalled:
            self._go_on()

    def _hear_sample(self, now_ns: int) -> None:
        if self._sampler.heard == self._sampled or not self._sampler.newest.startswith(SAMPLE):
            return
        self._sampled = self._sampler.heard
        self._idle_samples += 1
        if is_busy(self._sampler.newest, count_cores(self._board.command)):
            self._board.busy_at_ns, self._idle_samples = now_ns, 0

    def _judge(self, now_ns: int) -> None:
        board = self._board
        silent_s = (now_ns - max(board.output_at_ns, board.metric_at_ns, board.busy_at_ns)) / 1e9
        self._hear_stacks()
        if self._is_stalled:
            if silent_s < self._after_s:
                self._go_on()
        elif silent_s >= self._after_s and self._idle_samples >= LEAST_SAMPLES and not self._is_suspended():
            self._begin(silent_s)

    def _is_suspended(self) -> bool:
        """Whether somebody has stopped the command on purpose."""
        return process_state(self._board.command) in ("T", "t")

    def _begin(self, silent_s: float) -> None:
        since = round(time.time() - silent_s, 3)
        text = f"nothing came for {spell_duration(self._after_s)}: no output, no metrics, no use of processors or GPUs"
        self._journal.add(SOURCE, self._number + 1, stalled={"since": since}, warning=text)
        replace_whole(STALLED_FILE, {"since": since})
        number, command = self._number, self._board.command
        if number < 2 * MOST_STACKS:
            with suppress(OSError):  # There may be no more processes, and then nobody to ask for stacks.
                self._stacks = Worker(lambda: find_stacks(command, number), STACKS_WITHIN_S)

    def _go_on(self) -> None:
        self._journal.add(SOURCE, self._number + 1, stalled=None)
        if os.path.exists(STALLED_FILE):
            os.unlink(STALLED_FILE)

    def _hear_stacks(self) -> None:
        """Write down where the stacks are, or why there are none."""
        answer = self._stacks.poll() if self._stacks else None
        if answer is None:
            return
        self._stacks = None
        kind, _, text = answer.partition(" ")
        if kind == "path":
            self._journal.add(SOURCE, self._number, stacks={"path": text})
        elif kind:
            self._journal.add(SOURCE, self._number, stacks={"path": None, "why": text})


SAMPLE = '{"sample": {'
AFTER = b'"stall_after": '


def read_after() -> float:
    """The seconds after which it is stalled, from part.json; told without the json package."""
    try:
        with open(PART_FILE, "rb") as file:
            text = file.read().rpartition(AFTER)[2]
        return float(text[: text.find(b"}")])
    except (OSError, ValueError):  # There is none, or one of another version.
        return 0.0


def count_cores(command: int) -> int:
    """How many processors it may use: the load is a share of these."""
    try:
        return len(os.sched_getaffinity(command))
    except OSError:  # It is just gone.
        return len(os.sched_getaffinity(0))


def is_busy(sample: str, cores: int) -> bool:
    """Whether a record of the machine's load shows that the run does anything; so it is when that is not known."""
    values = read_values(sample.removeprefix(SAMPLE).partition("}")[0])
    ours = [value for name, value in values.items() if name.startswith("gpu.process.") and name.endswith(".gpu")]
    every = [value for name, value in values.items() if name.startswith("gpu.") and name.endswith(".gpu")]
    if any(value >= LEAST_GPU_PERCENT for value in ours or every):
        return True
    return "cpu" not in values or values["cpu"] * cores >= LEAST_CORE_PERCENT


def read_values(pairs: str) -> dict[str, float]:
    """The numbers of a flat object, as the sampler writes it: the json package would stay in memory for this."""
    values = {}
    for pair in pairs.split(", "):
        name, _, number = pair.partition(": ")
        try:
            values[name.strip('"').removeprefix("system.")] = float(number)
        except ValueError:
            continue
    return values


def find_stacks(command: int, number: int) -> str:
    """In a process of its own: have the stacks of Python processes written to a file, where py-spy is there."""
    from wrapper.recorder.stacks import write_stacks

    return write_stacks(command, number)
