"""What Slurm does to a job is what its run says, also where nobody of ours was left to see it."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slurm.cluster import Cluster
from waiting import wait_until

SHAPES = {"step": "srun -n1 {run} {command}", "batch": "{run} {command}"}
SLEEP = "sh -c 'echo ready; sleep 600'"
TOO_MUCH = shlex.join([sys.executable, "-c", "import time; block = bytearray(1 << 30); time.sleep(20)"])


def run_of(wandb: list[str]) -> str:
    return shlex.join([*wandb, "run"])


def shown(wandb: list[str], folder: Path) -> dict[str, Any]:
    """What `wandb show` has of the one run in a folder."""
    done = subprocess.run([*wandb, "show", "latest", "--json"], cwd=folder, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def kind_of(wandb: list[str], folder: Path) -> str | None:
    cause = shown(wandb, folder)["cause"]
    return cause["kind"] if cause else None


def cancel(cluster: Cluster, number: str) -> None:
    cluster.ask("scancel", number)


def requeue(cluster: Cluster, number: str) -> None:
    cluster.ask("scontrol", "requeuehold", number)


def preempt(cluster: Cluster, number: str) -> None:
    node = cluster.job(number)["BatchHost"]
    cluster.ask("sbatch", "-p", "urgent", "-w", node, "--exclusive", "--mem=0", "-o", "/dev/null", "--wrap=true")


def end_time(cluster: Cluster, number: str) -> None:
    cluster.ask("scontrol", "update", f"JobId={number}", "EndTime=now+1")


def cancel_step(cluster: Cluster, number: str) -> None:
    cluster.run("scancel", "--signal=TERM", f"{number}.0")


ENDS: list[tuple[str, Callable[[Cluster, str], None], str]] = [
    ("cancelled", cancel, "usual"),
    ("requeued", requeue, "usual"),
    ("preempted", preempt, "usual"),
    ("preempted", preempt, "lost"),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kind", "act", "partition"), ENDS)
def test_run_says_how_slurm_ended_its_job(
    cluster: Cluster,
    wandb: list[str],
    tmp_path: Path,
    shape: str,
    kind: str,
    act: Callable[[Cluster, str], None],
    partition: str,
) -> None:
    script = SHAPES[shape].format(run=run_of(wandb), command=SLEEP)
    number = cluster.submit(script, "-p", partition, "-o", "out", "--open-mode=append", folder=tmp_path)
    wait_until(lambda: "ready" in read(tmp_path / "out"), 20)

    act(cluster, number)

    wait_until(lambda: cluster.job(number)["JobState"] not in ("RUNNING", "COMPLETING"), 30)
    cluster.run("scancel", number)
    wait_until(lambda: kind_of(wandb, tmp_path) == kind, 30)
    assert kind in subprocess.run([*wandb, "ls"], cwd=tmp_path, capture_output=True, text=True).stdout


@pytest.mark.timeout(150)
def test_run_says_that_its_time_was_over(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    folders = [tmp_path / shape for shape in SHAPES]
    numbers = []
    for folder in folders:
        folder.mkdir()
        script = SHAPES[folder.name].format(run=run_of(wandb), command=SLEEP)
        numbers.append(cluster.submit(script, "-o", "out", folder=folder))
    for folder, number in zip(folders, numbers, strict=True):
        wait_until(lambda folder=folder: "ready" in read(folder / "out"), 20)  # type: ignore[misc]
        end_time(cluster, number)

    for folder, number in zip(folders, numbers, strict=True):
        assert cluster.wait(number, 90)["JobState"] == "TIMEOUT"
        wait_until(lambda folder=folder: kind_of(wandb, folder) == "timeout", 30)  # type: ignore[misc]


@pytest.mark.parametrize("shape", SHAPES)
def test_run_says_that_memory_ran_out(cluster: Cluster, wandb: list[str], tmp_path: Path, shape: str) -> None:
    if cluster.proctrack != "cgroup":
        shape = "step"  # Without a control group, what Slurm ends of a batch script may live on.
    script = SHAPES[shape].format(run=run_of(wandb), command=TOO_MUCH)
    number = cluster.submit(script, "--mem=300", "-o", "out", folder=tmp_path)

    cluster.wait(number, 60)

    wait_until(lambda: kind_of(wandb, tmp_path) == "out of memory", 20)


def test_run_says_that_memory_ran_out_where_slurm_counts_it_itself(
    clusters: dict[str, Cluster], wandb: list[str], tmp_path: Path
) -> None:
    cluster = clusters["linuxproc"]
    script = SHAPES["step"].format(run=run_of(wandb), command=TOO_MUCH)
    number = cluster.submit(script, "--mem=300", "-o", "out", folder=tmp_path)

    cluster.wait(number, 60)

    wait_until(lambda: kind_of(wandb, tmp_path) == "out of memory", 20)


def test_step_that_alone_was_cancelled_is_said_to_be(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    script = SHAPES["step"].format(run=run_of(wandb), command=SLEEP)
    number = cluster.submit(f"{script}; sleep 600", "-o", "out", folder=tmp_path)
    wait_until(lambda: "ready" in read(tmp_path / "out"), 20)

    cancel_step(cluster, number)

    wait_until(lambda: shown(wandb, tmp_path)["state"] == "killed", 20)
    wait_until(lambda: kind_of(wandb, tmp_path) == "cancelled", 30)
    assert cluster.job(number)["JobState"] == "RUNNING"
    cancel(cluster, number)
    cluster.wait(number)


def test_command_that_hears_in_time_and_ends_well_is_said_to_be_preempted(
    cluster: Cluster, wandb: list[str], tmp_path: Path
) -> None:
    polite = shlex.join(["sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done"])
    script = SHAPES["step"].format(run=run_of(wandb), command=polite)
    number = cluster.submit(script, "-p", "lost", "-o", "out", folder=tmp_path)
    wait_until(lambda: "ready" in read(tmp_path / "out"), 20)

    preempt(cluster, number)

    cluster.wait(number)
    wait_until(lambda: kind_of(wandb, tmp_path) == "preempted", 30)
    assert shown(wandb, tmp_path)["exit_code"] == 0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("script", "state"), [("exit 3", "3:0"), ("exit 0", "0:0")])
def test_job_ends_with_the_status_of_its_command(
    cluster: Cluster, wandb: list[str], tmp_path: Path, shape: str, script: str, state: str
) -> None:
    command = shlex.join(["sh", "-c", script])
    number = cluster.submit(SHAPES[shape].format(run=run_of(wandb), command=command), "-o", "out", folder=tmp_path)

    assert cluster.wait(number)["ExitCode"] == state
    wait_until(lambda: kind_of(wandb, tmp_path) == ("unknown" if state == "3:0" else None), 10)


@pytest.mark.parametrize("signal", ["TERM", "KILL", "SEGV", "USR2"])
def test_step_ends_with_the_signal_of_its_command(cluster: Cluster, wandb: list[str], signal: str) -> None:
    command = ["sh", "-c", f"kill -{signal} $$"]
    bare, wrapped = (cluster.run("srun", *front, *command) for front in ([], [*wandb, "run"]))

    assert wrapped.returncode == bare.returncode
    assert without_numbers(wrapped.stderr) == without_numbers(bare.stderr)


def without_numbers(text: str) -> str:
    return "".join("N" if letter.isdigit() else letter for letter in text)


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
