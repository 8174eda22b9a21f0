"""`--resume auto`: the last run of this command here, if it did not end well. Loaded only where that is asked for."""

from __future__ import annotations

import os
from pathlib import Path

from wrapper.rundir.liveness import has_lost_recorder
from wrapper.rundir.reading import Part, list_names, read_run

MOST_RUNS = 200  # Looked at from the newest on: a command waits for the answer.
# What a command may have heard of in time to end well by itself, and yet it was not done.
CUT_SHORT = ("timeout", "preempted", "cancelled", "requeued", "node failure", "stopped")


def find_unfinished(folder: str, argv: list[str], cwd: str) -> str | None:
    """The id of that run; None when there is none, it ended well, or it still runs."""
    for run in newest_first(folder)[:MOST_RUNS]:
        part = read_run(Path(folder, run)).latest
        if part is not None and (part.facts.get("argv"), part.facts.get("cwd")) == (argv, cwd):
            return run if is_unfinished(part, folder) else None
    return None


def newest_first(folder: str) -> list[str]:
    """The runs by when their newest attempt was made: that touched their directories."""
    ages = []
    for run in list_names(Path(folder)):
        try:
            ages.append((os.stat(os.path.join(folder, run)).st_mtime, run))
        except FileNotFoundError:  # Somebody is just removing it.
            continue
    return [run for _made_at, run in sorted(ages, reverse=True)]


def is_unfinished(part: Part, folder: str) -> bool:
    """Whether it has ended, and not well."""
    if part.end is None:
        return has_lost_recorder(part, Path(folder))
    cause = part.end.get("cause")
    kind = cause.get("kind") if isinstance(cause, dict) else None
    return part.state != "finished" or kind in CUT_SHORT
