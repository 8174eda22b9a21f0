"""Real trainings, unmodified: each number that they print is kept once, at its step, and nothing else is.

What they printed they say themselves, in a file outside the folder that they train in.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kept import only_run
from real.comparing import Point, differences, plain
from terminal import Terminal
from waiting import wait_until

TRAININGS = Path(__file__).parents[1] / "programs" / "trainings"
PROGRAMS = [
    "hf_trainer.py",
    "keras_fit.py",
    "lightgbm_train.py",
    "lightning_fit.py rich",
    "lightning_fit.py tqdm",
    "pytorch_loop.py",
    "pytorch_tqdm.py",
    "sklearn_boosting.py",
    "sklearn_mlp.py",
    "sklearn_sgd.py",
    "xgboost_train.py",
]
WIDTHS = {"a terminal": 120, "a pipe": None}
LONGEST_TRAINING_S = 100.0


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Two trainings beside each other would else fight for the cores, and no two sums would be alike."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def train(wandb, tmp_path):
    """Run a training on a terminal so wide, or through a pipe; what it says that it printed."""

    def start(command: list[str], columns: int | None) -> list[dict[str, Any]]:
        truth = tmp_path / "truth"
        run = [*wandb, "run", *(str(truth) if word == "TRUTH" else word for word in command)]
        assert (run_through_a_pipe(run) if columns is None else run_on_a_terminal(run, columns)) == 0
        rows: list[dict[str, Any]] = json.loads(truth.read_text())
        return rows

    return start


def run_on_a_terminal(run: list[str], columns: int) -> int:
    with Terminal(*run, columns=columns) as terminal:
        wait_until(lambda: terminal.look(0.05) or terminal.leader.poll() is not None, LONGEST_TRAINING_S)
        return terminal.wait()


def run_through_a_pipe(run: list[str]) -> int:
    done = subprocess.run(run, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode


def read_kept(wandb: list[str]) -> Iterator[Point]:
    """Each number of the one run here."""
    done = subprocess.run([*wandb, "history", only_run().id, "--json"], stdout=subprocess.PIPE, check=True)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        for name, value in row.items():
            if not name.startswith("_"):
                yield Point(plain(name), value, (row.get("_step"),), row.get("_epoch"))


@pytest.mark.parametrize("shown_on", WIDTHS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_it_prints_is_kept(wandb, train, framework_python, program, shown_on):
    name, *options = program.split()

    truth = train([framework_python, str(TRAININGS / name), "TRUTH", *options], WIDTHS[shown_on])

    assert differences(read_kept(wandb), truth) == ""


@pytest.mark.parametrize("shown_on", WIDTHS)
def test_what_a_program_in_c_prints_is_kept(wandb, train, c_program, shown_on):
    truth = train([c_program, "TRUTH"], WIDTHS[shown_on])

    assert differences(read_kept(wandb), truth) == ""


def test_bar_that_a_narrow_terminal_cuts_gives_no_part_of_a_number(wandb, train, framework_python):
    truth = train([framework_python, str(TRAININGS / "lightning_fit.py"), "TRUTH", "tqdm"], 80)

    assert "wrong" not in differences(read_kept(wandb), truth)
