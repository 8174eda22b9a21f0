"""Disabled, `wandb run` becomes the command: nothing of ours is there, in memory or on the disk."""

import os
import subprocess
from pathlib import Path

import pytest
from launching import ECHO_LINES, PYTHON, running, shell
from terminal import Terminal
from waiting import descendants, wait_until

HOW = ["--mode disabled", "WANDB_MODE=disabled", "wandb.yaml", "wandb/settings"]


@pytest.fixture(params=HOW)
def disabled(request, wandb, monkeypatch) -> list[str]:
    """`wandb run`, disabled in each way that there is."""
    if request.param == "WANDB_MODE=disabled":
        monkeypatch.setenv("WANDB_MODE", "disabled")
    elif request.param == "wandb.yaml":
        Path("wandb.yaml").write_text("mode: disabled\n")
    elif request.param == "wandb/settings":
        Path("wandb").mkdir()
        Path("wandb/settings").write_text("[default]\nmode = disabled\n")
    return [*wandb, "run", *(request.param.split() if request.param.startswith("--") else [])]


def test_process_that_was_started_is_the_command(disabled):
    with running(*disabled, *ECHO_LINES) as command:
        assert command.pid == command.run.pid
        assert Path(f"/proc/{command.pid}/exe").resolve() == Path("/bin/sh").resolve()
        assert len(descendants()) == 1
        assert Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text() == ""


def test_nothing_is_kept_and_nothing_is_said(disabled):
    before = set(os.listdir())

    done = subprocess.run([*disabled, *shell("echo out; echo err >&2; exit 3")], capture_output=True)

    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    assert set(os.listdir()) == before


def test_environment_is_the_callers(disabled):
    bare, ours = (
        subprocess.run([*front, "cat", "/proc/self/environ"], stdout=subprocess.PIPE) for front in ([], disabled)
    )

    assert ours.stdout == bare.stdout != b""


def test_descriptors_and_signals_are_the_callers(disabled):
    program = """
import os
print([os.readlink(f"/proc/self/fd/{fd}") for fd in range(256) if os.path.exists(f"/proc/self/fd/{fd}") and fd != 1])
print([line for line in open("/proc/self/status") if line.startswith("Sig")])
"""
    file = os.open("given", os.O_RDWR | os.O_CREAT)
    bare, ours = (
        subprocess.run([*front, *PYTHON, program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[file])
        for front in ([], disabled)
    )
    os.close(file)

    # "SigQ" counts what all processes of this user have queued.
    assert without_counts(ours.stdout) == without_counts(bare.stdout) != b""


def without_counts(text: bytes) -> list[bytes]:
    return [word for word in text.split(b"'") if not word.startswith(b"SigQ")]


def test_memory_is_the_commands_alone(disabled):
    with running(*disabled, *ECHO_LINES) as command:
        maps = Path(f"/proc/{command.pid}/maps").read_text()

        assert "python" not in maps
        assert "memfd" not in maps


def test_terminal_is_the_persons_own(disabled):
    with Terminal(*disabled, *shell("tty; tty <&1; tty <&2"), leads=True) as terminal:
        terminal.wait()

        one, two, three = terminal.shown.split()
        assert one == two == three != b"not"


@pytest.mark.parametrize("status", [127, 126])
def test_command_that_cannot_start_ends_as_in_a_shell(disabled, status):
    Path("plain").write_text("")

    done = subprocess.run([*disabled, "./nothing" if status == 127 else "./plain"], capture_output=True)

    assert done.returncode == status
    assert done.stderr.startswith(b"wandb: ./") and done.stderr.count(b"\n") == 1


def test_nobody_stays_behind(disabled):
    subprocess.run([*disabled, "true"], check=True)

    wait_until(lambda: not descendants())
