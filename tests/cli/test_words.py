"""Times, sizes and commands as a person reads them."""

import datetime

import pytest

from wrapper.cli import look, words
from wrapper.cli.since import NoMoment, read_moment

NOW = datetime.datetime(2026, 5, 28, 14, 0).timestamp()


@pytest.mark.parametrize(
    ("seconds", "text", "short"),
    [
        (-1, "0.0 s", "0.0s"),
        (4.24, "4.2 s", "4.2s"),
        (59.94, "59.9 s", "59.9s"),
        (59.96, "1 min 00 s", "1m00s"),
        (192, "3 min 12 s", "3m12s"),
        (3599.6, "1 h 00 min", "1h00m"),
        (18420, "5 h 07 min", "5h07m"),
        (183600, "2 d 3 h", "2d3h"),
    ],
)
def test_duration(seconds: float, text: str, short: str) -> None:
    assert (words.duration(seconds), words.short_duration(seconds)) == (text, short)


@pytest.mark.parametrize(
    ("seconds", "text", "short"),
    [
        (-5, "just now", "0s"),
        (0.5, "just now", "0s"),
        (59, "59 s ago", "59s"),
        (7199, "1 h ago", "1h"),
        (2e5, "2 d ago", "2d"),
    ],
)
def test_age(seconds: float, text: str, short: str) -> None:
    assert (words.age(seconds), words.short_age(seconds)) == (text, short)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (7730, "7.7 kB"),
        (999_949, "1.0 MB"),
        (123_456_789, "123 MB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_size(size_bytes: int, text: str) -> None:
    assert words.size(size_bytes) == text


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("a b", "a b"),
        ("größe 日本", "größe 日本"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[2J\x00", "\\x1b[2J\\x00"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\xed\\xa0\\x80"),
        ("\u202e", "\\xe2\\x80\\xae"),
    ],
)
def test_visible(word: str, shown: str) -> None:
    assert words.visible(word) == shown


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ab cd", 4, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
    ],
)
def test_cut(text: str, columns: int, shown: str) -> None:
    assert look.cut(text, columns) == shown


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30s", NOW - 30),
        ("10m", NOW - 600),
        ("1.5h", NOW - 5400),
        ("1d2h", NOW - 93600),
        ("90 s", NOW - 90),
        ("10min", NOW - 600),
        ("2 hours", NOW - 7200),
        ("1h 30m", NOW - 5400),
        ("0", NOW),
        ("13:30", NOW - 1800),
        ("13:59:59", NOW - 1),
        ("14:30", NOW - 84600),
        ("2026-05-28", NOW - 14 * 3600),
        ("2026-05-28T13:00", NOW - 3600),
        ("2026-05-28 13:00:00", NOW - 3600),
        ("1970-01-01T00:00:10Z", 10),
        ("1970-01-01T02:00:10+02:00", 10),
    ],
)
def test_moment(text: str, moment: float) -> None:
    assert read_moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "10", "m", "10 x", "4000d", "25:00", "13:61", "yesterday", "-5m", "2026-13-01"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(NoMoment):
        read_moment(text, NOW)
