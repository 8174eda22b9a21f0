"""A command in a directory, and the reader that follows its files, as the recorder runs it."""

import json
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wrapper.recorder.readers import Reader
from wrapper.recorder.sources import followed
from wrapper.rundir.journal import Journal, read_records

STEPPING = """
import csv, json, os, sys
def steps(write):
    print("ready", flush=True)
    for step, _ in enumerate(sys.stdin):
        write(step)
        print("done", flush=True)
"""


def stepping(text: str) -> str:
    """A program that does its next step for each line that it is given."""
    return STEPPING + textwrap.dedent(text)


TENSORBOARD = stepping("""
from tensorboardX import SummaryWriter
writer = SummaryWriter("runs/x", flush_secs=0.01)
def write(step):
    writer.add_scalar("train/loss", 1 / (step + 1), step)
    writer.add_scalar("lr", 0.1, step)
steps(write)
""")

APPENDING = stepping("""
def write(step):
    is_new = not os.path.exists("log.csv")
    with open("log.csv", "a") as file:
        out = csv.writer(file)
        if is_new:
            out.writerow(["epoch", "loss"])
        out.writerow([step, 1 / (step + 1)])
steps(write)
""")


class Run:
    """A part of a run, and the process that follows its command's files. The current directory is the part's."""

    def __init__(self, directory: Path, part: Path, **facts: object) -> None:
        self.directory, self.part = directory, part
        part.mkdir(parents=True)
        os.chdir(part)
        (part / "metrics.jsonl").touch()
        self.facts = {"cwd": str(directory), "started_at": time.time(), "argv": ["train"], "streams": [], **facts}
        self.write_part()
        self.command: subprocess.Popen[str] | None = None
        self._reader: Reader | None = None

    def write_part(self) -> None:
        (self.part / "part.json").write_text(json.dumps(self.facts))

    def start(self, program: str, *arguments: object, cwd: Path | None = None) -> None:
        """Start a Python program as the command; it has said `ready` when this returns."""
        environ = {**os.environ, "WANDB_METRICS_FILE": str(self.part / "metrics.jsonl")}
        self.command = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            cwd=cwd or self.directory,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.command.stdout is not None
        assert self.command.stdout.readline() == "ready\n"

    def step(self) -> None:
        """Let the command do its next step; it is done when this returns."""
        assert self.command is not None and self.command.stdin is not None and self.command.stdout is not None
        self.command.stdin.write("go\n")
        self.command.stdin.flush()
        assert self.command.stdout.readline() == "done\n"

    @property
    def reader(self) -> Reader:
        if self._reader is None:
            command = self.command.pid if self.command else 0
            self._reader = Reader("followed", lambda _: True, Journal("journal.jsonl"), command)
        return self._reader

    def follow_until(self, condition: Callable[[list[dict[str, Any]]], object], has_ended: bool = False) -> None:
        """Have the reader read until what is in the journal meets the condition."""
        until = time.monotonic() + 60
        while not condition(self.records()):
            assert time.monotonic() < until, self.records()
            self.turn(has_ended)

    def turn(self, has_ended: bool = False) -> None:
        poll = select.poll()
        self.reader.watch(poll, 0.05)
        poll.poll(50)
        self.reader.tend(has_ended)

    def kill_reader(self) -> None:
        """SIGKILL it, if there is one just now."""
        if self.reader._pid:
            os.kill(self.reader._pid, signal.SIGKILL)

    def end(self) -> list[dict[str, Any]]:
        """End the command, and read all that is left; the records."""
        if self.command is not None:
            self.command.communicate(timeout=30)
        self.follow_until(lambda _: self.reader.is_complete, has_ended=True)
        return self.records()

    def records(self) -> list[dict[str, Any]]:
        return list(read_records("journal.jsonl")) if os.path.exists("journal.jsonl") else []

    def rows(self, source: str) -> list[tuple[Any, dict[str, Any]]]:
        """Step and values of each row of a followed file."""
        return rows_of(self.records(), source)

    def warnings(self) -> list[str]:
        return [record["warning"] for record in self.records() if "warning" in record]

    def sources(self) -> set[str]:
        """The files that something was taken from, without "followed:"."""
        taken = {"row", "config", "summary", "media"}
        return {record["source"].partition(":")[2] for record in self.records() if taken & record.keys()}


def rows_of(records: list[dict[str, Any]], source: str) -> list[tuple[Any, dict[str, Any]]]:
    rows = [record for record in records if record["source"] == f"followed:{source}" and "row" in record]
    return [(record.get("step"), record["row"]) for record in rows]


def has_step(source: str, step: int) -> Callable[[list[dict[str, Any]]], bool]:
    """Whether a row of this step is there."""
    return lambda records: any(number == step for number, _ in rows_of(records, source))


class Killed(BaseException):
    """The reader's process would be gone."""


class MortalChannel:
    """The reader's end as in wrapper/recorder/channel.py, of a command that has ended; so many records, and it is dead.

    What was handed over before stands in the journal.
    """

    def __init__(self, facts: dict[str, Any], journal: Journal, lives: int) -> None:
        self.part, self.settings, self.command, self.has_ended = facts, {}, 0, True
        self.skips: frozenset[int] = frozenset()
        self.positions = dict(journal.positions)
        self._journal, self._lives = journal, lives

    def send(self, source: str, upto: int | None = None, also: dict[str, int] | None = None, **facts: object) -> None:
        if self._lives == 0:
            raise Killed
        self._lives -= 1
        self._journal.add(source, upto, also, **facts)

    def wait(self, seconds: float) -> None:
        raise AssertionError("the command has ended")

    def begin(self, position: int) -> None:
        assert position >= -1


def read_with_deaths(facts: dict[str, Any], after: int) -> list[dict[str, Any]]:
    """Read with readers each of which dies after so many records, until one is through; the journal."""
    journal = Journal("journal.jsonl")
    for _ in range(1000):
        try:
            followed.read(MortalChannel(facts, journal, after))  # type: ignore[arg-type]
        except Killed:
            continue
        return list(read_records("journal.jsonl"))
    raise AssertionError("it does not come to an end")


class GrowingChannel:
    """The reader's end, while a file grows: each of `turns` is a turn at which the reader waits.

    With `is_same_reader` false the reader is gone at each wait, and another begins where it said that it was.
    """

    def __init__(self, directory: Path, turns: list[Callable[[], object]], is_same_reader: bool) -> None:
        self.part = {"cwd": str(directory), "started_at": time.time() - 1, "argv": []}
        self.settings: dict[str, Any] = {}
        self.command, self.has_ended = os.getpid(), False
        self.positions: dict[str, int] = {}
        self.skips: frozenset[int] = frozenset()
        self.records: list[dict[str, Any]] = []
        self._turns, self._is_same_reader = iter(turns), is_same_reader

    def run(self, read: Callable[[Any], None]) -> None:
        """Have the files read until all turns are over."""
        while True:
            try:
                read(self)
            except Killed:
                continue
            return

    def send(self, source: str, upto: int | None = None, also: dict[str, int] | None = None, **facts: object) -> None:
        self.positions |= {source: upto or 0, **(also or {})}
        if facts:
            self.records.append({"source": source, **facts})

    def wait(self, seconds: float) -> None:
        turn = next(self._turns, None)
        if turn is None:
            self.has_ended = True
            return
        turn()
        if not self._is_same_reader:
            raise Killed

    def begin(self, position: int) -> None:
        assert position >= -1
