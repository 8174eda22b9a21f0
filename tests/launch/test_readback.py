"""What is typed reaches who reads it from standard output or standard error, as pagers do; and nobody else loses it."""

import os
import signal
import subprocess

import pytest
from launching import PYTHON, shell
from waiting import state, wait_until

from wrapper.launch.awaiting import awaited_devices
from wrapper.launch.fds import queued_bytes
from wrapper.launch.readback import ReadBack
from wrapper.rundir.board import Board

WAITS = {
    "read": "",
    "poll": "p = select.poll(); p.register(2, select.POLLIN); p.poll()",
    "select": "select.select([2], [], [])",
    "epoll": "e = select.epoll(); e.register(2, select.EPOLLIN); e.poll()",
    "thread": "t = threading.Thread(target=select.select, args=([2], [], [])); t.start(); t.join()",
}
READ = "import os, select, threading\nprint('ready', flush=True)\n{}\nprint('got', os.read(2, 99))"
READ_RAW = """\
import os, tty
tty.setraw(2)
os.write(1, b'ready')
while (key := os.read(1, 1)) != b'q':
    os.write(1, b'<' + key + b'>')
"""


@pytest.mark.parametrize("how", WAITS)
def test_line_reaches_who_waits_for_it_and_is_echoed_once(on_terminal, how):
    with on_terminal(*PYTHON, READ.format(WAITS[how])) as terminal:
        terminal.expect(rb"ready\r\n")
        os.write(terminal.master, b"hello\n")

        assert terminal.wait() == 0
        assert terminal.shown == b"ready\r\nhello\r\ngot b'hello\\n'\r\n"


@pytest.mark.parametrize(("waits_for", "reads_it"), [((1,), 1), ((0, 1), 0), ((0,), 0)])
def test_it_goes_only_to_who_waits_for_nothing_else_of_the_persons(waits_for, reads_it):
    """Who waits for the person's terminal as well is just being woken: seen here by stopping it before it is."""
    (keyboard, person), (master, slave) = os.openpty(), os.openpty()
    waits = f"import select\np = select.poll()\nfor fd in {waits_for}: p.register(fd, select.POLLIN)\np.poll()"
    with subprocess.Popen([*PYTHON, waits], stdin=person, stdout=slave) as child:
        devices = {os.fstat((person, slave)[fd]).st_rdev for fd in waits_for}
        wait_until(lambda: awaited_devices(child.pid) == devices)
        child.send_signal(signal.SIGSTOP)
        wait_until(lambda: state(child.pid) == "T")
        board = Board.make()
        board.command = child.pid
        readback = ReadBack(person, master, board)
        os.write(keyboard, b"hello\n")
        wait_until(lambda: queued_bytes(person) == 6)
        readback.hear()

        wait_until(lambda: queued_bytes((person, slave)[reads_it]) == 6)
        assert queued_bytes((slave, person)[reads_it]) == 0
        child.kill()
    readback.close()
    for fd in (keyboard, person, master, slave, board.fd):
        os.close(fd)


def test_end_of_input_reaches_it(on_terminal):
    with on_terminal(*PYTHON, READ.format("")) as terminal:
        terminal.expect(rb"ready\r\n")
        os.write(terminal.master, b"\x04")

        assert terminal.wait() == 0
        assert terminal.shown == b"ready\r\ngot b''\r\n"


def test_each_key_reaches_it_in_raw_mode(on_terminal):
    with on_terminal(*PYTHON, READ_RAW) as terminal:
        terminal.expect(rb"ready")
        for key in (b"a", b"\x03", b"\r", b"\x1b[A"):
            os.write(terminal.master, key)
            terminal.expect(b"".join(b"<%b>" % bytes([byte]) for byte in key).replace(b"[", rb"\["))
        os.write(terminal.master, b"q")

        assert terminal.wait() == 0


def test_what_was_typed_before_is_there_for_it(on_terminal):
    script = "read line; echo ready; sleep 0.5; read line <&2; echo got $line; read line; echo left $line"
    with on_terminal(*shell(script)) as terminal:
        os.write(terminal.master, b"first\n")
        terminal.expect(rb"ready\r\n")
        os.write(terminal.master, b"second\n")
        terminal.expect(rb"got second\r\n")
        os.write(terminal.master, b"third\n")

        assert terminal.wait() == 0
        assert terminal.shown.endswith(b"left third\r\n")


def test_what_nobody_waits_for_stays_where_it_is(on_terminal):
    """For who reads standard input later, or for the shell."""
    with on_terminal(*shell("echo ready; sleep 1; read line; echo got $line")) as terminal:
        terminal.expect(rb"ready\r\n")
        os.write(terminal.master, b"hello\n")

        assert terminal.wait() == 0
        assert terminal.shown == b"ready\r\nhello\r\ngot hello\r\n"


def test_pager_can_be_left(on_terminal, tmp_path):
    (tmp_path / "long").write_text("line\n" * 1000)
    with on_terminal("more", str(tmp_path / "long")) as terminal:
        terminal.expect(rb"--More--")
        os.write(terminal.master, b" ")
        terminal.expect(rb"--More--")
        os.write(terminal.master, b"q")

        assert terminal.wait() == 0
