"""Runs a command as a person's shell would, and accounts for every process that comes of it."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from measuring.places import Shown, open_place
from measuring.shell import Shell

PR_SET_CHILD_SUBREAPER = 36


class TookTooLong(Exception):
    """The command, or something that it started, had to be ended."""


@dataclass(frozen=True)
class Ran:
    """How one command went: times are from its exec to its end, `cpu_s` is of everything it started."""

    status: int
    began_unix_ns: int
    ended_ns: int
    wall_s: float
    cpu_s: float
    shown: Shown
    was_right_at_return: bool
    memory: list[dict[int, int]] = field(default_factory=list)


def adopt_orphans() -> None:
    """Become the parent of processes that lose theirs, so that nobody escapes the account."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("this kernel has no child subreapers")


def run(
    argv: list[str],
    directory: Path,
    env: dict[str, str],
    place: str,
    limit_s: float,
    look_at_return: Callable[[], bool] = lambda: True,
    memory_every_s: float = 0.0,
) -> Ran:
    """Run `argv` with its output going to `place`, until all that it started has ended.

    `look_at_return` is asked in the very moment when the command has returned.
    Raises TookTooLong; then nothing of it is left.
    """
    with time_limit(limit_s), open_place(place, directory) as reading:
        before_s = children_cpu_s()
        shell = Shell(argv, directory, env, reading.output, look_at_return)
        os.close(reading.output)
        others = {shell.pid, *reading.pids}
        with memory_watched(memory_every_s, others) as memory:
            shell.wait_for_command()
        reap_all(others)
        shell.let_go()
        read_before_s = children_cpu_s()
        shown = reading.finish()
        readers_cpu_s = children_cpu_s() - read_before_s
        shell.close()
        cpu_s = children_cpu_s() - before_s - readers_cpu_s
    said = shell.said()
    return Ran(
        said.status,
        said.began_unix_ns,
        said.ended_ns,
        (said.ended_ns - said.began_ns) / 1e9,
        cpu_s - said.own_cpu_ns / 1e9,
        shown,
        bool(said.was_right),
        memory,
    )


@contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """Raise TookTooLong when the body takes longer; afterwards, nothing below us is left in any case."""

    def give_up(_signum: int, _frame: object) -> None:
        raise TookTooLong(f"not over within {limit_s:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        end_descendants()


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def reap_all(but: Set[int] = frozenset()) -> None:
    """Wait until nothing is left below us but these children."""
    while left := [pid for pid in children_of_all().get(os.getpid(), []) if pid not in but]:
        os.waitpid(left[0], 0)  # Its own children come to us.


def end_descendants() -> None:
    """SIGKILL whatever is still below us."""
    while left := descendants():
        for pid in left:
            with suppress(ProcessLookupError):  # It has just ended by itself.
                os.kill(pid, signal.SIGKILL)
        reap_all()


def descendants() -> list[int]:
    """Every process below this one."""
    children = children_of_all()
    found = list(children.get(os.getpid(), []))
    for pid in found:
        found += children.get(pid, [])
    return found


def children_of_all() -> dict[int, list[int]]:
    """The children of every process that has some."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        with suppress(FileNotFoundError, ProcessLookupError):  # Processes end while we look.
            if name.isdigit():
                stat = Path(f"/proc/{name}/stat").read_text(errors="replace")
                children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(name))
    return children


@contextmanager
def memory_watched(every_s: float, but: Set[int]) -> Iterator[list[dict[int, int]]]:
    """Note the PSS in bytes of each process below us but these, every so often while the body runs; 0 for never."""
    seen: list[dict[int, int]] = []
    if not every_s:
        yield seen
        return
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(every_s):
            sizes = {pid: pss_bytes(pid) for pid in descendants() if pid not in but}
            seen.append({pid: size for pid, size in sizes.items() if size})

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join()


def pss_bytes(pid: int) -> int:
    """Its share of memory; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((1024 * int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
