"""Whether anybody still records a part, or runs its command."""

from __future__ import annotations

import os
import time
from pathlib import Path

from wrapper.rundir import names
from wrapper.rundir.lines import write_new
from wrapper.rundir.processes import boot_id, is_running, pid_namespace
from wrapper.rundir.reading import LEASE_S, Part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROCESSES = ("pid", "command")


def has_lost_recorder(part: Part, folder: Path) -> bool:
    """Whether nobody will end this part: every process of it is gone, or, seen from another host, its lease is over.

    As long as the command itself runs there is nothing to settle: what it still writes belongs to the run.
    """
    if is_of_this_boot(part.facts):
        return not (_is_running(part.facts.get("pid"), part.facts.get("pid_ticks")) or _is_recorded(part))
    return _lease_age_s(part, folder) > LEASE_S


def is_of_this_boot(facts: dict[str, Any]) -> bool:
    """Whether its pids mean something here; the same boot in another container has others."""
    here = (boot_id(), os.uname().nodename, pid_namespace())
    return here[0] is not None and here == (facts.get("boot"), facts.get("host"), facts.get("pids"))


def _is_recorded(part: Part) -> bool:
    """Whether the last recorder lives, or the command."""
    started = [record["started"] for record in part.records("started") if isinstance(record.get("started"), dict)]
    return any(_is_running(facts.get(who), facts.get(f"{who}_ticks")) for facts in started[-1:] for who in PROCESSES)


def _is_running(pid: Any, ticks: Any) -> bool:
    return isinstance(pid, int) and is_running(pid, ticks)


def _lease_age_s(part: Part, folder: Path) -> float:
    """How long ago the recorder touched its part, by the clock of the file system that holds both times."""
    try:
        touched = (part.path / names.PART_FILE).stat().st_mtime
    except OSError:
        touched = part.path.stat().st_mtime
    return clock_of(folder) - touched


def clock_of(folder: Path) -> float:
    """The time on the server of a shared directory, which is not ours; ours where we may not write."""
    probe = folder / f".clock.{os.getpid()}"
    try:
        write_new(str(probe), None)
        now = probe.stat().st_mtime
        probe.unlink()
    except OSError:
        return time.time()
    return now
