"""On a terminal the command has what it would have without us, and a person sees what there would be to see."""

import os
import signal
import subprocess
import termios
import threading

import pytest
from launching import ECHO_LINES, PRINT_SIGNALS, PYTHON, shell
from terminal import Terminal
from waiting import is_running, state, wait_until

READY = rb"ready (\d+)\r\n"
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
    program = """
import os, tty
tty.setraw(0)
os.write(1, b"ready")
keys = b""
while len(keys) < 256: keys += os.read(0, 1024)
os.write(1, keys.hex().encode())
"""
    with on_terminal(*PYTHON, program) as terminal:
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


def test_hanging_up_ends_the_command(on_terminal):
    with on_terminal(*ECHO_LINES) as terminal:
        pid = int(terminal.expect(READY).group(1))
        terminal.hang_up()

        wait_until(lambda: not is_running(pid))


def test_command_that_ignores_the_hangup_goes_on(on_terminal, tmp_path):
    script = "trap '' HUP; echo ready $$; read x; echo lost; echo alive >mark; read x <go"
    os.mkfifo("go")
    with on_terminal(*shell(script)) as terminal:
        pid = int(terminal.expect(READY).group(1))
        terminal.hang_up()
        wait_until((tmp_path / "mark").exists)

        assert is_running(pid)
        (tmp_path / "go").write_text("\n")


def test_terminal_that_goes_while_output_is_on_its_way_does_not_keep_us(on_terminal):
    with on_terminal(*shell("trap '' HUP PIPE; echo ready $$; cat /dev/zero; exit 0")) as terminal:
        pid = int(terminal.expect(READY).group(1))
        started = terminal.started()
        os.kill(started, signal.SIGSTOP)  # So that it does not see the end coming.
        wait_until(lambda: state(started) == "T")
        terminal.hang_up()

        wait_until(lambda: not is_running(pid) and not is_running(started))


def test_nohup_lets_it_go_on_without_the_terminal(every_front, tmp_path):
    os.mkfifo("go")
    script = "echo ready $$ >ready; read x <go; echo still here; exit 0"
    with Terminal("nohup", *every_front, *shell(script)) as terminal:
        pid = int(wait_until(lambda: (tmp_path / "ready").exists() and (tmp_path / "ready").read_text()).split()[1])
        terminal.hang_up()
        (tmp_path / "go").write_text("\n")

        wait_until(lambda: not is_running(pid))
        wait_until(lambda: (tmp_path / "nohup.out").read_text().endswith("still here\n"))


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
        threading.Thread(target=lambda: open("go", "w").close()).start()

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
