"""A run that cannot be recorded is a run: the command starts as if alone, and one line says why."""

import os
import re
import signal
import subprocess
import time

import pytest
from launching import ECHO_LINES, PRINT_SIGNALS, PYTHON, running, shell
from terminal import Terminal
from waiting import descendants, wait_until

NOWHERE = "/dev/null/nowhere"
WHY = "wandb: this run is not recorded: /dev/null/nowhere/.wandb-wrapper: Not a directory\n"


@pytest.fixture
def lost(wandb, monkeypatch) -> list[str]:
    """`wandb run` that can keep nothing."""
    monkeypatch.setenv("WANDB_DIR", NOWHERE)
    return [*wandb, "run"]


def test_output_and_status_are_the_commands_own(lost):
    done = subprocess.run([*lost, *shell("seq 1 300000; echo err >&2; exit 21")], capture_output=True, text=True)

    assert done.returncode == 21
    assert done.stdout == "".join(f"{n}\n" for n in range(1, 300001))
    assert done.stderr == f"{WHY}err\n"


@pytest.mark.parametrize("silent", ["--quiet", "WANDB_SILENT"])
def test_silent_is_silent(lost, monkeypatch, silent):
    if silent == "WANDB_SILENT":
        monkeypatch.setenv("WANDB_SILENT", "true")

    done = subprocess.run([*lost, *([silent] if silent == "--quiet" else []), "true"], capture_output=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_process_that_was_started_is_the_command(lost):
    with running(*lost, *ECHO_LINES, stderr=subprocess.DEVNULL) as command:
        assert command.pid == command.run.pid
        assert len(descendants()) == 1


CHILDREN = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
print("ready", os.getpid(), flush=True)
input()
pending = signal.sigpending()
try:
    print("child", os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("childless", *pending, flush=True)
"""

BLOCKED = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
os.execvp(sys.argv[1], sys.argv[1:])
"""


def test_who_makes_the_directory_too_slowly_is_no_child_of_the_command(changed):
    wandb = changed("launch/request.py", "        place = find_place(", "        __import__('time').sleep(0.8)\n")

    with running(*wandb, "run", "-q", *PYTHON, CHILDREN) as command:
        assert command.pid == command.run.pid
        wait_until(lambda: len(descendants()) == 1)
        command.tell("")

        assert command.read_line() == "childless"


def test_keeper_is_no_child_of_a_command_for_which_there_is_no_other_process(changed):
    wandb = changed(
        "launch/wrapping.py", "            self._command = self._fork()", "            raise OSError(11, 'x')\n"
    )

    with running(*wandb, "run", *PYTHON, CHILDREN, stderr=subprocess.DEVNULL) as command:
        assert command.pid == command.run.pid
        command.tell("")

        assert command.read_line() == "childless"


def test_first_process_of_a_container_has_no_child_when_it_becomes_the_command(lost, in_container):
    for _ in range(20):
        done = subprocess.run([*in_container, *lost, "-q", *PYTHON, CHILDREN], input=b"\n", capture_output=True)

        assert done.stdout == b"ready 1\nchildless\n"


@pytest.mark.parametrize("how", ["lost", "leads"])
def test_command_that_starts_with_sigchld_blocked_hears_of_no_child_of_ours(wandb, monkeypatch, how):
    if how == "lost":
        monkeypatch.setenv("WANDB_DIR", NOWHERE)
    with Terminal(*PYTHON, BLOCKED, *wandb, "run", "-q", *PYTHON, CHILDREN, leads=True) as terminal:
        terminal.expect(rb"ready \d+")
        terminal.send(b"\n")

        assert terminal.expect(rb"childless[^\r]*\r")[0] == b"childless\r"
        terminal.wait()


def test_environment_gains_a_metrics_file_that_takes_anything(lost):
    bare, ours = (
        subprocess.run([*front, "cat", "/proc/self/environ"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for front in ([], lost)
    )

    assert ours.stdout == bare.stdout + b"WANDB_METRICS_FILE=/dev/null\0" != b""


def test_terminal_is_the_persons_own(lost):
    with Terminal(*lost, *shell("tty; tty <&1; exit 3"), leads=True) as terminal:
        assert terminal.wait() == 3

        *said, one, two = terminal.shown.decode().splitlines()
        assert said == WHY.splitlines()
        assert one == two


def test_home_and_user_need_not_be_known(wandb):
    environment = {"PATH": os.environ["PATH"]}

    done = subprocess.run([*wandb, "run", *shell("echo out; exit 2")], env=environment, capture_output=True)

    assert (done.returncode, done.stdout, done.stderr) == (2, b"out\n", b"")


@pytest.mark.parametrize("gone", ["directory", "HOME", "TMPDIR"])
def test_what_is_gone_is_no_reason_not_to_run(wandb, tmp_path, monkeypatch, gone):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir("here")
    if gone == "directory":
        (tmp_path / "here").rmdir()
    else:
        monkeypatch.setenv(gone, "/nonexistent/place")

    done = subprocess.run([*wandb, "run", *shell("echo out; exit 2")], stdout=subprocess.PIPE)

    assert (done.returncode, done.stdout) == (2, b"out\n")


def test_key_is_heard_once_where_there_may_be_no_more_threads(changed):
    wandb = changed(
        "launch/signals.py",
        "        _thread.start_new_thread(self._run, ())",
        "        raise RuntimeError('no more')\n",
    )
    with Terminal(*wandb, "run", "-q", *PRINT_SIGNALS) as terminal:
        ready = terminal.expect(rb"ready (\d+)\r\n")
        command = int(ready.group(1))
        terminal.send(b"\x03")
        terminal.expect(rb"2\r\n")
        os.kill(command, signal.SIGUSR1)  # What is printed before this has been heard before it.
        time.sleep(1.5)  # A second one would come when the keeper has not answered for a second.
        os.kill(command, signal.SIGRTMAX)
        terminal.wait()

        assert re.findall(rb"\d+", terminal.shown[ready.end() :]) == [b"2", b"10"]
