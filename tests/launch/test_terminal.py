"""On a terminal the command has what it would have without us, and a person sees what there would be to see."""

import os
import shlex
import signal
import subprocess
import termios
from pathlib import Path

import pytest
from launching import ECHO_LINES, PYTHON, READY, shell
from terminal import Terminal
from waiting import state, wait_until

SIZES = "import os\nfor fd in 0, 1, 2: print(tuple(os.get_terminal_size(fd)))"
EVERY_BYTE = bytes(range(256))
IS_TERMINAL = """
import os
def look(fd):
    try: os.fstat(fd)
    except OSError: return "closed"
    return os.isatty(fd)
seen = str([look(fd) for fd in (0, 1, 2)])
with open("seen", "w") as file: file.write(seen)
"""


@pytest.mark.parametrize("fds", [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
def test_terminal_is_where_it_was_and_nowhere_else(on_terminal, tmp_path, fds):
    files = {fd: os.open(tmp_path / f"file{fd}", os.O_RDWR | os.O_CREAT) for fd in fds}

    with on_terminal(*PYTHON, IS_TERMINAL, instead=files) as terminal:
        assert terminal.wait() == 0
    for file in files.values():
        os.close(file)
    assert (tmp_path / "seen").read_text() == str([fd not in fds for fd in (0, 1, 2)])


@pytest.mark.parametrize("fds", [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
def test_what_is_closed_stays_closed(on_terminal, tmp_path, fds):
    with on_terminal(*PYTHON, IS_TERMINAL, instead=dict.fromkeys(fds)) as terminal:
        assert terminal.wait() == 0

    assert (tmp_path / "seen").read_text() == str(["closed" if fd in fds else True for fd in (0, 1, 2)])


def test_output_piped_on_is_no_terminal(on_terminal, tmp_path):
    reader, writer = os.pipe()

    with on_terminal(*PYTHON, IS_TERMINAL + "print('to the pipe')", instead={1: writer}) as terminal:
        os.close(writer)
        assert os.read(reader, 100) == b"to the pipe\n"
        terminal.wait()
    os.close(reader)
    assert (tmp_path / "seen").read_text() == "[True, False, True]"


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (53, 211), (1, 1), (0, 0)])
def test_size_is_the_terminals(on_terminal, rows, columns):
    with on_terminal(*PYTHON, SIZES, rows=rows, columns=columns) as terminal:
        terminal.wait()

        assert terminal.shown.decode().split("\r\n")[:3] == [str((columns, rows))] * 3


def test_environment_does_not_say_the_size(on_terminal):
    with on_terminal(*shell('echo "[$LINES$COLUMNS]"')) as terminal:
        terminal.expect(rb"\[\]")
        terminal.wait()


def test_new_size_is_there_when_its_signal_is(on_terminal):
    """Programs draw from within the handler."""
    program = """
import os, signal
def draw(*_): os.write(1, ("drawn %s %s %s\\n" % tuple(tuple(os.get_terminal_size(fd)) for fd in (0, 1, 2))).encode())
signal.signal(signal.SIGWINCH, draw)
os.write(1, b"ready %d\\n" % os.getpid())
while os.read(0, 100): pass
"""
    with on_terminal(*PYTHON, program) as terminal:
        terminal.expect(READY)
        for columns in range(100, 120):
            terminal.resize(50, columns)
            # Without us there is one such line. With us there may be two, and the last one is right.
            size = b"\\(%d, 50\\)" % columns
            terminal.expect(b"drawn " + b" ".join([size] * 3))
        terminal.send(b"\x04")
        terminal.wait()


def test_terminal_that_was_opened_by_a_name_that_is_anothers_here_is_kept_to(wandb):
    """/dev/tty is another one in each session."""
    within = f"echo inner; {shlex.join(wandb)} run -q echo outer >&3"
    with Terminal(*shell('exec 3>/dev/tty; script -qec "$1" shown; exit'), "sh", within, leads=True) as terminal:
        assert terminal.wait() == 0

        assert terminal.shown.split() == [b"inner", b"outer"]
    shown_within = Path("shown").read_bytes().splitlines()  # The first tells of the command, too.
    assert b"inner" in shown_within
    assert b"outer" not in shown_within


def test_bytes_are_shown_as_they_were_written(on_terminal, tmp_path):
    data = b"a\r\n\r\rb\n\n\0\x07\t\x1b[31mred\x1b[0m \xe2\x82\xac\xff\xfe" + EVERY_BYTE + b"10%\r20%\rlast"
    (tmp_path / "data").write_bytes(data)

    with on_terminal("cat", "data") as terminal:
        terminal.wait()

        assert terminal.shown == data.replace(b"\n", b"\r\n")


def test_megabyte_arrives_whole(on_terminal):
    with on_terminal("seq", "1", "150000") as terminal:
        terminal.wait()

        assert terminal.shown == b"".join(b"%d\r\n" % n for n in range(1, 150001))


def test_last_output_is_shown_before_the_end(every_front):
    """To whoever stands behind, such as a shell with its prompt."""
    for _ in range(10):
        with Terminal(*shell('"$@"; echo prompt', *every_front, *shell("seq 1 700; exit 9"))) as terminal:
            terminal.wait()

            assert terminal.shown.endswith(b"\r\n699\r\n700\r\nprompt\r\n")


def test_both_streams_stay_in_order(on_terminal):
    program = "import os\nfor n in range(1000): os.write(1, b'%d out\\n' % n), os.write(2, b'%d err\\n' % n)"

    with on_terminal(*PYTHON, program) as terminal:
        terminal.wait()

        assert terminal.shown == b"".join(b"%d out\r\n%d err\r\n" % (n, n) for n in range(1000))


def test_stderr_alone_in_a_file_has_all_of_it_and_nothing_else(on_terminal, tmp_path):
    file = os.open(tmp_path / "errors", os.O_WRONLY | os.O_CREAT)

    with on_terminal(*shell("echo out; echo err >&2"), instead={2: file}) as terminal:
        terminal.wait()
        assert terminal.shown == b"out\r\n"
    os.close(file)
    assert (tmp_path / "errors").read_text() == "err\n"


def test_two_terminals_are_two(on_terminal):
    other, slave = os.openpty()

    with on_terminal(*shell("echo out; echo err >&2; stty size <&2"), instead={2: slave}) as terminal:
        os.close(slave)
        terminal.wait()
        assert terminal.shown == b"out\r\n0 0\r\n"
    assert os.read(other, 100) == b"err\r\n"
    os.close(other)


@pytest.mark.parametrize("command", [["stty", "-echo", "-ixon"], shell("stty -echo -ixon <&1")])
def test_modes_that_the_command_leaves_behind_stay(every_front, command):
    with Terminal(*shell('"$@"; echo done; read x', *every_front, *command)) as terminal:
        terminal.expect(rb"done")
        expected = list(terminal.modes_before)
        expected[0] &= ~termios.IXON
        expected[3] &= ~termios.ECHO

        assert terminal.modes() == expected
        terminal.send(b"\n")
        terminal.wait()


def test_modes_that_the_command_sets_last_of_all_stay(changed):
    wandb = changed("launch/loop.py", "        for _ in range(TURNS_BETWEEN", "        time.sleep(1)\n")
    command = shell("sleep 0.3; stty -echo <&1")
    with Terminal(*shell('"$@"; echo done; read x', *wandb, "run", "-q", *command)) as terminal:
        terminal.expect(rb"done")

        assert not terminal.is_echoing()
        terminal.send(b"\n")
        terminal.wait()


@pytest.mark.parametrize("how", ["exit", "SIGKILL of the command", "SIGTERM", "SIGINT"])
def test_modes_are_as_before_afterwards(every_front, how):
    with Terminal(*shell('trap : INT; "$@"; echo done; read x', *every_front, *ECHO_LINES)) as terminal:
        pid = int(terminal.expect(READY).group(1))
        if how == "exit":
            terminal.send(b"\x04")
        elif how == "SIGINT":
            terminal.send(b"\x03")
        else:
            os.kill(pid, signal.SIGKILL if "KILL" in how else signal.SIGTERM)
        terminal.expect(rb"done")

        assert terminal.modes() == terminal.modes_before
        terminal.send(b"\n")
        terminal.wait()


def test_modes_seen_on_each_descriptor_are_the_terminals(on_terminal):
    with on_terminal(*shell("stty -a; stty -a <&1; stty -a <&2")) as terminal:
        terminal.wait()

        on_input, on_output, on_errors = (text for text in terminal.shown.split(b"speed ") if text)
        # What is not done twice: the person's terminal makes CR LF of LF.
        assert on_output.replace(b"-opost", b"opost") == on_input
        assert on_errors == on_output


def test_stop_of_the_command_alone_is_undone_by_continuing_it_alone(on_terminal):
    with on_terminal(*ECHO_LINES) as terminal:
        pid = int(terminal.expect(READY).group(1))
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: state(pid) == "T")
        os.kill(pid, signal.SIGCONT)
        terminal.send(b"on\n")

        terminal.expect(rb"got on\r\n")
        terminal.send(b"\x04")
        terminal.wait()


def test_descriptors_are_not_left_non_blocking(on_terminal, tmp_path):
    program = "import os; open('seen', 'w').write(str([os.get_blocking(fd) for fd in (0, 1, 2)]))"
    with on_terminal(*PYTHON, program) as terminal:
        terminal.wait()
    assert (tmp_path / "seen").read_text() == "[True, True, True]"


def test_command_on_a_terminal_that_is_not_the_sessions_own(front):
    """Somebody else's, to which output was sent: `wandb run cmd >/dev/pts/7`."""
    master, slave = os.openpty()

    done = subprocess.run([*front, *shell("echo shown; test -t 1")], stdin=subprocess.DEVNULL, stdout=slave)

    os.close(slave)
    assert done.returncode == 0
    assert os.read(master, 100) == b"shown\r\n"
    os.close(master)


def test_line_ends_are_as_bare_where_the_command_asks_for_them(on_terminal):
    """`less` does, on the terminal that it writes to."""
    with on_terminal(*shell("stty opost onlcr <&1; sleep 0.6; echo one; echo two")) as terminal:
        assert terminal.wait() == 0
        assert terminal.shown == b"one\r\ntwo\r\n"
