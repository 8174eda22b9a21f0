"""Nothing waits by guessing: a condition is looked at until it holds."""

import os
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout_s: float = 30) -> T:
    """What `condition` returned when it first was true; fails after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {timeout_s} s: {condition}"
        time.sleep(0.01)
    return value


# Daemons of fixtures that serve several tests; told by conftest.py when a test begins.
DAEMONS: set[tuple[int, str]] = set()


def descendants() -> set[tuple[int, str]]:
    """Living processes that this test has started, and theirs, each as its pid and start; no daemon and its like."""
    return below_us(DAEMONS)


def below_us(others: AbstractSet[tuple[int, str]] = frozenset()) -> set[tuple[int, str]]:
    """Living processes below this one, but for `others` and those below them; those that have ended are reaped."""
    children: dict[int, list[tuple[int, str]]] = {}
    ended: set[tuple[int, str]] = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := stat_fields(int(entry))):
            process = int(entry), fields[19]
            children.setdefault(int(fields[1]), []).append(process)
            if fields[0] in "ZX":
                ended.add(process)  # It may have children for as long as one of its threads lives.
    found: set[tuple[int, str]] = set()
    below = {*children.get(os.getpid(), [])} - others
    for pid, _start in below & ended:
        with suppress(ChildProcessError):  # Its Popen was quicker.
            os.waitpid(pid, os.WNOHANG)
    while below:
        found |= below
        below = {grandchild for pid, _start in below for grandchild in children.get(pid, [])} - others
    return found - ended


def is_running(pid: int) -> bool:
    """False for one that has ended, also while nobody has asked for its status yet."""
    return state(pid) not in ("", "Z", "X")


def state(pid: int) -> str:
    """The letter that `ps` shows for it, "" when there is none of that number."""
    fields = stat_fields(pid)
    return fields[0] if fields else ""


def stat_fields(pid: int) -> list[str]:
    """/proc/PID/stat from the state on (1 is the parent, 19 the start); empty when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def command_line_of(pid: int) -> list[str]:
    """The words of its command line, none when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []
