"""Every script of SLURM.md runs as it stands, and gives the runs that the page says."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from slurm.cluster import Cluster
from waiting import wait_until

import wrapper
from wrapper.rundir.reading import Run, list_runs, runs_folder

ROOT = Path(__file__).parents[2]
PAGE = (Path(wrapper.__file__).parent / "SLURM.md").read_text()
SCRIPTS = dict(
    zip(("one", "array", "requeue", "tasks", "torchrun"), re.findall(r"```bash\n(.*?)```", PAGE, re.S), strict=True)
)
EPOCHS = 6
FRAMEWORKS = ROOT / ".venv-frameworks"


def hand_in(cluster: Cluster, wandb: list[str], folder: Path, name: str, epochs: int = EPOCHS, **variables: str) -> str:
    """Submit the script as it stands, beside a training, with our command on PATH."""
    training = (ROOT / "scripts" / "examples" / "train.py").read_text()
    (folder / "train.py").write_text(training.replace("EPOCHS, HIDDEN = 20, 24", f"EPOCHS, HIDDEN = {epochs}, 8"))
    (folder / f"{name}.sh").write_text(SCRIPTS[name])
    path = os.pathsep.join((str(Path(wandb[0]).parent), cluster.environment["PATH"]))
    environment = {**cluster.environment, "PATH": path, **variables}
    done = cluster.run("sbatch", "--parsable", "-o", "out.%a", f"{name}.sh", cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def runs_in(folder: Path) -> list[Run]:
    return list_runs(runs_folder(folder))


def parts(run: Run) -> list[tuple[int, int]]:
    return [(part.attempt, part.rank) for part in run.parts]


def test_script_in_the_readme_is_one_of_them() -> None:
    (shown,) = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.S)

    assert shown == SCRIPTS["requeue"]


def test_one_task(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    number = hand_in(cluster, wandb, tmp_path, "one")

    assert cluster.wait(number)["JobState"] == "COMPLETED"
    (run,) = runs_in(tmp_path)
    assert (run.state, run.facts["project"]) == ("finished", "spirals")
    assert run.parts[0].facts["slurm"]["job_id"] == int(number)


def test_array(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    number = hand_in(cluster, wandb, tmp_path, "array")

    wait_until(lambda: [run.state for run in runs_in(tmp_path)] == ["finished"] * 3, 90)
    runs = runs_in(tmp_path)
    assert {run.facts["group"] for run in runs} == {number}
    assert {run.parts[0].facts["argv"][-1] for run in runs} == {"0.001", "0.002", "0.005"}


def test_requeue(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    epochs = 100  # There is time to look at it while it runs.
    number = hand_in(cluster, wandb, tmp_path, "requeue", epochs)
    wait_until(lambda: any("epoch 2/" in path.read_text() for path in tmp_path.glob("out.*")), 60)
    words = [*wandb, "history", runs_in(tmp_path)[0].id, "--csv"]
    wait_until(lambda: rows(words, tmp_path) > 0)  # What the recorder has not said when Slurm ends it, is said later.

    cluster.ask("scontrol", "requeue", number)
    wait_until(lambda: cluster.job(number)["JobState"] == "PENDING", 30)
    cluster.run("scontrol", "update", f"JobId={number}", "StartTime=now")

    assert cluster.wait(number, 90)["JobState"] == "COMPLETED"
    (run,) = runs_in(tmp_path)
    assert parts(run) == [(0, 0), (1, 0)]
    assert run.state == "finished"
    wait_until(lambda: rows(words, tmp_path) == epochs)
    assert 0 < rows([*words, "--attempt", "0"], tmp_path) < epochs


def rows(words: list[str], folder: Path) -> int:
    return len(subprocess.run(words, cwd=folder, capture_output=True, text=True).stdout.splitlines()) - 1


def test_several_tasks(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    number = hand_in(cluster, wandb, tmp_path, "tasks")

    assert cluster.wait(number, 90)["JobState"] == "COMPLETED"
    (run,) = runs_in(tmp_path)
    assert parts(run) == [(0, 0), (0, 1), (0, 2), (0, 3)]
    assert {part.facts["slurm"]["node"] for part in run.parts} == {f"w{cluster.proctrack}{n}" for n in (1, 2)}


def test_torchrun_on_several_nodes(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    if not (FRAMEWORKS / "installed").exists():
        pytest.skip("torchrun is not there: scripts/frameworks.sh installs it")
    path = os.pathsep.join((str(Path(wandb[0]).parent), str(FRAMEWORKS / "bin"), cluster.environment["PATH"]))
    number = hand_in(cluster, wandb, tmp_path, "torchrun", PATH=path, MASTER_ADDR="127.0.0.1")

    assert cluster.wait(number, 100)["JobState"] == "COMPLETED"
    (run,) = runs_in(tmp_path)
    assert parts(run) == [(0, 0), (0, 1)]
