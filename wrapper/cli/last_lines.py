"""The lines with which an output ends, as they are shown."""

from __future__ import annotations

from wrapper.cli import look, words
from wrapper.recorder.last_lines import LAST_BYTES, read_last_lines
from wrapper.rundir.reading import Part
from wrapper.text.masker import mask_lines

LAST_LINES = 15
LAST_COLUMNS = 1000


def last_lines(part: Part, most: int = LAST_LINES, most_bytes: int = LAST_BYTES) -> list[str]:
    """The lines that stood there in the end, as many as tell what happened; found in the last `most_bytes`."""
    try:
        lines = read_last_lines(part.output_path, part.facts, most_bytes)
    except OSError:  # There is none, or it cannot be read: `wandb output` says why.
        return []
    if part.facts.get("redact") is not False:
        lines = mask_lines(lines)
    widest = look.terminal_width() - 4 if look.is_narrow() else LAST_COLUMNS
    return [look.cut(words.visible(text), widest) for text in lines[-most:]]
