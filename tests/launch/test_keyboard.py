"""Keys reach the command as they would without us, each once, and what they do to the terminal is the kernel's own."""

import os
import signal
from pathlib import Path

import pytest
from launching import ECHO_LINES, PRINT_SIGNALS, PYTHON, READY, SHOW_KEYS, shell
from terminal import Terminal
from waiting import is_running, wait_until

EVERY_BYTE = bytes(range(256))


def test_prompt_is_shown_without_its_newline(on_terminal):
    with on_terminal(*PYTHON, "print('hello', input('name? '))") as terminal:
        terminal.expect(rb"name\? $")
        terminal.send("Zoë\n".encode())
        terminal.wait()

        assert terminal.shown == "name? Zoë\r\nhello Zoë\r\n".encode()


def test_password_is_not_shown(on_terminal):
    with on_terminal(*PYTHON, "import getpass; print(len(getpass.getpass('password: ')))") as terminal:
        terminal.expect(rb"password: $")
        wait_until(lambda: not terminal.is_echoing())
        terminal.send(b"secret\n")
        terminal.wait()

        assert terminal.shown == b"password: \r\n6\r\n"


def test_what_controls_the_session_can_be_opened(on_terminal):
    program = """
import os
terminal = os.open("/dev/tty", os.O_RDWR)
os.write(terminal, b"say? ")
print(os.read(terminal, 100), os.tcgetpgrp(terminal) == os.getpgrp(), os.getsid(0) == os.getpgrp())
"""
    with on_terminal(*PYTHON, program) as terminal:
        terminal.expect(rb"say\? $")
        terminal.send(b"yes\n")
        terminal.wait()

        assert terminal.shown == b"say? yes\r\nb'yes\\n' True True\r\n"


def test_end_of_input_is_one(on_terminal):
    with on_terminal("cat") as terminal:
        terminal.send(b"abc\n")
        terminal.expect(rb"abc\r\nabc\r\n")
        terminal.send(b"\x04")

        assert terminal.wait() == 0


def test_each_key_arrives_in_raw_mode(on_terminal):
    with on_terminal(*SHOW_KEYS) as terminal:
        terminal.expect(rb"ready")
        terminal.send(EVERY_BYTE)
        terminal.wait()

        assert terminal.shown == b"ready" + EVERY_BYTE.hex().encode()


def test_key_needs_no_enter_where_modes_are_set_on_the_output(on_terminal):
    """As curses does."""
    program = """
import os, termios, tty
modes = termios.tcgetattr(1)
tty.setcbreak(1)
os.write(1, b"press a key")
key = os.read(0, 1)
termios.tcsetattr(1, termios.TCSADRAIN, modes)
os.write(1, b"<" + key + b">")
"""
    with on_terminal(*PYTHON, program) as terminal:
        terminal.expect(rb"press a key")
        wait_until(lambda: not terminal.is_canonical())
        terminal.send(b"q")
        terminal.wait()

        assert terminal.shown == b"press a key<q>"


def test_pasted_block_arrives_whole(on_terminal, tmp_path):
    block = b"".join(b"line %02d %s\n" % (n, b"x" * 40) for n in range(60))

    with on_terminal(*shell("stty -echo; echo ready; cat >got; stty echo")) as terminal:
        terminal.expect(rb"ready\r\n")
        terminal.send(block + b"\x04")
        terminal.wait()

    assert (tmp_path / "got").read_bytes() == block


@pytest.mark.parametrize(("key", "signum"), [(b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)])
def test_key_is_one_signal(on_terminal, key, signum):
    with on_terminal(*PRINT_SIGNALS) as terminal:
        terminal.expect(READY)
        for _ in range(3):
            terminal.send(key)
            terminal.expect(b"%d\r\n" % signum)
        os.kill(terminal.started(), signal.SIGRTMAX)
        terminal.wait()

        assert terminal.shown.replace(b"^C", b"").replace(b"^\\", b"").split()[2:] == [b"%d" % signum] * 3


@pytest.mark.parametrize(("key", "signum"), [(b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)])
def test_key_ends_a_command_that_does_not_mind(front, key, signum):
    with Terminal(*front, *shell("ulimit -c 0; echo ready $$; exec sleep 60"), leads=True) as terminal:
        terminal.expect(READY)
        terminal.send(key)

        assert terminal.wait() == -signum


def test_shell_within_controls_its_own_jobs(on_terminal):
    """One that finds the terminal as /dev/tty; bash takes standard error for it, which is ours."""
    with on_terminal("dash", "-i", variables={"PS1": "within> ", "ENV": ""}) as terminal:
        terminal.expect(rb"within> ")
        terminal.send(b"stty -echo\n")
        terminal.expect(rb"within> ")
        terminal.send(b"cat\nfirst\n")
        terminal.expect(rb"first\r\n")
        terminal.send(b"\x1a")
        terminal.expect(rb"Stopped.*within> ")
        terminal.send(b"fg\n")
        terminal.expect(rb"cat\r\n")
        terminal.send(b"line\n")
        terminal.expect(rb"line\r\n")
        terminal.send(b"\x03")
        terminal.expect(rb"within> ")
        terminal.send(b"exit 3\n")

        assert terminal.wait() == 3


def test_keys_typed_before_the_command_reads_are_its_own(on_terminal):
    os.mkfifo("go")
    with on_terminal(*shell("echo ready $$; read x <go; read x; read y; echo $x and $y")) as terminal:
        terminal.send(b"one\ntwo\n")
        terminal.expect(READY)
        Path("go").write_text("\n")

        terminal.expect(rb"one and two\r\n")
        terminal.wait()


def test_session_in_python_is_as_usual(on_terminal):
    quiet = {"TERM": "dumb", "PYTHON_BASIC_REPL": "1"}
    with on_terminal(PYTHON[0], "-I", "-q", "-i", variables=quiet) as terminal:
        terminal.expect(rb">>> $")
        terminal.send(b"6*7\n")
        terminal.expect(rb"\n42\r\n>>> $")
        terminal.send(b"1/0\n")
        terminal.expect(rb"ZeroDivisionError.*>>> $")
        terminal.send(b"raise SystemExit(23)\n")

        assert terminal.wait() == 23


def test_held_output_is_shown_when_it_is_let_go(on_terminal):
    """^S and ^Q."""
    with on_terminal(*ECHO_LINES) as terminal:
        terminal.expect(READY)
        terminal.send(b"one\n")
        terminal.expect(rb"got one\r\n")
        terminal.send(b"\x13two\n")
        terminal.look(0.2)
        assert not terminal.shown.endswith(b"got two\r\n")
        terminal.send(b"\x11")
        terminal.expect(rb"got two\r\n")
        terminal.send(b"\x04")
        terminal.wait()


def test_interrupt_is_heard_while_output_is_held(on_terminal):
    with on_terminal("sh", "-c", "echo ready $$; while :; do echo flood; done") as terminal:
        pid = int(terminal.expect(READY).group(1))
        terminal.send(b"\x13")
        terminal.look(0.1)
        terminal.send(b"\x03")

        wait_until(lambda: not is_running(pid))
        terminal.send(b"\x11")
        terminal.wait()
