"""How far a run has come, and how long it may still take."""

import pytest
from rundir.journals import Part, read


def test_time_left_follows_from_the_pace_so_far() -> None:
    part = Part()
    for at, done in ((100.0, 20), (110.0, 40), (120.0, 60)):
        part.add("parsed", progress={"done": done, "total": 100, "unit": "step"}, time=at)

    latest = read().latest

    assert latest and latest.pace.now
    assert (latest.pace.now.fraction, latest.pace.left_s(120.0), latest.pace.left_s(125.0)) == (0.6, 20.0, 15.0)


@pytest.mark.parametrize("said", [7, {}, {"done": 3, "total": 0}, {"done": 5, "total": 3}, {"done": "1", "total": 2}])
def test_progress_that_makes_no_sense_is_none(said: object) -> None:
    Part().add("parsed", progress=said)

    latest = read().latest

    assert latest and latest.pace.now is None


def test_first_word_of_progress_is_measured_from_the_start() -> None:
    part = Part()
    part.add("recorder", started={})
    part.add("recorder", started={})
    part.add("parsed", progress={"done": 1, "total": 3, "unit": "epoch"}, time=2e9)

    latest = read().latest

    assert latest and (latest.pace.left_s(2e9) or 0) > 2 * (2e9 - 1.9e9)


@pytest.mark.parametrize(
    ("said", "done", "left_s"),
    [
        ([10, 20, 1, 30], 30, 105.0),  # one word that is of something else
        ([10, 20, 1, 2], 2, 980.0),  # it has begun again
        ([10, 20, 30, 1], 30, 60.0),
    ],
)
def test_step_back_counts_once_it_is_said_twice(said: list[int], done: int, left_s: float) -> None:
    part = Part()
    for number, count in enumerate(said):
        part.add("parsed", progress={"done": count, "total": 100, "unit": "step"}, time=100.0 + 10 * number)

    latest = read().latest

    assert latest and latest.pace.now
    assert (latest.pace.now.done, latest.pace.left_s(130.0)) == (done, pytest.approx(left_s))
