"""The wrapper and its keeper killed in the same instant: what then is lost, and what is not.

Nobody holds the channel any more. Where the command writes into a file itself, that is nothing.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from killing import kill_at_once
from waiting import command_line_of, descendants, is_running, wait_until

STEPS = [sys.executable, str(Path(__file__).parents[1] / "programs" / "take_steps.py")]


@pytest.fixture
def kill_both(wandb):
    """Start a stepping program, then end wrapper and keeper so that neither sees the other die."""
    runs = []

    def start(stdout, read_ready):
        run = subprocess.Popen([*wandb, "run", *STEPS], stdin=subprocess.PIPE, stdout=stdout)
        runs.append(run)
        assert read_ready(run).strip() == b"ready"
        wait_until(lambda: list(Path().glob(".wandb-wrapper/*/0-0/journal.jsonl")))
        command = next(pid for pid, _ in descendants() if command_line_of(pid) == STEPS)
        both = [pid for pid, _ in descendants() if any("launch" in word for word in command_line_of(pid)[:7])]
        kill_at_once(both)
        run.wait()
        wait_until(lambda: not any(map(is_running, both)))
        run.stdin.write(b"go\n")
        run.stdin.flush()
        return run, command

    yield start
    for run in runs:
        run.stdin.close()
        if run.stdout:
            run.stdout.close()


def test_command_that_writes_into_a_file_goes_on(kill_both, tmp_path):
    with (tmp_path / "log").open("wb") as log:
        run, command = kill_both(log, lambda _run: wait_until((tmp_path / "log").read_bytes))

    wait_until(lambda: (tmp_path / "log").read_bytes() == b"ready\nstep 1\n")
    assert is_running(command)
    run.stdin.close()
    wait_until(lambda: (tmp_path / "log").read_bytes() == b"ready\nstep 1\nend\n")


def test_command_that_writes_into_a_pipe_finds_it_broken(kill_both):
    run, command = kill_both(subprocess.PIPE, lambda run: run.stdout.readline())

    wait_until(lambda: not is_running(command))
    assert run.stdout.read() == b""


def test_command_that_writes_to_a_terminal_finds_it_gone(kill_both):
    master, slave = os.openpty()
    _run, command = kill_both(slave, lambda _run: os.read(master, 100))
    os.close(slave)

    wait_until(lambda: not is_running(command))
    os.close(master)
