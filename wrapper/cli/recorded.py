"""What was recorded of a run's metrics; of one that has just ended, once it is read to the end."""

from __future__ import annotations

import gc
import time

import click

from wrapper.rundir.history import History, PartHistory
from wrapper.rundir.processes import boot_id, is_running, pid_namespace
from wrapper.rundir.reading import Part, Run

LONGEST_WAIT_S = 2.0
LOOK_EVERY_S = 0.05


def read_history(run: Run, attempt: int | None = None, is_brief: bool = False) -> History:
    """All that is known; waits a little while the recorder is still reading what the command left, and then says so."""
    gc.disable()  # A fifth of the time, for rows that have no circles; the command is over soon.
    history = History(run.path, attempt, is_brief)
    end = time.monotonic() + LONGEST_WAIT_S
    history.read()
    while being_read := unread_parts(run, history):
        if time.monotonic() > end:
            ids = words_of(being_read)
            click.echo(
                f"wandb: run {run.id} has ended, but is still being read{ids}; what follows is not all", err=True
            )
            break
        time.sleep(LOOK_EVERY_S)
        history.read()
    return history


def words_of(parts: list[Part]) -> str:
    """Which attempts, where it is not the first alone."""
    attempts = sorted({part.attempt for part in parts} - {0})
    return f" (attempt {', '.join(map(str, attempts))})" if attempts else ""


def unread_parts(run: Run, history: History) -> list[Part]:
    """The parts whose command has ended while a recorder still reads."""
    known = history.parts
    return [part for part in run.parts if part.end and is_unread(part, known.get((part.attempt, part.rank)))]


def is_unread(part: Part, history: PartHistory | None) -> bool:
    """Whether a recorder is still there that has not said that it has read all."""
    if history is None or history.is_read:
        return False
    here = boot_id(), pid_namespace()
    if here != (part.facts.get("boot"), part.facts.get("pids")):
        return False
    started = [record["started"] for record in part.records("started") if isinstance(record.get("started"), dict)]
    pid, ticks = (started[-1].get(key) for key in ("pid", "pid_ticks")) if started else (None, None)
    return isinstance(pid, int) and isinstance(ticks, int) and is_running(pid, ticks)
