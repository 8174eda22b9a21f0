"""What a metric comes to: its first, last, least and most, and what is said of it."""

import math
from typing import Any

import pytest
from rundir.journals import Part, metric, read


def summary(name: str) -> dict[str, Any]:
    """What stands beside a metric: value and step of each."""
    found = metric(name)
    points = {"first": found.first, "last": found.last, "min": found.min, "max": found.max}
    return {key: (point.value, found.step_at(point)) if point else None for key, point in points.items()}


def test_metric_has_its_first_last_least_and_most_with_their_steps() -> None:
    part = Part()
    for step, loss in enumerate([0.9, 0.4, 1.5, 0.7]):
        part.print(step=step * 10, loss=loss)

    assert summary("loss") == {"first": (0.9, 0), "last": (0.7, 30), "min": (0.4, 10), "max": (1.5, 20)}
    assert (metric("loss").count, metric("loss").mean) == (4, pytest.approx(0.875))


def test_nan_is_neither_least_nor_most_but_may_be_the_last() -> None:
    part = Part()
    for loss in [math.nan, 3.0, math.inf, -1.0, math.nan]:
        part.log(loss=loss)

    found = metric("loss")

    assert found.min and found.max and found.last
    assert (found.min.value, found.max.value, found.count) == (-1.0, math.inf, 5)
    assert math.isnan(found.last.value)
    assert [math.isnan(point) for point in found.course] == [True, False, True, False, True]


def test_texts_and_truths_are_values_too() -> None:
    part = Part()
    part.log(phase="warm-up", is_best=True, huge=10**400)
    part.log(phase="train", is_best=False, huge=10**401)

    found = read().metrics(True)

    assert [found[name].last.value for name in ("phase", "is_best", "huge")] == ["train", False, 10**401]
    assert (found["phase"].min, found["is_best"].max.value, found["huge"].max) == (None, True, None)


def test_what_comes_once_and_at_the_end_is_a_result() -> None:
    part = Part()
    part.print(parameters=1200)
    for step in range(3):
        part.print(step=step, loss=1.0 / (step + 1))
    part.print(step=2, test_acc=0.9)
    part.print(test_loss=0.1)

    found = read().metrics(has_ended=True)

    assert {name for name in found if found[name].is_result} == {"test_acc", "test_loss"}
    assert not any(shown.is_result for shown in read().metrics(has_ended=False).values())


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ({}, 2.0),
        ({"summary": "max"}, 3.0),
        ({"summary": "min"}, 1.0),
        ({"summary": "mean"}, 2.0),
        ({"summary": "first"}, 1.0),
        ({"summary": "copy"}, 2.0),
        ({"summary": "none"}, None),
        ({"summary": "best"}, 1.0),
        ({"summary": "best", "goal": "maximize"}, 3.0),
        ({"summary": "what?"}, 2.0),
        ({"summary": "max,mean"}, 3.0),
        ({"summary": ["min"]}, 1.0),
    ],
)
def test_summary_has_what_was_defined(said: dict[str, Any], value: float | None) -> None:
    part = Part()
    part.add("metrics", define={"name": "val/*", **said})
    for loss in (1.0, 3.0, 2.0):
        part.log(**{"val/loss": loss})

    assert metric("val/loss").chosen() == value


def test_step_of_a_metric_may_be_another_metric() -> None:
    part = Part()
    part.add("metrics", define={"name": "val[0]/*", "step": "epoch"})
    for step in range(4):
        part.log(step=100 * step, **{"val[0]/loss": -step, "epoch": step / 2})

    assert summary("val[0]/loss")["last"] == (-3, 1.5)


def test_own_definition_counts_before_one_for_many() -> None:
    part = Part()
    part.add("metrics", define={"name": "acc", "summary": "max", "hidden": True})
    part.add("metrics", define=[{"name": "*", "summary": "min"}, {"no": "name"}, 7])

    definitions = read().definitions()

    assert (definitions.of("acc").summary, definitions.of("acc").is_hidden) == ("max", True)
    assert (definitions.of("loss").summary, definitions.of("loss").is_hidden) == ("min", False)


def test_course_of_a_long_metric_is_kept_in_few_points() -> None:
    part = Part()
    for number in range(3000):
        part.log(loss=float(number))

    course = metric("loss").course

    assert 200 < len(course) <= 513
    assert list(course) == sorted(course)
    assert (course[0], course[-1]) == (pytest.approx(3.5, abs=4), pytest.approx(2996, abs=4))
