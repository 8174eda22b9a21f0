"""`--resume` and `WANDB_RESUME`: what is continued is the next attempt of the run."""

import os
import subprocess

import pytest
from kept import only_run
from killing import kill_at_once
from launching import running
from waiting import descendants, wait_until

from wrapper.rundir.reading import list_runs, runs_folder


def run(wandb, *words, **variables):
    return subprocess.run([*wandb, "run", *words], env={**os.environ, **variables}, capture_output=True, text=True)


def attempts():
    return [part.attempt for part in only_run().parts]


@pytest.mark.parametrize("options", [[], ["--resume", "allow"], ["--resume", "auto"], ["--resume", "must"]])
def test_run_that_is_there_gets_its_next_attempt(wandb, options):
    run(wandb, "--id", "mine", "echo", "one")
    done = run(wandb, "--id", "mine", *options, "echo", "two")

    assert (done.returncode, done.stdout) == (0, "two\n")
    assert attempts() == [0, 1]
    assert [part.output_path.read_text() for part in only_run().parts] == ["one\n", "two\n"]


def test_variables_say_the_same(wandb):
    run(wandb, "true", WANDB_RUN_ID="mine")
    run(wandb, "true", WANDB_RUN_ID="mine", WANDB_RESUME="must")

    assert attempts() == [0, 1]


@pytest.mark.parametrize("options", [[], ["--resume", "allow"], ["--resume", "never"], ["--resume", "auto"]])
def test_run_that_is_not_there_is_a_new_one(wandb, options):
    assert run(wandb, "--id", "mine", *options, "true").returncode == 0
    assert attempts() == [0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--id", "other", "--resume", "must"], "there is no run other"),
        (["--resume", "must"], "Say it with --id"),
        (["--id", "mine", "--resume", "never"], "there is a run mine already"),
    ],
)
def test_what_cannot_be_is_refused_before_the_command_starts(wandb, options, message):
    run(wandb, "--id", "mine", "true")

    done = run(wandb, *options, "touch", "started")

    assert done.returncode == 2
    assert message in done.stderr
    assert not os.path.exists("started")
    assert attempts() == [0]


def test_nothing_is_refused_where_runs_are_disabled(wandb):
    done = run(wandb, "--mode", "disabled", "--resume", "must", "echo", "hello")

    assert (done.returncode, done.stdout) == (0, "hello\n")


def test_auto_goes_on_with_the_last_run_of_the_command_until_it_ends_well(wandb):
    command = ["sh", "-c", "test -e ready"]
    for ready in (False, False, True, True):
        if ready:
            open("ready", "w").close()
        run(wandb, "--resume", "auto", *command)
        run(wandb, "--resume", "auto", "true")

    runs = [item for item in list_runs(runs_folder(".")) if item.parts[0].facts["argv"] == command]
    assert sorted([part.attempt for part in item.parts] for item in runs) == [[0], [0, 1, 2]]


def test_auto_leaves_alone_what_still_runs(wandb):
    command = ["sh", "-c", "echo ready $$; exec sleep 100"]
    with (
        running(*wandb, "run", "--resume", "auto", *command),
        running(*wandb, "run", "--resume", "auto", *command),
    ):
        assert len(list_runs(runs_folder("."))) == 2


def test_auto_goes_on_at_once_when_all_of_ours_and_the_command_were_killed(wandb):
    command = [*wandb, "run", "--resume", "auto", "sh", "-c", "echo ready $$; exec sleep 100"]
    with running(*command):
        wait_until(lambda: only_run().parts[0].records("started"))
        kill_at_once([pid for pid, _start in descendants()])

    with running(*command):
        assert attempts() == [0, 1]


def test_attempts_that_start_at_once_have_numbers_of_their_own(wandb):
    started = [subprocess.Popen([*wandb, "run", "--id", "mine", "true"]) for _ in range(4)]
    assert [one.wait() for one in started] == [0] * 4

    assert attempts() == [0, 1, 2, 3]


def test_what_never_was_to_be_there_is_made_once(wandb):
    started = [subprocess.Popen([*wandb, "run", "--id", "mine", "--resume", "never", "true"]) for _ in range(4)]

    assert sorted(one.wait() for one in started) == [0, 2, 2, 2]
    assert attempts() == [0]


def test_continued_run_keeps_its_name(wandb):
    run(wandb, "--id", "mine", "--name", "first", "true")
    run(wandb, "--id", "mine", "--name", "second", "true")

    assert only_run().name == "first"


def test_rows_that_a_later_attempt_writes_again_stand_in_the_place_of_the_earlier(wandb):
    script = 'for i in $(seq $0 $1); do echo "{\\"loss\\": $2.$i, \\"_step\\": $i}" >> $WANDB_METRICS_FILE; done'
    run(wandb, "--id", "mine", "sh", "-c", script, "1", "6", "1")
    run(wandb, "--id", "mine", "--resume", "must", "sh", "-c", script, "4", "8", "2")

    wait_until(lambda: all(part.is_read for part in only_run().parts))
    shown = subprocess.run([*wandb, "history", "mine", "--keys", "loss", "--csv"], capture_output=True, text=True)
    assert [line.split(",")[-1] for line in shown.stdout.splitlines()[1:]] == "1.1 1.2 1.3 2.4 2.5 2.6 2.7 2.8".split()
    rows = [record["row"]["loss"] for record in only_run().parts[0].records("row") if "row" in record]
    assert rows == [1.1, 1.2, 1.3, 1.4, 1.5, 1.6]
