"""What a program drew is seen as a terminal shows it."""

import pytest

from wrapper.text.line import Line
from wrapper.text.screen import Screen


def lines_of(data: bytes, columns: int | None = None, rows: int | None = None, **how) -> list[Line]:
    screen = Screen(columns, rows, **how)
    return [*screen.feed(data), *screen.finish()]


def texts_of(data: bytes | str, columns: int | None = None, rows: int | None = None, **how) -> list[str]:
    data = data.encode() if isinstance(data, str) else data
    return [line.text for line in lines_of(data, columns, rows, **how)]


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("", []),
        ("one", ["one"]),
        ("one\ntwo\n", ["one", "two"]),
        ("one\r\ntwo\r\n", ["one", "two"]),
        ("one\r\r\ntwo", ["one", "two"]),
        ("\n\nafter two empty lines\n", ["", "", "after two empty lines"]),
        ("blanks at the end   \n", ["blanks at the end"]),
        ("  blanks before\n", ["  blanks before"]),
        ("a\tb\n", ["a       b"]),
        ("12345678\tb\n", ["12345678        b"]),
    ],
)
def test_lines_are_as_printed(output, seen):
    assert texts_of(output) == seen


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("10%\r50%\r100%\n", ["100%"]),
        ("loss 10.25\rloss 9\n", ["loss 90.25"]),
        ("loss 10.25\r\x1b[Kloss 9\n", ["loss 9"]),
        ("loss 10.25\rloss 9\x1b[K\n", ["loss 9"]),
        ("long first\rlonger second\rshort\n", ["shortr second"]),
        ("bar\r", ["bar"]),
        ("bar\r\r\r\nnext", ["bar", "next"]),
        ("abc\b\bX\n", ["aXc"]),
        ("abc\b\b\b\b\bX\n", ["Xbc"]),
        ("50%\b\b\b100%\n", ["100%"]),
        ("abc\r\tX\n", ["abc     X"]),
        ("step 1 ok\rstep 2\n", ["step 2 ok"]),
    ],
)
def test_row_that_is_written_again_shows_what_stays_of_each(output, seen):
    assert texts_of(output) == seen


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("a\nb\nc\x1b[2AX", ["aX", "b", "c"]),
        ("a\nb\nc\x1b[99AX", ["aX", "b", "c"]),
        ("a\nb\x1b[A\x1b[BX", ["a", "bX"]),
        ("a\n\n\nd\x1b[2FX\nY", ["a", "X", "Y", "d"]),
        ("a\x1b[3EX", ["a", "", "", "X"]),
        ("abc\x1b[2DX", ["aXc"]),
        ("abc\r\x1b[CX", ["aXc"]),
        ("abc\x1b[2GX", ["aXc"]),
        ("abc\x1b[3`X", ["abX"]),
        ("a\x1b[5Cb", ["a     b"]),
        ("a\nb\nc\x1b[HX", ["X", "b", "c"]),
        ("a\nb\nc\x1b[2;3HX", ["a", "b X", "c"]),
        ("a\nb\nc\x1b[2;3fX", ["a", "b X", "c"]),
        ("a\nb\nc\x1b[2dX", ["a", "bX", "c"]),
        ("a\x1b7\nb\x1b8X", ["aX", "b"]),
        ("a\x1b[s\nb\x1b[uX", ["aX", "b"]),
        ("a\nb\x1bMX", ["aX", "b"]),
        ("a\x1bDb\x1bEc", ["a", " b", "c"]),
        ("a\x0bb\x0cc", ["a", " b", "  c"]),
    ],
)
def test_cursor_goes_where_it_is_sent(output, seen):
    assert texts_of(output) == seen


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("abcdef\r\x1b[3C\x1b[K", ["abc"]),
        ("abcdef\r\x1b[3C\x1b[1K", ["    ef"]),
        ("abcdef\x1b[2K", []),
        ("abcdef\x1b[2Kx", ["      x"]),
        ("abcdef\r\x1b[2C\x1b[2X", ["ab  ef"]),
        ("abcdef\r\x1b[2C\x1b[2P", ["abef"]),
        ("abcdef\r\x1b[2C\x1b[2@XY", ["abXYcdef"]),
        ("abcdef\r\x1b[2C\x1b[4hXY\x1b[4l\rZ", ["ZbXYcdef"]),
        ("a\nb\nc\x1b[2;1H\x1b[L", ["a", "", "b", "c"]),
        ("a\nb\nc\x1b[2;1H\x1b[M", ["a", "c"]),
        ("a\nb\nc\x1b[2;1H\x1b[J", ["a"]),
        ("a\nbb\nc\x1b[2;1H\x1b[1J", ["", " b", "c"]),
        ("a\nb\nc\x1b[2A\x1b[Jd", ["ad"]),
        ("x\x1b[5b", ["xxxxxx"]),
    ],
)
def test_erasing_inserting_and_deleting(output, seen):
    assert texts_of(output) == seen


@pytest.mark.parametrize(
    "skipped",
    [
        "\x1b[1;38;2;255;0;0m",
        "\x1b[4:3m",
        "\x1b[m",
        "\x1b(B",
        "\x1b)0",
        "\x1b%G",
        "\x1b#3",
        "\x1b=",
        "\x1b>",
        "\x1b[?25l",
        "\x1b[?2026h",
        "\x1b[?2004h",
        "\x1b[6n",
        "\x1b[c",
        "\x1b[>4;2m",
        "\x1b[>1u",
        "\x1b[22;0;0t",
        "\x1b[1 q",
        "\x1b]0;a title\x07",
        "\x1b]0;a title\x1b\\",
        "\x1b]8;id=1;https://example.org\x1b\\",
        "\x1b]8;;\x07",
        "\x1b]1337;File=:" + "QUJD" * 1000 + "\x07",
        "\x1bP0;1;0q#0;2;0;0;0\nABC\x1b\\",
        "\x1b_Gf=100;QUJD\x1b\\",
        "\x1b^private\x1b\\",
        "\x1bXstring\x1b\\",
        "\x1bktitle\x1b\\",
        "\x07",
        "\x00",
        "\x0e\x0f",
        "\x7f",
        "\x85\x9b",
        "\x1b[999",
        "\x1b[",
        "\x1b",
    ],
)
def test_what_does_not_show_is_skipped(skipped):
    is_cut_short = skipped in ("\x1b[999", "\x1b[", "\x1b")
    after = "" if is_cut_short else "after"

    assert texts_of(f"before{skipped}{after}") == [f"before{after}"]


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("a\x1b[3\x18b", ["ab"]),
        ("a\x1b[3\x1b[31mb", ["ab"]),
        ("abc\x1b[2\rDX", ["Xbc"]),
        ("a\x1b[3é", ["aé"]),
        ("a\x1b]title\x18b", ["ab"]),
        ("a\x1b]title\x1b[31mb", ["ab"]),
        ("a\x1b[" + "1" * 300 + "Cb", ["ab"]),
        ("a\x1b[1$2Cb", ["ab"]),
        ("\x1b[1:2Ab", ["b"]),
    ],
)
def test_sequence_that_is_broken_hides_nothing_else(output, seen):
    assert texts_of(output) == seen


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        (b"caf\xc3\xa9\n", ["café"]),
        (b"caf\xe9 au lait\n", ["caf\ufffd au lait"]),
        (b"\xff\xfe\n", ["\ufffd\ufffd"]),
        (b"\xe4\xb8\n\xad\n", ["\ufffd", "\ufffd"]),
        (b"\xe4\xb8", ["\ufffd"]),
        (b"a\xe4\xb8\x1b[31m\xadb", ["a\ufffd\ufffdb"]),
        (b"\xed\xa0\x80", ["\ufffd\ufffd\ufffd"]),
    ],
)
def test_what_is_no_utf8_is_shown_as_such(output, seen):
    assert texts_of(output) == seen


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("损失\rX", ["X 失"]),
        ("损失\x1b[2GX", [" X失"]),
        ("损失\x1b[3GX", ["损X"]),
        ("a损\x1b[2G\x1b[K", ["a"]),
        ("a损b\x1b[3G\x1b[K", ["a"]),
        ("损失\r\x1b[P", [" 失"]),
        ("e\u0301a\rx", ["xa"]),
        ("e\u0301a", ["e\u0301a"]),
        ("\u0301a", ["a"]),
        ("👩\u200d🚀x", ["👩\u200d🚀x"]),
        ("👩\u200d🚀\rxy", ["xy"]),
        ("か\u200d中\rxy", ["xy"]),
        ("☀\ufe0f!", ["☀\ufe0f!"]),
        ("a\u200bb", ["a\u200bb"]),
        ("中\tb", ["中      b"]),
        ("一二三四\tb", ["一二三四        b"]),
    ],
)
def test_characters_take_their_columns(output, seen):
    assert texts_of(output) == seen


def test_endless_combining_is_cut_off():
    (text,) = texts_of("e" + "\u0301" * 10_000 + "f")

    assert text == "e" + "\u0301" * 10 + "f"


@pytest.mark.parametrize(
    ("output", "rows"),
    [
        ("1234567890", ["1234567890"]),
        ("12345678901", ["1234567890", "1"]),
        ("1234567890\nabc", ["1234567890", "abc"]),
        ("1234567890\rX", ["X234567890"]),
        ("1234567890\x1b[AX", ["123456789X"]),
        ("1234567890\x1b[K1", ["1234567890", "1"]),
        ("1234567890\x1b[DX", ["12345678X0"]),
        ("1234567890\bX", ["123456789X"]),
        ("123456789损", ["123456789", "损"]),
        ("12345678损x", ["12345678损", "x"]),
        ("123456789\tX", ["123456789X"]),
        ("\x1b[?7l1234567890abc\x1b[?7h", ["123456789c"]),
        ("\x1b[99Cxy", ["         x", "y"]),
        ("1234567890123\b\b\b\bX", ["123456789X", "123"]),
    ],
)
def test_right_edge(output, rows):
    assert [row for line in lines_of(output.encode(), columns=10) for row in line.rows()] == rows


def test_wrapped_rows_are_one_line():
    (line, _) = lines_of(b"a" * 25 + b"\nb\n", columns=10)

    assert line.text == "a" * 25
    assert line.wraps == (10, 20)


def test_row_that_is_written_over_from_its_beginning_continues_nothing():
    assert texts_of(b"10%.........\r20%.........\r", columns=10) == ["10%.......", "20%........."]


def test_text_beyond_an_unknown_width_does_not_wrap():
    assert texts_of("x" * 500 + "\n") == ["x" * 500]


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("a\nb\nc\nd\ne\x1b[9AX", ["a", "bX", "c", "d", "e"]),
        ("a\nb\nc\nd\ne\nf\x1b[HX", ["a", "b", "X", "d", "e", "f"]),
        ("a\nb\nc\nd\x1b[1;3r\x1b[3;1Hx\ny\n", ["a", "b", "x", "y", "", "d"]),
        ("a\nb\nc\nd\x1b[2;3r\x1b[3;1Hx\ny", ["b", "a", "x", "y", "d"]),
        ("a\nb\nc\nd\x1b[2S", ["a", "b", "c", "d"]),
        ("a\nb\nc\nd\x1b[T", ["", "a", "b", "c"]),
        ("a\nb\nc\nd\x1b[H\x1bMx", ["x", "a", "b", "c"]),
        ("a\nb\nc\nd\x1b[2;3r\x1b[?6h\x1b[1;1HX\x1b[99;1HY", ["a", "X", "Y", "d"]),
    ],
)
def test_window_of_four_rows(output, seen):
    assert texts_of(output, rows=4) == seen
