"""A command that shows no sign of life is shown as stalled until it goes on; and nothing is done to it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kept import only_part
from waiting import wait_until

OFTEN = ["--stats-interval", "0.1", "--stats-average", "0.3", "--stall-after", "1s"]
WAIT = """
import os, sys, time
print("ready", flush=True)
while not os.path.exists("go"):
    time.sleep(0.2)
print("went on", flush=True)
while not os.path.exists("stop"):
    time.sleep(0.2)
"""
WORK = "import os\nprint('ready', flush=True)\nwhile not os.path.exists('stop'): sum(range(100000))"


@pytest.fixture
def running(wandb):
    """Start a command that says ready, and end it after the test."""
    runs = []

    def start(program, *options, python=sys.executable):
        words = [*wandb, "run", *OFTEN, *options, python, "-c", program]
        run = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        runs.append(run)
        assert run.stdout.readline() == "ready\n"
        return run

    yield start
    for name in ("go", "stop"):
        Path(name).touch()
    for run in runs:
        run.communicate(timeout=20)


def said():
    return [record for record in only_part().records() if record["source"] == "stall" and "stalled" in record]


def shown(wandb, *words):
    return subprocess.run([*wandb, *words], capture_output=True, text=True, check=True).stdout


def test_command_that_only_waits_is_shown_as_stalled_until_it_goes_on(wandb, running):
    run = running(WAIT)
    wait_until(said, 20)

    assert "running, stalled" not in shown(wandb, "ls") and "stalled " in shown(wandb, "ls")
    page = shown(wandb, "show", "latest")
    assert " stalled for " in page and ", running for " in page
    assert "nothing came for 1s: no output, no metrics, no use of processors or GPUs" in page
    (listed,) = json.loads(shown(wandb, "ls", "--json"))
    assert listed["state"] == "running" and listed["stalled_since"] == said()[0]["stalled"]["since"]

    Path("go").touch()
    assert run.stdout.readline() == "went on\n"
    wait_until(lambda: len(said()) > 1)
    assert said()[1]["stalled"] is None
    assert not (only_part().path / "stalled").exists()


def test_averages_are_short_enough_to_tell_soon(wandb, running):
    running(WAIT, "--stats-average", "3600")

    wait_until(said, 20)


def test_command_that_computes_is_not_stalled(running):
    running(WORK)
    wait_until(lambda: sum("sample" in record for record in only_part().records()) > 12, 30)

    assert said() == []


def test_command_that_ends_is_not_stalled_any_more(wandb, running):
    run = running(WAIT)
    wait_until(said, 20)
    run.kill()  # Of us, not of the command.
    for name in ("go", "stop"):
        Path(name).touch()
    wait_until(lambda: only_part().is_read, 20)

    assert only_part().end["state"] == "finished"
    assert not (only_part().path / "stalled").exists()
    assert "stalled" not in shown(wandb, "ls")


@pytest.mark.parametrize("options", [["--stall-after", "0"], ["--stats-interval", "0"]])
def test_nothing_is_said_where_nobody_looks(running, options):
    running(WAIT, *options)
    time.sleep(3)  # There is no sign of what does not happen.

    assert said() == []


def test_stacks_of_python_are_kept_where_py_spy_is_there(wandb, running):
    running(WAIT)

    record = wait_until(lambda: next((one for one in only_part().records() if "stacks" in one), None), 30)

    if "Permission" in record["stacks"].get("why", ""):
        pytest.skip("it takes root to look into processes here")
    text = (only_part().path / record["stacks"]["path"]).read_text()
    assert "<module> (<string>:5)" in text
    assert str(only_part().path.name) + "/files/stalled-1.txt" in shown(wandb, "show", "latest")


def fake_spy(text):
    """A py-spy of our own on PATH."""
    folder = Path("bin")
    folder.mkdir()
    (folder / "py-spy").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "py-spy").chmod(0o755)
    return f"{folder.absolute()}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("script", "stacks"),
    [
        ('echo "Error: Permission Denied: try sudo" >&2; exit 1', "py-spy: Error: Permission Denied: try sudo"),
        ("exec sleep 600", "py-spy took longer than 6 s"),
    ],
)
def test_py_spy_that_may_not_or_does_not_answer_is_named(monkeypatch, running, script, stacks):
    monkeypatch.setenv("PATH", fake_spy(script))
    python = Path("python").absolute()  # With no py-spy beside it, which would be found first.
    python.symlink_to(sys.executable)
    running(WAIT, python=python)

    record = wait_until(lambda: next((one for one in only_part().records() if "stacks" in one), None), 30)

    assert record["stacks"] == {"path": None, "why": stacks}
