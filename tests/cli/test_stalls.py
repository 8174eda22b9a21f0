"""A run that shows no sign of life, or that showed none for a time, is shown so."""

from __future__ import annotations

import json

import pytest
from cli.asking import answer
from cli.runs import STARTED_AT, make_run

STACKS = {"path": "files/stalled-1.txt"}


def stall(number: int, since: float, until: float) -> list[dict[str, object]]:
    return [
        {"source": "stall", "upto": 2 * number - 1, "at": since + 10, "stalled": {"since": since}},
        {"source": "stall", "upto": 2 * number - 1, "at": since + 11, "stacks": STACKS},
        {"source": "stall", "upto": 2 * number, "at": until, "stalled": None},
    ]


@pytest.mark.parametrize(
    ("times", "text"),
    [
        ([(10, 100)], "once, for 1 min 30 s"),
        ([(10, 100), (200, 230)], "2 times, for 1 min 30 s at most"),
    ],
)
def test_it_is_told_when_it_is_over(wandb: list[str], times: list[tuple[float, float]], text: str) -> None:
    records = [
        record
        for number, (since, until) in enumerate(times, 1)
        for record in stall(number, STARTED_AT + since, STARTED_AT + until)
    ]
    make_run(records=records)

    shown = answer(wandb, "show", "latest")

    assert f"  stalled    {text}\n             its stacks: " in shown
    assert "/files/stalled-1.txt\n" in shown


def test_status_says_which_run_is_stalled(wandb: list[str]) -> None:
    path = make_run(is_running=True)
    (path / "0-0" / "stalled").write_text(json.dumps({"since": STARTED_AT}))

    assert "stalled " in answer(wandb, "status")
