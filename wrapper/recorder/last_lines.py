"""The lines with which an output ends, for whoever asks why it ended and whoever shows it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from wrapper.rundir.reading import read_edge
from wrapper.text.screen import Screen

LAST_BYTES = 1 << 18


def read_last_lines(log: Path, part: dict[str, Any], most_bytes: int = LAST_BYTES) -> list[str]:
    """The lines as they stood there in the end, found in the last bytes, without empty ones at the end; raises OSError.

    One of which the beginning is further back is left out, unless there is no other: a progress bar is one long line.
    """
    screen = Screen(read_edge(part.get("columns")), read_edge(part.get("rows")))
    with log.open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        file.seek(max(0, size_bytes - most_bytes))
        data = file.read(most_bytes)
    lines = [line.text for line in (*screen.feed(data), *screen.finish())]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines[1:] if len(lines) > 1 and size_bytes > most_bytes else lines
