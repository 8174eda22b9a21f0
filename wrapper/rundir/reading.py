"""Reading runs: parts merged into what a person asks about, each file when it is asked for.

A damaged file is read as far as it goes; what was wrong with it stands in `damage`, and the rest of the run,
and all other runs, are still there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from wrapper.rundir import names
from wrapper.rundir.journal import read_records
from wrapper.rundir.lines import read_lines
from wrapper.rundir.packing import is_there, trouble_with

LEASE_S = 120.0
WIDEST = 10_000
LAST_TIME = 32_503_680_000.0  # The year 3000.


class NoSuchRun(LookupError):
    """Nothing here is called so; `near` are ids and names that might be meant."""

    def __init__(self, word: str, near: list[str]) -> None:
        super().__init__(word)
        self.word, self.near = word, near


class AmbiguousRun(LookupError):
    """Several runs begin so; `candidates` are they."""

    def __init__(self, word: str, candidates: list[Run]) -> None:
        super().__init__(word)
        self.word, self.candidates = word, candidates


@dataclass(frozen=True)
class Piece:
    """Bytes of output.log from `start` to the next piece: of one stream, written about `at`."""

    start: int
    at: float
    stream: int
    gap: int = 0


def may_have(line: bytes, keys: tuple[str, ...]) -> bool:
    """Whether a line of the journal may be a record with one of the keys, or none at all."""
    is_whole = line.startswith(b'{"n": ') and line.endswith(b"}\n")
    return not is_whole or any(b'"%b"' % key.encode() in line for key in keys)


def read_piece(record: dict[str, Any]) -> Piece | None:
    """What an `output` record says; None when it is damaged."""
    upto, at = record.get("upto"), record.get("at")
    stream, gap = record.get("stream", 0), record.get("gap", 0)
    if isinstance(upto, int) and isinstance(at, (int, float)) and isinstance(stream, int) and isinstance(gap, int):
        return Piece(upto, at, stream, gap)
    return None


def read_time(value: Any) -> float | None:
    """A Unix time, None for what cannot be one: a damaged file may hold any number."""
    is_time = isinstance(value, (int, float)) and 0 < value < LAST_TIME
    return float(value) if is_time else None


def read_edge(number: Any) -> int | None:
    """A number of columns or rows that a window may have; None for anything else."""
    return number if isinstance(number, int) and 0 < number <= WIDEST else None


@dataclass(frozen=True)
class Part:
    """What one attempt of one rank wrote."""

    path: Path
    attempt: int
    rank: int
    facts: dict[str, Any]
    end: dict[str, Any] | None
    damage: tuple[str, ...] = ()

    @property
    def output_path(self) -> Path:
        return self.path / names.OUTPUT_FILE

    @property
    def state(self) -> str:
        """`running`, or what end.json says; a part that waits to be settled is still `running` here."""
        return str(self.end.get("state", "crashed")) if self.end else "running"

    @property
    def started_at(self) -> float | None:
        return read_time(self.facts.get("started_at"))

    @property
    def ended_at(self) -> float | None:
        return read_time(self.end.get("ended_at")) if self.end else None

    @property
    def is_read(self) -> bool:
        """Whether all that can be found in it stands in the journal; what runs is never read to its end."""
        return self.end is not None and not os.path.exists(self.path / names.UNREAD_FILE)

    def output_bytes(self) -> int:
        """How much output is kept so far; 0 when there is none yet."""
        try:
            return self.output_path.stat().st_size
        except OSError:
            return 0

    def records(self, *keys: str) -> Iterator[dict[str, Any]]:
        """Every record of the journal, or those that may have one of the keys; none when there is no journal.

        With keys, the many that say whose output came when are not decoded. One that is damaged is always given.
        """
        path = str(self.path / names.JOURNAL_FILE)
        if not is_there(path):
            return
        if not keys:
            yield from read_records(path)
            return
        for line, end in read_lines(path):
            if may_have(line, keys) and line.strip(b"\0\n"):
                yield from islice(read_records(path, end - len(line)), 1)

    def warnings(self) -> list[str]:
        """What a person should know about this part, in order."""
        found = [*self.damage, *self._missing(), *read_texts(self.facts.get("warnings"))]
        for record in self.records("warning", "shared"):
            if "warning" in record:
                found.append(str(record["warning"]))
            if "damaged" in record:
                found.append(f"{names.JOURNAL_FILE}: a damaged record at byte {record['offset']} is left out")
            if "shared" in record:
                found.append(f"output shared: other processes write into {record['shared']} as well")
        return found

    def _missing(self) -> Iterator[str]:
        """What is not there, or cannot be read, though it should be."""
        if why := trouble_with(str(self.path / names.JOURNAL_FILE)):
            yield f"{names.JOURNAL_FILE} cannot be read: {why}"
        if self.end is None:
            return
        if not self.facts and not self.damage:
            yield f"{names.PART_FILE} is missing"
        told = self.end.get("output_bytes")
        if isinstance(told, int) and self.output_bytes() < told:
            yield f"{names.OUTPUT_FILE} has {told - self.output_bytes():,} bytes less than there were at the end"


@dataclass(frozen=True)
class Run:
    """One run: what it is called, and its parts."""

    path: Path
    facts: dict[str, Any]
    damage: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> list[Part]:
        """Its parts in order of attempt and rank, as they are when first asked for."""
        return [read_part(self.path / names.part_name(*part)) for part in list_parts(self.path)]

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def name(self) -> str:
        return str(self.facts.get("name") or self.id)

    @property
    def latest(self) -> Part | None:
        """The leading rank of the newest attempt; None when there is no part."""
        newest = max((part.attempt for part in self.parts), default=None)
        return next((part for part in self.parts if part.attempt == newest), None)

    @property
    def state(self) -> str:
        """How it stands with the newest attempt; `crashed` for a run without any part."""
        return self.latest.state if self.latest else "crashed"

    @property
    def began_at(self) -> float:
        """When its newest attempt began; of the many that have one only, no part is read for that."""
        if os.path.exists(self.path / names.part_name(1, 0)) and self.latest and self.latest.started_at:
            return self.latest.started_at
        return self.created_at

    @property
    def created_at(self) -> float:
        """When it was made, or when its directory was, where run.json does not say."""
        if at := read_time(self.facts.get("created_at")):
            return at
        try:
            return self.path.stat().st_mtime
        except OSError:  # Somebody is just removing it, or it is not ours to look at.
            return 0.0


def runs_folder(directory: str | os.PathLike[str]) -> Path:
    """Where the runs of this directory are kept."""
    return Path(directory) / names.FOLDER


def list_runs(folder: Path) -> list[Run]:
    """All runs, the newest first; none when there is no such folder."""
    runs = [run for name in list_names(folder) if is_run(run := read_run(folder / name))]
    return sorted(runs, key=lambda run: (run.began_at, run.id), reverse=True)


def list_names(folder: Path) -> list[str]:
    """The directories that may be runs, in no order."""
    try:
        return [name for name in os.listdir(folder) if names.is_run_id(name) and os.path.isdir(folder / name)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def list_parts(path: Path) -> list[tuple[int, int]]:
    """Attempt and rank of each part, in order; none when there is no such run."""
    try:
        return sorted(part for entry in os.listdir(path) if (part := names.read_part_name(entry)))
    except OSError:
        return []


def read_run(path: Path) -> Run:
    """What is in a run's directory now."""
    facts, damage = read_small(path / names.RUN_FILE)
    return Run(path, facts or {}, damage)


def is_run(run: Run) -> bool:
    """Whether it has a run.json or at least a part, which `keys` and what others put here have not."""
    return bool(run.facts or run.damage or list_parts(run.path))


def read_part(path: Path) -> Part:
    """What is in a part's directory now."""
    facts, damage = read_small(path / names.PART_FILE)
    end, end_damage = read_small(path / names.END_FILE)
    attempt, rank = names.read_part_name(path.name) or (0, 0)
    if end_damage:
        end = {"state": "crashed", "why": "end.json is damaged"}
    return Part(path, attempt, rank, facts or {}, end, damage + end_damage)


def read_texts(value: Any) -> list[str]:
    """The texts in a list; none in anything else."""
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def read_small(path: Path) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """The object in a small file and what is wrong with it: (None, ()) when there is no file."""
    try:
        if path.exists() and not path.is_file():
            return None, (f"{path.name} is no file",)
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None, ()
    except OSError as error:
        return None, (f"{path.name} cannot be read: {error.strerror}",)
    except (ValueError, RecursionError) as error:
        return None, (f"{path.name} cannot be read: {error}",)
    if not isinstance(value, dict):
        return None, (f"{path.name} does not hold an object",)
    return value, ()


def find_run(folder: Path, word: str) -> Run:
    """The run that `word` names: an id, the beginning of one, a name, or `latest`.

    Raises NoSuchRun, or AmbiguousRun when several ids begin so.
    """
    if names.is_run_id(word) and is_run(run := read_run(folder / word)):
        return run
    runs = list_runs(folder)
    if word == "latest" and runs:
        return runs[0]
    for found in (
        [run for run in runs if run.name == word],
        [run for run in runs if word and run.id.startswith(word)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousRun(word, found)
    raise NoSuchRun(word, _near(word, runs))


def _near(word: str, runs: list[Run]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(word, [word for run in runs for word in (run.id, run.name)], 5, 0.5)
