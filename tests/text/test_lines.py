"""When a line is final, what is known of it, and what it costs."""

import pytest

from wrapper.text.ansi import STRING_LIMIT
from wrapper.text.line import MAX_CHARACTERS, Line, Plain
from wrapper.text.screen import Screen


def lines_of(data: bytes, columns: int | None = None, rows: int | None = None, **how) -> list[Line]:
    screen = Screen(columns, rows, **how)
    return [*screen.feed(data), *screen.finish()]


def texts_of(text: str, columns: int | None = None, rows: int | None = None, **how) -> list[str]:
    return [line.text for line in lines_of(text.encode(), columns, rows, **how)]


def test_line_is_final_when_it_is_out_of_reach():
    screen = Screen(rows=3)

    assert list(screen.feed(b"a\nb\nc\x1b[A")) == []
    assert [line.text for line in screen.feed(b"\n\nd")] == ["a"]
    assert [line.text for line in screen.pending()] == ["b", "c", "d"]


def test_line_is_final_at_its_newline_in_a_window_of_one_row():
    screen = Screen(rows=1)
    screen.feed(b"10%\r")

    assert [line.text for line in screen.feed(b"100%\n\x1b[A")] == ["100%"]


def test_plain_line_is_final_at_its_newline_in_a_window_of_one_row():
    screen = Screen(rows=1)

    assert [line.text for line in screen.feed(b"one\ntwo\nthr")] == ["one", "two"]
    assert [line.text for line in screen.feed(b"ee\n")] == ["three"]


def test_pending_lines_are_as_they_are_now():
    screen = Screen()
    screen.feed(b"epoch 1\n 10%")
    first = [(line.start, line.text) for line in screen.pending()]
    screen.feed(b"\r 20%")

    assert first == [(0, "epoch 1"), (8, " 10%")]
    assert [(line.start, line.text) for line in screen.pending()] == [(0, "epoch 1"), (8, " 20%")]


def test_alternate_screen_leaves_no_line():
    editor = "\x1b[?1049h\x1b[H\x1b[2J~\n~\nINSERT\x1b[1;1Htext\x1b[?1049l"

    assert texts_of(f"before\n{editor}after\n") == ["before", "after"]


def test_program_that_dies_on_the_alternate_screen_leaves_the_main_one():
    screen = Screen()
    screen.feed(b"before\n\x1b[?1049h\x1b[2Jediting")

    assert [line.text for line in screen.pending()] == ["before"]
    assert [line.text for line in screen.finish()] == ["before"]


@pytest.mark.parametrize("clear", ["\x1b[H\x1b[2J", "\x1b[H\x1b[J", "\x1b[H\x1b[2J\x1b[3J", "\x1bc"])
def test_what_is_cleared_is_kept_and_marked(clear):
    lines = lines_of(f"step 1\nloss 2\n{clear}step 2\n".encode())

    assert [(line.text, line.cleared) for line in lines] == [("step 1", True), ("loss 2", True), ("step 2", False)]


@pytest.mark.parametrize(
    ("output", "redraws"),
    [
        ("once\n", 0),
        ("\ronce\r\n", 0),
        ("10%\r50%\r100%\n", 2),
        ("10%\r\x1b[K50%\r\x1b[K100%\n", 2),
        ("10%\r50%\x1b[K\n", 1),
        ("10%\r\r\r\n", 0),
        ("\r\x1b[K10%\n", 0),
        ("10%\x1b[2K\r20%\n", 1),
        ("10%\b\b\b20%\n", 1),
        ("10%\r\x1b[32m5\x1b[0m0%\n", 1),
        ("10%\n\x1b[A20%\n", 1),
    ],
)
def test_redraws_are_counted(output, redraws):
    assert [line.redraws for line in lines_of(output.encode())] == [redraws]


def test_states_of_a_line_are_told_before_they_go():
    told = []
    output = b"epoch 1\n10%\r50%\r100%\n\x1b[A\x1b[Kdone\n"

    lines = lines_of(output, on_redraw=told.append)

    assert [line.text for line in told] == ["10%", "50%", "100%"]
    assert [line.redraws for line in told] == [0, 1, 2]
    assert [output[line.start : line.end] for line in told] == [b"10%\r", b"10%\r50%\r", b"10%\r50%\r100%\n"]
    assert [(line.text, line.redraws) for line in lines] == [("epoch 1", 0), ("done", 3)]


def test_lines_lie_side_by_side_in_the_output():
    output = b"plain\n\n\x1b[31mred\x1b[0m\r\n10%\r20%\nend"

    lines = lines_of(output)

    assert [output[line.start : line.end] for line in lines] == [
        b"plain\n",
        b"\n",
        b"\x1b[31mred\x1b[0m\r\n",
        b"10%\r20%\n",
        b"end",
    ]


def test_line_that_is_redrawn_later_has_its_last_offset():
    output = b"first\nsecond\n\x1b[2Achanged\nlast"

    assert [(line.text, line.start, line.end) for line in lines_of(output)] == [
        ("changed", 0, output.index(b"last")),
        ("lastnd", 6, len(output)),
    ]


def test_resizing_wraps_anew():
    screen = Screen(10, 4)
    screen.feed(b"abcdefghijklmno\nprompt ")
    screen.resize(20, 4)
    screen.feed(b"text")

    assert [line.rows() for line in screen.pending()] == [["abcdefghijklmno"], ["prompt text"]]

    screen.resize(5, 4)
    assert [line.rows() for line in screen.pending()] == [["abcde", "fghij", "klmno"], ["promp", "t tex", "t"]]


def test_resizing_while_the_alternate_screen_is_shown():
    screen = Screen(10, 4)
    screen.feed(b"abcdefghijklmno\n\x1b[?1049hfull screen")
    screen.resize(20, 4)
    screen.feed(b"\x1b[?1049lend")

    assert [line.rows() for line in screen.finish()] == [["abcdefghijklmno"], ["end"]]


def test_newline_only_goes_down_where_that_is_said():
    assert texts_of("a\nb\r\nc", newline_returns=False) == ["a", " b", "c"]


def test_output_in_which_nothing_is_drawn_stays_whole():
    pieces = Screen(columns=80, rows=24).feed(b"step 1\tloss 0.5\x1b[0m\r\n" * 1000).pieces

    (plain,) = pieces
    assert isinstance(plain, Plain)
    assert len(plain) == 1000 - 23
    assert [line.text for line in plain][:2] == ["step 1  loss 0.5"] * 2


@pytest.mark.parametrize(
    "line",
    [
        "text",
        "a\tb",
        "\x1b[1mbold\x1b[0m and \x1b]8;;http://a\x07link\x1b]8;;\x07",
        "12345678901234567890",
        "123456789012345678901",
        "1234567890123456789012345678901234567890     ",
        "12345678\t\tX and more",
        "1234567890\t\t\t\tX",
        "损失一二三四五六七八九十终",
        "中\tX",
        "e\u0301\u0301 \u200b\u2028 ☀\ufe0f",
        "👩\u200d🚀",
        "\u0085\u009bm",
    ],
)
@pytest.mark.parametrize("columns", [None, 20])
def test_line_looks_the_same_where_it_is_not_drawn(line, columns):
    data = f"{line}\n".encode()
    kept, drawn = Screen(columns, 2), Screen(columns, 2)
    drawn_lines = []
    for _ in range(9):
        drawn.pending()  # draws what is kept
        drawn_lines += drawn.feed(data)

    (plain,) = kept.feed(data * 9).pieces
    lines = [*plain, *kept.finish()]

    assert isinstance(plain, Plain)
    assert lines == [*drawn_lines, *drawn.finish()]
    assert len(lines) == 9


@pytest.mark.parametrize(
    ("mode", "line", "seen"),
    [
        ("\x1b[3g\x1b[1;4H\x1bH\r", "a\tb", "a  b"),
        ("\x1b[?7l", "12345678901234567890abc", "1234567890123456789c"),
        ("\x1b[4h", "12345678901234567890", "12345678901234567890"),
    ],
)
def test_modes_hold_for_all_lines_that_follow(mode, line, seen):
    assert texts_of(mode + f"{line}\n" * 20, columns=20, rows=2) == [seen] * 20


def test_string_that_does_not_end_hides_a_bounded_piece_of_the_output():
    screen = Screen()
    screen.feed(b"before\x1b]" + b"x" * STRING_LIMIT + b" after")

    assert [line.text for line in screen.pending()] == ["before after"]


def test_bar_on_a_pipe_is_as_many_lines_as_were_printed():
    assert texts_of("".join(f"{step}/100\n" for step in range(1, 101))) == [f"{step}/100" for step in range(1, 101)]


def test_long_line_is_cut_and_says_by_how_much():
    screen = Screen()
    for _ in range(50):
        assert list(screen.feed(b"x" * 100_000)) == []
    (line, after) = [*screen.feed(b"\nafter\n"), *screen.finish()]

    assert line.text == "x" * MAX_CHARACTERS
    assert line.left_out == 5_000_000 - MAX_CHARACTERS
    assert after.text == "after"


def test_long_line_that_wraps_is_cut_too():
    (line,) = lines_of(b"x" * 5_000_000 + b"\n", columns=80, rows=10)

    assert line.text == "x" * MAX_CHARACTERS
    assert line.left_out == 5_000_000 - MAX_CHARACTERS
    assert line.rows()[1:3] == ["x" * 80] * 2
