"""Moments as people type them: 10m, 14:30, 2026-05-28T14:30."""

from __future__ import annotations

import datetime
import re

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
AGO = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")


class NoMoment(ValueError):
    """The text does not say when."""


def read_moment(text: str, now: float) -> float:
    """The Unix time that `text` means, seen from `now`; raises NoMoment when it means none.

    A time of day is the last one that has been; a date without a zone is local.
    """
    if AGO.fullmatch(text):
        return now - sum(float(amount) * UNITS_S[unit] for amount, unit in AMOUNT.findall(text))
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
