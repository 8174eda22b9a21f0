"""Writes files/wandb-metadata.json, as the official client writes it: from what the others found, when all have.

A server of the W&B protocol and its pages read the run's program, machine and commit there.
"""

from __future__ import annotations

import json
import os
import platform
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from wrapper.recorder.sources.programs.reading import keep
from wrapper.recorder.sources.repository.modules import find_script
from wrapper.rundir.names import JOURNAL_FILE

if TYPE_CHECKING:
    from wrapper.recorder.channel import Channel

SOURCE = "metadata"
NAME = "wandb-metadata.json"
WRITTEN = 1
COMPLETE = {"code": 1, "environment": 2, "machine": 2}
PATIENCE_S, LOOK_EVERY_S = 3.0, 0.2
MOST_BYTES = 64 << 20  # of the journal; what is looked for stands near its beginning
Facts = dict[str, Any]


def read(channel: Channel) -> None:
    """Write the file once, when the command has ended."""
    if channel.positions.get(SOURCE, 0) >= WRITTEN:
        return
    until = time.monotonic() + (PATIENCE_S if channel.command else 0.0)
    awaited = dict(COMPLETE)
    if channel.part.get("rank"):
        del awaited["code"]  # The leading rank says it.
    known, is_complete = read_known(awaited)
    while not is_complete and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        known, is_complete = read_known(awaited)
    facts = describe(channel.part, known)
    path = keep(NAME, json.dumps(facts, indent=2) + "\n")
    channel.send(SOURCE, WRITTEN, metadata={"path": path})


def read_known(awaited: dict[str, int]) -> tuple[Facts, bool]:
    """What the journal has of code, environment and machine; and whether that is all which is awaited."""
    known: dict[str, Facts] = {name: {} for name in COMPLETE}
    reached = dict.fromkeys(COMPLETE, 0)
    marks = tuple(f'"source": "{name}"'.encode() for name in COMPLETE)
    with open(JOURNAL_FILE, "rb") as file:
        for line in file:
            if file.tell() > MOST_BYTES:
                break
            if not any(mark in line for mark in marks):
                continue
            try:
                record = json.loads(line)
            except ValueError:  # The last one, which is being written.
                continue
            source = record.get("source")
            if source in known and isinstance(told := record.get(source), dict):
                known[source].update(told)
                reached[source] = max(reached[source], record.get("upto") or 0)
    return known, all(reached[name] >= upto for name, upto in awaited.items())


def describe(part: Facts, known: Facts) -> Facts:
    """The facts under the names that the official client has for them; what is not known is absent."""
    code, environment, machine = known["code"], known["environment"], known["machine"]
    interpreter = environment.get("interpreter") or {}
    argv = [str(word) for word in part.get("argv") or []]
    folder = str(part.get("cwd") or "/")
    script = find_script(argv, folder, str(part.get("path") or "")) or ""
    gpus = [gpu for gpu in machine.get("gpus") or [] if isinstance(gpu, dict)]
    facts: Facts = {
        "os": f"{platform.system()}-{machine['kernel']}-{platform.machine()}" if "kernel" in machine else None,
        "python": f"{interpreter.get('implementation')} {interpreter.get('version')}" if interpreter else None,
        "startedAt": moment(part.get("started_at")),
        "args": argv[argv.index(script) + 1 :] if script in argv else argv[1:],
        "program": os.path.normpath(os.path.join(folder, script)) if script else part.get("path"),
        "codePath": code_path(script, folder, code),
        "codePathLocal": script or None,
        "git": {"remote": code.get("remote") or "", "commit": code["commit"]} if code.get("commit") else None,
        "root": folder,
        "host": part.get("host"),
        "executable": interpreter.get("path") or part.get("path"),
        "cpu_count": machine.get("cores"),
        "cpu_count_logical": machine.get("threads"),
        "cpu": {"model": machine["cpu"]} if machine.get("cpu") else None,
        "memory": {"total": str(machine["memory_bytes"])} if machine.get("memory_bytes") else None,
        "disk": disk(),
        "gpu": gpus[0].get("name") if gpus else None,
        "gpu_count": len(gpus) or None,
        "gpu_nvidia": [{"name": gpu.get("name"), "memoryTotal": str(gpu.get("memory_bytes"))} for gpu in gpus],
        "cudaVersion": machine.get("cuda"),
        "slurm": slurm(environment.get("variables") or {}),
    }
    return {name: value for name, value in facts.items() if value not in (None, {}, [])} | {"args": facts["args"]}


def moment(at: object) -> str | None:
    """Such as 2026-05-28T14:30:00.250000Z."""
    if not isinstance(at, int | float):
        return None
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def code_path(script: str, folder: str, code: Facts) -> str | None:
    """The script, from the root of its repository."""
    root = code.get("root")
    path = os.path.normpath(os.path.join(folder, script))
    return os.path.relpath(path, root) if script and root and path.startswith(f"{root}/") else script or None


def disk() -> Facts:
    """How large the disk of the system is, and how much of it is in use."""
    found = os.statvfs("/")
    total, free = found.f_blocks * found.f_frsize, found.f_bfree * found.f_frsize
    return {"/": {"total": str(total), "used": str(total - free)}}


def slurm(variables: Facts) -> Facts:
    """SLURM_JOB_ID as job_id, and so on."""
    return {
        name.removeprefix("SLURM_").lower(): str(value)
        for name, value in variables.items()
        if name.startswith("SLURM_") and value != "***"
    }
