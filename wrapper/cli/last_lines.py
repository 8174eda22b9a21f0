"""The lines with which an output ends."""

from __future__ import annotations

import os

from wrapper.cli import look, words
from wrapper.rundir.reading import Part, read_edge
from wrapper.text.masker import mask_lines
from wrapper.text.screen import Screen

LAST_LINES = 15
LAST_BYTES = 1 << 18
LAST_COLUMNS = 1000


def last_lines(part: Part, most: int = LAST_LINES, most_bytes: int = LAST_BYTES) -> list[str]:
    """The lines that stood there in the end, as many as tell what happened; found in the last `most_bytes`."""
    screen = Screen(read_edge(part.facts.get("columns")), read_edge(part.facts.get("rows")))
    is_whole = part.output_bytes() <= most_bytes
    try:
        with part.output_path.open("rb") as file:
            file.seek(0 if is_whole else -most_bytes, os.SEEK_END * (not is_whole))
            data = file.read(most_bytes)
    except OSError:  # There is none, or it cannot be read: `wandb output` says why.
        return []
    lines = [line.text for line in (*screen.feed(data), *screen.finish())][not is_whole :]
    if part.facts.get("redact") is not False:
        lines = mask_lines(lines)
    while lines and not lines[-1]:
        lines.pop()
    widest = look.terminal_width() - 4 if look.is_narrow() else LAST_COLUMNS
    return [look.cut(words.visible(text), widest) for text in lines[-most:]]
