"""Whose file it is, when several commands run in the same directory: one of another run is none of ours."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from typing import Any

from wrapper.recorder.paths import list_folder
from wrapper.rundir.names import END_FILE, PART_FILE, is_run_id, read_part_name
from wrapper.rundir.reading import LEASE_S

EVENT_FILE = re.compile(r"\.tfevents\.\d+\.(?P<host>.+)\.(?P<pid>\d+)\.\d+")
CACHE_S = 5.0
FOLDER = "../.."  # of all runs, as seen from a part


class OtherRuns:
    """The parts that were alive at the same time and whose directories overlap with ours.

    Of one run's ranks the lowest has what cannot be told apart, and an outer run has what those within it have.
    """

    def __init__(self, part: dict[str, Any], directory: str, family: Callable[[], set[int]]) -> None:
        self._part, self._directory, self._family = part, directory, family
        self._since = started_at(part)
        self._words = words_of(part)
        self._harmless: set[str] = set()
        self._over: dict[str, int] = {}  # runs of which all parts are harmless, with the time of their folder
        self._found: dict[str, set[str]] = {}
        self._looked_at = float("-inf")
        self.are_strangers = False

    def are_there(self) -> bool:
        """Whether there is, or was since our start, one that may have written what we find."""
        if time.monotonic() - self._looked_at > CACHE_S:
            self._looked_at = time.monotonic()
            self._look()
        return bool(self._found)

    def is_named(self, path: str) -> bool:
        """Whether our command line, and no other one, names a folder of the path below our directory."""
        folders = {folder for folder in os.path.dirname(path).split("/") if len(folder) > 2}
        folders -= set(self._directory.split("/"))
        return bool(folders & (self._words - set().union(*self._found.values())))

    def next_start(self, after: float) -> float:
        """When the first run after a time began in the same directory; never, when none did."""
        others = map(read_part, self._parts())
        starts = [started_at(facts) for facts in others if facts and self._overlaps(facts)]
        return min((start for start in starts if start > after), default=float("inf"))

    def _parts(self) -> list[str]:
        """Those that are still to be judged. There may be thousands of runs: one that is over is looked at once."""
        here = os.path.realpath(".")
        found = []
        for run in filter(is_run_id, list_folder(FOLDER)):
            made = changed_ns(f"{FOLDER}/{run}")
            if self._over.get(run) == made:
                continue
            paths = [f"{FOLDER}/{run}/{part}" for part in list_folder(f"{FOLDER}/{run}") if read_part_name(part)]
            paths = [path for path in paths if path not in self._harmless]
            if not paths:
                self._over[run] = made
            found += [path for path in paths if os.path.realpath(path) != here]
        return found

    def _look(self) -> None:
        for path in self._parts():
            ended_at, touched_at = modified(f"{path}/{END_FILE}"), modified(f"{path}/{PART_FILE}")
            if (ended_at or touched_at + LEASE_S) < self._since:
                self._harmless.add(path)
            elif path not in self._found and (ended_at or time.time() - touched_at < LEASE_S):
                self._judge(path, read_part(path))

    def _judge(self, path: str, facts: dict[str, Any]) -> None:
        if not facts or not self._overlaps(facts):
            return
        is_same_run = os.path.realpath(f"{path}/..") == os.path.realpath("..")
        is_here = facts.get("host") == self._part.get("host") and facts.get("boot") == self._part.get("boot")
        is_lower = is_same_run and rank_of(facts) < rank_of(self._part)
        is_stranger = not is_same_run and not (is_here and facts.get("pid") in self._family())
        if not is_lower and not is_stranger:
            self._harmless.add(path)
        else:
            self._found[path] = words_of(facts)
            self.are_strangers |= is_stranger

    def _overlaps(self, facts: dict[str, Any]) -> bool:
        other = os.path.realpath(str(facts.get("cwd", "/"))) + "/"
        ours = self._directory.rstrip("/") + "/"
        return other.startswith(ours) or ours.startswith(other)


def modified(path: str) -> float:
    """When a file was last written; 0 when there is none."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def changed_ns(path: str) -> int:
    """When something was made or removed in a folder; 0 when it is gone."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def read_part(path: str) -> dict[str, Any]:
    """What part.json says; nothing when it cannot be read."""
    try:
        with open(f"{path}/{PART_FILE}", encoding="utf-8") as file:
            facts = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def started_at(part: dict[str, Any]) -> float:
    """When a part began; never, when it does not say."""
    started = part.get("started_at")
    return float(started) if isinstance(started, (int, float)) else float("inf")


def rank_of(part: dict[str, Any]) -> int:
    rank = part.get("rank")
    return rank if isinstance(rank, int) else 0


def words_of(part: dict[str, Any]) -> set[str]:
    """The words of a command line, apart at slashes and equals signs."""
    argv = part.get("argv")
    return {
        word for argument in (argv if isinstance(argv, list) else []) for word in re.split(r"[/=:,]", str(argument))
    }


def writer_of(path: str) -> tuple[str, int] | None:
    """The host and process that an event file names as its writer; None when it names none."""
    found = EVENT_FILE.search(path)
    return (found["host"], int(found["pid"])) if found else None
