"""Processes that were started together are parts of one run; each finds out by its environment alone."""

import os
import subprocess

import pytest
from kept import only_run

from wrapper.launch.ranks import find_place
from wrapper.rundir.reading import list_runs, runs_folder

STEP = {
    "SLURM_JOB_ID": "7",
    "SLURM_CLUSTER_NAME": "c",
    "SLURM_STEP_ID": "0",
    "SLURM_NTASKS": "4",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_LAUNCHER_PORT": "40123",
    "SLURM_PROCID": "0",
}
BATCH = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_TASK_PID": "4711"}
TORCH = {"RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "MASTER_ADDR": "n1", "MASTER_PORT": "29500"}


@pytest.mark.parametrize(
    ("variables", "rank", "ranks", "launcher"),
    [
        ({}, 0, 1, None),
        (STEP, 0, 4, "slurm"),
        ({**STEP, "SLURM_PROCID": "3"}, 3, 4, "slurm"),
        (BATCH, 0, 1, None),
        (TORCH, 3, 8, "torch"),
        ({**BATCH, **TORCH}, 3, 8, "torch"),
        ({**STEP, **TORCH}, 3, 8, "torch"),
        ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"}, 2, 4, "mpi"),
        ({"PMI_RANK": "1", "PMI_SIZE": "2"}, 1, 2, "mpi"),
        ({**STEP, "SLURM_PROCID": "2", "PMI_RANK": "2", "PMI_SIZE": "4"}, 2, 4, "slurm"),
        ({**STEP, "SLURM_PROCID": "2", "RANK": "0", "WORLD_SIZE": "4"}, 2, 4, "slurm"),  # exported in the batch script
        ({"RANK": "high"}, 0, 1, None),
        ({"RANK": "1"}, 0, 1, None),
        ({"RANK": "0", "WORLD_SIZE": "1"}, 0, 1, None),
    ],
)
def test_rank_is_the_one_that_the_launcher_says(variables, rank, ranks, launcher):
    place = find_place(variables)

    assert (place.rank, place.ranks, place.launcher, place.problems) == (rank, ranks, launcher, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [("SLURM_PROCID", "-1"), ("SLURM_NTASKS", "many"), ("SLURM_RESTART_COUNT", "1.5"), ("SLURM_JOB_ID", "\x1b[2J")],
)
def test_variable_that_makes_no_sense_is_a_warning_and_the_run_goes_on(wandb, name, text):
    environment = {**os.environ, **STEP, name: text}

    done = subprocess.run([*wandb, "run", "sh", "-c", "exit 3"], env=environment)

    assert done.returncode == 3
    (warning,) = only_run().parts[0].facts["warnings"]
    assert warning.startswith(f"{name} is ")
    assert "\x1b" not in warning


def test_rank_beyond_the_number_of_ranks_is_a_warning(wandb):
    subprocess.run([*wandb, "run", "true"], env={**os.environ, **STEP, "SLURM_PROCID": "9"}, check=True)

    (part,) = only_run().parts
    assert part.rank == 9
    assert "makes no sense" in part.facts["warnings"][0]


def start_ranks(wandb, command, variables, ranks=4, rank_name="SLURM_PROCID", options=()):
    """Start all ranks at once, and wait for them."""
    started = [
        subprocess.Popen([*wandb, "run", *options, *command], env={**os.environ, **variables, rank_name: str(rank)})
        for rank in range(ranks)
    ]
    assert [run.wait() for run in started] == [0] * ranks


def all_parts():
    """The parts of each run, the oldest run first."""
    runs = sorted(list_runs(runs_folder(".")), key=lambda run: run.created_at)
    return [[(part.attempt, part.rank) for part in run.parts] for run in runs]


FOUR = [(0, 0), (0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize(
    ("variables", "rank_name"),
    [
        (STEP, "SLURM_PROCID"),
        ({**TORCH, "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4", "TORCHELASTIC_ERROR_FILE": "/t/a/attempt_0/0"}, "RANK"),
        ({"WORLD_SIZE": "4", "MASTER_ADDR": "n1", "MASTER_PORT": "29500"}, "RANK"),
        ({"OMPI_COMM_WORLD_SIZE": "4", "PMIX_NAMESPACE": "prterun-n1-4711@1"}, "OMPI_COMM_WORLD_RANK"),
    ],
)
def test_ranks_are_parts_of_one_run(wandb, variables, rank_name):
    start_ranks(wandb, ["true"], variables, rank_name=rank_name)

    assert all_parts() == [FOUR]


def test_ranks_with_arguments_of_their_own_are_of_one_run(wandb):
    for rank in range(4):
        command = [*wandb, "run", "sh", "-c", "true", str(rank)]
        subprocess.run(command, env={**os.environ, **STEP, "SLURM_PROCID": str(rank)}, check=True)

    assert all_parts() == [FOUR]


def test_ranks_agree_without_a_directory_in_common(wandb, tmp_path):
    for rank in range(2):
        command = [*wandb, "run", "--dir", str(tmp_path / str(rank)), "true"]
        subprocess.run(command, env={**os.environ, **STEP, "SLURM_PROCID": str(rank)}, check=True)

    assert only_run(tmp_path / "0").id == only_run(tmp_path / "1").id


def test_next_command_of_the_same_ranks_is_another_run(wandb):
    for _ in range(2):
        start_ranks(wandb, ["true"], STEP)

    assert all_parts() == [FOUR, FOUR]


def test_another_step_is_another_run(wandb):
    start_ranks(wandb, ["true"], STEP)
    start_ranks(wandb, ["true"], {**STEP, "SLURM_STEP_ID": "1", "SLURM_STEP_LAUNCHER_PORT": "40124"})

    assert all_parts() == [FOUR, FOUR]


def test_each_rank_may_have_a_run_of_its_own_in_one_group(wandb):
    start_ranks(wandb, ["true"], STEP, options=["--per-rank"])

    assert all_parts() == [[(0, 0)]] * 4
    assert [run.facts["group"] for run in list_runs(runs_folder("."))] == ["7"] * 4


def test_tasks_of_an_array_are_runs_of_one_group(wandb):
    for task, job in (("1", "8"), ("2", "7")):
        array = {**BATCH, "SLURM_JOB_ID": job, "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": task}
        subprocess.run([*wandb, "run", "true"], env={**os.environ, **array}, check=True)
        subprocess.run([*wandb, "run", "--group", "mine", "true"], env={**os.environ, **array}, check=True)

    runs = list_runs(runs_folder("."))
    assert sorted(run.facts["group"] for run in runs) == ["7", "7", "mine", "mine"]
    assert {part.facts["slurm"]["array_task_id"] for run in runs for part in run.parts} == {1, 2}


def test_requeued_ranks_are_the_next_attempt_of_their_run(wandb):
    start_ranks(wandb, ["true"], STEP)
    again = {**STEP, "SLURM_RESTART_COUNT": "1", "SLURM_STEP_LAUNCHER_PORT": "40777"}
    start_ranks(wandb, ["true"], again)

    assert all_parts() == [FOUR + [(1, rank) for rank in range(4)]]


def requeued(wandb, restart, *commands):
    """One incarnation of a batch script."""
    count = {"SLURM_RESTART_COUNT": str(restart)} if restart else {}
    environment = {**os.environ, **BATCH, "SLURM_TASK_PID": str(5000 + restart), **count}
    for command in commands:
        subprocess.run([*wandb, "run", *command], env=environment)


def test_each_command_of_a_requeued_script_goes_on_with_its_own_run(wandb):
    requeued(wandb, 0, ["sh", "-c", "exit 1", "a"], ["sh", "-c", "exit 1", "b"])
    requeued(wandb, 1, ["sh", "-c", "exit 1", "b"], ["sh", "-c", "exit 1", "a"], ["sh", "-c", "exit 1", "c"])
    requeued(wandb, 2, ["sh", "-c", "exit 1", "c"])

    assert all_parts() == [[(0, 0), (1, 0)], [(0, 0), (1, 0)], [(0, 0), (1, 0)]]


def test_requeued_command_with_one_more_option_goes_on_with_the_only_run_that_is_open(wandb):
    requeued(wandb, 0, ["sh", "-c", "true"], ["sh", "-c", "exit 1"])
    requeued(wandb, 1, ["sh", "-c", "exit 1", "--checkpoint", "3"])

    assert all_parts() == [[(0, 0)], [(0, 0), (1, 0)]]


def test_job_that_was_not_requeued_is_a_new_run_though_its_number_was_used_before(wandb):
    requeued(wandb, 0, ["false"])
    requeued(wandb, 0, ["false"])

    assert all_parts() == [[(0, 0)], [(0, 0)]]


def test_requeue_counts_as_the_same_run_for_who_forbids_to_resume(wandb):
    requeued(wandb, 0, ["--id", "mine", "--resume", "never", "false"])
    requeued(wandb, 1, ["--id", "mine", "--resume", "never", "false"])

    assert all_parts() == [[(0, 0), (1, 0)]]


def test_shell_of_salloc_runs_one_command_after_the_other(wandb):
    for _ in range(2):
        subprocess.run([*wandb, "run", "true"], env={**os.environ, "SLURM_JOB_ID": "7"}, check=True)

    assert all_parts() == [[(0, 0)], [(0, 0)]]
    assert not (runs_folder(".") / "keys").exists()


def test_torchrun_that_starts_its_ranks_again_makes_the_next_attempt(wandb):
    torch = {**TORCH, "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4"}
    for restart in range(2):
        error_file = f"/t/a/attempt_{restart}/0/error.json"
        again = {"TORCHELASTIC_RESTART_COUNT": str(restart), "TORCHELASTIC_ERROR_FILE": error_file}
        start_ranks(wandb, ["true"], {**torch, **again}, rank_name="RANK")

    assert all_parts() == [FOUR + [(1, rank) for rank in range(4)]]


def test_other_ranks_than_the_first_say_nothing(wandb, tmp_path):
    (tmp_path / "file").touch()
    command = [*wandb, "run", "--dir", str(tmp_path / "file"), "true"]
    said = [
        subprocess.run(command, env={**os.environ, **STEP, "SLURM_PROCID": rank}, capture_output=True).stderr
        for rank in ("0", "1")
    ]

    assert b"not recorded" in said[0]
    assert said[1] == b""


def test_only_what_slurm_says_of_the_job_is_kept(wandb):
    environment = {**os.environ, **STEP, "SLURM_JWT": "secret", "SLURM_JOB_NODELIST": "n" * 5000}
    subprocess.run([*wandb, "run", "true"], env=environment, check=True)

    slurm = only_run().parts[0].facts["slurm"]
    assert slurm["job_id"] == 7
    assert len(slurm["job_nodelist"]) < 1100
    assert "secret" not in str(only_run().parts[0].facts)
