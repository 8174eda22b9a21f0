"""`wandb watch` follows a run live, and leaves the terminal as it was."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli.asking import ask, asking
from cli.runs import end_facts, make_run, started_ago, write
from terminal import Shell, Terminal
from waiting import wait_until

from wrapper.rundir.journal import Journal

ENTER, LEAVE = rb"\x1b\[\?1049h", rb"\x1b\[\?1049l"
PART = Path(".wandb-wrapper/k3v9x2ab/0-0")


class Going:
    """A run that is going on, as far as its files tell."""

    def __init__(self, **facts: Any) -> None:
        make_run(part=started_ago(10), is_running=True, **facts)
        self._journal = Journal(str(PART / "journal.jsonl"))
        self._journal.add("recorder", started={})
        self._count = 0

    def log(self, **values: Any) -> None:
        self._journal.add("metrics", self._count + 1, row=values, step=self._count, time=time.time())
        self._count += 1

    def tell(self, done: float, total: float) -> None:
        self._journal.add("parsed", 1, progress={"done": done, "total": total, "unit": "epoch"})

    def print(self, text: str) -> None:
        with (PART / "output.log").open("a") as file:
            file.write(text)

    def end(self, **facts: Any) -> None:
        self._journal.add("recorder", read=True)
        write(PART / "end.json", {**end_facts(time.time()), **facts})


def watching(wandb: list[str], *words: str, **settings: Any) -> Terminal:
    return Terminal(*wandb, "watch", *words, variables={"TERM": "xterm", "NO_COLOR": ""}, **settings)


def test_window_shows_how_far_it_is_its_metrics_and_its_last_lines(wandb: list[str]) -> None:
    run = Going(output=b"epoch 1\nepoch 2\n")
    for loss in (3.0, 1.5, 0.75):
        run.log(loss=loss)
    run.tell(10, 50)
    run.tell(20, 50)

    with watching(wandb, rows=24, columns=80) as terminal:
        shown = terminal.expect(rb"loss.*epoch 2\x1b\[0m").string.decode()

        assert "brisk-otter-12" in shown and "running for " in shown and "q quits" in shown
        assert re.search("━━━━━━━━━.*───.* 20 of 50 epochs", shown)
        assert re.search("loss .*█▃▁ .*0.75.*2.*0.75.*3", shown)
        run.end()
        terminal.wait()


def test_what_is_new_is_drawn_where_it_changed_and_nothing_else(wandb: list[str]) -> None:
    run = Going(output=b"first line\n")
    run.log(loss=3.0)

    with watching(wandb) as terminal:
        terminal.expect(rb"loss.*first line")
        run.log(loss=0.25)
        run.print("second line\n")
        new = terminal.expect(rb"0\.25.*second line").group()

        assert b"first line" not in new and b"\x1b[2J" not in new
        run.end()
        terminal.wait()


def test_metric_that_comes_later_gets_its_line(wandb: list[str]) -> None:
    run = Going()

    with watching(wandb) as terminal:
        terminal.expect(rb"no metrics yet")
        run.log(accuracy=0.5)
        terminal.expect(rb"accuracy")
        run.end()
        terminal.wait()


def test_end_of_the_run_is_the_end_and_leaves_its_results(wandb: list[str]) -> None:
    run = Going()
    run.log(loss=3.0)
    run.log(loss=1.0)

    with watching(wandb) as terminal:
        terminal.expect(rb"loss")
        run.log(test_acc=0.93)
        run.end(state="failed", exit_code=3)
        status = terminal.wait()
        left = re.split(LEAVE, terminal.shown)[-1].decode()

        assert status == 0
        assert "failed with exit code 3" in left and "test_acc" in left and "wandb show k3v9x2ab" in left
        assert terminal.modes() == terminal.modes_before


@pytest.mark.parametrize("key", [b"q", b"Q", b"\x03", b"\x04", b"\x1c"])
def test_key_leaves_and_the_run_goes_on(wandb: list[str], key: bytes) -> None:
    Going()

    with watching(wandb) as terminal:
        terminal.expect(rb"no metrics yet")
        assert (terminal.is_canonical(), terminal.is_echoing()) == (False, False)
        terminal.send(key)
        status = terminal.wait()

        assert status == 0
        assert re.search(LEAVE + rb".*it goes on: wandb watch k3v9x2ab\r\n$", terminal.shown, re.S)
        assert terminal.modes() == terminal.modes_before


def test_keys_that_mean_nothing_do_nothing(wandb: list[str]) -> None:
    run = Going()

    with watching(wandb) as terminal:
        terminal.expect(rb"no metrics yet")
        terminal.send(b"x\x1b[A\r")
        run.log(loss=1)
        terminal.expect(rb"loss")
        terminal.send(b"q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_signal_ends_it_as_it_would_anything_and_the_terminal_is_put_back(wandb: list[str], signum: int) -> None:
    Going()

    with watching(wandb, leads=True) as terminal:
        terminal.expect(rb"no metrics yet")
        os.kill(terminal.leader.pid, signum)
        status = terminal.wait()

        assert status == -signum
        assert re.search(LEAVE, terminal.shown)
        assert terminal.modes() == terminal.modes_before


def test_terminal_is_put_back_when_something_goes_wrong() -> None:
    program = "from wrapper.cli.stage import Stage\nwith Stage() as stage:\n stage.show(['well'])\n raise OSError"

    with Terminal(sys.executable, "-c", program, variables={"TERM": "xterm", "NO_COLOR": ""}) as terminal:
        status = terminal.wait()
        before, said = re.split(LEAVE, terminal.shown)

        assert status == 1
        assert b"well" in before
        assert b"OSError" in said
        assert terminal.modes() == terminal.modes_before


def test_run_that_is_removed_meanwhile_is_said_to_be_gone(wandb: list[str]) -> None:
    Going()

    with watching(wandb) as terminal:
        terminal.expect(rb"no metrics yet")
        shutil.rmtree(PART.parent)
        status = terminal.wait()

        assert status == 1
        assert b"wandb: run k3v9x2ab is gone: its directory has been removed" in re.split(LEAVE, terminal.shown)[-1]


def test_window_may_change_its_size(wandb: list[str]) -> None:
    run = Going(output=b"".join(b"line %d\n" % n for n in range(100)))

    with watching(wandb, rows=24, columns=80) as terminal:
        terminal.expect(rb"line 99")
        terminal.resize(12, 40)
        drawn = terminal.expect(rb"\x1b\[2J.*line 99").group()

        assert max(map(int, re.findall(rb"\x1b\[(\d+);1H", drawn))) <= 12
        run.end()
        terminal.wait()


def test_narrow_window_has_fewer_columns_and_still_the_course(wandb: list[str]) -> None:
    run = Going()
    for number in range(20):
        run.log(loss=number / 3e7)

    with watching(wandb, rows=14, columns=50) as terminal:
        shown = terminal.expect(rb"loss.*?\x1b\[\d+;1H").group().decode()

        assert "▁▁▂▃▄▆▆▇█" in shown and "6.3333e-07" in shown
        terminal.send(b"q")
        terminal.wait()


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 10), (5, 20), (60, 300)])
def test_window_may_have_any_size(wandb: list[str], rows: int, columns: int) -> None:
    run = Going(output=b"hello\n")
    for number in range(30):
        run.log(**{f"metric_{n}": number for n in range(40)})
    run.tell(1, 2)

    with watching(wandb, rows=rows, columns=columns) as terminal:
        terminal.expect(ENTER + rb".*\x1b\[1;1H")
        terminal.send(b"q")
        assert terminal.wait() == 0
        drawn = re.split(LEAVE, terminal.shown)[0]
        assert max(map(int, re.findall(rb"\x1b\[(\d+);1H", drawn))) <= rows


def test_it_stops_and_goes_on_as_jobs_do(wandb: list[str]) -> None:
    run = Going()

    with Shell() as shell:
        shell.enter(f"TERM=xterm {wandb[0]} watch")
        shell.expect(rb"no metrics yet")
        shell.send(b"\x1a")
        shell.expect(LEAVE)
        shell.expect_prompt()
        assert shell.is_canonical()
        shell.enter("fg")
        shell.expect(ENTER + rb".*no metrics yet")
        run.end()
        shell.expect(rb"wandb show k3v9x2ab has the rest")
        shell.expect_prompt()


def test_without_a_terminal_each_new_row_is_a_line(wandb: list[str]) -> None:
    run = Going()
    for number in range(15):
        run.log(loss=float(number))

    with asking(wandb, "watch", stderr=subprocess.PIPE) as asked:
        first = [asked.stdout.readline().decode() for _ in range(10)]
        run.log(acc=0.5, phase="val")
        run.log(loss=0.25)
        later = [asked.stdout.readline().decode() for _ in range(2)]
        run.end()
        rest, said = asked.communicate(timeout=60)

    assert [line.split()[-1] for line in [*first, *later]] == [*map(str, range(4, 15)), "val"]
    assert re.fullmatch(r"[\d.]+s  step 15  acc 0\.5  phase val\n", later[1])
    assert rest.decode().split()[-2:] == ["loss", "0.25"]
    assert re.fullmatch(r"wandb: brisk-otter-12 finished after .*\n", said.decode())


def test_newest_that_is_running_is_the_one_that_is_meant(wandb: list[str]) -> None:
    make_run("older000", part=started_ago(100), run={"name": "older-one"}, is_running=True)
    make_run("newer000", part=started_ago(50), run={"name": "newer-one"}, is_running=True)
    make_run("newest00", part=started_ago(20), run={"name": "is-over"}, took_s=5)

    with watching(wandb) as terminal:
        terminal.expect(rb"newer-one")
        terminal.send(b"q")
        assert terminal.wait() == 0


def test_run_that_is_over_is_shown_as_it_ended(wandb: list[str]) -> None:
    make_run(records=[{"source": "metrics", "upto": 1, "row": {"loss": 1}, "step": n} for n in range(3)])

    with watching(wandb, "latest") as terminal:
        assert terminal.wait() == 0
        assert b"finished" in terminal.shown and b"loss" in terminal.shown
        assert not re.search(ENTER, terminal.shown)


def test_that_nothing_is_running_is_said(wandb: list[str]) -> None:
    make_run()

    asked = ask(wandb, "watch")

    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr == "wandb: nothing is running in .wandb-wrapper; wandb show latest has the newest run\n"


def test_watching_a_run_that_stands_still_takes_nearly_nothing(wandb: list[str]) -> None:
    Going(output=b"hello\n").log(loss=1.0)

    with watching(wandb, leads=True) as terminal:
        terminal.expect(rb"loss.*hello")
        written = len(terminal.shown)
        used_s = min(cpu_s_of_a_second(terminal) for _ in range(4))  # What else goes on can only make it more.

        assert used_s < 0.1  # it takes a fiftieth
        assert len(terminal.shown) - written < 2000
        terminal.send(b"q")
        terminal.wait()


def cpu_s_of_a_second(terminal: Terminal) -> float:
    """Processor time that the program on the terminal takes while a second passes."""
    before, began = cpu_ticks(terminal.leader.pid), time.monotonic()
    wait_until(lambda: terminal.look() or time.monotonic() - began > 1)
    return (cpu_ticks(terminal.leader.pid) - before) / os.sysconf("SC_CLK_TCK")


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
