"""How long something takes, as a person writes it: 90s, 10m, 1h30m, 2 hours."""

from __future__ import annotations

UNITS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0,
}  # fmt: skip
LONGEST_S = 10 * 366 * 86400.0
DIGITS = frozenset("0123456789.")


class BadDuration(ValueError):
    """No length of time; `place` is where that shows, counted from 0."""

    def __init__(self, why: str, place: int) -> None:
        super().__init__(why)
        self.place = place


def read_duration(text: str) -> float:
    """The seconds that `text` means: numbers, each with its unit; "0" needs none. Raises BadDuration."""
    if text.strip() == "0":
        return 0.0
    total, place = 0.0, 0
    while place < len(text):
        seconds, place = _read_one(text, place)
        total += seconds
        while place < len(text) and text[place].isspace():
            place += 1
    if not text.strip():
        raise BadDuration("how long? such as 90s, 10m, 2h or 1h30m", len(text))
    if not total:
        raise BadDuration("that is no time at all", 0)
    if total > LONGEST_S:
        raise BadDuration("that is more than ten years", 0)
    return total


def _read_one(text: str, place: int) -> tuple[float, int]:
    """Seconds, and where what comes next begins."""
    while place < len(text) and text[place].isspace():
        place += 1
    end = place
    while end < len(text) and text[end] in DIGITS:
        end += 1
    try:
        number = float(text[place:end])
    except ValueError:
        raise BadDuration("how long? such as 90s, 10m, 2h or 1h30m", place) from None
    start = end
    while start < len(text) and text[start].isspace():
        start += 1
    stop = start
    while stop < len(text) and text[stop].isalpha():
        stop += 1
    unit = text[start:stop].lower()
    if not unit:
        raise BadDuration(
            f"{text[place:end]} of what? {text[place:end]}s, {text[place:end]}m or {text[place:end]}h", end
        )
    if unit not in UNITS:
        raise BadDuration(f'"{unit}" is no unit of time: s, m, h or d', start)
    return number * UNITS[unit], stop


def spell_duration(seconds: float) -> str:
    """The same, short: 90s is "1m30s", 7200 is "2h"."""
    if seconds < 60:
        return f"{seconds:g}s"
    whole, text = round(seconds), ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if whole >= size:
            text += f"{whole // size}{unit}"
            whole %= size
    return text
