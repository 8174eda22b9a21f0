"""What is found in a file: rows of metrics, configuration, results, media, warnings."""

import re
from dataclasses import dataclass, field
from typing import TypeAlias

Number: TypeAlias = int | float
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
WHOLE = re.compile(r"[+-]?\d{1,18}")


@dataclass(frozen=True)
class Media:
    """A histogram, image, sound or text at a step; `data` is to be kept as a file, `facts` go into the record."""

    name: str
    type: str
    data: bytes = b""
    suffix: str = ""
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Fact:
    """One thing that a piece of a file says. A row has values; what a fact does not speak of is empty or None."""

    row: dict[str, object] = field(default_factory=dict)
    step: Number | None = None
    epoch: Number | None = None
    time: float | None = None
    config: dict[str, object] = field(default_factory=dict)
    summary: dict[str, object] = field(default_factory=dict)
    media: tuple[Media, ...] = ()
    warning: str | None = None


def read_number(text: str) -> Number | None:
    """The number that a whole text spells, NaN and infinities too; None when it is none."""
    text = text.strip()
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if len(text) < 400 and NUMBER.fullmatch(text) else None


def as_count(value: object) -> Number | None:
    """A step or epoch from a value: whole numbers as int; None when it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e18:
        return None
    return int(value) if value == int(value) else value
