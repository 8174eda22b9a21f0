"""Patterns of the user's own."""

import pytest

from wrapper.rundir.patterns import read_pattern
from wrapper.text.parsing.parser import Parser


@pytest.mark.parametrize(
    ("pattern", "line", "values", "step"),
    [
        ("wobble <{wobble}> in round {step}", "12:30 wobble <0.31> in round 7", {"wobble": 0.31}, 7),
        ("wobble {wobble}", "a   wobble    -1.5e-3 b", {"wobble": -0.0015}, None),
        (r"/W=(?P<wobble>\S+) R(?P<step>\d+)/", "W=0.31 R7", {"wobble": 0.31}, 7),
    ],
)
def test_pattern_finds(pattern: str, line: str, values: dict[str, float], step: float | None) -> None:
    (row,) = Parser([read_pattern(pattern)]).feed(line)

    assert (row.values, row.step) == (values, step)


def test_what_a_pattern_takes_is_taken_once() -> None:
    patterns = [read_pattern("loss: {train_loss}"), read_pattern("acc {acc}"), read_pattern("acc ({acc}")]

    rows = Parser(patterns).feed("step 5 loss: 0.31, acc (0.9), lr: 0.1, top1: 0.8")

    assert [row.values for row in rows] == [{"train_loss": 0.31}, {"acc": 0.9}, {"lr": 0.1, "top1": 0.8}]
