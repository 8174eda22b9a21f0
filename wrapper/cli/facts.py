"""What is known of a run, as `--json` gives it and `show` says it."""

from __future__ import annotations

import time
from typing import Any

from wrapper.cli.words import age, short_age, visible
from wrapper.rundir.names import STALLED_FILE
from wrapper.rundir.processes import signal_name
from wrapper.rundir.reading import Part, Run, read_piece, read_small, read_time

CALLED = ("project", "group", "job_type", "tags", "notes", "entity", "mode", "resume")


# What a kind of cause makes of the end, where that says more than the exit code or the signal.
ENDED_BY = {
    "out of memory": "ran out of memory",
    "cuda out of memory": "ran out of CUDA memory",
    "timeout": "timed out",
    "preempted": "was preempted",
    "cancelled": "was cancelled",
    "requeued": "was requeued",
    "node failure": "was lost with its node",
    "stopped": "was stopped",
}


def cause(part: Part | None) -> dict[str, Any]:
    """What is known of why it ended so; nothing where it ended well."""
    found = part.end.get("cause") if part and part.end else None
    return found if isinstance(found, dict) else {}


def in_words(part: Part | None) -> str:
    """running, finished, ran out of memory, failed with exit code 3, killed by SIGTERM, crashed.

    One that shows no sign of life is "stalled for 40 min, running".
    """
    end = (part and part.end) or {}
    state = part.state if part else "crashed"
    if ended_by := ENDED_BY.get(str(cause(part).get("kind"))):
        return ended_by
    if state == "failed" and end.get("exit_code") is not None:
        return f"failed with exit code {end['exit_code']}"
    if state == "killed" and isinstance(end.get("signal"), int):
        return f"killed by {signal_name(end['signal'])}"
    since = stalled_since(part)
    return visible(state) if since is None else f"stalled for {age(time.time() - since).removesuffix(' ago')}, {state}"


def in_brief(part: Part | None) -> str:
    """The same for a table: failed (3), killed (TERM), out of memory."""
    end = (part and part.end) or {}
    state = part.state if part else "crashed"
    if str(cause(part).get("kind")) in ENDED_BY:
        return str(cause(part)["kind"])
    if state == "failed" and end.get("exit_code") is not None:
        return f"failed ({end['exit_code']})"
    if state == "killed" and isinstance(end.get("signal"), int):
        return f"killed ({signal_name(end['signal']).removeprefix('SIG')})"
    since = stalled_since(part)
    return visible(state) if since is None else f"stalled {short_age(time.time() - since)}"


def stalled_since(part: Part | None) -> float | None:
    """Since when a running part has shown no sign of life; None while it does."""
    if part is None or part.end is not None:
        return None
    facts, _damage = read_small(part.path / STALLED_FILE)
    return read_time((facts or {}).get("since"))


def past_stalls(part: Part | None) -> list[float]:
    """For how long it had stalled, each time that it went on again or ended."""
    since: float | None = None
    took = []
    for record in part.records("stalled") if part else ():
        if isinstance(told := record.get("stalled"), dict):
            since = read_time(told.get("since"))
        elif "stalled" in record and since is not None:
            took.append((read_time(record.get("at")) or since) - since)
            since = None
    return took


def stacks(part: Part | None) -> str:
    """Where the stacks of its Python processes are kept, as they were when it stalled last; "" when nowhere."""
    if part is None:
        return ""
    said = [record["stacks"] for record in part.records("stacks") if isinstance(record.get("stacks"), dict)]
    path = said[-1].get("path") if said else None
    return str(part.path / path) if isinstance(path, str) else ""


def part_duration_s(part: Part, now: float) -> float | None:
    """How long it ran, or has been running; None when the start or the end is not known."""
    end = now if part.state == "running" else part.ended_at
    if part.started_at is None or end is None:
        return None
    return max(0.0, end - part.started_at)


def leading_parts(run: Run) -> list[Part]:
    """The leading rank of each attempt, in order."""
    leading: dict[int, Part] = {}
    for part in run.parts:
        leading.setdefault(part.attempt, part)
    return list(leading.values())


def duration_s(run: Run, now: float) -> float | None:
    """The time that its attempts took together; None when that is not known of any."""
    known = [seconds for part in leading_parts(run) if (seconds := part_duration_s(part, now)) is not None]
    return sum(known) if known else None


def argv(part: Part | None) -> list[str]:
    words = part.facts.get("argv") if part else None
    return [str(word) for word in words] if isinstance(words, list) else []


def tags(run: Run) -> list[str]:
    found = run.facts.get("tags")
    return [str(tag) for tag in found] if isinstance(found, list) else []


def in_short(run: Run, now: float | None = None) -> dict[str, Any]:
    """The line of `ls`, as an object."""
    part = run.latest
    end = (part and part.end) or {}
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "stalled_since": stalled_since(part),
        "exit_code": end.get("exit_code"),
        "signal": end.get("signal"),
        "created_at": run.created_at,
        "started_at": part.started_at if part else None,
        "ended_at": part.ended_at if part else None,
        "duration_s": duration_s(run, now or time.time()),
        "command": argv(part),
        "project": run.facts.get("project"),
        "tags": tags(run),
    }


def in_full(run: Run, now: float | None = None) -> dict[str, Any]:
    """Everything that is known, but for what was printed."""
    now = now or time.time()
    part = run.latest
    end = (part and part.end) or {}
    facts = part.facts if part else {}
    return {
        **in_short(run, now),
        **{name: run.facts.get(name) for name in CALLED},
        "tags": tags(run),
        "sender": sender(part),
        "why": cause(part).get("text") or end.get("why"),
        "cause": cause(part) or None,
        "settled": end.get("by") == "settled",
        "program": facts.get("path"),
        "cwd": facts.get("cwd"),
        "host": facts.get("host") or run.facts.get("host"),
        "user": run.facts.get("user") or facts.get("user"),
        "pid": facts.get("pid"),
        "streams": streams(part),
        "output_bytes": part.output_bytes() if part else 0,
        "lost_bytes": lost_bytes(part),
        "warnings": warnings(run),
        "attempts": [attempt(part, now) for part in leading_parts(run)],
        "ranks": 1 + max((part.rank for part in run.parts), default=0),
        "path": str(run.path.absolute()),
    }


def attempt(part: Part, now: float) -> dict[str, Any]:
    end = part.end or {}
    return {
        "attempt": part.attempt,
        "state": part.state,
        "exit_code": end.get("exit_code"),
        "signal": end.get("signal"),
        "why": end.get("why"),
        "started_at": part.started_at,
        "ended_at": part.ended_at,
        "duration_s": part_duration_s(part, now),
        "output_bytes": part.output_bytes(),
        "lost_bytes": lost_bytes(part),
    }


def streams(part: Part | None) -> list[dict[str, Any]]:
    """The places where output went: each has its number, its descriptors and its kind."""
    found = part.facts.get("streams") if part else None
    return [stream for stream in found if is_stream(stream)] if isinstance(found, list) else []


def is_stream(stream: Any) -> bool:
    return (
        isinstance(stream, dict)
        and isinstance(stream.get("stream"), int)
        and isinstance(stream.get("fds"), list)
        and isinstance(stream.get("kind"), str)
    )


def lost_bytes(part: Part | None) -> int:
    """Bytes of output that are missing: what end.json says, or what the journal has of a running part."""
    if part is None:
        return 0
    lost = part.end.get("lost_bytes") if part.end else None
    if isinstance(lost, int):
        return lost
    return sum(piece.gap for record in part.records("gap") if (piece := read_piece(record)))


def sender(part: Part | None) -> dict[str, int] | None:
    """Who sent the signal that it died of: pid and uid; None when nobody knows, or it did not die of one."""
    signum = (part.end or {}).get("signal") if part else None
    if part is None or signum is None:
        return None
    found = [record.get("sender") for record in part.records("signal") if record.get("signal") == signum]
    last = found[-1] if found else None
    if isinstance(last, dict) and isinstance(last.get("pid"), int) and isinstance(last.get("uid"), int):
        return {"pid": last["pid"], "uid": last["uid"]}
    return None


def warnings(run: Run) -> list[str]:
    """What a person should know, of the run and of each attempt's leading rank, each said once."""
    found = list(run.damage)
    for part in leading_parts(run):
        found.extend(part.warnings())
    return list(dict.fromkeys(found))
