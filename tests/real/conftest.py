"""Trainings with real frameworks, which have an environment of their own: scripts/frameworks.sh makes it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kept import only_run
from real.comparing import Point, plain
from terminal import Terminal
from waiting import wait_until

FRAMEWORKS = Path(__file__).parents[2] / ".venv-frameworks"
TRAININGS = Path(__file__).parents[1] / "programs" / "trainings"
LONGEST_TRAINING_S = 100.0

Train = Callable[[str, int | None], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def framework_python() -> str:
    """The Python that has the frameworks; without it these tests are skipped."""
    if not (FRAMEWORKS / "installed").exists():
        pytest.skip("the frameworks are not there: scripts/frameworks.sh installs them (1.6 GB)")
    return str(FRAMEWORKS / "bin" / "python")


@pytest.fixture
def train(wandb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Train:
    """Run a program of tests/programs/trainings on a terminal so wide, or through a pipe; what it says it printed."""
    # Two trainings beside each other would else fight for the cores, and no two sums would be alike.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def start(program: str, columns: int | None) -> list[dict[str, Any]]:
        name, *options = program.split()
        if name.endswith(".c"):
            command = [compile_c(TRAININGS / name, tmp_path / "compiled")]
        else:
            command = [request.getfixturevalue("framework_python"), str(TRAININGS / name)]
        truth = tmp_path / "truth"
        run = [*wandb, "run", *command, str(truth), *options]
        (tmp_path / "folder").mkdir()
        monkeypatch.chdir(tmp_path / "folder")
        assert (run_through_a_pipe(run) if columns is None else run_on_a_terminal(run, columns)) == 0
        rows: list[dict[str, Any]] = json.loads(truth.read_text())
        return rows

    return start


def compile_c(source: Path, program: Path) -> str:
    subprocess.run(["cc", "-O2", "-o", program, source, "-lm"], check=True)
    return str(program)


def run_on_a_terminal(run: list[str], columns: int) -> int:
    with Terminal(*run, columns=columns) as terminal:
        wait_until(lambda: terminal.look(0.05) or terminal.leader.poll() is not None, LONGEST_TRAINING_S)
        return terminal.wait()


def run_through_a_pipe(run: list[str]) -> int:
    done = subprocess.run(run, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode


@pytest.fixture
def read_kept(wandb: list[str]) -> Callable[[], Iterator[Point]]:
    """Gives each number of the one run here, as a user gets it."""

    def read() -> Iterator[Point]:
        done = subprocess.run([*wandb, "history", only_run().id, "--json"], stdout=subprocess.PIPE, check=True)
        for line in done.stdout.splitlines():
            row = json.loads(line)
            for name, value in row.items():
                if not name.startswith("_"):
                    yield Point(plain(name), value, (row.get("_step"),), row.get("_epoch"))

    return read
