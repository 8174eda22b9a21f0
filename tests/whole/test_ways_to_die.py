"""How a command may end, and what is recorded of it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from kept import only_part
from killing import kill_at_once
from waiting import descendants, wait_until

PYTHON = [sys.executable, "-c"]
CUDA = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB"

# command, state, exit code or signal, kind of the cause, what its text says
WAYS = {
    "well": (["true"], "finished", 0, None, ""),
    "with a code": (["sh", "-c", "exit 3"], "failed", 3, "unknown", "exit code 3"),
    "by an exception": ([*PYTHON, "raise ValueError('bad rate')"], "failed", 1, "exception", "ValueError: bad rate"),
    "by an exception in a process of it": (
        [*PYTHON, "import multiprocessing as m\nm.get_context('fork').Pool(1).apply(int, ('x',))"],
        "failed", 1, "exception", "ValueError: invalid literal",
    ),
    "for want of a module": ([*PYTHON, "import nothing_here"], "failed", 1, "exception", "ModuleNotFoundError: "),
    "for want of Python's memory": ([*PYTHON, "raise MemoryError"], "failed", 1, "out of memory", "MemoryError"),
    "for want of CUDA memory": (["sh", "-c", f"echo '{CUDA}'; exit 1"], "failed", 1, "cuda out of memory", "Tried to"),
    "by an assertion in C": ([*PYTHON, "import os; os.abort()"], "killed", 6, "crash", "SIGABRT, it aborted"),
    "by a bad address": ([*PYTHON, "import ctypes; ctypes.string_at(0)"], "killed", 11, "crash", "SIGSEGV, a bad"),
    "by a division in C": (["sh", "-c", "kill -FPE $$"], "killed", 8, "crash", "SIGFPE"),
    "by its own hand": (["sh", "-c", "kill -9 $$"], "killed", 9, "signal", "SIGKILL: nobody can know by whom"),
    "in a process of it": (["sh", "-c", "sh -c 'kill -9 $$'; exit $?"], "failed", 137, "signal", "died of SIGKILL"),
    "at its limit of CPU time": (
        ["sh", "-c", "ulimit -S -t 1; while :; do :; done"], "killed", 24, "limit", "its limit of CPU time",
    ),
    "at its limit of file size": (
        ["sh", "-c", "ulimit -f 1; exec head -c 1M /dev/zero > big"], "killed", 25, "limit", "its limit of file size",
    ),
    "without a reader": (["sh", "-c", "kill -PIPE $$"], "killed", 13, "signal", "who read its output has gone"),
    "by timeout in front of it": (["timeout", "0.2", "sleep", "60"], "failed", 124, "timeout", "its time was over"),
    "by timeout that kills": (["timeout", "-s", "KILL", "0.2", "sleep", "60"], "killed", 9, "timeout", "time was over"),
    "as a script without its program": (["sh", "-c", "pyhton train.py"], "failed", 127, "exception", "not found"),
    "by sys.exit with a text": (
        [*PYTHON, "import sys; sys.exit('no data')"], "failed", 1, "unknown", 'exit code 1; it said last: "no data"',
    ),
    "by a command of a script": (
        ["sh", "-ec", "cp /nowhere/at/all . ; echo never"], "failed", 1, "unknown", "it said last: \"cp: ",
    ),
    "in silence": (["sh", "-c", "exit 4"], "failed", 4, "unknown", "exit code 4, and it said nothing"),
    "by several exceptions at once": (
        [*PYTHON, "raise __builtins__.ExceptionGroup('both', [ValueError('one')])"],
        "failed", 1, "exception", "ExceptionGroup: both" if sys.version_info >= (3, 11) else "AttributeError",
    ),
    "by a fault with a stack": (
        [*PYTHON, "import faulthandler, ctypes\nfaulthandler.enable()\nctypes.string_at(0)"],
        "killed", 11, "crash", "SIGSEGV, a bad address: Fatal Python error: Segmentation fault (",
    ),
    "in a process of a shell": (
        ["bash", "-c", "bash -c 'kill -SEGV $$'; exit 5"], "failed", 5, "crash", "Segmentation fault: bash -c",
    ),
    "for want of addresses": (
        ["sh", "-c", f"ulimit -v 1000000; exec {sys.executable} -c 'bytearray(2 << 30)'"],
        "failed", 1, "out of memory", "MemoryError",
    ),
    "by Python that it cannot read": ([*PYTHON, "def f(:"], "failed", 1, "exception", "SyntaxError: invalid syntax ("),
}  # fmt: skip


def end_of_run():
    wait_until(lambda: only_part().is_read)
    return only_part().end


def check(end, state, number, kind, text):
    assert (end["state"], end["signal"] if state == "killed" else end["exit_code"]) == (state, number)
    cause = end.get("cause") or {}
    assert cause.get("kind") == kind
    assert text in cause.get("text", "")


@pytest.mark.parametrize("way", WAYS)
def test_command_that_dies(wandb, way):
    command, state, number, kind, text = WAYS[way]
    subprocess.run([*wandb, "run", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    check(end_of_run(), state, number, kind, text)


def start(wandb, *command):
    run = subprocess.Popen([*wandb, "run", *command], stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "ready\n"
    return run


SLEEP = ["sh", "-c", "echo ready; exec sleep 60"]


def test_by_a_signal_that_somebody_sends(wandb):
    run = start(wandb, *SLEEP)
    run.terminate()
    run.communicate()

    end = end_of_run()
    check(end, "killed", 15, "signal", "SIGTERM sent by process")
    assert f"process {os.getpid()} " in end["cause"]["text"]


def test_by_timeout_around_us(wandb):
    run = start(["timeout", "60", *wandb], *SLEEP)
    run.send_signal(signal.SIGALRM)  # As its clock would.
    run.communicate()

    check(end_of_run(), "killed", 15, "timeout", "SIGTERM sent by process")


def test_with_all_of_us(wandb):
    run = start(wandb, *SLEEP)
    wait_until(lambda: only_part().output_bytes())
    kill_at_once([pid for pid, _ in descendants()])
    run.communicate()
    wait_until(lambda: not descendants())
    subprocess.run([*wandb, "ls"], stdout=subprocess.DEVNULL, check=True)

    check(end_of_run(), "crashed", None, "unknown", "nobody saw the end")


@pytest.fixture
def small_group():
    """A control group in which 60 MB is all the memory there is; the words that start a command in it."""
    root = Path("/sys/fs/cgroup")
    is_old = (root / "memory").is_dir()
    group = root / ("memory" if is_old else "") / f"wandb-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if is_old else "memory.max")).write_text(str(60 << 20))
    except OSError as error:
        pytest.skip(f"it takes root, and a file system of control groups that can be written: {error}")
    swap = group / ("memory.memsw.limit_in_bytes" if is_old else "memory.swap.max")
    if swap.exists():
        swap.write_text(str(60 << 20) if is_old else "0")
    yield ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"]
    wait_until(lambda: not (group / "cgroup.procs").read_text())
    group.rmdir()


EAT = "x = []\nwhile True: x.append(bytes(1 << 20))"


def test_by_the_kernel_when_memory_runs_out(wandb, small_group):
    subprocess.run([*small_group, *wandb, "run", *PYTHON, EAT], stdout=subprocess.PIPE)

    check(end_of_run(), "killed", 9, "out of memory", "the kernel killed")


def test_in_a_process_of_it_when_memory_runs_out(wandb, small_group):
    script = f'{sys.executable} -c "{EAT}"; exit 1'
    subprocess.run([*small_group, *wandb, "run", "sh", "-c", script], stdout=subprocess.PIPE)

    check(end_of_run(), "failed", 1, "out of memory", "the kernel killed")


def test_last_lines_are_kept_as_they_stood_there(wandb):
    script = r"printf 'epoch 1\n10%%\r100%%\nfailed\n'; exit 1"
    subprocess.run([*wandb, "run", "sh", "-c", script], stdout=subprocess.PIPE)

    assert end_of_run()["cause"]["last_lines"] == ["epoch 1", "100%", "failed"]


def test_line_of_which_the_beginning_is_too_far_back_is_not_kept_as_a_last_one(wandb):
    subprocess.run([*wandb, "run", *PYTHON, "print('x' * 300_000); print('end'); exit(1)"], stdout=subprocess.PIPE)

    assert end_of_run()["cause"]["last_lines"] == ["end"]


def test_it_is_shown(wandb):
    subprocess.run(
        [*wandb, "run", *PYTHON, "raise ValueError('bad rate')"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

    shown = subprocess.run([*wandb, "show", "latest"], capture_output=True, text=True, check=True).stdout
    assert "why        ValueError: bad rate (<string>, line 1, in <module>)" in shown
    as_json = json.loads(subprocess.run([*wandb, "show", "latest", "--json"], capture_output=True, check=True).stdout)
    assert as_json["cause"]["name"] == "ValueError"
