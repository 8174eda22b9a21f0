"""Whatever comes, in whatever pieces: the same lines, no error, and no more memory than a screen needs."""

import tracemalloc
import unicodedata
from itertools import pairwise, zip_longest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrapper.text.line import MAX_CHARACTERS, Line
from wrapper.text.screen import Screen
from wrapper.text.width import width

patient = settings(deadline=None)  # the machine may be busy

RECORDED = sorted((Path(__file__).parent.parent / "recorded" / "terminal").glob("*.raw"))

TEXT = st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs", "Cf"]), max_size=30).map(str.encode)
WORDS = st.text("abc 中é🚀\u0301\u200d█", max_size=30).map(str.encode)
NUMBER = st.sampled_from(["", "0", "1", "2", "3", "5", "19", "1000", "99999999999999999999999"])
CONTROL = st.builds(
    lambda numbers, final: f"\x1b[{';'.join(numbers)}{final}".encode(),
    st.lists(NUMBER, max_size=3),
    st.sampled_from("@ABCDEFGHIJKLMPSTXZ`abdefghlmrsux"),
)
MODE = st.builds(
    lambda mode, final: f"\x1b[?{mode}{final}".encode(),
    st.sampled_from([6, 7, 25, 47, 1047, 1048, 1049, 2026]),
    st.sampled_from("hl"),
)
BYTES = st.binary(max_size=5)
WHOLE = st.sampled_from(
    [
        *[b"\n", b"\r\n", b"\r", b"\t", b"\b\b\b", b"\x0b", b"\x1b7", b"\x1b8", b"\x1bM", b"\x1bD", b"\x1bE", b"\x1bH"],
        *[b"\x1bc", b"\x1b(0", b"\x1b[31;1m", b"\x1b]0;title\x07", b"\x1b]8;;http://a\x1b\\", b"\x1bP1$q\x1b\\"],
        *[b"\x1b[4h", b"\x1b[4l", b"\x1b[1;3r", b"\x18", b"\x1b[", b"\x1b]", b"\xe4\xb8", b"line\n" * 9, b"\rab\rc\r"],
    ]
)
OUTPUT = st.lists(st.one_of(WHOLE, CONTROL, WORDS, MODE, TEXT, BYTES), max_size=40).map(b"".join)
SIZE = st.tuples(st.sampled_from([None, 1, 2, 7, 20]), st.sampled_from([None, 1, 2, 4]))


def read(data: bytes, size: tuple[int | None, int | None], cuts: list[int] | None = None) -> list[Line]:
    """All lines, final and left over, when `data` comes in pieces."""
    screen = Screen(*size)
    lines = [line for piece in pieces(data, cuts) for line in screen.feed(piece)]
    return [*lines, *screen.finish()]


def pieces(data: bytes, cuts: list[int] | None = None) -> list[bytes]:
    ends = [0, *sorted(cut % (len(data) + 1) for cut in cuts or []), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]


@patient
@given(OUTPUT, SIZE, st.lists(st.integers(0, 500), max_size=8))
def test_cuts_do_not_matter(data, size, cuts):
    assert read(data, size, cuts) == read(data, size)


@patient
@given(OUTPUT, SIZE)
def test_single_bytes_give_the_same_as_the_whole(data, size):
    assert read(data, size, list(range(len(data)))) == read(data, size)


@patient
@given(OUTPUT, SIZE, st.lists(st.integers(0, 500), max_size=8))
def test_looking_changes_nothing(data, size, cuts):
    screen = Screen(*size)
    lines = []
    for piece in pieces(data, cuts):
        screen.pending()
        lines += screen.feed(piece)
        assert screen.pending() == screen.pending()

    assert [*lines, *screen.finish()] == read(data, size)


@patient
@given(OUTPUT, SIZE)
def test_what_is_pending_is_what_is_left_at_the_end(data, size):
    screen = Screen(*size)
    screen.feed(data + b"\x18")  # so that no character or sequence is incomplete
    pending = screen.pending()

    assert pending == list(screen.finish())


@patient
@given(OUTPUT, SIZE, st.lists(st.integers(0, 500), max_size=8))
def test_redraws_are_told_in_any_cut(data, size, cuts):
    def told(cuts):
        states = []
        screen = Screen(*size, on_redraw=states.append)
        lines = [line for piece in pieces(data, cuts) for line in screen.feed(piece)]
        return states, [*lines, *screen.finish()]

    assert told(cuts) == told([])
    assert told([])[1] == read(data, size)


@patient
@given(OUTPUT, SIZE)
def test_lines_are_text_within_the_output(data, size):
    for line in read(data, size):
        assert 0 <= line.start <= line.end <= len(data)
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in line.text)
        assert not line.text.endswith(" ")
        assert list(line.wraps) == sorted(line.wraps)
        assert size[0] is None or all(columns_of(row) <= size[0] for row in line.rows())


def columns_of(row: str) -> int:
    """Joined characters are as wide as the first of them."""
    return sum(0 if before == "\u200d" else width(char) or 0 for before, char in pairwise("\n" + row))


@patient
@given(OUTPUT, st.lists(st.tuples(st.integers(0, 500), SIZE), max_size=4))
def test_any_window_size_may_come_at_any_moment(data, sizes):
    screen = Screen()
    for piece, (_cut, size) in zip_longest(
        pieces(data, [cut for cut, _size in sizes]), sizes, fillvalue=(0, (None, None))
    ):
        screen.feed(piece)
        screen.resize(*size)
    screen.finish()


LINE = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]).filter(width), max_size=30)


@patient
@given(st.lists(LINE), st.sampled_from(["\n", "\r\n"]))
def test_plain_lines_come_back(lines, newline):
    data = "".join(line + newline for line in lines).encode()

    assert [line.text for line in read(data, (None, None))] == [line.rstrip(" ") for line in lines]


@patient
@given(st.lists(st.text("abc ", max_size=12), min_size=1), st.sampled_from([None, 6, 40]))
def test_strokes_over_one_row_leave_what_each_character_leaves(strokes, columns):
    shown: dict[int, str] = {}
    for stroke in strokes:
        shown.update(enumerate(stroke[:6]))
    text = "".join(shown.get(column, " ") for column in range(6)).rstrip(" ")

    assert [line.text for line in read("\r".join(stroke[:6] for stroke in strokes).encode(), (columns, None))] == (
        [text] if any(stroke for stroke in strokes) else []
    )


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(RECORDED), st.randoms(use_true_random=False), SIZE)
def test_damaged_recordings_are_read_in_any_cut(path, dice, size):
    data = bytearray(path.read_bytes()[:4000])
    for _ in range(20):
        data[dice.randrange(len(data))] = dice.choice(b"\x1b[\r\n\b;0123ABHJKm\xe2\x00\x9b")
    cuts = [dice.randrange(len(data)) for _ in range(10)]

    assert read(bytes(data), size, cuts) == read(bytes(data), size)


@pytest.mark.parametrize("columns", [None, 80])
@pytest.mark.parametrize("before", [MAX_CHARACTERS - 1, MAX_CHARACTERS, MAX_CHARACTERS + 1, 300_000])
def test_cuts_do_not_matter_for_long_lines(before, columns):
    long = b"x" * before + b"\xc3\xa9"
    data = b"first\n" * 60 + long + b"\n" + b"last\n" * 110 + long + b"\ta\rz\n" + b"y" * before

    assert read(data, (columns, None), [7, 65_000, 100_000, 250_000, 300_300]) == read(data, (columns, None))


@pytest.mark.parametrize(
    "data",
    [
        b"x" * 750_000,
        "损".encode() * 250_000,
        b"x\x1b[999999999C" * 25_000,
        b"\x1b[999999999Cx\n" * 20_000,
        b"\x1b[999999999;999999999Hx" * 12_500,
        b"\x1b[999999999Ax\x1b[999999999B" * 12_500,
        b"\x1b[999999999@x" * 12_500,
        b"\x1b[999999999L\x1b[999999999S" * 5_000,
        b"x\x1b[999999999b" * 12_500,
        b"\x1b[" + b"1;" * 10_000_000,
        b"\x1b]" + b"x" * 750_000,
        b"\x1b]8;;" * 75_000,
        b"\x1bP" + b"x" * 20_000_000,
        b"e" + "\u0301".encode() * 125_000,
        "x\u0301".encode() * 65_000 + b"\b\x1b[@" * 20_000,
        b"x" * 65_000 + b"\bx" * 20_000,
        b"x" * 65_000 + b"\r" * 125_000,
        b"\t" * 250_000,
        b"\x1bH\x1b[C" * 20_000 + b"\t" * 25_000,
        b"\x1b[65535I\r" * 20_000,
        b"\r" * 250_000 + b"\n",
        b"\n" * 250_000,
        b"\x1b" * 250_000,
        b"\xe4" * 250_000,
        (b"x" * 70_000 + b"\n") * 60,
        b"x\r\n\x1b[A" * 25_000,
    ],
    ids=lambda data: repr(data[:16])[2:-1],
)
@pytest.mark.parametrize("columns", [None, 80])
def test_hostile_output_is_read_in_bounded_memory(data, columns):
    screen = Screen(columns)
    tracemalloc.start()
    for start in range(0, len(data), 65_536):
        screen.feed(data[start : start + 65_536])
    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 16_000_000
    screen.finish()
