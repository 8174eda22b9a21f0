"""`wandb show` says what came of a run: configuration, data, metrics, results, progress."""

import json
import math
import re
import time
from typing import Any

import pytest
from cli.asking import answer, ask, look_at
from cli.runs import STARTED_AT, make_run

from wrapper.cli.drawing import sparkline


def rows(text: str) -> dict[str, str]:
    """Label and text of each row of the page."""
    return {line[2:13].rstrip(): line[13:] for line in text.splitlines() if re.match(r"  \w", line)}


def logged(step: int, **values: Any) -> dict[str, Any]:
    return {"source": "metrics", "upto": step + 1, "row": values, "step": step, "time": STARTED_AT + step}


RESULTS = """
  config
    epochs        3
    optimizer
      betas       [0.9, 0.999]
      name        adam

  data
    data/train    1.2 GB  2 files  3f2a9c77d2e1

  metrics                     last  step     min     max
    loss          █▄▃▂▁▁▁▁  0.1109     7  0.1109  0.6931
    phase                    train     7
    val/acc       ▁██         0.94     7     0.5    0.95

  results
    test_acc      0.9312
    best.acc      0.95

  ! loss: it went up
  ! 12,000 lines of output (1.5 MB) were not searched for metrics: they came too fast
"""


def test_page_has_what_came_of_it(wandb: list[str]) -> None:
    rows = [logged(n, loss=0.6931 / (1 + 0.75 * n), phase="train") for n in range(8)]
    for step, acc in ((3, 0.5), (5, 0.95), (7, 0.94)):
        rows[step]["row"]["val/acc"] = acc
    make_run(
        records=[
            {"source": "arguments", "upto": 1, "config": {"optimizer": {"name": "adam"}}},
            {"source": "config:a.yaml", "upto": 1, "config": {"epochs": 3, "optimizer": {"betas": [0.9, 0.999]}}},
            {
                "source": "data:data/train",
                "upto": 1,
                "data": {"path": "data/train", "bytes": 1_200_000_000, "files": 2, "fingerprint": "3f2a9c77d2e1b0aa"},
            },
            {"source": "metrics", "upto": 1, "define": {"name": "val/*", "summary": "max"}},
            {"source": "metrics", "upto": 1, "define": {"name": "secret", "hidden": True}},
            *rows,
            {"source": "parsed", "upto": 1, "row": {"test_acc": 0.9312, "_runtime": 3}},
            {"source": "metrics", "upto": 1, "row": {"secret": 1}},
            {"source": "metrics", "upto": 1, "summary": {"best": {"acc": 0.95}}},
            {"source": "metrics", "upto": 1, "alert": {"title": "loss", "text": "it went up"}},
            {"source": "parsed", "upto": 1, "skipped": {"lines": 12_000, "bytes": 1_500_000}},
        ]
    )

    shown = look_at(wandb, "show", "latest", columns=72)

    assert shown[shown.index("\n  config") :] == RESULTS
    assert {"secret", "_runtime"} <= {
        line.split()[0] for line in answer(wandb, "show", "latest", "--all").split("\n") if line
    }


@pytest.mark.parametrize("columns", [40, 80, 100, 120, 200])
def test_metrics_fit_every_terminal(wandb: list[str], columns: int) -> None:
    names = ["loss", "a/rather/long/name/of/a/metric/that/goes/on", "Ω漢字"]
    make_run(records=[logged(n, **dict.fromkeys(names, -1.23456789e-100 * n)) for n in range(50)])

    shown = look_at(wandb, "show", "latest", columns=columns).split("  metrics")[1]

    assert max(len(line) for line in shown.splitlines()[1:]) <= columns
    assert "loss" in shown


def test_course_has_gaps_where_there_is_no_number(wandb: list[str]) -> None:
    values = [1.0, 2.0, math.nan, math.nan, 3.0, math.inf, 1.0]
    make_run(records=[logged(n, loss=value) for n, value in enumerate(values)])

    (line,) = [line for line in answer(wandb, "show", "latest").splitlines() if "loss" in line]

    assert line.split("loss")[1].strip().startswith("▁▅  █ ▁")
    assert line.split()[-4:] == ["1", "6", "1", "∞"]


@pytest.mark.parametrize("value", [0.001, -0.1, 0.0, 1e300])
def test_course_of_what_does_not_change_is_level(value: float) -> None:
    # The means of 12 and of 13 tenths differ in their last digit.
    assert sparkline([value] * 100, 8) in ("▃" * 8, ":" * 8)


def test_course_of_small_changes_is_shown() -> None:
    assert sparkline([1.0, 1.000001], 2) in ("▁█", "_#")


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_course_is_ascii_where_the_locale_is(wandb: list[str], locale: str) -> None:
    make_run(records=[logged(n, loss=n) for n in range(8)])

    shown = ask(wandb, "show", "latest", LC_ALL=locale).stdout

    assert "  _.:-=+*#  " in shown


def test_data_is_told_as_the_last_attempt_found_it(wandb: list[str]) -> None:
    for attempt, size in enumerate([1000, 2000]):
        fact = {"path": "d", "bytes": size, "files": 1, "fingerprint": "0123456789abcdef", "sampled": True}
        make_run(attempt=attempt, records=[{"source": "data:d", "upto": 1, "data": fact}])

    shown = answer(wandb, "show", "latest")

    assert shown.endswith("\n  data\n    d             2.0 kB  1 file  0123456789ab (of samples)\n")


def test_much_is_cut_with_a_word_on_how_to_see_all(wandb: list[str]) -> None:
    config = {f"option_{number}": number for number in range(25)}
    values = {f"metric_{number}": 1.0 for number in range(40)}
    make_run(records=[{"source": "arguments", "upto": 1, "config": config}, logged(0, **values), logged(1, **values)])

    short, long = answer(wandb, "show", "latest"), answer(wandb, "show", "latest", "--all")

    assert "    … 5 more: wandb show k3v9x2ab --all\n" in short and "    … 10 more: wandb" in short
    assert ("option_24" in short, "metric_39" in short) == (False, False)
    assert ("option_24" in long, "metric_39" in long, "more:" in long) == (True, True, False)


def test_progress_and_time_left_are_told_while_it_runs(wandb: list[str]) -> None:
    now = time.time()
    told = [
        {"source": "parsed", "upto": 1, "at": now - 100 + 10 * n, "progress": {"done": n, "total": 50, "unit": "epoch"}}
        for n in range(1, 11)
    ]
    make_run(part={"started_at": now - 100}, records=told, is_running=True)

    text = rows(answer(wandb, "show", "latest"))["progress"]

    bar, _, said = text.partition("  ")
    assert bar == "━" * 4 + "─" * 20
    assert re.fullmatch(r"10 of 50 epochs, about 6 min (40|39|38|37|36|35) s left", said)
    found = json.loads(answer(wandb, "show", "latest", "--json"))["progress"]
    assert (found["done"], found["total"], found["unit"], found["fraction"]) == (10, 50, "epoch", 0.2)
    assert 0 < found["left_s"] <= 400


@pytest.mark.parametrize(("done", "text"), [(12.5, "━━━━━━─────  12.5 of 50 epochs"), (50, None)])
def test_progress_is_told_afterwards_where_it_was_not_all(wandb: list[str], done: float, text: str | None) -> None:
    make_run(records=[{"source": "parsed", "upto": 1, "progress": {"done": done, "total": 50, "unit": "epoch"}}])

    said = rows(answer(wandb, "show", "latest")).get("progress")

    assert said == (text and text.replace("─────", "─" * 18))


def test_json_has_config_summary_metrics_and_progress(wandb: list[str]) -> None:
    make_run(
        records=[
            {"source": "metrics", "upto": 1, "define": {"name": "acc", "summary": "max"}},
            {"source": "metrics", "upto": 1, "config": {"lr": 0.1}, "summary": {"best": {"step": 3}, "acc": 7}},
            *(logged(step, loss=1.0 - step, acc=step % 2) for step in range(3)),
            logged(3, loss=5, final=True),
        ]
    )

    found = json.loads(answer(wandb, "show", "latest", "--json"))

    assert found["config"] == {"lr": 0.1}
    assert found["summary"] == {"loss": 5, "acc": 7, "final": True, "best.step": 3}
    assert found["metrics"]["loss"] == {
        "source": "metrics",
        "rank": 0,
        "count": 4,
        "is_result": False,
        "first": {"value": 1.0, "step": 0, "epoch": None, "at": STARTED_AT},
        "last": {"value": 5, "step": 3, "epoch": None, "at": STARTED_AT + 3},
        "min": {"value": -1.0, "step": 2, "epoch": None, "at": STARTED_AT + 2},
        "max": {"value": 5, "step": 3, "epoch": None, "at": STARTED_AT + 3},
        "mean": 1.25,
    }
    assert found["metrics"]["final"]["is_result"]
    assert found["progress"] is None


def test_json_has_texts_for_numbers_that_json_lacks(wandb: list[str]) -> None:
    make_run(records=[logged(0, loss=math.inf), logged(1, loss=math.nan)])

    found = json.loads(answer(wandb, "show", "latest", "--json"), parse_constant=pytest.fail)

    assert (found["summary"]["loss"], found["metrics"]["loss"]["max"]["value"]) == ("NaN", "Infinity")


def test_many_warnings_are_cut(wandb: list[str]) -> None:
    make_run(records=[{"source": "metrics", "upto": n, "warning": f"metrics.jsonl line {n}: what?"} for n in range(25)])

    short, long = answer(wandb, "show", "latest"), answer(wandb, "show", "latest", "--all")

    assert (short.count("  ! "), long.count("  ! ")) == (10, 25)
    assert short.endswith("    … 15 more: wandb show k3v9x2ab --all\n")


def test_tags_and_notes_of_the_command_join_those_of_the_person(wandb: list[str]) -> None:
    said = [
        {"tag": "b"},
        {"tag": "a"},
        {"note": "two\nlines"},
        {"media": {"x": {"type": "image"}, "y": {"type": "image"}}},
    ]
    make_run(run={"tags": ["a"], "notes": "first"}, records=[{"source": "metrics", "upto": 1, **fact} for fact in said])

    shown = answer(wandb, "show", "latest")

    assert (rows(shown)["tags"], rows(shown)["media"]) == ("a, b", "2 image")
    assert "  notes      first\n             two\n             lines\n" in shown
