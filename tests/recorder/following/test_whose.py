"""Which of the files about are this run's: not those of before, not data, not the output, and none of another run."""

import json
import os
import time

import pytest
from following import APPENDING, TENSORBOARD, Run, has_step, stepping


def write_old(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - 1000,) * 2)


def test_what_is_older_than_the_run_is_left_alone(run):
    write_old(run.directory / "metrics.csv", "step,loss\n1,0.5\n2,0.4\n")
    write_old(run.directory / "data" / "hparams.yaml", "lr: 1\n")

    run.end()

    assert run.sources() == set()


def test_only_what_this_run_appended_to_an_old_file_is_taken(run):
    write_old(run.directory / "log.csv", "epoch,loss\n0,9\n1,8\n")
    run.follow_until(lambda records: any("followed:log.csv:from" in record.get("also", {}) for record in records))
    run.kill_reader()
    with (run.directory / "log.csv").open("a") as file:
        file.write("2,7\n3,6\n")

    records = run.end()

    assert run.rows("log.csv") == [(2, {"loss": 7}), (3, {"loss": 6})]
    assert [record["file"]["rows"] for record in records if "file" in record] == [2]


def test_old_file_that_is_written_anew_is_taken_whole(run):
    write_old(run.directory / "log.csv", "epoch,loss\n0,9\n1,8\n")
    run.follow_until(lambda records: any("followed:log.csv:from" in record.get("also", {}) for record in records))
    (run.directory / "log.csv").write_text("epoch,loss\n0,7\n1,6\n")

    run.end()

    assert run.rows("log.csv") == [(0, {"loss": 7}), (1, {"loss": 6})]


def test_data_and_predictions_are_no_metrics(run):
    (run.directory / "predictions.csv").write_text("id,prediction\n1,0.5\n2,0.4\n")
    (run.directory / "table.csv").write_text("model,accuracy\nresnet,0.9\n")
    (run.directory / "answers.jsonl").write_text('{"text": "a", "score": 1}\n' * 5)
    (run.directory / "garbage.csv").write_bytes(os.urandom(4096))
    for folder in ("node_modules", ".git", "wandb", "venv", ".wandb-wrapper/other/0-0"):
        (run.directory / folder).mkdir(parents=True, exist_ok=True)
        (run.directory / folder / "metrics.csv").write_text("step,loss\n1,0.5\n2,0.4\n")
    (run.directory / "env2").mkdir()
    (run.directory / "env2" / "pyvenv.cfg").touch()
    (run.directory / "env2" / "metrics.csv").write_text("step,loss\n1,0.5\n2,0.4\n")

    run.end()

    assert run.sources() == set()
    assert run.warnings() == []


def test_the_output_itself_is_not_followed(tmp_path, run):
    path = run.directory / "log.jsonl"
    path.write_text('{"step": 1, "loss": 0.5}\n' * 3)
    status = path.stat()
    run.facts["streams"] = [{"stream": 1, "kind": "file", "device": status.st_dev, "inode": status.st_ino}]
    run.write_part()

    run.end()

    assert run.sources() == set()


ELSEWHERE = stepping("""
file = open(sys.argv[1] + "/log.csv", "a", buffering=1)
print("epoch,loss", file=file)
steps(lambda step: print(f"{step},0.5", file=file))
""")


def test_file_elsewhere_is_found_because_it_is_open(run, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    run.start(ELSEWHERE, folder)
    run.step()
    run.follow_until(has_step(f"{folder}/log.csv", 0))

    run.end()

    assert run.rows(f"{folder}/log.csv") == [(0, {"loss": 0.5})]


DAEMON = stepping("""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        file = open(sys.argv[1] + "/log.csv", "a", buffering=1)
        print("epoch,loss", file=file)
        steps(lambda step: print(f"{step},0.5", file=file))
    os._exit(0)
os.wait()
open(sys.argv[1] + "/parent-waits").read()
""")


def test_file_of_a_process_that_left_the_tree_is_found(run, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    os.mkfifo(folder / "parent-waits")
    run.start(DAEMON, folder)
    run.step()
    run.follow_until(has_step(f"{folder}/log.csv", 0))
    (folder / "parent-waits").write_text("")

    run.end()

    assert run.rows(f"{folder}/log.csv") == [(0, {"loss": 0.5})]


def other_run(run, name="other", **facts):
    """Another part in the same folder, that lives now."""
    part = run.directory / ".wandb-wrapper" / name / "0-0"
    part.mkdir(parents=True)
    (part / "part.json").write_text(json.dumps({**run.facts, **facts}))
    return part


def test_file_that_may_be_another_runs_is_not_taken(run):
    other_run(run)
    (run.directory / "a").mkdir()
    (run.directory / "a" / "metrics.csv").write_text("step,loss\n1,0.5\n2,0.4\n")

    run.end()

    assert run.sources() == set()
    assert run.warnings() == [
        "other runs were writing below the same directory; whose these files are is not known: a/metrics.csv"
    ]


@pytest.mark.parametrize(("rank", "is_taken"), [(0, True), (1, False)])
def test_of_several_ranks_the_lowest_takes_a_file(run, rank, is_taken):
    other = run.part.parent / "0-9"
    other.mkdir()
    (other / "part.json").write_text(json.dumps({**run.facts, "rank": 1 - rank}))
    run.facts["rank"] = rank
    run.write_part()
    (run.directory / "metrics.csv").write_text("step,loss\n1,0.5\n2,0.4\n")

    run.end()

    assert run.sources() == ({"metrics.csv"} if is_taken else set())
    assert run.warnings() == []


def test_run_within_the_run_is_no_stranger(run):
    run.start(APPENDING)
    other_run(run, pid=run.command.pid)
    run.step()
    run.follow_until(has_step("log.csv", 0))

    run.end()

    assert run.sources() == {"log.csv"}


def test_file_that_the_command_line_names_is_taken_beside_another_run(run):
    other_run(run, argv=["train", "--name", "exp2"])
    run.facts["argv"] = ["train", "--name", "exp1"]
    run.write_part()
    for name in ("exp1", "exp2"):
        (run.directory / "runs" / name).mkdir(parents=True)
        (run.directory / "runs" / name / "metrics.csv").write_text("step,loss\n1,0.5\n2,0.4\n")

    run.end()

    assert run.sources() == {"runs/exp1/metrics.csv"}


def test_event_file_that_the_command_holds_open_is_taken_beside_another_run(run):
    other_run(run)
    run.start(TENSORBOARD)
    run.step()
    run.follow_until(has_step("runs/x", 0))

    run.end()

    assert run.sources() == {"runs/x"}


def test_what_a_later_run_wrote_is_not_taken_when_the_rest_is_read(run):
    path = run.directory / "log.csv"
    path.write_text("epoch,loss\n0,9\n1,8\n")
    run.follow_until(has_step("log.csv", 1))
    run.kill_reader()
    later = Run(run.directory, run.directory / ".wandb-wrapper" / "later" / "0-0")
    time.sleep(0.05)
    with path.open("a") as file:
        file.write("2,7\n")
    os.chdir(run.part)

    run.end()

    assert run.rows("log.csv") == [(0, {"loss": 9}), (1, {"loss": 8})]
    later.kill_reader()
