"""One benchmark: where it works, what it has measured and checked, and the rounds in which it goes."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from measuring.command import compute
from measuring.figures import Figures
from measuring.lines import BLOCK_BYTES, KINDS, LINE_BYTES, expected_sha256, make_block
from measuring.places import Shown
from measuring.processes import Ran, TookTooLong, run
from measuring.subjects import Subject

T = TypeVar("T")

COMMAND = Path(__file__).with_name("command.py")
RESULT = "result.json"
LIMIT_S = 60.0
OTHERS_SETTINGS = ("WANDB_", "_WANDB_", "PYTHON")


class CouldNotMeasure(Exception):
    """A subject did not do what it was asked to; the text says what."""


@dataclass(frozen=True)
class Output:
    """What the command writes: `count` pieces, each after so many turns of arithmetic."""

    kind: str
    count: int
    piece_bytes: int
    turns: int = 0

    @property
    def size_bytes(self) -> int:
        return self.count * self.piece_bytes


@dataclass(frozen=True)
class Wrote:
    """What the command said about itself."""

    pid: int
    began_ns: int
    wall_s: float
    writing_cpu_s: float
    cpu_s: float


@dataclass(frozen=True)
class Check:
    """Whether what was kept is what was written."""

    subject: str
    what: str
    written_bytes: int
    lost_bytes: int
    is_equal: bool

    @property
    def is_right(self) -> bool:
        """Equal, or missing what it says is missing."""
        return self.is_equal or self.lost_bytes > 0

    def __str__(self) -> str:
        if self.is_equal:
            return "SHA equal"
        if self.lost_bytes:
            share = 100 * self.lost_bytes / self.written_bytes
            return f"{self.lost_bytes:,} bytes ({share:.1f} %) lost, and stated"
        return "DIFFERS"


@dataclass(frozen=True)
class Task:
    """Something that is measured once a round for each of its subjects."""

    measure: Callable[[Bench, Subject, int], None]
    subjects: list[Subject]


@dataclass
class Bench:
    """Runs tasks in rounds, and keeps what came of them."""

    directory: Path
    rng: random.Random
    figures: Figures = field(default_factory=Figures)
    checks: list[Check] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._once: dict[Hashable, object] = {}
        self.turns_per_s = measure_turns_per_s()
        self._blocks = {kind: make_block(kind) for kind in KINDS}
        for kind, block in self._blocks.items():
            (self.directory / kind).write_bytes(block)
        (self.directory / "home").mkdir()

    def go_rounds(self, name: str, tasks: list[Task], most_rounds: int, budget_s: float) -> int:
        """Do every task once a round, as often as there is time, and once in any case; how often that was."""
        began, longest_s, turn = time.monotonic(), 0.0, 0
        while turn < most_rounds and (not turn or time.monotonic() - began + longest_s < budget_s):
            round_began = time.monotonic()
            for task in shuffled(self.rng, tasks):
                for subject in shuffled(self.rng, task.subjects):
                    tell(f"{name}: round {turn + 1}, {subject.name}")
                    self._try(task, subject, turn)
            longest_s = max(longest_s, time.monotonic() - round_began)
            turn += 1
        tell("")
        return turn

    def once(self, key: Hashable, measure: Callable[[], T]) -> T:
        """What `measure` gave when it was first asked for under this key."""
        if key not in self._once:
            self._once[key] = measure()
        return cast(T, self._once[key])

    def _try(self, task: Task, subject: Subject, turn: int) -> None:
        try:
            task.measure(self, subject, turn)
        except (CouldNotMeasure, TookTooLong, OSError, ValueError) as error:
            self.trouble.append(f"{subject.name}: {error}")

    def run(self, subject: Subject, argv: list[str], place: str, directory: Path, **how: Any) -> Ran:
        """Run `argv` as the subject does. Raises CouldNotMeasure when it fails."""
        ran = run(subject.wrap(argv, directory), directory, self.env(directory), place, LIMIT_S, **how)
        if ran.status:
            raise CouldNotMeasure(f"{argv[0]} ended with wait status {ran.status}")
        return ran

    def write(self, subject: Subject, output: Output, place: str, what: str, **how: Any) -> tuple[Ran, Wrote]:
        """Have the command write this output, and check what was kept of it."""
        with self.fresh_directory() as directory:
            words = [COMMAND, directory / RESULT, self.directory / output.kind]
            numbers = [output.count, output.piece_bytes, output.turns]
            argv = [sys.executable, "-I", "-S", *map(str, words), *map(str, numbers)]
            ran = self.run(subject, argv, place, directory, **how)
            if what:
                self._check(subject, output, directory, what, ran)
            return ran, Wrote(**json.loads((directory / RESULT).read_bytes()))

    def _check(self, subject: Subject, output: Output, directory: Path, what: str, ran: Ran) -> None:
        size = output.size_bytes
        if not self._is_shown(output, ran.shown):
            raise CouldNotMeasure(f"{what}: of {size} bytes this was shown: {ran.shown}")
        kept = subject.kept(directory)
        if kept is None:
            return
        is_equal = kept.sha256 == expected_sha256(self._blocks[output.kind], size)
        lost_bytes = kept.lost_bytes if kept.size_bytes + kept.lost_bytes == size else 0
        self.checks.append(Check(subject.name, what, size, lost_bytes, is_equal))

    def _is_shown(self, output: Output, shown: Shown) -> bool:
        """Whether all of it arrived, or, where nobody counts, the last of it."""
        size = output.size_bytes
        if shown.size_bytes is not None:
            return shown.size_bytes in (size, size + size // LINE_BYTES)  # A terminal ends lines with two bytes.
        end = (size - 1) % BLOCK_BYTES
        return shown.last_line == self._blocks[output.kind][end + 1 - LINE_BYTES : end].decode()

    @contextmanager
    def fresh_directory(self) -> Iterator[Path]:
        """An empty directory that is gone afterwards."""
        directory = Path(tempfile.mkdtemp(dir=self.directory))
        try:
            yield directory
        finally:
            shutil.rmtree(directory)

    def env(self, directory: Path) -> dict[str, str]:
        """The caller's environment without what would change what is measured."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS_SETTINGS)}
        home = str(self.directory / "home")
        ours = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DIR": str(directory)}
        return env | ours | {"HOME": home, "SHELL": "/bin/sh", "TERM": "xterm-256color"}


def shuffled(rng: random.Random, things: list[T]) -> list[T]:
    return rng.sample(things, len(things))


def measure_turns_per_s() -> float:
    """How many turns of the command's arithmetic a core does in a second, at its best."""
    turns, best_s = 100_000, float("inf")
    for _ in range(10):
        began = time.perf_counter()
        compute(turns)
        best_s = min(best_s, time.perf_counter() - began)
    return turns / best_s


def tell(text: str) -> None:
    """Show what is going on, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r{text:<70.70}\r", end="", file=sys.stderr, flush=True)


assert BLOCK_BYTES % 10_000 == 0 and BLOCK_BYTES % 64_000 == 0  # Pieces of these sizes repeat the block exactly.
