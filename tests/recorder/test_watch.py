"""The process that watches may be killed at any instruction, and ends only what is the run's."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from kept import only_part
from standin import StandIn, build_library
from waiting import is_running, wait_until

from wrapper.recorder.readers import Reader
from wrapper.recorder.sources import watch
from wrapper.recorder.stopping import Processes
from wrapper.rundir.journal import Journal, read_records
from wrapper.rundir.processes import start_ticks

TRAIN = """
import itertools, sys, time
print("ready", flush=True)
for step in itertools.count(1):
    if step == 50:
        sys.stdin.read()
    print(f"step {step} loss {step}", flush=True)
    time.sleep(0.05)
"""
HOLD = "import sys; print('ready', flush=True); sys.stdin.read()"


def start(wandb, *words, **options):
    run = subprocess.Popen([*wandb, "run", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
    assert run.stdout.readline() == "ready\n"
    return run


def watched():
    return [record for record in only_part().records() if record["source"] == "watch"]


def test_rule_holds_though_its_watch_is_killed_again_and_again(changed):
    looking = '    print(os.getpid(), file=open("watches", "a"))\n'
    wandb = changed("recorder/sources/watch.py", "    while not why and not channel.has_ended:\n", looking)
    run = start(wandb, "--stop-if", "loss == 60", sys.executable, "-c", TRAIN)
    watches = only_part().path / "watches"
    killed = set()

    def others():
        return {int(pid) for pid in watches.read_text().split()} - killed if watches.exists() else ()

    while len(killed) < 4:
        (watch_pid,) = wait_until(others)
        os.kill(watch_pid, signal.SIGKILL)
        killed.add(watch_pid)
    run.communicate(timeout=60)

    assert run.returncode == -signal.SIGTERM
    wait_until(lambda: only_part().is_read, 20)
    assert only_part().end["cause"]["text"] == "loss == 60: 60 at step 60"
    assert sum("stop" in record for record in watched()) == 1
    assert len(others()) == 1


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nvml")
    build_library(folder)
    return folder


def test_gpus_that_idle_end_the_command(wandb, library, monkeypatch):
    gpus = StandIn(library)
    for name, value in gpus.variables().items():
        monkeypatch.setenv(name, value)
    options = ["--stats-interval", "0.1", "--stats-average", "0.3", "--stop-if", "gpu.util < 5 for 1s"]
    run = start(wandb, *options, sys.executable, "-c", HOLD)
    wait_until(lambda: sum("system.gpu.0.gpu" in record.get("sample", ()) for record in only_part().records()) > 5, 30)
    assert watched() == []

    gpus.say("* nvmlDeviceGetUtilizationRates 0 0")
    run.wait(timeout=60)

    assert run.returncode == -signal.SIGTERM
    run.stdin.close()
    run.stdout.close()
    wait_until(lambda: only_part().is_read, 20)
    assert only_part().end["cause"]["text"].startswith("gpu.util < 5 for 1s: 0")


def test_rule_about_a_name_that_never_comes_is_named(monkeypatch):
    process = subprocess.Popen(["sleep", "60"])
    try:
        monkeypatch.setattr(watch, "UNKNOWN_AFTER_S", 0.0)
        stop = {"stop_if": ["los is nan", "loss > 1", "gpu.util < 1"], "stop_after": 0.0}
        Path("part.json").write_text(json.dumps({"watch": stop}))
        journal = Journal("journal.jsonl")
        journal.add("recorder", started={"command_ticks": start_ticks(process.pid)})
        journal.add("metrics", 9, row={"loss": 0.5, "acc": 1}, step=1, time=1000.0)
        reader = Reader("watch", lambda _: True, journal, process.pid)

        def warnings():
            reader.tend(has_ended=False)
            return [record["warning"] for record in read_records("journal.jsonl") if "warning" in record]

        assert wait_until(warnings) == [
            "--stop-if 'los is nan': nothing called los has come so far; there are loss, acc",
            "--stop-if 'gpu.util < 1': nothing called gpu.util is measured here",
        ]
        assert is_running(process.pid)
        reader.close()
    finally:
        process.kill()
        process.wait()


NOTE = """
import signal, time
signal.signal(15, lambda *_: open("asked", "a").write("once "))
open("ready", "w").close()
while True: time.sleep(0.05)
"""


@pytest.mark.parametrize(("upto", "asked"), [(1, "once "), (2, "")])
def test_successor_goes_on_where_ending_the_command_was_interrupted(upto, asked):
    process = subprocess.Popen([sys.executable, "-c", NOTE])
    try:
        wait_until(lambda: Path("ready").exists())
        Path("asked").touch()
        Path("part.json").write_text(json.dumps({"watch": {"stop_if": ["loss is nan"], "stop_grace": 1.0}}))
        journal = Journal("journal.jsonl")
        journal.add("recorder", started={"command_ticks": start_ticks(process.pid)})
        journal.add("watch", 1, stop={"why": "loss is nan", "signal": "SIGTERM"})
        if upto == 2:
            journal.add("watch", 2, sent={"signal": "SIGTERM", "processes": 1})
        reader = Reader("watch", lambda _: True, journal, process.pid)

        def has_ended():
            reader.tend(has_ended=False)
            return process.poll() is not None and reader.is_complete

        wait_until(has_ended)
        assert Path("asked").read_text() == asked
        assert process.returncode == -signal.SIGKILL
        assert journal.positions["watch"] == 3
    finally:
        process.kill()
        process.wait()


def test_process_that_got_the_pid_of_another_is_left_alone():
    process = subprocess.Popen(["sleep", "60"])
    try:
        began = start_ticks(process.pid)
        assert Processes(process.pid, began, None).living() == {process.pid: began}

        another = Processes(process.pid, began - 1, None)

        assert another.living() == {} and another.send(signal.SIGKILL) == 0
        assert is_running(process.pid)
    finally:
        process.kill()
        process.wait()
