"""The processes: who is whose child, who is there, and what becomes of those that outlive the command."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from kept import only_part
from launching import ECHO_LINES, PYTHON, running, shell
from terminal import Terminal
from waiting import command_line_of, descendants, is_running, stat_fields, wait_until

PARENT, GROUP, SESSION, TERMINAL = 1, 2, 3, 4


def test_command_is_in_the_callers_session_and_in_the_group_of_what_was_started(front):
    with running(*front, *ECHO_LINES, preexec_fn=os.setpgrp) as command:
        fields = stat_fields(command.pid)

        assert int(fields[GROUP]) == command.run.pid
        assert int(fields[SESSION]) == os.getsid(0)
        assert command.pid == command.run.pid or int(fields[PARENT]) == command.run.pid


def test_we_are_two_beside_the_command_and_a_recorder_that_is_apart(wandb):
    with running(*wandb, "run", *ECHO_LINES, preexec_fn=os.setpgrp) as command:
        keeper, recorder = wait_until(lambda: helpers(command))

        assert is_in_group(keeper, command.run.pid)
        assert os.getsid(recorder) == recorder
        assert stat_fields(recorder)[TERMINAL] == "0"


def helpers(command) -> list[int]:
    """K and P, once there is nobody else."""
    ours = {command.pid, command.run.pid}
    others = sorted(pid for pid, _start in descendants() if pid not in ours)
    apart = [pid for pid in others if os.getsid(pid) == pid and "recorder" in " ".join(command_line_of(pid))]
    return [*(set(others) - set(apart)), *apart] if len(others) == 2 and len(apart) == 1 else []


def is_in_group(pid: int, group: int) -> bool:
    return int(stat_fields(pid)[GROUP]) == group


def test_command_has_no_child_that_it_did_not_make(front):
    with running(*front, *ECHO_LINES) as command:
        assert Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text() == ""


def test_orphan_goes_to_whom_it_would_go(front):
    """Nobody of us adopts what the command leaves behind."""
    os.mkfifo("go")
    with running(*front, *shell("sh -c 'echo ready $$; read x <go' & exit 0")) as orphan:
        orphan.wait()

        assert int(stat_fields(orphan.pid)[PARENT]) == os.getpid()


@pytest.mark.parametrize("place", ["pipe", "file"])
def test_process_that_stays_behind_does_not_keep_us(every_front, tmp_path, place):
    os.mkfifo("go")
    with (tmp_path / "out").open("wb") as file:
        run = subprocess.Popen(
            [*every_front, *shell("(read x <go; echo late) & echo early; exit 3")],
            stdout=file if place == "file" else subprocess.PIPE,
        )
        assert run.wait() == 3
    Path("go").write_text("\n")

    # And what it shows later arrives, and is the end only then.
    if run.stdout:
        assert run.stdout.read() == b"early\nlate\n"
        run.stdout.close()
    else:
        wait_until(lambda: (tmp_path / "out").read_bytes() == b"early\nlate\n")


def test_process_that_stays_behind_on_the_terminal_shows_there_still(on_terminal):
    os.mkfifo("go")
    # The shell in front stays: the end of who leads the session would hang up.
    with on_terminal(*shell("trap '' HUP; (read x <go; echo late) & echo early; exit 3")) as terminal:
        assert terminal.wait_for_leader() == 3
        terminal.expect(rb"early\r\n")
        Path("go").write_text("\n")
        terminal.wait()

        assert terminal.shown == b"early\r\nlate\r\n"


def test_process_in_the_background_is_not_hung_up_when_the_command_ends(every_front):
    os.mkfifo("go")
    with Terminal(
        *shell('"$@"; echo ended; read x', *every_front, *shell("(read x <go; echo lives) & exit 0"))
    ) as terminal:
        terminal.expect(rb"ended")
        Path("go").write_text("\n")
        terminal.expect(rb"lives")
        terminal.send(b"\n")
        terminal.wait()


def test_daemon_is_let_go(front, tmp_path):
    program = """
import os
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
null = os.open("/dev/null", os.O_RDWR)
for fd in (0, 1, 2): os.dup2(null, fd)
with open("go") as go: go.read()
with open("mark", "w") as mark: mark.write("alive")
"""
    os.mkfifo("go")

    done = subprocess.run([*front, *PYTHON, program], stdout=subprocess.PIPE)
    Path("go").write_text("\n")

    assert done.returncode == 0
    wait_until((tmp_path / "mark").exists)


@pytest.mark.parametrize("redirected", ["1>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-", ">/dev/null 2>&1"])
def test_command_that_closes_its_output_goes_on_to_its_own_status(every_front, redirected):
    os.mkfifo("go")
    script = f"echo shown; exec {redirected}; read x <go; exit 12"
    with subprocess.Popen([*every_front, *shell(script)], stdout=subprocess.PIPE) as run:
        assert run.stdout.read() == b"shown\n"  # The end is there while the command still runs.
        assert run.poll() is None
        Path("go").write_text("\n")

        assert run.wait() == 12


def test_command_that_closes_its_terminal_goes_on_to_its_own_status(on_terminal):
    os.mkfifo("go")
    with on_terminal(*shell("echo shown; exec 0<&- 1>&- 2>&-; read x <go; exit 12")) as terminal:
        terminal.expect(rb"shown\r\n")
        Path("go").write_text("\n")

        assert terminal.wait() == 12


def test_many_short_children_are_the_commands_own(front):
    script = "for n in $(seq 50); do (exit $n); test $? = $n || exit 1; done; wait; exit 7"

    assert subprocess.run([*front, *shell(script)]).returncode == 7


def test_command_that_was_killed_in_the_middle_of_a_write_does_not_keep_us(every_front):
    """Nobody reads, so what is on its way does not arrive; without us the end would be seen at once."""
    program = """
import os, select
os.write(1, b"ready %d\\n" % os.getpid())
os.set_blocking(1, False)
while select.select([], [1], [], 0.1)[1]: os.write(1, b"x" * 4096)
os.set_blocking(1, True)
os.write(2, b"full")
os.write(1, b"x" * 4096)
"""
    with running(*every_front, *PYTHON, program, stderr=subprocess.PIPE) as command:
        assert command.run.stderr.read(4) == b"full"
        os.kill(command.pid, signal.SIGKILL)

        assert command.wait() == -signal.SIGKILL


def test_command_and_its_group_see_each_other(front):
    """A worker that signals its whole group, as a failing rank does."""
    script = "trap 'exit 3' USR1; sh -c 'echo ready $$; exec sleep 60' & read x; kill -USR1 0; wait"
    with running(*front, *shell(script), preexec_fn=os.setpgrp) as command:
        command.tell("now")

        assert command.wait() == 3
        wait_until(lambda: not is_running(command.pid))


def test_pid_of_the_command_is_in_the_record(wandb):
    done = subprocess.run([*wandb, "run", *shell("echo $$ $PPID")], stdout=subprocess.PIPE, text=True)

    pid, parent = map(int, done.stdout.split())
    started = [record["started"] for record in only_part().records() if "started" in record]
    assert [each["command"] for each in started] == [pid]
    assert re.search(rf'"pid": {parent}\b', only_part().path.joinpath("part.json").read_text())
