"""What a rule says, and that one which cannot be understood is refused with the place."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrapper.rundir.durations import BadDuration, read_duration, spell_duration
from wrapper.rundir.rules import BadRule, Rule, read_rule


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loss is nan", {"name": "loss", "test": "nan"}),
        ("  loss   IS  NaN ", {"name": "loss", "test": "nan"}),
        ("train/loss is inf", {"name": "train/loss", "test": "inf"}),
        ("*loss is not finite for 3 rows", {"name": "*loss", "test": "not finite", "rows": 3}),
        ("loss>5", {"name": "loss", "test": ">", "number": 5.0}),
        ("val/loss > 10 for 3 rows", {"name": "val/loss", "test": ">", "number": 10.0, "rows": 3}),
        ("Val loss >= -1e-3 for 1 row", {"name": "Val loss", "test": ">=", "number": -0.001}),
        ("acc == 1", {"name": "acc", "test": "==", "number": 1.0}),
        ("acc = 1", {"name": "acc", "test": "==", "number": 1.0}),
        ("model.layer-1.norm != 0", {"name": "model.layer-1.norm", "test": "!=", "number": 0.0}),
        ("this is fine > 3 for 2h", {"name": "this", "test": "", "refused": 8}),
        ("'this is fine' > 3 for 2h", {"name": "this is fine", "is_quoted": True, "test": ">", "seconds": 7200.0}),
        ('"a \\"b\\" <= c" < 3', {"name": 'a "b" <= c', "is_quoted": True, "test": "<"}),
        ("gpu.util < 5 for 10m", {"name": "gpu.util", "test": "<", "seconds": 600.0, "is_measured": True}),
        ("gpu.util<5% for 10m", {"name": "gpu.util", "number": 5.0, "is_measured": True}),
        ("system.gpu.0.gpu < 5", {"name": "system.gpu.0.gpu", "is_measured": True}),
        ("memory > 95", {"name": "memory", "is_measured": True}),
        ('"memory" > 95', {"name": "memory", "is_quoted": True, "is_measured": False}),
        ("isolation is nan", {"name": "isolation", "test": "nan"}),
        ("no output for 30m", {"silent": "output", "seconds": 1800.0, "is_measured": False}),
        ("No metrics for 1h 30min", {"silent": "metrics", "seconds": 5400.0}),
        ("no output > 3", {"refused": 10}),
        ("no_output > 3", {"name": "no_output"}),
    ],
)
def test_rule_is_read(text, expected):
    if "refused" in expected:
        with pytest.raises(BadRule) as error:
            read_rule(text)
        assert error.value.place == expected["refused"]
        return
    rule = read_rule(text)

    assert {name: getattr(rule, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 0),
        ("   ", 3),
        ("loss", 4),
        ("is nan", 6),
        ("> 5", 0),
        ("loss is", 7),
        ("loss is high", 8),
        ("loss is not", 11),
        ("loss >", 6),
        ("loss > five", 7),
        ("loss > 1_000", 7),
        ("loss > nan", 7),
        ("loss < inf", 7),
        ("loss > 5%", 8),
        ("loss > 5 3", 9),
        ("loss > 5 for", 12),
        ("loss > 5 for 3", 14),
        ("loss > 5 for 0 rows", 13),
        ("loss > 5 for x rows", 13),
        ("loss > 5 for 3 weeks", 15),
        ("loss is nan or acc < 3", 12),
        ("'loss > 5", 0),
        ("'' > 5", 0),
        ("no output", 9),
        ("no output for 3 rows", 16),
        ("no output for 0", 14),
    ],
)
def test_rule_that_cannot_be_understood_says_where(text, place):
    with pytest.raises(BadRule) as error:
        read_rule(text)

    assert error.value.place == place


@given(st.text(st.sampled_from("loss isnatfrow<>=!%'\"\\ 0129.e-mh*/\n\udcff٣"), max_size=40) | st.text(max_size=30))
def test_nothing_but_a_refusal_comes_of_any_text(text):
    refused = None
    try:
        rule = read_rule(text)
    except BadRule as error:
        refused = error
    if refused:
        assert 0 <= refused.place <= len(text) and str(refused)
        return
    assert isinstance(rule, Rule) and (rule.name or rule.silent)
    assert isinstance(rule.holds(math.nan) if not rule.silent else True, bool)
    assert math.isfinite(rule.number) and math.isfinite(rule.seconds)


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("x is nan", math.nan, True),
        ("x is nan", math.inf, False),
        ("x is inf", -math.inf, True),
        ("x is not finite", math.nan, True),
        ("x is not finite", 1.0, False),
        ("x is finite", 1.0, True),
        ("x > 5", math.nan, False),
        ("x > 5", math.inf, True),
        ("x > 5", 5.0, False),
        ("x >= 5", 5, True),
        ("x != 0", math.nan, True),
    ],
)
def test_rule_holds_for_a_value(text, value, holds):
    assert read_rule(text).holds(value) is holds


@pytest.mark.parametrize(
    ("text", "seconds", "spelled"),
    [
        ("0", 0, "0s"),
        ("90s", 90, "1m30s"),
        ("10m", 600, "10m"),
        ("2h", 7200, "2h"),
        ("1h30m", 5400, "1h30m"),
        ("1.5 hours", 5400, "1h30m"),
        ("2 D 3min", 172980, "2d3m"),
        ("0.5s", 0.5, "0.5s"),
    ],
)
def test_duration_is_read_and_spelled(text, seconds, spelled):
    assert read_duration(text) == seconds
    assert spell_duration(seconds) == spelled


@pytest.mark.parametrize(
    "text", ["", " ", "2", "2h3", "h", "-2h", "1e400d", "2 weeks", "nan", "inf", "1:30", "..s", "99999d", "0m"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(BadDuration):
        read_duration(text)
