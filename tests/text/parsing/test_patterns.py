"""Patterns of the user's own."""

import pytest

from wrapper.text.parsing.parser import Parser
from wrapper.text.parsing.patterns import BadPattern, read_pattern


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


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("loss: {loss", 6),
        ("loss: loss}", 10),
        ("loss: {}", 6),
        ("loss: {1}", 6),
        ("{a}{b}", 3),
        ("{a} {a}", 4),
        ("no field", 8),
        ("only {step}", 11),
        ("/loss (?P<loss>/", 6),
        ("/loss/", 5),
        (r"/(\d)(?P<loss>\d)/", 1),
    ],
)
def test_pattern_that_cannot_work_says_where(pattern: str, place: int) -> None:
    with pytest.raises(BadPattern) as error:
        read_pattern(pattern)

    assert error.value.place == place
