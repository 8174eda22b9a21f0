"""A training that is not kept as it was printed is noticed, whatever is wrong."""

import pytest
from real.comparing import Point, differences, plain

TRUTH = [
    {"step": [1, 5], "epoch": 2, "values": {"valid_0's l2": "0.50"}, "maybe": {"time": "3"}},
    {"step": None, "epoch": None, "values": {"acc": "nan"}, "maybe": {}},
]
LOSS = Point(plain("valid_0's l2"), 0.5, (5,), 2)
ACCURACY = Point("acc", float("nan"), (9,), None)


@pytest.mark.parametrize("more", [[], [Point("time", 3, (1,), 2)], [Point("time", 3, (1,), 2)] * 2])
def test_all_that_was_printed_is_right(more):
    assert differences([LOSS, *more, ACCURACY], TRUTH) == ""


@pytest.mark.parametrize(
    ("kept", "noticed"),
    [
        ([LOSS], ["missing: acc = nan"]),
        ([LOSS, ACCURACY, LOSS], ["wrong: valid 0 s l 2 = 0.5"]),
        ([LOSS, ACCURACY, Point("acc", 1.0, (9,), None)], ["wrong: acc = 1"]),
        ([LOSS._replace(steps=(2,)), ACCURACY], ["missing: valid", "wrong: valid"]),
        ([LOSS._replace(steps=(None,)), ACCURACY], ["missing: valid", "wrong: valid"]),
        ([LOSS._replace(epoch=None), ACCURACY], ["missing: valid", "wrong: valid"]),
        ([LOSS._replace(value=0.51), ACCURACY], ["missing: valid", "wrong: valid"]),
        ([LOSS._replace(name="loss"), ACCURACY], ["missing: valid", "wrong: loss"]),
        ([LOSS, ACCURACY, Point("time", 3, (2,), 2)], ["wrong: time"]),
    ],
)
def test_what_is_not_as_printed_is_noticed(kept, noticed):
    lines = differences(kept, TRUTH).splitlines()

    assert len(lines) == len(noticed)
    assert all(line.startswith(start) for line, start in zip(lines, noticed, strict=True))
