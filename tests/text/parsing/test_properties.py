"""Whatever comes: nothing raises, and how it is cut does not matter."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrapper.text.parsing.parser import LONGEST, Parser
from wrapper.text.parsing.rows import Candidate, Row
from wrapper.text.screen import Screen

PARTS = st.sampled_from(
    "1 1.5 -2e-3 nan inf 1,000 : = , ; | ( ) [ ] { } ' \" % / - # . \\ epoch step loss acc val test train it/s ms kB"
    " at of is █ ━ │ [00:01<00:02, 100%| 3/4 tensor( INFO 12:30:05 2026-05-28 [rank0]: (pid=1) Traceback ____"
    " \r \t \x1b[A"
    " http:// .pt @1 ± --- # epoch,loss".split(" ")
)
LINES = st.lists(PARTS, max_size=12).map(" ".join) | st.lists(PARTS, max_size=12).map("".join) | st.text(max_size=60)
OUTPUT = st.lists(LINES, max_size=12).map("\n".join)


def read(data: bytes, cuts: list[int]) -> list[Row]:
    parser, screen, rows, start = Parser(), Screen(), [], 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        rows += parser.read(screen.feed(data[start:cut]))
        start = cut
    return [*rows, *parser.read(screen.finish()), *parser.finish()]


@given(OUTPUT | st.binary(max_size=300).map(lambda data: data.decode("utf-8", "replace")))
@settings(max_examples=400, deadline=None)
def test_no_line_raises(text: str) -> None:
    told: list[Candidate] = []
    parser = Parser(on_candidate=told.append)

    for line in text.split("\n"):
        parser.see(line)
        for row in parser.feed(line):
            assert row.values
            assert all(isinstance(value, float) for value in row.values.values())
    parser.finish()


@given(OUTPUT, st.lists(st.integers(0, 1000), max_size=5))
@settings(max_examples=200, deadline=None)
def test_cut_anywhere_gives_the_same(text: str, cuts: list[int]) -> None:
    data = text.encode("utf-8", "replace")

    assert repr(read(data, cuts)) == repr(read(data, []))  # NaN is not equal to itself


@given(OUTPUT)
@settings(max_examples=200, deadline=None)
def test_stretches_say_what_their_lines_say(text: str) -> None:
    data = (text + "\n").encode("utf-8", "replace")
    screen, one_by_one = Screen(), Parser()

    rows = [row for line in [*screen.feed(data), *screen.finish()] for row in one_by_one.feed(line.text, line.end)]

    assert repr(read(data, [])) == repr([*rows, *one_by_one.finish()])


@pytest.mark.parametrize(
    "unit",
    [
        "1 ",
        " ",
        "\t",
        "1:",
        "1/1 ",
        "(",
        "{a:1",
        "[1",
        '{"a":1,',
        "a 1 ",
        "a: ",
        "loss 1 ",
        "= ",
        "-1",
        "'1'",
        "1|",
        "█#",
    ],
)
@pytest.mark.parametrize("end", ["", "1", ": x"])
def test_time_grows_with_the_length_only(unit: str, end: str) -> None:
    assert is_proportional("", unit, end)


@pytest.mark.parametrize(
    ("start", "units"),
    [
        ("if ", ["(", "(:", "= {", "a"]),
        ("} else if ", ["(:"]),
        ("for a ", ["in : ", " "]),
        ("return ", ["a", "_."]),
        ("[", [">", "# "]),
    ],
)
def test_time_for_what_begins_as_code_or_a_bar_grows_with_the_length_only(start: str, units: list[str]) -> None:
    for unit in units:
        assert is_proportional(start, unit, ": 1")


def is_proportional(start: str, unit: str, end: str) -> bool:
    """Whether as many characters take as long in lines eight times as long; by the square it would be 8 times."""

    def cpu_s(length: int) -> float:
        line = start + unit * ((length - len(start + end)) // len(unit)) + end
        before = time.process_time()
        for _ in range(LONGEST // length * 2):
            Parser().feed(line)
        return time.process_time() - before

    short, long = (min(cpu_s(length) for _ in range(3)) for length in (LONGEST // 8, LONGEST))
    return long < 6 * short + 0.02


def test_what_is_kept_is_bounded() -> None:
    parser = Parser()
    for number in range(6000):
        parser.feed(f"shape{'x' * (number % 77)}{number}y drift{number}=0.5")
        parser.see(f"  1%|# | {number}/9000 [00:01<00:02, 9.1it/s]", end=number)

    assert len(parser._plans._plans) <= 2048
    assert len(parser._held) <= 256
