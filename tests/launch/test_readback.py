"""Keys reach who reads them from standard output or standard error, as pagers do; and nobody else loses one."""

import os
import signal
import subprocess
import tty

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
    "after a stop": "p = select.poll(); p.register(2, select.POLLIN); stop_soon(); p.poll()",
}
READ = """\
import os, select, signal, threading, time, tty
tty.setraw(2)
def stop_soon():
    def stop(me=os.getpid()):
        time.sleep(0.3); os.kill(me, signal.SIGSTOP)
        time.sleep(0.3); os.kill(me, signal.SIGCONT)
        os.write(1, b'again')
    if not os.fork(): stop(os.getppid()); os._exit(0)
os.write(1, b'ready')
{}
os.write(1, b'got <' + os.read(2, 99) + b'>')
"""
READ_RAW = """\
import os, tty
tty.setraw(2)
os.write(1, b'ready')
while (key := os.read(1, 1)) != b'q':
    os.write(1, b'<' + key + b'>')
"""


@pytest.mark.parametrize("how", WAITS)
def test_key_reaches_who_waits_for_it(on_terminal, how):
    with on_terminal(*PYTHON, READ.format(WAITS[how])) as terminal:
        terminal.expect(rb"again" if how == "after a stop" else rb"ready")
        os.write(terminal.master, b"x")

        terminal.expect(rb"got <x>")
        assert terminal.wait() == 0


def test_relay_goes_on_whatever_a_program_waits_for(on_terminal):
    program = """\
import ctypes, os, tty
tty.setraw(1)
os.write(1, b'ready')
ctypes.CDLL(None).poll(ctypes.c_void_p(2**64 - 8), 0, 1000)
os.write(1, b'done')
"""
    with on_terminal(*PYTHON, program) as terminal:
        terminal.expect(rb"ready")
        os.write(terminal.master, b"x")

        terminal.expect(rb"done")
        assert terminal.wait() == 0


@pytest.mark.parametrize(("waits_for", "reads_it"), [((1,), 1), ((0, 1), 0), ((0,), 0)])
def test_it_goes_only_to_who_waits_for_nothing_else_of_the_persons(waits_for, reads_it):
    """Who waits for the person's terminal as well is just being woken: seen here by stopping it before it is."""
    (keyboard, person), (master, slave) = os.openpty(), os.openpty()
    for terminal in (person, slave):
        tty.setraw(terminal)
    waits = f"import select\np = select.poll()\nfor fd in {waits_for}: p.register(fd, select.POLLIN)\np.poll()"
    with subprocess.Popen([*PYTHON, waits], stdin=person, stdout=slave) as child:
        devices = {(os.fstat(fd).st_dev, os.fstat(fd).st_rdev) for fd in ((person, slave)[n] for n in waits_for)}
        wait_until(lambda: awaited_devices(child.pid) == devices)
        child.send_signal(signal.SIGSTOP)
        wait_until(lambda: state(child.pid) == "T")
        board = Board.make()
        board.command = child.pid
        readback = ReadBack(person, master, board)
        os.write(keyboard, b"hello!")
        wait_until(lambda: queued_bytes(person) == 6)
        readback.hear()
        readback.tend()

        wait_until(lambda: queued_bytes((person, slave)[reads_it]) == 6)
        assert queued_bytes((slave, person)[reads_it]) == 0
        child.kill()
    readback.close()
    for fd in (keyboard, person, master, slave, board.fd):
        os.close(fd)


def test_each_key_reaches_it_in_raw_mode(on_terminal):
    with on_terminal(*PYTHON, READ_RAW) as terminal:
        terminal.expect(rb"ready")
        for key in (b"a", b"\x03", b"\r", b"\x1b[A"):
            os.write(terminal.master, key)
            terminal.expect(b"".join(b"<%b>" % bytes([byte]) for byte in key).replace(b"[", rb"\["))
        os.write(terminal.master, b"q")

        assert terminal.wait() == 0


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
