"""How values are written so that they can be read: 0.18743, 1.2e-05, 12,345,678."""

from __future__ import annotations

import json
import math
from typing import Any

from wrapper.cli.words import visible

DIGITS = 5
GROUPED_FROM = 100_000
LARGEST_WHOLE = 1e15


def number(value: float) -> str:
    """At most five digits that count; whole numbers whole, with commas where they are long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return grouped(value) if abs(value) < LARGEST_WHOLE else digits(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if abs(value) < LARGEST_WHOLE and (value.is_integer() or abs(value) >= 10 ** (DIGITS - 1)):
        return grouped(round(value))
    return digits(value)


def grouped(value: int) -> str:
    return f"{value:,}" if abs(value) >= GROUPED_FROM else str(value)


def digits(value: float) -> str:
    try:
        return f"{value:.{DIGITS}g}"
    except OverflowError:  # A whole number beyond every double.
        return f"about 10^{len(str(abs(int(value)))) - 1}"


def spell(value: Any) -> str:
    """Any value on one line: a number as above, a text as it is, all else as JSON."""
    if isinstance(value, (int, float)):
        return number(value)
    if value is None:
        return "null"
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def as_json(value: Any) -> Any:
    """The same with texts for what JSON has no numbers for: "NaN", "Infinity" and "-Infinity", as W&B writes them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value
