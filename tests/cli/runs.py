"""Run directories as FORMAT.md has them, made without running anything."""

import json
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BOOT = Path("/proc/sys/kernel/random/boot_id")
ONE_STREAM = [{"stream": 1, "fds": [1, 2], "kind": "terminal"}]
TWO_STREAMS = [{"stream": 1, "fds": [1], "kind": "pipe"}, {"stream": 2, "fds": [2], "kind": "pipe"}]
STARTED_AT = 1780000000.25


def make_run(
    id: str = "k3v9x2ab",
    *,
    output: bytes | Sequence[tuple[float, int, bytes]] = b"",
    attempt: int = 0,
    folder: Path | None = None,
    end: dict[str, Any] | None = None,
    run: dict[str, Any] | None = None,
    part: dict[str, Any] | None = None,
    records: Sequence[dict[str, Any]] = (),
    took_s: float = 99.25,
    is_running: bool = False,
) -> Path:
    """One more attempt of a run in the current directory, finished unless said otherwise; its directory.

    `output` is what was printed at once on stream 1, or (seconds since the start, stream, bytes) in order.
    `run`, `part` and `end` change what the files of that name say.
    """
    folder = folder or Path(".wandb-wrapper")
    path = folder / id / f"{attempt}-0"
    path.mkdir(parents=True)
    started_at = (part or {}).get("started_at", STARTED_AT)
    if attempt == 0:
        write(path.parent / "run.json", {**run_facts(id, started_at), **(run or {})})
    write(path / "part.json", {**part_facts(attempt), **(part or {})})
    pieces = [(0.0, 1, output)] if isinstance(output, bytes) else list(output)
    write_output(path, pieces, started_at, records)
    if not is_running:
        sizes = {"output_bytes": sum(len(text) for _t, _stream, text in pieces), "lost_bytes": 0}
        write(path / "end.json", {**end_facts(started_at + took_s), **sizes, **(end or {})})
    return path.parent


def write_output(
    path: Path, pieces: list[tuple[float, int, bytes]], started_at: float, records: Sequence[dict[str, Any]]
) -> None:
    """output.log, and the journal that says which bytes are whose; `records` come before those of the output."""
    facts, upto = list(records), 0
    for t, stream, text in pieces:
        facts.append({"at": started_at + t, "source": "output", "upto": upto, "stream": stream})
        upto += len(text)
    numbered = [{"n": n, "at": started_at, **fact} for n, fact in enumerate(facts, 1)]
    (path / "journal.jsonl").write_text("".join(json.dumps(fact) + "\n" for fact in numbered))
    (path / "output.log").write_bytes(b"".join(text for _t, _stream, text in pieces))
    (path / "metrics.jsonl").touch()


def write(path: Path, value: object) -> None:
    path.write_text(json.dumps({"version": 1, **value}) if isinstance(value, dict) else str(value))


def run_facts(id: str, created_at: float) -> dict[str, Any]:
    return {
        "id": id,
        "name": "brisk-otter-12",
        "project": None,
        "created_at": created_at,
        "user": "ada",
        "host": "node7",
        "group": None,
        "job_type": None,
        "tags": [],
        "notes": None,
        "entity": None,
        "mode": "offline",
    }


def part_facts(attempt: int) -> dict[str, Any]:
    """Of a command that this very process might be wrapping: so it is not taken for dead."""
    return {
        "attempt": attempt,
        "rank": 0,
        "argv": ["python", "train.py", "--lr", "0.1"],
        "path": "/usr/bin/python",
        "cwd": "/home/ada/mnist",
        "host": socket.gethostname(),
        "boot": BOOT.read_text().strip(),
        "pids": os.readlink("/proc/self/ns/pid"),
        "user": "ada",
        "pid": os.getpid(),
        "pid_ticks": int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]),
        "started_at": STARTED_AT,
        "relay": "splice",
        "columns": 120,
        "rows": 40,
        "streams": ONE_STREAM,
    }


def end_facts(ended_at: float) -> dict[str, Any]:
    return {
        "state": "finished",
        "exit_code": 0,
        "signal": None,
        "ended_at": ended_at,
        "by": "recorder",
        "why": None,
    }


def started_ago(seconds: float) -> dict[str, Any]:
    """For `part`: a start so long before now."""
    return {"started_at": time.time() - seconds}
