"""What the settings say of ending a command; a rule that cannot be understood is refused before anything runs."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from wrapper.launch.options import parse_run
from wrapper.launch.settings import resolve


def resolved(*flags, **variables):
    return resolve(parse_run([*flags, "train"]), {"HOME": os.environ["HOME"], **variables}, str(Path.cwd()))


def test_rules_of_all_levels_hold_and_the_first_time_counts():
    Path("wandb.yaml").write_text(
        "stop_if:\n  - acc < 0.1 for 3 rows\n  - loss is inf\nstop_after: 2h\nstall_after: 0\n"
    )

    settings = resolved("--stop-if", "loss is nan", "--stop-after", "90m", "--stop-grace=5s")

    assert settings.stop_if == ["loss is nan", "acc < 0.1 for 3 rows", "loss is inf"]
    assert (settings.stop_after, settings.stop_grace, settings.stall_after) == (5400, 5, 0)
    assert settings.problems == [] and settings.refusal == ""


def test_time_may_be_set_for_all_commands_of_a_script():
    assert resolved(WANDB_STOP_AFTER="1h").stop_after == 3600
    assert resolved("--stop-after", "0", WANDB_STOP_AFTER="1h").stop_after == 0


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("stop_if: loss is high\n", 'line 1: "is" is followed by nan, inf or finite, or "not" and one of these\n'),
        ("stop_after: 2\n", "line 1: 2 of what? 2s, 2m or 2h\n  2\n   ^"),
        ("stop_if: {loss: nan}\n", "line 1: stop_if is a "),
        ("stop_if: cpu < 5 for 10m\nstats_interval: 0\n", "line 1: cpu < 5 for 10m needs what is measured of the"),
    ],
)
def test_what_cannot_be_understood_is_refused(text, refusal):
    Path("wandb.yaml").write_text(text)

    assert resolved().refusal.startswith(f"wandb.yaml {refusal}")


def test_part_says_what_is_watched_for(wandb):
    subprocess.run([*wandb, "run", "--stop-if", "loss is nan", "--stop-after", "2h", "true"], check=True)

    (part,) = Path(".wandb-wrapper").glob("*/*/part.json")
    assert json.loads(part.read_text())["watch"] == {
        "stop_if": ["loss is nan"],
        "stop_after": 7200.0,
        "stop_grace": 30.0,
        "stall_after": 1800.0,
    }


def test_who_relies_on_a_rule_is_told_that_nothing_is_recorded(wandb):
    Path(".wandb-wrapper").write_text("in the way")

    done = subprocess.run([*wandb, "run", "--stop-after", "2h", "true"], capture_output=True, text=True)

    assert done.returncode == 0
    assert done.stderr.startswith("wandb: this run is not recorded, and nothing will end it: ")


@pytest.mark.parametrize("off", ["--stats-interval", "--stats-average"])
def test_stalling_that_nobody_can_tell_is_a_problem_where_it_was_asked_for(tmp_path, off):
    told = resolve(parse_run(["--stall-after", "5m", off, "0", "true"]), {}, str(tmp_path))
    silent = resolve(parse_run([off, "0", "true"]), {}, str(tmp_path))

    name = off.strip("-").replace("-", "_")
    assert told.problems == [
        f"--stall-after has no effect: without what is measured of the machine nobody can tell, and {name} is 0 ({off})"
    ]
    assert silent.problems == []
