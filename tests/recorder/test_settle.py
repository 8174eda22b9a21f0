"""A run whose wrapper was killed is closed by the next `wandb` command that sees it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from kept import only_part
from waiting import command_line_of, descendants, is_running, wait_until

from wrapper.recorder.settle import settle_runs
from wrapper.rundir.reading import LEASE_S, runs_folder

STEPS = [sys.executable, str(Path(__file__).parents[1] / "programs" / "take_steps.py")]


@pytest.fixture
def kill_all_of_us(wandb, tmp_path):
    """Start a stepping program with output to a file, then SIGKILL every process of ours at once."""
    started = []

    def start():
        with (tmp_path / "log").open("ab") as log:
            run = subprocess.Popen([*wandb, "run", *STEPS], stdin=subprocess.PIPE, stdout=log)
        started.append(run)
        wait_until(lambda: runs_folder(".").exists() and only_part().output_bytes() == len("ready\n"))
        pids = [pid for pid, _ in descendants() if command_line_of(pid)[:2] != STEPS]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        run.wait()
        wait_until(lambda: not any(map(is_running, pids)))
        return run

    yield start
    for run in started:
        run.stdin.close()


def test_it_is_closed_with_the_last_sign_of_life(wandb, kill_all_of_us):
    kill_all_of_us().stdin.close()

    listed = subprocess.run([*wandb, "ls", "--json"], capture_output=True, check=True)

    assert b"crashed" in listed.stdout
    end = only_part().end
    assert (end["state"], end["by"], end["exit_code"]) == ("crashed", "settled", None)


def test_what_the_file_still_holds_is_read_then(kill_all_of_us, tmp_path):
    run = kill_all_of_us()
    run.stdin.write(b"go\n")
    run.stdin.close()
    wait_until(lambda: (tmp_path / "log").read_bytes() == b"ready\nstep 1\nend\n")

    settle_runs(runs_folder("."))

    assert only_part().output_path.read_bytes() == b"ready\nstep 1\nend\n"
    assert only_part().end["output_bytes"] == len(b"ready\nstep 1\nend\n")


def test_what_the_next_run_appended_is_not_this_runs(wandb, kill_all_of_us, tmp_path):
    run = kill_all_of_us()
    run.stdin.close()
    wait_until(lambda: (tmp_path / "log").read_bytes() == b"ready\nend\n")
    first = only_part().path
    with (tmp_path / "log").open("ab") as log:
        subprocess.run([*wandb, "run", "echo", "next"], stdout=log, check=True)

    settle_runs(runs_folder("."))

    assert (first / "output.log").read_bytes() == b"ready\nend\n"


def test_two_who_settle_at_once_do_it_once(wandb, kill_all_of_us):
    kill_all_of_us().stdin.close()

    both = [subprocess.Popen([*wandb, "ls"], stdout=subprocess.DEVNULL) for _ in range(6)]

    assert [run.wait() for run in both] == [0] * 6
    assert only_part().end["by"] == "settled"
    assert [entry for entry in os.listdir(only_part().path) if entry.endswith(".new")] == []


def test_run_that_goes_on_is_left_alone(wandb):
    run = subprocess.Popen([*wandb, "run", *STEPS], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    wait_until(lambda: runs_folder(".").exists() and any(True for _ in only_part().records()))

    assert settle_runs(runs_folder(".")) == []
    assert only_part().end is None
    run.communicate()


@pytest.mark.parametrize(
    ("changes", "is_settled"), [({}, True), ({"host": "elsewhere"}, False), ({"boot": "x"}, False)]
)
def test_pids_of_another_host_say_nothing(kill_all_of_us, changes, is_settled):
    kill_all_of_us().stdin.close()
    path = only_part().path / "part.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    assert bool(settle_runs(runs_folder("."))) == is_settled


def test_lease_that_is_over_says_so_on_every_host(kill_all_of_us):
    kill_all_of_us().stdin.close()
    path = only_part().path / "part.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"host": "elsewhere"}))
    long_ago = path.stat().st_mtime - LEASE_S - 5
    os.utime(path, (long_ago, long_ago))

    assert settle_runs(runs_folder(".")) == [only_part().path.parent.name]
    assert socket.gethostname() != "elsewhere"


def test_end_that_the_journal_tells_is_believed(kill_all_of_us):
    kill_all_of_us().stdin.close()
    with (only_part().path / "journal.jsonl").open("a") as file:
        file.write('{"n": 99, "at": 5.0, "source": "recorder", "ended": {"status": 256, "at": 5.0}}\n')

    settle_runs(runs_folder("."))

    end = only_part().end
    assert (end["state"], end["exit_code"], end["ended_at"], end["by"]) == ("failed", 1, 5.0, "settled")


def test_directory_that_may_only_be_read_is_left_as_it_is(tmp_path):
    assert settle_runs(tmp_path / "none") == []
    part = tmp_path / ".wandb-wrapper" / "abcdefgh" / "0-0"
    part.mkdir(parents=True)
    (part / "part.json").write_text('{"version": 1, "host": "elsewhere"}')

    assert settle_runs(tmp_path / ".wandb-wrapper") == []
