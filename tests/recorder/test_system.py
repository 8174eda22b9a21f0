"""The load of the machine and of the run's own processes is kept, and nothing that is wrong with a GPU stops it."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kept import only_part
from standin import StandIn, build_library
from waiting import wait_until

from wrapper.recorder.measuring.tree import children

OFTEN = ["--stats-interval", "0.1", "--stats-average", "0.5"]
HOLD = "import sys; x = bytearray(b'x') * (64 << 20); print('ready', flush=True); sys.stdin.read()"
STAY = "\nimport os, time\nwhile not os.path.exists('stop'): time.sleep(0.1)"
WORK = "import os\nprint('ready', flush=True)\nwhile not os.path.exists('stop'): pass"


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nvml")
    build_library(folder)
    return folder


@pytest.fixture
def gpus(library, monkeypatch):
    """Eight GPUs that answer as the test says."""
    standin = StandIn(library)
    for name, value in standin.variables().items():
        monkeypatch.setenv(name, value)
    return standin


@pytest.fixture
def running(wandb):
    """Start a command that says ready, and end it after the test."""
    runs = []

    def start(*command, options=OFTEN):
        run = subprocess.Popen(
            [*wandb, "run", *options, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        runs.append(run)
        assert run.stdout.readline() == "ready\n"
        return run

    yield start
    Path("stop").touch()
    for run in runs:
        run.stdin.close()
        run.terminate()
        run.wait()
        run.stdout.close()


def records():
    return [record for record in only_part().records() if record["source"] == "system"]


def samples():
    return [record["sample"] for record in records() if "sample" in record]


def sample_with(name, is_so=lambda value: True):
    """The first sample that has this value."""
    return wait_until(lambda: next((one for one in samples() if name in one and is_so(one[name])), None), 20)


def machine():
    found = {}
    for record in only_part().records("machine"):
        found |= record.get("machine", {})
    return found


def warnings():
    return [record["warning"] for record in records() if "warning" in record]


def test_memory_threads_and_disk_of_a_run_have_the_names_that_wandb_gives_them(running):
    running(sys.executable, "-c", HOLD)

    sample = sample_with("system.proc.memory.pssMB", lambda mb: mb > 64)

    assert sample["system.proc.memory.rssMB"] > 64
    assert sample["system.proc.cpu.threads"] == 1
    assert 0 < sample["system.memory_percent"] < 100
    assert {"system.disk./.usageGB", "system.network.sent", "system.network.recv", "system.cpu"} <= sample.keys()


def test_processor_time_is_that_of_the_whole_tree(running):
    running("sh", "-c", f"{sys.executable} -c {shlex.quote(WORK)}; true")

    sample = sample_with("system.cpu", lambda percent: percent > 5)

    assert sample["system.cpu"] < 110


def test_process_that_lost_its_parents_is_still_the_runs(running):
    program = shlex.quote(HOLD.replace("; sys.stdin.read()", STAY))

    running("sh", "-c", f"(setsid {sys.executable} -c {program} &) ; exec cat")

    sample_with("system.proc.memory.rssMB", lambda mb: mb > 64)


def test_last_part_of_an_average_is_kept_when_the_command_ends(running):
    run = running(sys.executable, "-c", HOLD, options=["--stats-interval", "0.1", "--stats-average", "3600"])
    part = only_part()
    wait_until(lambda: any(record["source"] == "machine" for record in part.records()))
    time.sleep(2.5)  # The sampler begins a second after the command, and there is no sign of it.

    run.stdin.close()
    run.wait()

    assert len(wait_until(samples)) == 1


@pytest.mark.parametrize("option", ["--stats-interval", "--stats-average"])
def test_nothing_is_sampled_when_told_so(running, option):
    run = running("sh", "-c", "echo ready; sleep 2.5", options=[option, "0"])
    run.wait()

    wait_until(lambda: only_part().is_read)
    assert samples() == []


def test_gpus_are_measured_and_those_of_the_run_are_told_apart(running, gpus):
    run = running(sys.executable, "-c", f"import os; print(os.getpid(), file=open('pid', 'w')); {HOLD}")
    with open("pid") as file:
        pid = int(file.read())
    gpus.say(f"1 processes {pid}:1073741824:30 4194304:2147483648:10", "* processes 4194304:1:100")

    ours = sample_with("system.gpu.process.1.gpu", lambda percent: percent == 30)

    assert ours["system.gpu.0.gpu"] == 88 and ours["system.gpu.1.gpu"] == 40
    assert ours["system.gpu.1.powerWatts"] == 350 and ours["system.gpu.7.temp"] == 61
    assert ours["system.gpu.process.1.memoryAllocatedBytes"] == 1 << 30
    assert not [name for name in ours if name.startswith("system.gpu.process.0")]
    assert [gpu["name"] for gpu in machine()["gpus"]] == ["NVIDIA H100 80GB HBM3"] * 8
    assert machine()["driver"] == "550.127.05" and machine()["cuda"] == "12.4"
    run.stdin.close()


def test_facts_that_do_not_change_are_written_once(running, gpus):
    running(sys.executable, "-c", HOLD)
    sample_with("system.gpu.0.pcieLinkGen")
    wait_until(lambda: len(samples()) > 3)

    assert sum("system.gpu.0.pcieLinkGen" in sample for sample in samples()) == 1
    gpus.say("0 nvmlDeviceGetCurrPcieLinkGeneration 1")
    sample_with("system.gpu.0.pcieLinkGen", lambda number: number == 1)


def test_energy_of_the_runs_gpus_has_a_price(running, gpus):
    run = running(
        sys.executable, "-c", f"import os; print(os.getpid(), file=open('pid', 'w')); {HOLD}",
        options=[*OFTEN, "--energy-price", "0.50 EUR"],
    )  # fmt: skip
    with open("pid") as file:
        pid = int(file.read())
    gpus.say("0 nvmlDeviceGetTotalEnergyConsumption 1000", f"0 processes {pid}:1:1")
    wait_until(lambda: any("system.gpu.process.0.gpu" in sample for sample in samples()), 20)
    gpus.say("0 nvmlDeviceGetTotalEnergyConsumption 7200001000")

    sample = sample_with("system.gpu.energyKWh", lambda hours: hours >= 2)

    assert sample["system.gpu.energyKWh"] == pytest.approx(2)
    assert sample["system.gpu.energyCost"] == pytest.approx(1)
    run.stdin.close()


def test_gpu_that_gets_lost_is_noted_once_and_the_others_go_on(running, gpus):
    running(sys.executable, "-c", HOLD)
    sample_with("system.gpu.3.gpu")
    gpus.say("3 nvmlDeviceGetUtilizationRates error 15")
    wait_until(warnings)

    assert warnings() == ["GPU 3 does not answer any more: GPU is lost"]
    seen = len(samples())
    wait_until(lambda: len(samples()) > seen + 2)
    assert "system.gpu.3.gpu" not in samples()[-1] and samples()[-1]["system.gpu.2.gpu"] == 88
    assert len(warnings()) == 1


@pytest.mark.parametrize("function", ["nvmlInit", "nvmlDeviceGetPowerUsage"])
def test_driver_that_hangs_stops_nothing_else(running, gpus, function):
    gpus.say(f"* {function} hang")
    running(sys.executable, "-c", HOLD)

    sample_with("system.proc.memory.rssMB", lambda mb: mb > 64)
    wait_until(lambda: len(samples()) > 3)


def test_driver_that_hangs_is_noted(running, gpus):
    running(sys.executable, "-c", HOLD)
    sample_with("system.gpu.0.gpu")

    gpus.say("5 nvmlDeviceGetTemperature hang")

    wait_until(warnings, 30)
    assert warnings() == ["the GPU driver did not answer for 10 s: GPUs are not measured for now"]


def test_sampler_that_is_killed_is_followed_by_another_that_goes_on_counting(running, gpus):
    run = running(sys.executable, "-c", f"import os; print(os.getpid(), file=open('pid', 'w')); {HOLD}")
    gpus.say(f"0 processes {Path('pid').read_text().strip()}:1:1")
    sample_with("system.gpu.energyKWh")
    recorder = next(record["started"]["pid"] for record in only_part().records("started"))

    for _ in range(2):
        seen = len(samples())
        for pid in children(recorder, threads=1):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda seen=seen: len(samples()) > seen + 2, 20)
    run.stdin.close()
    run.wait()

    assert [record["upto"] for record in records()] == list(range(1, len(records()) + 1))
    for name in ("system.network.sent", "system.network.recv", "system.gpu.energyKWh"):
        values = [sample[name] for sample in samples() if name in sample]
        assert values == sorted(values)


def test_driver_that_does_not_start_is_noted(running, gpus):
    gpus.say("* nvmlInit error 18")
    running(sys.executable, "-c", HOLD)

    wait_until(warnings)
    assert warnings()[0].startswith("GPUs are not measured: ")
    wait_until(samples)


def test_functions_that_the_driver_lacks_are_left_out(running, gpus):
    gpus.say("* nvmlDeviceGetPowerUsage error 13", "* nvmlDeviceGetUtilizationRates error 3")
    running(sys.executable, "-c", HOLD)

    sample = sample_with("system.gpu.0.temp")

    assert not {"system.gpu.0.gpu", "system.gpu.0.powerWatts", "system.gpu.0.powerPercent"} & sample.keys()
    assert warnings() == []


def test_machine_without_gpus_has_no_word_of_them(running, monkeypatch):
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    running(sys.executable, "-c", HOLD)
    wait_until(samples)

    assert warnings() == [] and "gpus" not in machine()
    assert machine()["cpu"] and machine()["memory_bytes"] > 1 << 20 and machine()["threads"] >= 1
