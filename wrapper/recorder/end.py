"""end.json: how a part ended, said by the recorder, or by who settles it."""

from __future__ import annotations

import os

from wrapper.rundir.lines import replace_whole
from wrapper.rundir.names import END_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SPARE_FILE = "spare"
SPARE_BYTES = 4096


def describe_status(status: int | None) -> dict[str, Any]:
    """State, exit code and signal in a wait status; crashed when there is none."""
    if status is None:
        return {"state": "crashed", "exit_code": None, "signal": None, "why": "the end was seen by nobody"}
    if os.WIFSIGNALED(status):
        return {"state": "killed", "exit_code": None, "signal": os.WTERMSIG(status), "why": None}
    code = os.WEXITSTATUS(status)
    return {"state": "failed" if code else "finished", "exit_code": code, "signal": None, "why": None}


def reserve_space() -> None:
    """Take room on the disk for end.json now: when the disk is full at the end, the end is still told."""
    try:
        with open(SPARE_FILE, "wb") as file:
            file.write(b"\0" * SPARE_BYTES)
    except OSError:  # It is full already; the end may not find room.
        return


def release_space() -> None:
    try:
        os.unlink(SPARE_FILE)
    except FileNotFoundError:  # There was no room for it.
        return


def write_end(status: int | None, ended_at: float, output_bytes: int, lost_bytes: int) -> None:
    """Say how the command ended. Raises OSError when even the room that was kept for it is not enough."""
    release_space()
    facts = {
        "version": 1,
        **describe_status(status),
        "ended_at": ended_at,
        "by": "recorder",
        "output_bytes": output_bytes,
        "lost_bytes": lost_bytes,
    }
    replace_whole(END_FILE, facts)
