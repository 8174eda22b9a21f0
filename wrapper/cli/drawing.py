"""Small pictures made of letters: a line for a metric's course, a bar for progress."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence

from wrapper.rundir.series import mean

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = "_.:-=+*#"
ROUNDING = 1e-9  # of the largest value: means of equal numbers differ by less
LOCALES = ("LC_ALL", "LC_CTYPE", "LANG")


def has_unicode() -> bool:
    """Whether blocks can be shown: unless the locale that is set says that it is not UTF-8."""
    locale = next((os.environ[name] for name in LOCALES if os.environ.get(name)), "UTF-8")
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    return encoding == "utf8" and "utf8" in locale.lower().replace("-", "")


def sparkline(points: Sequence[float], columns: int) -> str:
    """The course of a metric, at most so wide: a letter is the mean of its stretch, a gap where there is no number."""
    blocks = BLOCKS if has_unicode() else ASCII_BLOCKS
    columns = min(columns, len(points))
    means = [mean(points[len(points) * i // columns : len(points) * (i + 1) // columns]) for i in range(columns)]
    finite = list(filter(math.isfinite, means))
    if not finite:
        return " " * columns
    low, high = min(finite), max(finite)
    # The difference of two doubles may be none; so both are halved.
    span = high / 2 - low / 2
    if span < ROUNDING * max(abs(low), abs(high)):
        span = 0
    return "".join(block(value, low, span, blocks) if math.isfinite(value) else " " for value in means)


def block(value: float, low: float, span: float, blocks: str) -> str:
    """The letter for a value; of a metric that does not change, one in the lower half."""
    if not span:
        return blocks[2]
    share = (value / 2 - low / 2) / span
    return blocks[min(len(blocks) - 1, int(share * len(blocks)))]


def bar(fraction: float, columns: int) -> tuple[str, str]:
    """The part of a bar that is done, and the rest of it."""
    done, rest = ("━", "─") if has_unicode() else ("#", "-")
    filled = int(fraction * columns)
    return done * filled, rest * (columns - filled)
