"""What we say ourselves: one line to a person, when all is over, and nothing to anybody else."""

import re
import subprocess

import pytest
from kept import only_run
from launching import shell
from terminal import Terminal

LINE = r"wandb: (\S+) (.*) after \d+\.\d s; see: wandb show (\w+)\r\n"
SHELLS_WORD = r"(\w[^:]*\r\n)?"  # such as "Terminated"


@pytest.mark.parametrize("leads", [False, True], ids=["behind a shell", "leading"])
@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("exit 0", "finished"),
        ("exit 3", "failed with exit code 3"),
        ("kill -TERM $$", "killed by SIGTERM"),
        ("kill -KILL $$", "killed by SIGKILL"),
        ("kill -35 $$", r"killed by SIGRTMIN\+1"),
    ],
)
def test_person_at_a_terminal_is_told_how_it_ended_and_what_to_do(wandb, script, how, leads):
    with Terminal(*wandb, "run", *shell(f"echo out; {script}"), leads=leads) as terminal:
        terminal.wait()

        said = re.fullmatch(r"out\r\n" + LINE + SHELLS_WORD, terminal.shown.decode())
        assert said and re.fullmatch(how, said.group(2))
        assert said.group(1, 3) == (only_run().name, only_run().id)


def test_name_cannot_move_the_cursor(wandb, monkeypatch):
    monkeypatch.setenv("WANDB_NAME", "größe\n\x1b[2J\r\x9b1m")
    with Terminal(*wandb, "run", "true") as terminal:
        terminal.wait()

    assert "wandb: größe\\n\\x1b[2J\\r\\x9b1m finished after" in terminal.shown.decode()
    assert terminal.shown.count(b"\n") == 1


def test_output_that_goes_elsewhere_has_no_word_of_ours(wandb, tmp_path):
    with (
        (tmp_path / "out").open("wb") as file,
        Terminal(*wandb, "run", "echo", "x", instead={1: file.fileno()}) as terminal,
    ):
        terminal.wait()
        assert terminal.shown.startswith(b"wandb: ")

    assert (tmp_path / "out").read_bytes() == b"x\n"


def test_nothing_is_said_where_nobody_sees(wandb, tmp_path):
    with (
        (tmp_path / "err").open("wb") as file,
        Terminal(*wandb, "run", "echo", "x", instead={2: file.fileno()}) as terminal,
    ):
        terminal.wait()
        assert terminal.shown == b"x\r\n"

    assert (tmp_path / "err").read_bytes() == b""


@pytest.mark.parametrize("quiet", ["--quiet", "-q", "WANDB_SILENT"])
def test_quiet_is_quiet(wandb, monkeypatch, quiet):
    if quiet == "WANDB_SILENT":
        monkeypatch.setenv("WANDB_SILENT", "true")

    with Terminal(*wandb, "run", *([quiet] if quiet.startswith("-") else []), "echo", "x") as terminal:
        terminal.wait()

        assert terminal.shown == b"x\r\n"


def test_it_is_a_line_of_its_own_where_the_command_left_one_unfinished(wandb):
    with Terminal(*wandb, "run", "printf", "50%%\\r100%%") as terminal:
        terminal.wait()

        assert re.fullmatch(r"50%\r100%\r\n" + LINE, terminal.shown.decode())


def test_command_that_cannot_start_is_said_once(wandb):
    done = subprocess.run([*wandb, "run", "no-such-command"], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("", "wandb: no-such-command: no such command on PATH\n")
