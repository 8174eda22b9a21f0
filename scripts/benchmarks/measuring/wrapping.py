"""What is measured of every way to run a command: its start, floods of output, memory, and how it slows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from statistics import median

from measuring.bench import Bench, CouldNotMeasure, Output, Task
from measuring.lines import LINE_BYTES
from measuring.places import PLACES, TERMINALS
from measuring.subjects import OURS, Subject, is_kept

FLOOD_PIECE_BYTES = 64_000
MEMORY_EVERY_S = 0.05
UNIX_NS = re.compile(r"\b\d{19}\b")


@dataclass(frozen=True)
class Size:
    """How much of everything: rounds at most, seconds for all of them, and how large each is."""

    start_rounds: int
    start_s: float
    flood_rounds: int
    flood_s: float
    terminal_mb: float
    pipe_mb: float
    memory_rounds: int
    memory_s: float
    slow_rounds: int
    slow_s: float
    command_s: float


FULL = Size(25, 25, 9, 120, 32, 256, 3, 15, 11, 170, 1.0)
QUICK = Size(9, 7, 3, 21, 16, 128, 1, 5, 3, 17, 0.6)
TINY = Size(1, 0, 1, 0, 0.32, 0.64, 1, 0, 1, 0, 0.05)


@dataclass(frozen=True)
class Flood:
    """One way to flood: in large pieces, or line by line as a program does that writes to a terminal."""

    name: str
    place: str
    kind: str = "plain"
    piece_bytes: int = FLOOD_PIECE_BYTES


FLOODS = (
    *(Flood(place, place) for place in PLACES),
    Flood("digits", "terminal", "digits"),
    Flood("metrics", "terminal", "metrics"),
    Flood("line by line", "terminal", "plain", LINE_BYTES),
)


@dataclass(frozen=True)
class Pace:
    """A command that computes without pause and writes in between, about so much a second."""

    name: str
    place: str
    pieces_per_s: float
    piece_bytes: int


PACES = (
    Pace("1 line/s", "terminal", 1, LINE_BYTES),
    Pace("10,000 lines/s", "terminal", 10_000, LINE_BYTES),
    Pace("100 MB/s into a pipe", "pipe", 10_000, 10_000),
    Pace("100 MB/s into a file", "file", 10_000, 10_000),
)


def start_tasks(subjects: list[Subject], pythons: list[Subject]) -> list[Task]:
    return [Task(measure_start, subjects), Task(measure_true, subjects + pythons)]


def measure_start(bench: Bench, subject: Subject, turn: int) -> None:
    """From the exec to the first thing that date(1) does: to ask for the time."""
    with bench.fresh_directory() as directory:
        ran = bench.run(subject, ["date", "+%s%N"], "terminal", directory)
    stamp = UNIX_NS.search(ran.shown.head)
    if not stamp:
        raise CouldNotMeasure(f"date said {ran.shown.head!r}")
    bench.figures.add(subject.name, "first ms", turn, (int(stamp[0]) - ran.began_unix_ns) / 1e6)


def measure_true(bench: Bench, subject: Subject, turn: int) -> None:
    """The whole of a command that does nothing, and whether the run was all there when it returned."""
    with bench.fresh_directory() as directory:
        ran = bench.run(subject, ["true"], "terminal", directory, look_at_return=partial(is_kept, directory))
    bench.figures.add(subject.name, "true ms", turn, 1e3 * ran.wall_s)
    bench.figures.add(subject.name, "true CPU ms", turn, 1e3 * ran.cpu_s)
    if subject.name == OURS:
        bench.figures.add(subject.name, "kept at return", turn, float(ran.was_right_at_return))


def flood_tasks(subjects: list[Subject], size: Size) -> list[Task]:
    return [
        Task(
            partial(measure_flood, size=size, flood=flood),
            [subject for subject in subjects if subject.only_into in ("", flood.name)],
        )
        for flood in FLOODS
    ]


def measure_flood(bench: Bench, subject: Subject, turn: int, size: Size, flood: Flood) -> None:
    """What more it takes than for a single line, so that starting and ending do not count."""
    is_terminal = flood.place in TERMINALS or subject.makes_terminal
    megabytes = min(size.terminal_mb if is_terminal else size.pipe_mb, subject.most_mb)
    if flood.piece_bytes == LINE_BYTES:
        megabytes /= 8  # A write(2) for each line: what takes the time is the command itself.
    output = Output(flood.kind, max(1, int(1e6 * megabytes / flood.piece_bytes)), flood.piece_bytes)
    line = Output(flood.kind, 1, LINE_BYTES)
    least = bench.once((subject.name, flood.place, turn), lambda: take(bench, subject, line, flood.place, ""))
    took = take(bench, subject, output, flood.place, flood.name)
    took_s = max(took.wall_s - least.wall_s, 1e-4)
    gigabytes = output.size_bytes / 1e9
    bench.figures.add(subject.name, f"{flood.name} MB/s", turn, 1e3 * gigabytes / took_s)
    others_s, all_s = took.others_cpu_s - least.others_cpu_s, took.all_cpu_s - least.all_cpu_s
    bench.figures.add(subject.name, f"{flood.name} CPU s/GB", turn, max(others_s, 0.0) / gigabytes)
    bench.figures.add(subject.name, f"{flood.name} all CPU s/GB", turn, max(all_s, 0.0) / gigabytes)


@dataclass(frozen=True)
class Took:
    """What an output took, from its first byte until the command had returned; CPU without and with the command's."""

    wall_s: float
    others_cpu_s: float
    all_cpu_s: float


def take(bench: Bench, subject: Subject, output: Output, place: str, what: str) -> Took:
    ran, wrote = bench.write(subject, output, place, what)
    return Took((ran.ended_ns - wrote.began_ns) / 1e9, ran.cpu_s - wrote.cpu_s, ran.cpu_s)


def memory_tasks(subjects: list[Subject], size: Size) -> list[Task]:
    wrappers = [subject for subject in subjects if subject.name != "bare"]
    return [Task(partial(measure_memory, size=size), wrappers)]


def measure_memory(bench: Bench, subject: Subject, turn: int, size: Size) -> None:
    """PSS of everything but the command, which writes 1,000 lines with metrics a second."""
    count = int(2000 * size.command_s)
    output = Output("metrics", count, LINE_BYTES, int(bench.turns_per_s / 1000))
    ran, wrote = bench.write(subject, output, "terminal", "memory", memory_every_s=MEMORY_EVERY_S)
    seen = [{pid: pss for pid, pss in sizes.items() if pid != wrote.pid} for sizes in ran.memory]
    totals = [sum(sizes.values()) / 1e6 for sizes in seen if sizes]
    if totals:
        bench.figures.add(subject.name, "peak PSS MB", turn, max(totals))
        bench.figures.add(subject.name, "usual PSS MB", turn, median(totals))
        bench.figures.add(subject.name, "processes", turn, median(len(sizes) for sizes in seen if sizes))


def slow_tasks(subjects: list[Subject], size: Size) -> list[Task]:
    bare = next(subject for subject in subjects if subject.name == "bare")
    wrappers = [subject for subject in subjects if subject is not bare]
    return [Task(partial(measure_slow, size=size, bare=bare, pace=pace), wrappers) for pace in PACES]


def measure_slow(bench: Bench, subject: Subject, turn: int, size: Size, bare: Subject, pace: Pace) -> None:
    """The command's own time and CPU, against the bare command's right before."""
    count = max(1, int(pace.pieces_per_s * size.command_s))
    turns = int(bench.turns_per_s * size.command_s / count)
    output = Output("metrics", count, pace.piece_bytes, turns)
    if output.size_bytes > 1e6 * subject.most_mb:
        return  # It could not keep up, by far.
    _, alone = bench.write(bare, output, pace.place, "")
    _, wrapped = bench.write(subject, output, pace.place, pace.name)
    bench.figures.add(subject.name, f"{pace.name} slower", turn, wrapped.wall_s / alone.wall_s)
    bench.figures.add(subject.name, f"{pace.name} CPU", turn, wrapped.writing_cpu_s / alone.writing_cpu_s)
