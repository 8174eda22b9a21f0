"""A run whose wrapper was killed is closed by the next `wandb` command that sees it."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from kept import only_part, read_streams
from killing import kill_at_once
from waiting import command_line_of, descendants, is_running, wait_until

from wrapper.recorder.settle import settle_runs
from wrapper.rundir.reading import LEASE_S, runs_folder

STEPS = [sys.executable, str(Path(__file__).parents[1] / "programs" / "take_steps.py")]


@pytest.fixture
def kill_all_of_us(wandb, tmp_path):
    """Start a stepping program with output to a file, then SIGKILL every process of ours at once."""
    started = []

    def start():
        others = descendants()
        with (tmp_path / "log").open("ab") as log:
            run = subprocess.Popen([*wandb, "run", *STEPS], stdin=subprocess.PIPE, stdout=log)
        started.append(run)
        wait_until(lambda: logs() and logs()[0].read_bytes() == b"ready\n")
        found = {pid: command_line_of(pid)[:2] for pid, _ in descendants() - others}
        (run.command,) = [pid for pid, words in found.items() if words == STEPS]
        pids = found.keys() - {run.command}
        kill_at_once(pids)
        run.wait()
        wait_until(lambda: not any(map(is_running, pids)))
        return run

    yield start
    for run in started:
        run.stdin.close()


def logs():
    """The log of each part here."""
    return list(Path().glob(".wandb-wrapper/*/*/output.log"))


def end_command(run):
    """Let the command, whose wrapper is dead, come to its end."""
    run.stdin.close()
    wait_until(lambda: not is_running(run.command))


def test_it_is_closed_with_the_last_sign_of_life(wandb, kill_all_of_us):
    end_command(kill_all_of_us())

    listed = subprocess.run([*wandb, "ls", "--json"], capture_output=True, check=True)

    assert b"crashed" in listed.stdout
    end = only_part().end
    assert (end["state"], end["by"], end["exit_code"]) == ("crashed", "settled", None)


def test_what_the_file_still_holds_is_read_then(kill_all_of_us, tmp_path):
    run = kill_all_of_us()
    run.stdin.write(b"go\n")
    end_command(run)

    settle_runs(runs_folder("."))

    assert only_part().output_path.read_bytes() == b"ready\nstep 1\nend\n"
    assert only_part().end["output_bytes"] == len(b"ready\nstep 1\nend\n")


def test_what_two_files_still_hold_is_read_once(wandb, tmp_path):
    program = (
        "import sys\nfor line in sys.stdin: print('out', line, end='', flush=True), sys.stderr.write('err ' + line)"
    )
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        command = [*wandb, "run", sys.executable, "-c", program]
        run = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err, bufsize=0)
    run.stdin.write(b"1\n")
    wait_until(lambda: logs() and len(logs()[0].read_bytes()) == len(b"out 1\nerr 1\n"))
    ours = [pid for pid, _ in descendants() if command_line_of(pid)[1:2] != ["-c"]]
    kill_at_once(ours)
    run.wait()
    wait_until(lambda: not any(map(is_running, ours)))
    run.stdin.write(b"2\n")
    run.stdin.close()
    wait_until(lambda: (tmp_path / "err").read_bytes().endswith(b"2\n") and not descendants())

    settle_runs(runs_folder("."))

    assert read_streams(only_part()) == {1: b"out 1\nout 2\n", 2: b"err 1\nerr 2\n"}


def test_what_the_next_run_appended_is_not_this_runs(wandb, kill_all_of_us, tmp_path):
    run = kill_all_of_us()
    end_command(run)
    first = only_part().path
    with (tmp_path / "log").open("ab") as log:
        subprocess.run([*wandb, "run", "echo", "next"], stdout=log, check=True)

    settle_runs(runs_folder("."))

    assert (first / "output.log").read_bytes() == b"ready\nend\n"


def test_as_long_as_the_command_runs_there_is_nothing_to_settle(kill_all_of_us, tmp_path):
    run = kill_all_of_us()

    assert settle_runs(runs_folder(".")) == []
    end_command(run)
    assert settle_runs(runs_folder(".")) == [only_part().path.parent.name]
    assert only_part().output_path.read_bytes() == (tmp_path / "log").read_bytes() == b"ready\nend\n"


def test_many_who_settle_at_once_do_it_once(wandb, kill_all_of_us, tmp_path):
    end_command(kill_all_of_us())
    with (tmp_path / "log").open("ab") as log:
        log.write(b"what the recorder did not see\n" * 1_000_000)

    many = [subprocess.Popen([*wandb, "ls"], stdout=subprocess.DEVNULL) for _ in range(6)]

    assert [run.wait() for run in many] == [0] * 6
    assert only_part().end["by"] == "settled"
    assert (
        only_part().output_path.stat().st_size == (tmp_path / "log").stat().st_size == only_part().end["output_bytes"]
    )
    wait_until(lambda: only_part().is_read)
    numbers = [record["n"] for record in only_part().records()]
    assert numbers == list(range(1, len(numbers) + 1))
    wait_until(lambda: "reading" not in os.listdir(only_part().path))
    assert sorted(set(os.listdir(only_part().path)) - {"files"}) == [
        "end.json", "journal.jsonl", "metrics.jsonl", "output.log", "part.json"
    ]  # fmt: skip


def test_claim_of_one_who_died_is_taken_away(kill_all_of_us):
    end_command(kill_all_of_us())
    claim = only_part().path / "settling"
    claim.touch()
    assert settle_runs(runs_folder(".")) == []

    os.utime(claim, (claim.stat().st_mtime - 700,) * 2)

    assert settle_runs(runs_folder(".")) == [only_part().path.parent.name]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("part.json", '{"version": 1, "streams": null}'),
        ("part.json", '{"version": 1, "streams": [{"kind": "file"}, 5], "warnings": 5}'),
        ("part.json", "[" * 100_000),
        ("journal.jsonl", '{"n": "x", "at": 1.0, "source": "output", "upto": 5, "also": 5, "gap": "abc"}\n'),
        ("journal.jsonl", '{"n": 1, "source": "recorder", "started": 5, "positions": []}\n'),
        ("../run.json", "[" * 100_000),
        ("end.json", "null"),
    ],
)
def test_damaged_run_keeps_nobody_from_seeing_the_others(wandb, name, content):
    subprocess.run([*wandb, "run", "--id", "damaged", "true"], check=True)
    subprocess.run([*wandb, "run", "--id", "whole", "true"], check=True)
    part = Path(".wandb-wrapper/damaged/0-0")
    (part / "end.json").unlink()
    (part / name).write_text(content)

    listed = subprocess.run([*wandb, "ls", "--json"], capture_output=True, text=True)
    shown = subprocess.run([*wandb, "show", "damaged"], capture_output=True, text=True)

    assert listed.returncode == 0 and '"whole"' in listed.stdout and '"damaged"' in listed.stdout
    assert "Traceback" not in listed.stderr + shown.stderr
    assert shown.returncode == 0


def test_run_that_goes_on_is_left_alone(wandb):
    run = subprocess.Popen([*wandb, "run", *STEPS], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    wait_until(lambda: any(b"started" in path.read_bytes() for path in Path().glob(".wandb-wrapper/*/*/journal.jsonl")))

    assert settle_runs(runs_folder(".")) == []
    assert only_part().end is None
    run.communicate()


@pytest.mark.parametrize(
    ("changes", "is_settled"), [({}, True), ({"host": "elsewhere"}, False), ({"boot": "x"}, False)]
)
def test_pids_of_another_host_say_nothing(kill_all_of_us, changes, is_settled):
    end_command(kill_all_of_us())
    path = only_part().path / "part.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    assert bool(settle_runs(runs_folder("."))) == is_settled


def test_lease_that_is_over_says_so_on_every_host(kill_all_of_us):
    end_command(kill_all_of_us())
    path = only_part().path / "part.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"host": "elsewhere"}))
    long_ago = path.stat().st_mtime - LEASE_S - 5
    os.utime(path, (long_ago, long_ago))

    assert settle_runs(runs_folder(".")) == [only_part().path.parent.name]
    assert socket.gethostname() != "elsewhere"


def test_end_that_the_journal_tells_is_believed(kill_all_of_us):
    end_command(kill_all_of_us())
    with (only_part().path / "journal.jsonl").open("a") as file:
        file.write('{"n": 99, "at": 5.0, "source": "recorder", "ended": {"status": 256, "at": 5.0}}\n')

    settle_runs(runs_folder("."))

    end = only_part().end
    assert (end["state"], end["exit_code"], end["ended_at"], end["by"]) == ("failed", 1, 5.0, "settled")


def test_directory_that_may_only_be_read_is_left_as_it_is(tmp_path):
    assert settle_runs(tmp_path / "none") == []
    part = tmp_path / ".wandb-wrapper" / "abcdefgh" / "0-0"
    part.mkdir(parents=True)
    (part / "part.json").write_text('{"version": 1, "host": "elsewhere"}')

    assert settle_runs(tmp_path / ".wandb-wrapper") == []
