"""Real trainings, unmodified: each number that they print is kept once, at its step, and nothing else is.

What they printed they say themselves, in a file outside the folder that they train in.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

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
COLUMNS = 120
LONGEST_TRAINING_S = 100.0


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Two trainings beside each other would else fight for the cores, and no two sums would be alike."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def train(wandb, tmp_path):
    """Run a training in a folder of its own; what it says that it printed."""

    def start(command: list[str], options: list[str], shown_on: str) -> list[dict]:
        truth = tmp_path / "truth"
        run = [*wandb, "run", *command, str(truth), *options]
        assert SHOWN_ON[shown_on](run) == 0
        return json.loads(truth.read_text())

    return start


def show_on_a_terminal(run: list[str]) -> int:
    with Terminal(*run, columns=COLUMNS) as terminal:
        wait_until(lambda: terminal.look(0.05) or terminal.leader.poll() is not None, LONGEST_TRAINING_S)
        return terminal.wait()


def show_through_a_pipe(run: list[str]) -> int:
    done = subprocess.run(run, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode


SHOWN_ON = {"a terminal": show_on_a_terminal, "a pipe": show_through_a_pipe}


def read_kept(wandb: list[str], shown_on: str) -> Iterator[Point]:
    """Each number of the one run here."""
    raw = subprocess.run([*wandb, "output", "--raw", only_run().id], stdout=subprocess.PIPE, check=True).stdout
    columns = ["--columns", str(COLUMNS)] if shown_on == "a terminal" else []
    done = subprocess.run([*wandb, "parse", "--json", *columns, "-"], input=raw, stdout=subprocess.PIPE, check=True)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        for name, value in row["values"].items():
            yield Point(plain(name), value, (row["step"],), row["epoch"])


@pytest.mark.parametrize("shown_on", SHOWN_ON)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_it_prints_is_kept(wandb, train, framework_python, program, shown_on):
    name, *options = program.split()

    truth = train([framework_python, str(TRAININGS / name)], options, shown_on)

    assert differences(read_kept(wandb, shown_on), truth) == ""


@pytest.mark.parametrize("shown_on", SHOWN_ON)
def test_what_a_program_in_c_prints_is_kept(wandb, train, c_program, shown_on):
    truth = train([c_program], [], shown_on)

    assert differences(read_kept(wandb, shown_on), truth) == ""
