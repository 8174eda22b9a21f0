"""When the terminal goes, the command hears of it as it would without us, and nobody of us waits for what is gone."""

import os
import signal

from launching import ECHO_LINES, READY, shell
from terminal import Terminal
from waiting import is_running, state, wait_until


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
