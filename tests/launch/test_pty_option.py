"""`--pty` gives a terminal to a command whose output goes elsewhere, and to no other."""

import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest
from kept import only_part
from launching import ECHO_LINES, PRINT_SIGNALS, PYTHON, SHOW_KEYS, running, shell, signal_state
from terminal import Terminal
from waiting import is_running, state, wait_until

from wrapper.rundir.reading import list_runs, runs_folder

IS_TERMINAL = "import os; print(*[os.isatty(fd) for fd in (0, 1, 2)], tuple(os.get_terminal_size(1)))"
READY = rb"ready (\d+)\r?\n"
EVERY_BYTE = bytes(range(256))


@pytest.fixture(params=["", "copy"], ids=["splicing", "copying"])
def on_pty(request, wandb, monkeypatch) -> list[str]:
    """`wandb run --pty`, also where the kernel cannot move the bytes for us."""
    monkeypatch.setenv("WANDB_RELAY", request.param)
    return [*wandb, "run", "--quiet", "--pty"]


class Piped(Terminal):
    """A command on a terminal whose output goes into a pipe."""

    def __init__(self, *command: str, **where) -> None:
        self.reader, writer = os.pipe()
        super().__init__(*command, instead={1: writer}, **where)
        os.close(writer)
        os.set_blocking(self.reader, False)
        self.piped = b""

    def look(self, for_s: float = 0.0) -> None:
        super().look(for_s)
        try:
            self.piped += os.read(self.reader, 1 << 16)
        except BlockingIOError:
            return

    def expect_piped(self, text: bytes) -> None:
        wait_until(lambda: self.look() or text in self.piped)

    def __exit__(self, *error) -> None:
        super().__exit__(*error)
        os.close(self.reader)


def test_output_is_a_terminal_and_input_what_it_was(on_pty):
    done = subprocess.run([*on_pty, *PYTHON, IS_TERMINAL], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    assert done.stdout == b"False True True (80, 24)\n"


def test_all_are_terminals_of_the_persons_size_where_the_keyboard_is_one(on_pty):
    with Piped(*on_pty, *PYTHON, IS_TERMINAL, rows=50, columns=120) as terminal:
        terminal.expect_piped(b"True True True (120, 50)\n")
        terminal.wait()


def test_file_gets_it_too(on_pty):
    with open("out", "wb") as file:
        subprocess.run([*on_pty, *shell("echo out; echo err >&2")], stdout=file, check=True)

    assert Path("out").read_bytes() == b"out\nerr\n"
    assert only_part().output_path.read_bytes() == b"out\nerr\n"


def test_errors_come_with_the_output_in_their_order(on_pty):
    program = "import os\nfor n in range(300): os.write(1, b'%d out\\n' % n), os.write(2, b'%d err\\n' % n)"

    done = subprocess.run([*on_pty, *PYTHON, program], capture_output=True)

    assert done.stdout == b"".join(b"%d out\n%d err\n" % (n, n) for n in range(300))
    assert done.stderr == b""


def test_bytes_arrive_as_they_were_written(on_pty, tmp_path):
    data = b"a\nb\r\n\n" + EVERY_BYTE * 2000
    (tmp_path / "data").write_bytes(data)

    done = subprocess.run([*on_pty, "cat", "data"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    assert done.stdout == data


def test_input_that_is_no_terminal_is_the_commands_own(on_pty, tmp_path):
    (tmp_path / "lines").write_text("a\nb\n")
    with (tmp_path / "lines").open() as lines:
        done = subprocess.run([*on_pty, *shell("read x; echo got $x")], stdin=lines, stdout=subprocess.PIPE)
        rest = os.read(lines.fileno(), 100)

    assert done.stdout == b"got a\n"
    assert rest == b"b\n"


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_status_is_the_commands_own(on_pty, status):
    assert subprocess.run([*on_pty, *shell(f"exit {status}")], stdout=subprocess.DEVNULL).returncode == status


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGHUP])
def test_signal_that_killed_the_command_kills_us(on_pty, signum):
    script = f"ulimit -c 0; kill -{int(signum)} $$; sleep 60"

    assert subprocess.run([*on_pty, *shell(script)], stdout=subprocess.PIPE).returncode == -signum


@pytest.mark.parametrize("word", ["no-such-command", "./no-interpreter"])
def test_command_that_cannot_start_leaves_no_run(on_pty, word):
    Path("no-interpreter").write_text("#!/no/such/interpreter\n")
    os.chmod("no-interpreter", 0o755)

    done = subprocess.run([*on_pty, word], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr.startswith(f"wandb: {word}: ")
    wait_until(lambda: list_runs(runs_folder(".")) == [])


def test_each_signal_reaches_the_command_once(on_pty):
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN + 2]
    with running(*on_pty, *PRINT_SIGNALS) as command:
        for signum in numbers:
            os.kill(command.run.pid, signum)
            assert command.read_line() == str(int(signum))
        os.kill(command.run.pid, signal.SIGRTMAX)

        assert (command.read(), command.wait()) == ("", 17)


def test_signal_to_our_group_reaches_the_command_which_has_left_it(on_pty):
    with running(*on_pty, *PRINT_SIGNALS, preexec_fn=os.setpgrp) as command:
        os.killpg(command.run.pid, signal.SIGTERM)
        assert command.read_line() == "15"
        os.kill(command.run.pid, signal.SIGRTMAX)

        assert (command.read(), command.wait()) == ("", 17)


def test_keys_reach_the_command(on_pty):
    with Piped(*on_pty, *ECHO_LINES) as terminal:
        terminal.expect_piped(b"ready")
        terminal.send(b"one\n")
        terminal.expect_piped(b"got one\n")
        terminal.send(b"\x04")

        assert terminal.wait() == 0


@pytest.mark.parametrize(("key", "signum"), [(b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)])
def test_key_is_one_signal(on_pty, key, signum):
    with Piped(*on_pty, *PRINT_SIGNALS) as terminal:
        terminal.expect_piped(b"ready")
        terminal.send(key)
        wait_until(lambda: terminal.look() or terminal.piped.count(b"\n") == 2)
        os.kill(terminal.started(), signal.SIGRTMAX)

        assert terminal.wait() == 17
        assert terminal.piped.splitlines()[1:] == [{2: b"^C2", 3: b"^\\3"}[signum]]


def test_each_key_arrives_in_raw_mode(on_pty):
    with Piped(*on_pty, *SHOW_KEYS) as terminal:
        terminal.expect_piped(b"ready")
        terminal.send(EVERY_BYTE)
        terminal.expect_piped(EVERY_BYTE.hex().encode())
        terminal.wait()


def test_new_size_reaches_the_command(on_pty):
    program = """
import os, signal
signal.signal(signal.SIGWINCH, lambda *_: os.write(1, b"%d x %d\\n" % tuple(os.get_terminal_size(1))))
os.write(1, b"ready\\n")
while os.read(0, 100): pass
"""
    with Piped(*on_pty, *PYTHON, program) as terminal:
        terminal.expect_piped(b"ready\n")
        terminal.resize(33, 99)
        terminal.expect_piped(b"99 x 33\n")
        terminal.send(b"\x04")
        terminal.wait()


@pytest.mark.parametrize("how", ["exit", "SIGTERM", "SIGKILL of the command", "SIGKILL of us"])
def test_persons_terminal_is_as_before_afterwards(on_pty, how):
    with Piped(*on_pty, *ECHO_LINES) as terminal:
        terminal.expect_piped(b"\n")
        pid = int(terminal.piped.split()[1])
        wait_until(lambda: not terminal.is_echoing())
        assert not terminal.is_canonical()
        if how == "exit":
            terminal.send(b"\x04")
        elif how == "SIGTERM":
            os.kill(terminal.started(), signal.SIGTERM)
        else:
            os.kill(terminal.started() if "us" in how else pid, signal.SIGKILL)

        wait_until(lambda: terminal.modes() == terminal.modes_before)
        if "us" in how:  # It is on its own now, and its keyboard is nobody's.
            assert is_running(pid)
            os.kill(pid, signal.SIGTERM)
        terminal.wait()


def test_command_survives_our_end(on_pty):
    os.mkfifo("go")
    with running(*on_pty, *shell("echo ready $$; read x <go; echo went on; exit 3")) as command:
        command.run.kill()
        Path("go").write_text("\n")

        assert command.read() == "went on\n"


def test_terminal_is_its_own_and_controls_it(on_pty):
    program = """
import os
terminal = os.open("/dev/tty", os.O_RDWR)
print(os.getsid(0) == os.getpid(), os.tcgetpgrp(terminal) == os.getpgrp())
"""
    done = subprocess.run([*on_pty, *PYTHON, program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    assert done.stdout == b"True True\n"


def test_environment_and_descriptors_are_as_without(on_pty, wandb):
    program = """
import os
print([fd for fd in range(256) if os.path.exists(f"/proc/self/fd/{fd}")], sorted(os.environ), os.getcwd())
"""
    file = os.open("given", os.O_RDWR | os.O_CREAT)
    bare, ours = (
        subprocess.run([*front, *PYTHON, program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[file])
        for front in ([*wandb, "run"], on_pty)
    )
    os.close(file)

    assert ours.stdout == bare.stdout != b""


def test_signals_are_as_the_caller_left_them(on_pty):
    assert signal_state(on_pty) == signal_state([]) != {}


def test_reader_that_has_gone_ends_the_command(on_pty):
    """As on a terminal that hangs up."""
    script = '"$@" | head -n 1; echo ${PIPESTATUS[0]}'

    done = subprocess.run(["bash", "-c", script, "bash", *on_pty, "yes"], capture_output=True, text=True)

    assert done.stdout in ("y\n129\n", "y\n141\n", "y\n1\n")


def test_terminal_that_is_there_already_is_left_alone(wandb):
    with Terminal(*wandb, "run", "-q", "--pty", *shell("echo ready $$; stty -a >modes; read x")) as terminal:
        terminal.expect(READY)
        assert terminal.modes() == terminal.modes_before
        terminal.send(b"\n")
        terminal.wait()

    assert [stream["kind"] for stream in only_part().facts["streams"]] == ["terminal"]


def test_process_that_stays_behind_does_not_keep_us(on_pty):
    os.mkfifo("go")
    script = "trap '' HUP; (read x <go; echo late) & echo early; exit 3"

    with subprocess.Popen([*on_pty, *shell(script)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as run:
        assert run.wait(60) == 3
        Path("go").write_text("\n")

        assert run.stdout.read() == b"early\nlate\n"


def test_stop_from_outside_stops_the_command_until_it_is_continued(on_pty):
    with running(*on_pty, *ECHO_LINES) as command:
        os.kill(command.run.pid, signal.SIGSTOP)
        wait_until(lambda: state(command.pid) == "T")
        os.kill(command.run.pid, signal.SIGCONT)
        command.tell("on")

        assert command.read_line() == "got on"


def test_last_output_is_whole(on_pty):
    for _ in range(5):
        done = subprocess.run([*on_pty, "seq", "1", "5000"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

        assert done.stdout == b"".join(b"%d\n" % n for n in range(1, 5001))


@pytest.mark.parametrize("most", [12, 13, 14, 16, 20, 24, 28, 32, 40, 64])
def test_few_descriptors_are_enough_to_start_the_command_once(on_pty, most, tmp_path):
    done = subprocess.run(
        [*on_pty, *shell("echo ran >>count; exit 7")],
        cwd=tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)),
    )  # fmt: skip

    assert done.returncode == 7
    assert (tmp_path / "count").read_text() == "ran\n"


def test_program_is_found_where_its_path_leads(on_pty, tmp_path):
    """Not where it would lead without the link in it."""
    (tmp_path / "folder" / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to("folder/below")
    (tmp_path / "folder" / "train").write_text("#!/bin/sh\necho $0\n")
    (tmp_path / "folder" / "train").chmod(0o755)

    done = subprocess.run([*on_pty, "link/../train"], cwd=tmp_path, stdout=subprocess.PIPE)

    assert done.stdout == b"link/../train\n"


def test_run_knows_the_size_of_its_terminal(on_pty, wandb):
    command = [*on_pty, *PYTHON, "print('x' * 100, end=''); print('\\ry')"]
    with Piped(*command, rows=30, columns=60) as terminal:
        assert terminal.wait() == 0

    facts = only_part().facts
    assert (facts["columns"], facts["rows"], facts["streams"]) == (
        60,
        30,
        [{"stream": 1, "fds": [1, 2], "kind": "pty"}],
    )
    shown = subprocess.run([*wandb, "output", "latest"], stdout=subprocess.PIPE).stdout
    assert shown.split() == [b"x" * 60, b"y" + b"x" * 39]
    told = subprocess.run([*wandb, "show", "latest"], stdout=subprocess.PIPE).stdout
    assert b"to a terminal of its own" in told
