"""Settling: closing a part whose recorder is gone, by whoever sees it first."""

from __future__ import annotations

import os
from pathlib import Path

from wrapper.recorder.end import SPARE_FILE, describe_status
from wrapper.recorder.log import taken_of, turn_to
from wrapper.recorder.paths import list_folder
from wrapper.recorder.rest import mark_unread, read_rest_beside
from wrapper.rundir import names
from wrapper.rundir.journal import Journal
from wrapper.rundir.lines import write_new
from wrapper.rundir.liveness import clock_of, has_lost_recorder
from wrapper.rundir.reading import Part, read_run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

COPY_BYTES = 1 << 20
CLAIM_FILE = "settling"
CLAIM_S = 600.0  # Longer than it takes to copy any file.


def settle_runs(folder: Path) -> list[str]:
    """Settle every part in the folder that waits for it; the ids of those runs.

    What their output and their files still hold is read beside, by a process that outlives this one. A part whose
    files make no sense is left as it is: other runs are still to be seen.
    """
    settled = []
    for run in _unsettled_runs(folder):
        for part in read_run(folder / run).parts:
            try:
                if part.is_read or not has_lost_recorder(part, folder):
                    continue
                if part.end is None and _settle_part(part, folder):
                    settled.append(run)
                if (part.path / names.END_FILE).exists():  # Else somebody else is just settling it.
                    read_rest_beside(str(part.path), is_here=_is_of_this_host(part.facts))
            except (OSError, TypeError, ValueError, KeyError, RecursionError):  # Damaged, or not ours to write.
                continue
    return settled


def _unsettled_runs(folder: Path) -> list[str]:
    """Runs with a part that has no end.json, or was not read to its end; found without reading any file."""
    found = []
    for run in list_folder(folder):
        parts = (
            [part for part in list_folder(folder / run) if names.read_part_name(part)] if names.is_run_id(run) else []
        )
        if any(_is_unsettled(folder / run / part) for part in parts):
            found.append(run)
    return found


def _is_unsettled(part: Path) -> bool:
    return not (part / names.END_FILE).exists() or (part / names.UNREAD_FILE).exists()


def _is_of_this_host(facts: dict[str, Any]) -> bool:
    """Whether the paths it names mean something here."""
    return bool(facts.get("host") == os.uname().nodename)


def _settle_part(part: Part, folder: Path) -> bool:
    """Finish what can be finished, and say how it ended as far as that is known; False when somebody else does."""
    claim = part.path / CLAIM_FILE
    if not _claim(claim, folder):
        return False
    try:
        if (part.path / names.END_FILE).exists():
            return False  # Somebody was quicker, and is through.
        finish_followed(part, folder)
        lost = sum(int(record.get("gap", 0)) for record in part.records("gap") if record["source"] == "output")
        facts = {**_last_known(part), "by": "settled", "output_bytes": part.output_bytes(), "lost_bytes": lost}
        (part.path / SPARE_FILE).unlink(missing_ok=True)
        mark_unread(str(part.path))
        return _create(part.path / names.END_FILE, facts)
    finally:
        claim.unlink(missing_ok=True)


def _claim(claim: Path, folder: Path) -> bool:
    """Be the one who settles. A claim whose owner died is taken away after a while."""
    if claim.exists() and clock_of(folder) - claim.stat().st_mtime > CLAIM_S:
        claim.unlink(missing_ok=True)
    try:
        os.close(os.open(claim, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


def _last_known(part: Part) -> dict[str, Any]:
    """The end that the journal tells, when the recorder died after it had seen it; else nobody knows."""
    ended = [record["ended"] for record in part.records("ended") if isinstance(record.get("ended"), dict)]
    if ended:
        return {"version": 1, **describe_status(ended[-1].get("status")), "ended_at": ended[-1].get("at")}
    facts = {"version": 1, **describe_status(None), "ended_at": _last_sign(part)}
    facts["why"] = "the wrapper was killed, and the command's end was seen by nobody"
    return facts


def _last_sign(part: Part) -> float:
    """The last time that anything of this part was written."""
    files = (part.path / name for name in (names.OUTPUT_FILE, names.JOURNAL_FILE, names.METRICS_FILE, names.PART_FILE))
    return max((file.stat().st_mtime for file in files if file.exists()), default=part.path.stat().st_mtime)


def _create(path: Path, facts: dict[str, Any]) -> bool:
    """Make end.json, unless somebody else has just made it."""
    beside = f"{path}.{os.getpid()}.new"
    write_new(beside, facts)
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError:  # A file system without links.
        os.rename(beside, path)
        return True
    finally:
        Path(beside).unlink(missing_ok=True)
    return True


def finish_followed(part: Part, folder: Path) -> int:
    """Read what a file that the recorder followed still holds of this part; how many bytes that were."""
    journal = Journal(str(part.path / names.JOURNAL_FILE))
    return sum(_finish_stream(part, folder, stream, journal) for stream in followed_streams(part))


def followed_streams(part: Part) -> list[dict[str, Any]]:
    """The streams of part.json that went into a file, as far as they make sense."""
    streams = part.facts.get("streams")
    numbers = ("stream", "device", "inode", "offset")
    return [
        stream
        for stream in (streams if isinstance(streams, list) else [])
        if isinstance(stream, dict)
        and stream.get("kind") == "file"
        and isinstance(stream.get("path"), str)
        and all(isinstance(stream.get(key), int) for key in numbers)
    ]


def _finish_stream(part: Part, folder: Path, stream: dict[str, Any], journal: Journal) -> int:
    try:
        source = open(stream["path"], "rb")  # noqa: SIM115
    except OSError:
        return 0
    with source:
        status = os.fstat(source.fileno())
        if (status.st_dev, status.st_ino) != (stream["device"], stream["inode"]):
            return 0  # It was rotated away; another file has its name.
        number, length = stream["stream"], part.output_bytes()
        positions = journal.positions
        taken = taken_of(number, positions, length)
        source.seek(taken + positions.get(f"followed:{number}", stream["offset"]))
        until = _next_start(part, folder, stream)
        return _copy_rest(part, source, until, journal, number, taken)


def _next_start(part: Part, folder: Path, stream: dict[str, Any]) -> int | None:
    """Where the output of the next run begins that was appended to the same file; None when there is none."""
    place = (stream["device"], stream["inode"])
    starts = [
        other["offset"]
        for run in list_folder(folder)
        if names.is_run_id(run)
        for that in read_run(folder / run).parts
        for other in followed_streams(that)
        if that.path != part.path and (other.get("device"), other.get("inode")) == place
    ]
    return min((start for start in starts if start > stream["offset"]), default=None)


def _copy_rest(part: Part, source: Any, until: int | None, journal: Journal, number: int, taken: int) -> int:
    copied = 0
    with part.output_path.open("ab") as log:
        while data := source.read(COPY_BYTES if until is None else max(0, min(COPY_BYTES, until - source.tell()))):
            if not copied:
                also = turn_to(number, taken, journal.positions, log.tell())
                journal.add("output", log.tell(), also, stream=number)
            copied += log.write(data)
            log.flush()
    return copied
