"""A command that writes more than its terminal can show is held up by it, and every byte is shown in the end."""

import os
import shlex
import time

from launching import PYTHON, READY
from terminal import Shell, Terminal
from waiting import is_running, state, wait_until

LINES = 60_000
FLOOD = f"""
import os, select
text = b"".join(b"%07d and the rest of a line\\n" % number for number in range({LINES}))
print("ready", os.getpid(), flush=True)
while text:
    select.select([], [1], [])
    try: text = text[os.write(1, text[:65536]):]
    except BlockingIOError: pass
"""
ALL = b"".join(b"%07d and the rest of a line\r\n" % number for number in range(LINES))
ENDLESS = [*PYTHON, "import os\nprint('ready', os.getpid(), flush=True)\nwhile True: os.write(1, b'and on\\n' * 9000)"]


def read_some(terminal: Terminal) -> None:
    """Not all that is there: there is always more."""
    enough = len(terminal.shown) + 500_000
    while len(terminal.shown) < enough:
        terminal.shown += os.read(terminal.master, 4096)


def read_with_pauses(terminal: Terminal) -> None:
    """As a slow line does, which is slowest at the end."""
    while len(terminal.shown) < len(ALL) - 80_000:
        terminal.shown += os.read(terminal.master, 4096)
        if len(terminal.shown) % 64 == 0:
            time.sleep(0.001)
    time.sleep(0.3)


def test_all_of_it_is_shown(on_terminal):
    with on_terminal(*PYTHON, FLOOD) as terminal:
        read_with_pauses(terminal)

        assert terminal.wait() == 0
        assert terminal.shown.partition(b"\n")[2] == ALL


def test_all_of_it_is_shown_where_the_command_waits_for_no_terminal(on_terminal):
    with on_terminal(*PYTHON, "import os\nos.set_blocking(0, False)\n" + FLOOD) as terminal:
        read_with_pauses(terminal)

        assert terminal.wait() == 0
        assert terminal.shown.partition(b"\n")[2] == ALL


def test_suspended_it_shows_nothing_more(front):
    with Shell() as terminal:
        terminal.enter(shlex.join([*front, *ENDLESS]))
        pid = int(terminal.expect(READY).group(1))
        for _ in range(3):
            read_some(terminal)
            terminal.send(b"\x1a")
            terminal.expect(rb"Stopped")
            terminal.expect_prompt()
            shown = terminal.shown
            terminal.look(0.2)
            assert terminal.shown == shown
            assert state(pid) == "T"
            terminal.enter("fg")
        read_some(terminal)
        terminal.send(b"\x03")
        terminal.expect_prompt()

        assert not is_running(pid)


def test_interrupted_it_ends(on_terminal):
    with on_terminal(*ENDLESS) as terminal:
        pid = int(terminal.expect(READY).group(1))
        read_some(terminal)
        terminal.send(b"\x03")

        terminal.wait()
        assert not is_running(pid)


def test_terminal_that_goes_does_not_keep_us(on_terminal):
    with on_terminal(*ENDLESS) as terminal:
        pid = int(terminal.expect(READY).group(1))
        read_some(terminal)
        started = terminal.started()
        terminal.hang_up()

        wait_until(lambda: not is_running(pid) and not is_running(started))


def test_the_shell_is_back_only_when_all_of_it_is_shown(front):
    with Shell() as terminal:
        terminal.enter(shlex.join([*front, *PYTHON, FLOOD]))
        terminal.expect(READY)
        read_with_pauses(terminal)
        terminal.expect_prompt()

        assert terminal.shown.endswith(ALL + Shell.PROMPT.encode())


def test_terminal_that_takes_nothing_does_not_hold_up_the_other_stream(on_terminal):
    program = """
import os, threading, time
threading.Thread(target=lambda: [os.write(1, b"and on\\n" * 9000) for _ in range(100)], daemon=True).start()
for number in range(20):
    time.sleep(0.05)
    os.write(2, b"%d\\n" % number)
os._exit(0)
"""
    reader, writer = os.pipe()
    with on_terminal(*PYTHON, program, instead={2: writer}) as terminal:
        os.close(writer)
        with open(reader) as errors:
            assert [next(errors) for _ in range(20)] == [f"{number}\n" for number in range(20)]
        terminal.hang_up()
