"""`wandb run` ends exactly as the command it ran would have."""

import os
import shlex
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from launching import shell

from wrapper.rundir.reading import list_runs, runs_folder

DOES_NOT_END_IT = {
    *(signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU),
    *(signal.SIGCONT, signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH),
}
DEADLY = [*sorted(set(signal.Signals) - DOES_NOT_END_IT), signal.SIGRTMIN + 7]


@pytest.mark.parametrize("status", [0, 1, 2, 42, 126, 127, 128, 130, 137, 255])
def test_status_is_the_commands_own(front, status):
    done = subprocess.run([*front, *shell(f"exit {status}")], stdin=subprocess.DEVNULL)

    assert done.returncode == status


@pytest.mark.parametrize("signum", DEADLY, ids=int)
def test_signal_that_killed_the_command_kills_us(front, signum):
    done = subprocess.run([*front, *shell(f"ulimit -c 0; kill -{int(signum)} $$; sleep 60")])

    assert done.returncode == -signum


def test_shell_says_what_killed_the_command(front):
    script = f"{shlex.join([*front, *shell('kill -SEGV $$')])}; echo $?"

    done = subprocess.run(["bash", "-c", f"ulimit -c 0; {script}"], capture_output=True, text=True)

    assert done.stdout == "139\n"
    assert "Segmentation fault" in done.stderr


def test_status_is_right_however_short_the_command(front):
    statuses = [subprocess.run([*front, *shell(f"exit {n}")]).returncode for n in range(20)]

    assert statuses == list(range(20))


def test_eight_at_once_each_end_as_their_own_command(front):
    command = "echo start $0; read go; echo end $0; exit $0"
    runs = [
        subprocess.Popen([*front, *shell(command), str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(8)
    ]
    ends = [(run.communicate("go\n")[0], run.returncode) for run in runs]

    assert ends == [(f"start {n}\nend {n}\n", n) for n in range(8)]


def test_script_without_a_first_line_is_one_for_sh(front):
    make_program("job", "echo $0 $1; exit 4\n")

    # As a shell would start it: execve(2) alone does not take it.
    done = subprocess.run([*shell('"$@"'), "sh", *front, "./job", "x"], stdout=subprocess.PIPE, text=True)

    assert (done.returncode, done.stdout) == (4, "./job x\n")


@pytest.mark.parametrize(
    ("word", "status"),
    [("./here", 0), ("sub/there", 0), ("there", 0), ("here", 127), ("sub", 127)],
)
def test_command_is_looked_for_where_a_shell_would(front, monkeypatch, word, status):
    make_program("here", "#!/bin/sh\necho $0\n")
    make_program("sub/there", "#!/bin/sh\necho $0\n")
    monkeypatch.setenv("PATH", "sub", prepend=":")

    done = subprocess.run([*shell('"$@"'), "sh", *front, word], capture_output=True, text=True)

    assert done.returncode == status
    assert done.stdout == ("" if status else f"{'sub/' if word == 'there' else ''}{word}\n")


@pytest.mark.parametrize(
    ("word", "status", "complaint"),
    [
        ("no-such-command", 127, "no-such-command: no such command on PATH"),
        ("./nothing", 127, "./nothing: no such file"),
        ("", 127, "'': no such command on PATH"),
        ("./plain", 126, "./plain: is not executable (chmod +x makes it so)"),
        ("./folder", 126, "./folder: is a directory"),
        ("./no-interpreter", 127, "./no-interpreter: the interpreter that its first line names does not exist"),
        ("./plain/below", 127, "./plain/below: no such file"),
    ],
)
def test_command_that_cannot_start_ends_as_in_a_shell_and_leaves_no_run(wandb, word, status, complaint):
    Path("folder").mkdir()
    Path("plain").write_text("#!/bin/sh\n")
    make_program("no-interpreter", "#!/no/such/interpreter\n")

    bare = subprocess.run([*shell('"$@"'), "sh", word], stderr=subprocess.PIPE, text=True)
    ours = subprocess.run([*wandb, "run", "--", word], capture_output=True, text=True)

    assert (ours.returncode, ours.stdout, ours.stderr) == (status, "", f"wandb: {complaint}\n")
    assert bare.returncode == status
    assert list_runs(runs_folder(".")) == []


def make_program(path: str, text: str) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(text)
    os.chmod(path, stat.S_IRWXU)
