"""How times, sizes and commands are said."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterable
from typing import Any

from wrapper.launch.ending import in_words

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
UNITS = ("B", "kB", "MB", "GB", "TB")


def duration(seconds: float) -> str:
    """How long, in at most two units: 4.2 s, 3 min 12 s, 5 h 07 min, 2 d 3 h."""
    return in_words(max(0.0, seconds))


def short_duration(seconds: float) -> str:
    """The same for a table: 4.2s, 3m12s, 5h07m, 2d3h."""
    return duration(seconds).replace(" min", "m").replace(" ", "")


def short_age(seconds: float) -> str:
    """How old, for a table: 12s, 5m, 3h, 2d."""
    for unit, name in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "m")):
        if seconds >= unit:
            return f"{int(seconds // unit)}{name}"
    return f"{int(max(0.0, seconds))}s"


def age(seconds: float) -> str:
    """How long ago: 12 s ago, 5 min ago, 3 h ago, 2 d ago; "just now" for what a wrong clock puts ahead."""
    for unit, name in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min"), (1, "s")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name} ago"
    return "just now"


def moment(at: float) -> str:
    """The local time, with its zone: 2026-05-28 22:26:40 +02:00."""
    try:
        text = datetime.datetime.fromtimestamp(at).astimezone().isoformat(" ", "seconds")
    except (ValueError, OverflowError, OSError):
        return f"{at:g} s after 1970"
    return f"{text[:19]} {text[19:]}"


def size(size_bytes: int) -> str:
    """532 B, 7.7 kB, 1.2 GB."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    amount = float(size_bytes)
    for unit in UNITS:
        if amount < 999.5 or unit == UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"


def command(argv: Any) -> str:
    """The command line, to be pasted into a shell; "" when it is not known."""
    if not isinstance(argv, list):
        return ""
    return " ".join(quoted(str(word)) for word in argv)


def quoted(word: str) -> str:
    """One word as a shell takes it; what cannot be shown stands in the form $'…' that bash and zsh read."""
    if word.isprintable():
        return shlex.quote(word)
    letters = (escaped(letter) if not letter.isprintable() or letter in "\\'" else letter for letter in word)
    return f"$'{''.join(letters)}'"


def escaped(letter: str) -> str:
    if letter in "\\'":
        return "\\" + letter
    if letter in "\n\t":
        return {"\n": "\\n", "\t": "\\t"}[letter]
    how = "surrogateescape" if "\udc80" <= letter <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in letter.encode(errors=how))


def visible(text: object) -> str:
    """The text on one line, with everything that would move a cursor written out."""
    return "".join(letter if letter.isprintable() else escaped(letter) for letter in str(text))


def listed(words: Iterable[str], last: str = "or") -> str:
    """a, b or c."""
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final
