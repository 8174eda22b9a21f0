"""Where there may be no more processes or files of any size, the command runs all the same; the record may lack."""

import os
import resource
import signal
import subprocess

import pytest
from kept import has_ended, only_part
from launching import ECHO_LINES, PYTHON, keeper_of, running, shell
from waiting import descendants, is_running, wait_until

# No limit of processes holds for root. This user has no other process, and may read what root may.
UID = 54321
AS_SOMEBODY = [
    "setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
    "--inh-caps=+dac_override,+dac_read_search", "--ambient-caps=+dac_override,+dac_read_search",
]  # fmt: skip


@pytest.fixture
def as_somebody(tmp_path, as_root):
    """What stands before a command that is to have a limit of processes of its own."""
    os.chmod(tmp_path, 0o777)
    return AS_SOMEBODY


def allow_processes(pid, count):
    """As that user: root itself may be without the capability that it takes."""
    subprocess.run([*AS_SOMEBODY, "prlimit", f"--pid={pid}", f"--nproc={count}:"], check=True)


def count_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.parametrize("way", ["plain", "--pty"])
@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 6, 7, 8, 10])
def test_few_processes_are_enough_for_the_command(wandb, as_somebody, most, way):
    limited = [*as_somebody, "prlimit", f"--nproc={most}"]
    front = [*limited, *wandb, "run", "-q", *([] if way == "plain" else [way])]

    done = subprocess.run([*front, *PYTHON, "print('ran'); raise SystemExit(7)"], stdout=subprocess.PIPE)

    assert (done.returncode, done.stdout) == (7, b"ran\n")


def kill_keeper(command):
    """SIGKILL it where there may be no other in its place."""
    keeper = wait_until(lambda: keeper_of(command))
    allow_processes(command.run.pid, 1)
    os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: not is_running(keeper))
    return keeper


def test_keeper_that_cannot_be_replaced_costs_nothing(wandb, as_somebody):
    with running(*as_somebody, *wandb, "run", "-q", *ECHO_LINES) as command:
        kill_keeper(command)
        before = count_descriptors(command.run.pid)
        for _ in range(100):
            command.tell("again")
            assert command.read_line() == "got again"
        assert count_descriptors(command.run.pid) <= before
        command.close_input()
        assert (command.read(), command.wait()) == ("", 0)

    wait_until(has_ended)
    assert only_part().end["exit_code"] == 0
    assert only_part().warnings() == []


def test_keeper_comes_back_when_it_may(wandb, as_somebody):
    with running(*as_somebody, *wandb, "run", "-q", *ECHO_LINES) as command:
        keeper = kill_keeper(command)
        allow_processes(command.run.pid, 1000)
        command.tell("again")

        wait_until(lambda: keeper_of(command) not in (None, keeper))
        command.close_input()
        assert command.wait() == 0


def test_readers_that_cannot_start_come_later_and_hold_up_nothing(wandb, as_somebody):
    program = "import sys\nfor line in sys.stdin: print('loss', line, end='', flush=True)"
    with subprocess.Popen(
        [*as_somebody, *wandb, "run", "-q", *PYTHON, program],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
    ) as run:  # fmt: skip
        recorder = wait_until(lambda: next((pid for pid, _ in descendants() if os.getsid(pid) == pid), None))
        allow_processes(recorder, 1)
        wait_until(only_part().output_path.exists)
        for step in range(40):  # Two seconds, in which readers are tried again and again.
            run.stdin.write(b"%d\n" % step)
            assert run.stdout.readline() == b"loss %d\n" % step
            wait_until(lambda at=step: only_part().output_path.read_bytes().endswith(b"loss %d\n" % at))
        assert count_descriptors(recorder) < 64
        allow_processes(recorder, 1000)
        run.stdin.close()
        assert run.wait() == 0

    wait_until(lambda: has_ended() and only_part().is_read)
    assert sum("row" in record for record in only_part().records("row")) == 40


@pytest.mark.parametrize("most_kb", [0, 1, 2, 3, 4, 8])
def test_small_files_are_enough_for_the_command(wandb, tmp_path, most_kb):
    done = subprocess.run(
        [*wandb, "run", *shell("mkdir ran; exit 7")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_kb << 10, most_kb << 10)),
    )

    assert done.returncode == 7
    assert (tmp_path / "ran").is_dir()


@pytest.mark.parametrize("most_mb", [16, 20, 24, 30])
def test_status_is_the_commands_own_in_little_memory(wandb, most_mb):
    done = subprocess.run(
        [*wandb, "run", *shell("exit 7")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most_mb << 20, most_mb << 20)),
    )

    assert done.returncode == 7
