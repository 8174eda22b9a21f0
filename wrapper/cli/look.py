"""How things are drawn: signs and colours of states, columns, and the width there is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

import click

# State has a shape as well as a colour, for who cannot tell the colours, and for pipes.
STATES = {
    "running": ("●", "cyan"),
    "finished": ("✓", "green"),
    "failed": ("✕", "red"),
    "crashed": ("◌", "yellow"),
    "killed": ("■", "magenta"),
}
GAP = "  "


def has_colour() -> bool:
    """Whether standard output is a terminal that shows colours, and nobody has said NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_narrow() -> bool:
    """Whether lines must be cut to fit: on a terminal they must, in a file or a pipe they stay whole."""
    return sys.stdout.isatty()


def terminal_width() -> int:
    return shutil.get_terminal_size().columns


def coloured(text: str, colour: str | None = None, **styles: bool) -> str:
    return click.style(text, colour, **styles) if has_colour() else text


def dim(text: str) -> str:
    return coloured(text, dim=True)


def bold(text: str) -> str:
    return coloured(text, bold=True)


def sign(state: str) -> str:
    """The state's shape, in its colour."""
    shape, colour = STATES.get(state, ("?", None))
    return coloured(shape, colour)


def state_colour(state: str) -> str | None:
    return STATES.get(state, ("?", None))[1]


def width(text: str) -> int:
    """The columns that `text` takes."""
    if text.isascii():
        return len(text)
    from wrapper.text.width import width as char_width

    return sum(char_width(letter) or 0 for letter in text)


def cut(text: str, columns: int) -> str:
    """As much of `text` as fits, with "…" in place of the rest."""
    if width(text) <= columns:
        return text
    kept = ""
    for letter in text:
        if width(kept + letter) > columns - 1:
            break
        kept += letter
    return kept.rstrip(" ") + "…"


def pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row, with the columns under one another."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0  # What is behind the last column needs no place of its own.
    return [GAP.join(map(pad, row, widths)) for row in rows]
