"""Whether a rule holds is told from rows and samples alone, the same however often they are read."""

import math

import pytest

from wrapper.recorder.judging import Judge
from wrapper.recorder.stall import SAMPLE, is_busy
from wrapper.rundir.rules import read_rule


def judged(rule, records, samples_s=30.0):
    """The first reason to end the command, and with which record it came."""
    judge = Judge(read_rule(rule), samples_s)
    for count, record in enumerate(records, 1):
        if why := judge.take(record, count, 0):
            return count, why
    return None


def rows(*values, source="metrics", name="loss", every_s=1.0):
    return [
        {"source": source, "row": {name: value}, "step": step, "time": 1000 + every_s * step}
        for step, value in enumerate(values, 1)
    ]


def samples(*loads, every_s=30.0):
    return [{"source": "system", "sample": load, "time": 1000 + every_s * n} for n, load in enumerate(loads)]


@pytest.mark.parametrize(
    ("rule", "values", "found"),
    [
        ("loss is nan", (1, 2, math.nan), (3, "loss is nan at step 3")),
        ("loss is nan for 2 rows", (math.nan, 1, math.nan, math.nan), (4, "loss is nan for 2 rows at step 4")),
        ("loss > 1", (1, 1, 1.5), (3, "loss > 1: 1.5 at step 3")),
        ("loss > 1 for 3 rows", (2, 2, 1, 2, 2, 2), (6, "loss > 1 for 3 rows: 2 at step 6")),
        ("loss > 1 for 2s", (2, 2, 1, 2, 2, 2), (6, "loss > 1 for 2s: 2 at step 6")),
        ("loss > 1", ("high", True, None, [3]), None),
        ("lo*s > 1", (1, 2), (2, "loss > 1: 2 at step 2")),
        ("'lo*s' > 1", (1, 2), None),
        ("los > 1", (1, 2), None),
        ("Loss > 1", (1, 2), None),
    ],
)
def test_rows_of_a_metric(rule, values, found):
    assert judged(rule, rows(*values)) == found


def test_rows_without_the_metric_neither_count_nor_break():
    mixed = [*rows(2), *rows(9, name="acc"), *rows(2), *rows(0, name="acc"), *rows(2)]

    assert judged("loss > 1 for 3 rows", mixed) == (5, "loss > 1 for 3 rows: 2 at step 1")


def test_names_in_objects_are_as_they_are_shown():
    record = {"source": "metrics", "row": {"val": {"top 5": 0.1}}, "step": 3, "time": 1000}

    assert judged("val.top 5 < 0.2", [record]) == (1, "val.top 5 < 0.2: 0.1 at step 3")


def test_name_has_its_values_from_its_best_source():
    printed, logged = rows(9, 9, 9, source="parsed"), rows(1, 1, 1)

    assert judged("loss > 5 for 3 rows", [*printed[:2], logged[0], *printed, *logged]) is None
    assert judged("loss > 5 for 3 rows", printed) == (3, "loss > 5 for 3 rows: 9 at step 3")


def test_ranks_are_told_apart():
    one, two = ([{**row, "rank": rank} for row in rows(9, 9, source="parsed")] for rank in (0, 1))

    assert judged("loss > 5 for 3 rows", [*one, *two]) is None


@pytest.mark.parametrize(
    ("rule", "load", "why"),
    [
        ("cpu < 5%", {"system.cpu": 2.5}, "cpu < 5: 2.5"),
        ("memory > 90", {"system.memory_percent": 95}, "memory > 90: 95"),
        (
            "system.proc.memory.rssMB > 1000",
            {"system.proc.memory.rssMB": 2000},
            "system.proc.memory.rssMB > 1000: 2000",
        ),
        ("system.gpu.*.temp > 90", {"system.gpu.0.temp": 50, "system.gpu.1.temp": 93}, "system.gpu.1.temp > 90: 93"),
        ("gpu.util < 5", {"system.gpu.0.gpu": 1, "system.gpu.1.gpu": 80}, None),
        ("gpu.util < 5", {"system.gpu.0.gpu": 1, "system.gpu.1.gpu": 2}, "gpu.util < 5: 2"),
        # The second is another's.
        (
            "gpu.util < 5",
            {"system.gpu.0.gpu": 1, "system.gpu.1.gpu": 80, "system.gpu.process.0.memoryAllocated": 3},
            "gpu.util < 5: 1",
        ),
        ("gpu.util < 5", {"system.gpu.0.gpu": 90, "system.gpu.process.0.gpu": 3}, "gpu.util < 5: 3"),
        ("gpu.temp > 90", {"system.gpu.0.temp": 50, "system.gpu.1.temp": 93}, "gpu.temp > 90: 93"),
        ("gpu.util < 5", {"system.cpu": 3}, None),
    ],
)
def test_sample_of_the_machine(rule, load, why):
    assert judged(rule, samples(load)) == (why and (1, why))


def test_load_has_to_last():
    idle, busy = {"system.gpu.0.gpu": 0}, {"system.gpu.0.gpu": 50}

    assert judged("gpu.util < 5 for 1m", samples(idle, idle, busy, idle, idle, idle)) == (6, "gpu.util < 5 for 1m: 0")


def test_what_nobody_measured_in_between_did_not_last():
    idle = {"system.gpu.0.gpu": 0}

    assert judged("gpu.util < 5 for 10m", samples(idle, idle, every_s=900.0)) is None


def test_metric_with_the_name_of_a_load_stands_between_quotation_marks():
    assert judged("cpu < 5", rows(1, name="cpu")) is None
    assert judged("'cpu' < 5", rows(1, name="cpu")) == (1, "cpu < 5: 1 at step 1")


@pytest.mark.parametrize(
    ("load", "cores", "expected"),
    [
        ('"system.cpu": 0.0, "system.memory_percent": 95', 16, False),
        ('"system.cpu": 0.1', 16, False),
        ('"system.cpu": 0.2', 16, True),
        ('"system.cpu": 0.0, "system.gpu.0.gpu": 88', 16, True),
        ('"system.cpu": 0.0, "system.gpu.0.gpu": 88, "system.gpu.process.1.gpu": 0', 16, False),
        ('"system.memory_percent": 95', 16, True),
        ('"system.cpu": NaN', 16, False),
        ("", 1, True),
    ],
)
def test_run_is_busy_when_it_uses_processors_or_gpus(load, cores, expected):
    assert is_busy(f'{SAMPLE}{load}}}, "max": {{"system.cpu": 100}}, "time": 1}}', cores) is expected
