"""What is sent to `wandb run` reaches the command once; what stops or ends the command stops or ends us."""

import os
import signal
import subprocess
import time

import pytest
from launching import ECHO_LINES, PRINT_SIGNALS, PYTHON, keeper_of, running, shell, signal_state
from waiting import is_running, state, wait_until

# These cannot be caught, tell us of the command's own end, or are how print_signals.py is told to end.
NOT_FOR_THE_COMMAND = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGRTMAX}
EACH = sorted(signal.valid_signals() - NOT_FOR_THE_COMMAND)
SEVERAL = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN, signal.SIGRTMIN + 5]


def test_each_signal_reaches_the_command_once(front):
    with running(*front, *PRINT_SIGNALS) as command:
        for signum in EACH:
            os.kill(command.run.pid, signum)
            assert command.read_line() == str(int(signum))
        os.kill(command.run.pid, signal.SIGRTMAX)

        # It was sent last, and has the highest number: whatever came twice would stand before it.
        assert (command.read(), command.wait()) == ("", 17)


def test_signal_to_the_group_reaches_the_command_once(front):
    with running(*front, *PRINT_SIGNALS, preexec_fn=os.setpgrp) as command:
        for signum in SEVERAL:
            os.killpg(command.run.pid, signum)
            assert command.read_line() == str(int(signum))
        os.kill(command.run.pid, signal.SIGRTMAX)

        assert (command.read(), command.wait()) == ("", 17)


@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_signals_that_queue_arrive_as_many_times_as_they_were_sent(front, send):
    with running(*front, *PRINT_SIGNALS, preexec_fn=os.setpgrp) as command:
        for _ in range(8):
            send(command.run.pid, signal.SIGRTMIN)
        os.kill(command.run.pid, signal.SIGRTMAX)

        assert command.read().splitlines() == [str(int(signal.SIGRTMIN))] * 8


def test_signal_to_the_group_and_then_to_us_are_two(front):
    with running(*front, *PRINT_SIGNALS, preexec_fn=os.setpgrp) as command:
        os.killpg(command.run.pid, signal.SIGTERM)
        assert command.read_line() == "15"
        os.kill(command.run.pid, signal.SIGUSR2)  # Passed on after what came before, which two of a kind are not.
        assert command.read_line() == "12"
        os.kill(command.run.pid, signal.SIGTERM)
        assert command.read_line() == "15"
        os.kill(command.run.pid, signal.SIGRTMAX)

        assert command.read() == ""


def test_signal_to_the_group_reaches_the_command_once_however_late_the_keeper_is(wandb):
    with running(*wandb, "run", *PRINT_SIGNALS, preexec_fn=os.setpgrp) as command:
        keeper = wait_until(lambda: keeper_of(command))
        os.kill(keeper, signal.SIGSTOP)
        wait_until(lambda: state(keeper) == "T")
        os.killpg(command.run.pid, signal.SIGUSR1)
        assert command.read_line() == "10"
        time.sleep(0.1)  # As on a machine that is busy.
        os.kill(keeper, signal.SIGCONT)
        os.kill(command.run.pid, signal.SIGRTMAX)

        assert command.read() == ""


def test_signal_to_one_after_the_other_reaches_the_command_once(wandb):
    """As Slurm and systemd signal the processes of a job, on a machine that is busy."""
    with running(*wandb, "run", *PRINT_SIGNALS, preexec_fn=os.setpgrp) as command:
        keeper = wait_until(lambda: keeper_of(command))
        for order in ([command.run.pid, keeper, command.pid], [keeper, command.pid, command.run.pid]):
            for pid in order:
                os.kill(pid, signal.SIGUSR1)
                be_busy(0.07)
            assert command.read_line() == "10"
        os.kill(command.run.pid, signal.SIGRTMAX)

        assert command.read() == ""


def test_keeper_that_is_signalled_as_we_are_killed_takes_over(wandb):
    with running(*wandb, "run", *ECHO_LINES, preexec_fn=os.setpgrp) as command:
        keeper = wait_until(lambda: keeper_of(command))
        os.kill(keeper, signal.SIGSTOP)  # So that it hears of both together.
        os.kill(command.run.pid, signal.SIGKILL)
        command.run.wait()
        os.kill(keeper, signal.SIGUSR1)
        os.kill(keeper, signal.SIGCONT)
        command.tell("on")

        assert command.read_line() == "got on"


def test_signal_to_the_group_that_is_just_getting_its_command_reaches_it(changed):
    wandb = changed("launch/wrapping.py", "        self._early = ", "        os.killpg(0, _signal.SIGUSR1)\n")

    def prepare() -> None:
        os.setpgrp()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})  # It is to live until it listens.

    with running(*wandb, "run", *PRINT_SIGNALS, preexec_fn=prepare) as command:
        assert command.read_line() == "10"
        os.killpg(command.run.pid, signal.SIGUSR2)
        assert command.read_line() == "12"
        os.kill(command.run.pid, signal.SIGRTMAX)

        assert command.read() == ""


def be_busy(duration_s: float) -> None:
    end = time.monotonic() + duration_s
    while time.monotonic() < end:
        pass


def test_command_that_signals_its_own_group_at_once_hears_it_once(front):
    program = """
import os, signal
heard = []
signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))
os.kill(0, signal.SIGUSR1)
os.write(1, b"ready %d\\n" % os.getpid())
os.read(0, 1)
print(len(heard), flush=True)
"""
    for _ in range(5):
        with running(*front, *PYTHON, program, preexec_fn=os.setpgrp) as command:
            os.kill(command.run.pid, signal.SIGURG)  # It is passed on after what came before, and then ignored.
            command.close_input()

            assert command.read() == "1\n"


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN])
def test_command_that_does_not_mind_is_ended_and_so_are_we(front, signum):
    with running(*front, *ECHO_LINES) as command:
        os.kill(command.run.pid, signum)

        assert command.wait() == -signum
        assert not is_running(command.pid)


def test_command_that_ignores_a_signal_goes_on_to_its_own_end(front):
    with running(*front, *shell("trap '' TERM; echo ready $$; read x; echo got $x; exit 6")) as command:
        command.run.terminate()
        command.tell("on")

        assert (command.read(), command.wait()) == ("got on\n", 6)


def test_command_that_was_signalled_says_its_last_words(front):
    script = "trap 'echo saved; exit 3' TERM; echo ready $$; while :; do read x; done"
    with running(*front, *shell(script)) as command:
        command.run.terminate()

        assert (command.read(), command.wait()) == ("saved\n", 3)


def test_killing_the_group_leaves_nobody(front):
    with running(*front, *ECHO_LINES, preexec_fn=os.setpgrp) as command:
        os.killpg(command.run.pid, signal.SIGKILL)

        assert command.wait() == -signal.SIGKILL
        wait_until(lambda: not is_running(command.pid))


@pytest.mark.parametrize(("options", "status"), [([], 124), (["-s", "KILL"], 128 + 9)])
def test_timeout_ends_it_as_it_would_the_command(front, options, status):
    # Its own group is killed too, and the kernel says so to whoever waits for it.
    with running("timeout", *options, "1", *front, *ECHO_LINES) as command:
        ended = command.wait()

        assert ended % 256 == status or ended == -signal.SIGKILL == 128 - status
        wait_until(lambda: not is_running(command.pid))


def test_signal_that_the_command_sends_to_its_parent_reaches_ours(front):
    caller = 'trap "echo heard" USR1; "$@" & wait $!; wait $!; echo $?'
    command = "sleep 0; kill -USR1 $PPID; read x; exit 9"

    with running(*shell("echo ready $$; " + caller, *front, *shell(command + " </dev/null"))) as script:
        assert script.read() == "heard\n9\n"


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGIO, signal.SIGRTMIN], ids=int)
def test_command_may_signal_its_parent_and_end_at_once(front, signum):
    caller = f"""
import os, signal, subprocess, sys
signal.signal({int(signum)}, lambda *_: None)
print(subprocess.run(sys.argv[1:]).returncode)
"""
    command = shell(f"kill -{int(signum)} $PPID; exit 9")

    done = subprocess.run([*PYTHON, caller, *front, *command], stdout=subprocess.PIPE, text=True)

    assert done.stdout == "9\n"


def test_stop_of_us_alone_stops_the_command_until_we_are_continued(front):
    with running(*front, *ECHO_LINES) as command:
        os.kill(command.run.pid, signal.SIGSTOP)
        wait_until(lambda: state(command.pid) == state(command.run.pid) == "T")
        os.kill(command.run.pid, signal.SIGCONT)
        command.tell("on")

        assert command.read_line() == "got on"


def test_stop_of_the_command_alone_stops_us_until_it_is_continued(front):
    with running(*front, *ECHO_LINES) as command:
        os.kill(command.pid, signal.SIGSTOP)
        _, status = os.waitpid(command.run.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGSTOP
        os.kill(command.pid, signal.SIGCONT)
        _, status = os.waitpid(command.run.pid, os.WCONTINUED)
        assert os.WIFCONTINUED(status)
        command.tell("on")

        assert command.read_line() == "got on"


def test_command_that_stops_itself_stops_us(front):
    with running(*front, *shell("echo ready $$; kill -STOP $$; read x; echo got $x")) as command:
        wait_until(lambda: state(command.run.pid) == "T")
        os.kill(command.run.pid, signal.SIGCONT)
        command.tell("on")

        assert command.read_line() == "got on"


@pytest.mark.parametrize("signum", [signal.SIGSTOP, signal.SIGTSTP], ids=["SIGSTOP", "SIGTSTP"])
@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_stopped_is_stopped_and_continued_is_continued(front, send, signum):
    with running(*front, *ECHO_LINES, preexec_fn=os.setpgrp) as command:
        for _ in range(3):
            send(command.run.pid, signum)
            wait_until(lambda: state(command.pid) == state(command.run.pid) == "T")
            send(command.run.pid, signal.SIGCONT)
            command.tell("on")
            assert command.read_line() == "got on"
            assert state(command.run.pid) != "T"

        command.close_input()
        assert command.wait() == 0


@pytest.mark.parametrize(
    ("late_with", "first", "then", "left"),
    [
        ("SIGCONT", [signal.SIGTSTP, signal.SIGCONT], signal.SIGTSTP, "TT"),
        ("SIGTSTP", [signal.SIGTSTP], signal.SIGCONT, "SS"),
    ],
)
def test_group_that_is_stopped_and_continued_in_quick_turns_is_left_as_the_last_said(
    changed, late_with, first, then, left
):
    """What stops discards what continues, and the other way round, where nobody has come to take it."""
    wandb = changed(
        "launch/keeper.py",
        "    _signal.pthread_sigmask(_signal.SIG_SETMASK, FAULTS",
        f"    FAULTS.add(_signal.{late_with})\n",
    )
    with running(*wandb, "run", *ECHO_LINES, preexec_fn=os.setpgrp) as command:
        wait_until(lambda: keeper_of(command))
        *before, last = first
        for signum in before:
            os.killpg(command.run.pid, signum)
            wait_until(lambda: state(command.pid) == state(command.run.pid) == "T")
        os.killpg(command.run.pid, last)
        be_busy(0.1)  # The signal has been taken, and while its sender is at work more of the group may get it.
        os.killpg(command.run.pid, then)

        wait_until(lambda: state(command.pid) + state(command.run.pid) == left)
        time.sleep(1)  # Longer than the keeper is asked.
        assert state(command.pid) + state(command.run.pid) == left
        os.killpg(command.run.pid, signal.SIGCONT)
        command.tell("on")
        assert command.read_line() == "got on"


def test_terminating_what_is_stopped_takes_effect_when_it_is_continued(front):
    with running(*front, *ECHO_LINES) as command:
        os.kill(command.run.pid, signal.SIGSTOP)
        wait_until(lambda: state(command.pid) == "T")
        os.kill(command.run.pid, signal.SIGTERM)
        assert state(command.pid) == "T"
        os.kill(command.run.pid, signal.SIGCONT)

        assert command.wait() == -signal.SIGTERM


def test_signals_are_as_the_caller_left_them(wandb):
    assert signal_state([*wandb, "run"]) == signal_state([]) != {}


def test_signals_that_the_caller_ignores_or_blocks_stay_so(front):
    def ignore() -> None:
        for signum in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP):
            signal.signal(signum, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGRTMIN + 3})

    found = signal_state(front, preexec_fn=ignore)

    assert found["SigBlk"] == {signal.SIGUSR1, signal.SIGRTMIN + 3}
    assert found["SigIgn"] == {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP}
    assert found["SigCgt"] == set()


def test_broken_pipes_that_the_caller_ignores_stay_ignored(front):
    caller = [*shell("trap '' PIPE; \"$@\"; exit $?"), "sh", *front]

    assert signal_state(caller)["SigIgn"] == {signal.SIGPIPE}


def test_broken_pipes_that_were_ignored_by_who_became_us_stay_ignored(wandb):
    assert signal_state(["env", "--ignore-signal=PIPE", *wandb, "run"])["SigIgn"] == {signal.SIGPIPE}


def test_broken_pipes_that_only_the_caller_ignores_are_not_meant(front):
    """slurmstepd now and then does, and its tasks do not."""
    caller = """
import os, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
if not (child := os.fork()):
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])
os.waitpid(child, 0)
"""
    assert signal_state([*PYTHON, caller, *front])["SigIgn"] == set()


def test_broken_pipes_that_python_ignores_are_not_meant(front):
    assert signal_state(front)["SigIgn"] == set()


def test_background_job_of_a_script_ignores_the_keyboards_signals(front):
    script = '"$@" & pid=$!; read x; kill -INT $pid; kill -QUIT $pid; kill -USR1 $pid; wait $pid; echo $?'
    # A shell without job control starts it so: what is ignored from the start, sh cannot trap.
    job = shell("trap 'exit 4' USR1; echo ready $$; while :; do sleep 0.01; done")
    with running(*shell(script, *front, *job)) as command:
        command.tell("go")

        assert command.read() == "4\n"


def test_signal_after_the_command_has_ended_is_no_error(front):
    with running(*front, *ECHO_LINES) as command:
        command.close_input()
        wait_until(lambda: not is_running(command.pid))
        command.run.send_signal(signal.SIGCONT)

        assert command.wait() == 0


def test_signal_that_comes_as_the_command_ends_does_not_end_us(front):
    with running(*front, *PRINT_SIGNALS) as command:
        os.kill(command.run.pid, signal.SIGSTOP)  # So that it hears of both together.
        os.kill(command.pid, signal.SIGRTMAX)
        wait_until(lambda: state(command.pid) in "ZT")
        os.kill(command.run.pid, signal.SIGRTMAX)
        os.kill(command.run.pid, signal.SIGCONT)

        assert command.wait() == 17


def test_signal_that_comes_as_the_command_ends_does_not_cost_its_last_words(wandb):
    script = "trap 'echo saved; exit 3' TERM; echo ready $$; while :; do read x; done"
    with running(*wandb, "run", *shell(script)) as command:
        os.kill(command.run.pid, signal.SIGSTOP)
        os.kill(command.pid, signal.SIGTERM)
        wait_until(lambda: state(command.pid) in "ZT")
        os.kill(command.run.pid, signal.SIGUSR1)
        os.kill(command.run.pid, signal.SIGCONT)

        assert command.wait() == 3
        os.set_blocking(command.run.stdout.fileno(), False)
        assert command.read_line() == "saved"
