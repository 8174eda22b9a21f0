"""Moments as people type them: 10m, 2 hours, 14:30, 2026-05-28T14:30."""

from __future__ import annotations

import datetime
import re
from contextlib import suppress

from wrapper.rundir.durations import BadDuration, read_duration

CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")


class NoMoment(ValueError):
    """The text does not say when."""


def read_moment(text: str, now: float) -> float:
    """The Unix time that `text` means, seen from `now`; raises NoMoment when it means none.

    A time of day is the last one that has been; a date without a zone is local.
    """
    with suppress(BadDuration):  # Then it is a clock's time or a date, or nothing.
        return now - read_duration(text)
    try:
        if CLOCK.fullmatch(text):
            return read_clock(text, now)
        return datetime.datetime.fromisoformat(re.sub("Z$", "+00:00", text)).timestamp()
    except (ValueError, OverflowError):
        raise NoMoment(text) from None


def read_clock(text: str, now: float) -> float:
    today = datetime.datetime.fromtimestamp(now)
    hour, minute, *second = map(int, text.split(":"))
    moment = today.replace(hour=hour, minute=minute, second=second[0] if second else 0, microsecond=0)
    if moment > today:
        moment -= datetime.timedelta(days=1)
    return moment.timestamp()
