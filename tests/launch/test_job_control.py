"""In a shell with job control `wandb run` is a job like any: it stops, goes on, and gets only its keys."""

import os
import shlex
from pathlib import Path

import pytest
from launching import ECHO_LINES, PROGRAMS, PYTHON, READY, shell
from terminal import Shell
from waiting import is_running, state, wait_until


@pytest.fixture
def start(front):
    """Has a shell start a command, with what stands after it, and returns the pid of the command once it is ready."""

    def start(on: Shell, command: list[str], *after: str) -> int:
        on.enter(" ".join([shlex.join([*front, *command]), *after]))
        return int(on.expect(READY).group(1))

    return start


@pytest.fixture
def go():
    """Writes a line into the pipe `go`, which a command in the background can wait for."""
    os.mkfifo("go")
    return lambda line="": Path("go").write_text(line + "\n")


def suspend(terminal: Shell) -> None:
    """Type ^Z, and wait for the shell."""
    terminal.send(b"\x1a")
    terminal.expect(rb"Stopped")
    terminal.expect_prompt()


def test_suspended_command_stops_and_goes_on_in_the_foreground(start):
    with Shell() as terminal:
        pid = start(terminal, ECHO_LINES)
        for _ in range(3):
            suspend(terminal)
            assert state(pid) == "T"
            terminal.enter("fg")
            terminal.enter("on")
            terminal.expect(rb"got on\r\n")
        terminal.send(b"\x04")

        terminal.expect_prompt()
        assert terminal.answer("echo $?") == b"0\r\n"


def test_suspended_command_goes_on_in_the_background(start, go):
    with Shell() as terminal:
        start(terminal, shell("echo ready $$; read x <go; echo and on; exit 5"))
        suspend(terminal)
        terminal.answer("bg")
        assert terminal.answer("echo still here") == b"still here\r\n"
        go()

        terminal.expect(rb"and on\r\n")
        assert b"5\r\n" in terminal.answer("wait %1; echo $?")


def test_command_started_in_the_background_shows_and_is_done(start, go):
    with Shell() as terminal:
        start(terminal, shell("echo ready $$; read x <go; echo shown; exit 5"), "&")
        terminal.answer("true")
        go()
        terminal.expect(rb"shown\r\n")

        assert b"5\r\n" in terminal.answer("wait %1; echo $?")


def test_background_job_that_reads_the_terminal_stops_until_it_is_in_the_foreground(start):
    with Shell() as terminal:
        pid = start(terminal, ECHO_LINES, "&")
        wait_until(lambda: state(pid) == "T")
        wait_until(lambda: b"Stopped" in terminal.answer("jobs"))
        terminal.enter("fg")
        terminal.enter("on")
        terminal.expect(rb"got on\r\n")
        terminal.send(b"\x04")

        terminal.expect_prompt()


def test_background_job_that_reads_a_pipe_is_not_stopped(start, go):
    with Shell() as terminal:
        start(terminal, shell("echo ready $$; read x; echo got $x"), "<>go &")
        go("this")

        terminal.expect(rb"got this\r\n")


@pytest.mark.parametrize("then", ["exit 0", "read x; exit 0"], ids=["and ends", "and waits"])
@pytest.mark.parametrize("tells", ["stdout", "stderr"])
@pytest.mark.parametrize("attempt", range(4))  # A command may be quicker to end than to stop.
def test_background_job_that_writes_stops_where_the_terminal_is_set_so(start, go, attempt, tells, then):
    with Shell() as terminal:
        start(terminal, shell(f"echo ready $$; read x <go; echo wri''tten >/dev/{tells}; {then}"), "&")
        terminal.answer("stty tostop")
        go()

        wait_until(lambda: b"Stopped" in terminal.answer("jobs"))
        assert b"written" not in terminal.shown
        terminal.enter("fg")
        terminal.expect(rb"written\r\n")
        terminal.send(b"\n")
        terminal.expect_prompt()


def test_background_job_that_minds_no_stop_writes_and_ends(start, go):
    with Shell() as terminal:
        start(terminal, shell("trap '' TTOU; echo ready $$; read x <go; echo wri''tten"), "&")
        terminal.answer("stty tostop")
        go()

        terminal.expect(rb"written\r\n")
        wait_until(lambda: b"Done" in terminal.answer("jobs"))


def test_job_is_killed_by_its_number(start, go):
    with Shell() as terminal:
        pid = start(terminal, shell("echo ready $$; read x <go"), "&")

        assert b"Terminated" in terminal.answer("kill %1; wait %1")
        assert not is_running(pid)


def test_stopped_job_is_killed_by_its_number(start):
    with Shell() as terminal:
        pid = start(terminal, ECHO_LINES)
        suspend(terminal)
        terminal.answer("kill -9 %1")

        wait_until(lambda: not is_running(pid))
        wait_until(lambda: terminal.answer("jobs") == b"")
        assert b"Killed" in terminal.shown


def test_what_was_shown_before_a_stop_is_there_when_the_shell_is(start):
    with Shell() as terminal:
        start(terminal, [*PYTHON[:-1], str(PROGRAMS / "put_screen_back.py")])
        for _ in range(5):
            terminal.send(b"\x1a")
            terminal.expect(rb"put back .*Stopped")
            terminal.expect_prompt()
            terminal.enter("fg")
            terminal.expect(rb"drawn again")
        terminal.send(b"\x04")
        terminal.expect_prompt()


def test_interrupt_ends_both_sides_of_a_pipeline(start):
    with Shell() as terminal:
        pid = start(terminal, ECHO_LINES, "| cat")
        terminal.send(b"\x03")
        terminal.expect_prompt()

        assert not is_running(pid)
        assert terminal.answer("echo back") == b"back\r\n"


def test_pipeline_is_suspended_and_goes_on(start):
    with Shell() as terminal:
        pid = start(terminal, ECHO_LINES, "| cat")
        suspend(terminal)
        assert state(pid) == "T"
        terminal.enter("fg")
        terminal.enter("on")
        terminal.expect(rb"got on\r\n")
        terminal.send(b"\x04")
        terminal.expect_prompt()


def test_reader_at_the_end_of_a_pipeline_gets_the_keys(start):
    """As `wandb run cmd | less` does: only the command's own output goes through us."""
    with Shell() as terminal:
        start(terminal, shell("echo ready $$; echo data"), "| sh -c 'cat; read key </dev/tty; echo key $key'")
        terminal.expect(rb"data\r\n")
        terminal.enter("q")

        terminal.expect(rb"key q\r\n")


def test_script_stops_at_an_interrupted_command(front):
    with Shell() as terminal:
        terminal.enter(f"bash -c {shlex.quote(shlex.join([*front, *ECHO_LINES]) + '; echo AFTER')}")
        terminal.expect(READY)
        terminal.send(b"\x03")
        terminal.expect_prompt()

        assert terminal.answer("echo $?") == b"130\r\n"
        assert b"AFTER" not in terminal.shown


def test_keys_typed_ahead_are_the_shells(start, go):
    with Shell() as terminal:
        start(terminal, shell("echo ready $$; read x <go"))
        terminal.enter("echo typed $((40 + 2))")
        go()

        terminal.expect(rb"typed 42\r\n")


def test_modes_are_the_same_while_it_is_stopped_and_afterwards(start):
    with Shell() as terminal:
        before = terminal.answer("stty -a")
        start(terminal, ECHO_LINES)
        suspend(terminal)
        assert terminal.answer("stty -a") == before
        terminal.enter("fg")
        terminal.send(b"\x04")
        terminal.expect_prompt()

        assert terminal.answer("stty -a") == before
