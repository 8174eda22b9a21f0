"""A screen that gives lines at their newline, until the program moves the cursor upwards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrapper.text.screen import Screen

UP = "\x1b[A"
DOWNWARDS = [
    "a",
    "bc ",
    "\r",
    "\n",
    "\n",
    "line\n",
    "x\ny\n",
    "\x1b[K",
    "\x1b[2K",
    "\x08",
    "é",
    "漢",
    "\t",
    "long " * 5,
]
ANYWHERE = [
    *DOWNWARDS,
    *(UP, "\x1b[2A", "\x1b[B", "\x1b[H", "\x1b[2J", "\x1b[J", "\x1b[3;5H", "\x1b7", "\x1b8", "\x1bM", "\x1b[2L"),
    *("\x1b[M", "\x1b[S", "\x1b[T", "\x1b[2;4r", "\x1b[r", "\x1b[?1049h", "\x1b[?1049l", "\x0b"),
]
CUTS = st.lists(st.integers(0, 300), max_size=5)
SIZE = st.tuples(st.sampled_from([None, 7, 20]), st.sampled_from([None, 3, 5]))


def output(parts: list[str]) -> "st.SearchStrategy[bytes]":
    return st.lists(st.sampled_from(parts), max_size=50).map(lambda chosen: "".join(chosen).encode())


def show(data: bytes, cuts: list[int], size: tuple[int | None, int | None], at_newline: bool = True):
    screen, lines, start = Screen(*size, at_newline=at_newline), [], 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        lines += screen.feed(data[start:cut])
        start = cut
    return [*lines, *screen.finish()]


def texts(lines) -> list[str]:
    return [line.text for line in lines if not line.again]


@pytest.mark.parametrize("drawn", ["", "\r", "\x1b[K"])
def test_line_is_given_at_its_newline(drawn: str) -> None:

    screen = Screen(rows=24, at_newline=True)

    assert texts(screen.feed(f"one{drawn}\ntw".encode())) == ["one"]
    assert texts(screen.feed(b"o\n")) == ["two"]


def test_line_that_is_changed_later_is_given_again() -> None:
    screen = Screen(rows=24, at_newline=True)

    assert texts(screen.feed(b"0%\nsame\nbelow")) == ["0%", "same"]
    assert texts(screen.feed(b"\r\x1b[2A100%\n\n\x1b[2Knext\n")) == []
    assert texts(screen.finish()) == ["100%", "next"]


def test_line_that_stayed_as_it_was_is_marked() -> None:
    lines = show(b"title\n1%\n\x1b[A2%\nend\n", [], (80, 24))

    assert [(line.text, line.again) for line in lines] == [
        ("title", False),
        ("1%", False),
        ("title", True),
        ("2%", False),
        ("end", False),
    ]


def test_lines_are_given_at_once_again_when_nothing_above_can_be_reached() -> None:
    screen = Screen(rows=3, at_newline=True)

    screen.feed(b"a\n\x1b[Ab\n")

    assert [texts(screen.feed(b"%d\n" % number)) for number in range(4)] == [[], ["b", "0", "1"], ["2"], ["3"]]


def test_lines_are_given_at_once_again_when_the_screen_was_cleared() -> None:
    screen = Screen(rows=24, at_newline=True)

    screen.feed(b"a\nb\n\x1b[H\x1b[2J")

    assert texts(screen.feed(b"c\n")) == ["c"]


def test_pending_is_what_was_not_given() -> None:
    screen = Screen(rows=24, at_newline=True)

    screen.feed(b"a\n\rb\nc")

    assert [line.text for line in screen.pending()] == ["c"]


@given(output(ANYWHERE), CUTS, SIZE)
@settings(deadline=None)
def test_cut_anywhere_gives_the_same(data: bytes, cuts: list[int], size: tuple[int | None, int | None]) -> None:
    assert show(data, cuts, size) == show(data, [], size)


@given(output(DOWNWARDS), SIZE)
@settings(deadline=None)
def test_who_only_prints_downwards_has_the_same_lines(data: bytes, size: tuple[int | None, int | None]) -> None:
    expected = [(line.text, line.start) for line in show(data, [], size, at_newline=False)]

    assert [(line.text, line.start) for line in show(data, [], size)] == expected


@given(output(ANYWHERE), st.sampled_from([None, 3, 5]))
@settings(deadline=None)
def test_every_line_that_stands_in_the_end_was_given(data: bytes, rows: int | None) -> None:
    given_lines = {(line.start, line.text) for line in show(data, [], (None, rows))}

    expected = show(data, [], (None, rows), at_newline=False)

    assert {(line.start, line.text) for line in expected if line.text} <= given_lines


@given(output(DOWNWARDS), CUTS, st.sampled_from([3, 40]))
@settings(deadline=None)
def test_another_size_in_between_changes_no_line(data: bytes, cuts: list[int], columns: int) -> None:
    screen, lines, start = Screen(20, 5, at_newline=True), [], 0
    for number, cut in enumerate([*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]):
        lines += screen.feed(data[start:cut])
        screen.resize(columns if number % 2 else 20, 5)
        start = cut
    lines += screen.finish()

    starts = [line.start for line in lines if not line.again]
    assert starts == sorted(starts)
