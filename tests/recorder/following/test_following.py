"""Files that a command writes are followed while it writes them: found, told from data, each value once."""

import json
import os
import random
import textwrap
import time

import pytest
from following import Run, read_with_deaths, rows_of

STEPPING = """
import csv, json, os, sys
def steps(write):
    print("ready", flush=True)
    for step, _ in enumerate(sys.stdin):
        write(step)
        print("done", flush=True)
"""


def stepping(text):
    """A program that does its next step for each line that it is given."""
    return STEPPING + textwrap.dedent(text)


TENSORBOARD = stepping("""
from tensorboardX import SummaryWriter
writer = SummaryWriter("runs/x", flush_secs=0.01)
def write(step):
    writer.add_scalar("train/loss", 1 / (step + 1), step)
    writer.add_scalar("lr", 0.1, step)
steps(write)
""")

APPENDING = stepping("""
def write(step):
    is_new = not os.path.exists("log.csv")
    with open("log.csv", "a") as file:
        out = csv.writer(file)
        if is_new:
            out.writerow(["epoch", "loss"])
        out.writerow([step, 1 / (step + 1)])
steps(write)
""")

REWRITING = stepping("""
rows = []
def write(step):
    rows.append({"step": step, "loss": 1 / (step + 1)} | ({"val": step} if step > 2 else {}))
    with open("metrics.csv", "w") as file:
        out = csv.DictWriter(file, list(rows[-1]))
        out.writeheader()
        out.writerows(rows)
steps(write)
""")

TRAINER = stepping("""
history = []
def write(step):
    history.append({"step": step, "epoch": step / 10, "loss": 1 / (step + 1)})
    history.append({"step": step, "epoch": step / 10, "eval_loss": step})
    for folder in (f"out/checkpoint-{step}", "out"):
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/trainer_state.json", "w") as file:
            json.dump({"log_history": history, "global_step": step}, file, indent=2)
steps(write)
""")

JSON_LINES = stepping("""
file = open("log.jsonl", "a", buffering=1)
def write(step):
    print(json.dumps({"iteration": step, "loss": 1 / (step + 1)}), file=file)
steps(write)
""")

LOSSES = [(step, {"loss": 1 / (step + 1)}) for step in range(100)]
BOTH = [row for step in range(100) for row in (LOSSES[step], (step, {"eval_loss": step}))]
PROGRAMS = {
    "appending": (APPENDING, "log.csv", LOSSES),
    "rewriting": (REWRITING, "metrics.csv", [*LOSSES[:3], *((n, row | {"val": n}) for n, row in LOSSES[3:])]),
    "trainer": (TRAINER, "out/trainer_state.json", BOTH),
    "JSON lines": (JSON_LINES, "log.jsonl", LOSSES),
}


def has_step(source, step):
    return lambda records: any(number == step for number, _ in rows_of(records, source))


def test_event_files_are_read_while_they_are_written(run):
    run.start(TENSORBOARD)
    for step in range(5):
        run.step()
        run.follow_until(has_step("runs/x", step))
    records = run.end()

    values = {(step, name): value for step, row in run.rows("runs/x") for name, value in row.items()}
    assert values == {
        (step, name): pytest.approx(value)
        for step in range(5)
        for name, value in (("train/loss", 1 / (step + 1)), ("lr", 0.1))
    }
    (file,) = [record["file"] for record in records if "file" in record]
    assert file["path"].startswith("runs/x/events.out.tfevents.") and file["kind"] == "tensorboard"
    assert all(abs(record["time"] - time.time()) < 300 for record in records if "row" in record)


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_row_is_given_once_while_the_file_grows(run, name):
    program, source, rows = PROGRAMS[name]
    run.start(program)
    for step in range(6):
        run.step()
        run.follow_until(has_step(source, step))
    records = run.end()

    wanted = [(step, row) for step, row in rows if step < 6]
    assert run.rows(source) == wanted
    assert run.warnings() == []
    assert {record["file"]["path"] for record in records if "file" in record} >= {source}


@pytest.mark.parametrize("name", PROGRAMS)
def test_killing_the_reader_at_any_time_loses_and_doubles_nothing(run, name):
    program, source, rows = PROGRAMS[name]
    chance = random.Random(name)
    run.start(program)
    for step in range(40):
        run.step()
        if chance.random() < 0.3:
            run.turn()
        if step % 8 == 0:
            run.follow_until(has_step(source, step))
            run.kill_reader()
    run.end()

    assert run.rows(source) == [(step, row) for step, row in rows if step < 40]
    assert run.warnings() == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_killing_the_reader_after_any_record_loses_and_doubles_nothing(run, name):
    program, source, rows = PROGRAMS[name]
    run.start(program)
    for _ in range(6):
        run.step()
    run.command.communicate(timeout=30)

    records = read_with_deaths(run.facts, after=1)

    assert rows_of(records, source) == [(step, row) for step, row in rows if step < 6]


def test_killing_the_reader_of_event_files_loses_and_doubles_nothing(run):
    run.start(TENSORBOARD)
    chance = random.Random(7)
    for step in range(40):
        run.step()
        if step % 8 == 0:
            run.follow_until(has_step("runs/x", step))
            run.kill_reader()
        if chance.random() < 0.3:
            run.turn()
    run.end()

    names = [(step, name) for step, row in run.rows("runs/x") for name in row]
    assert sorted(names) == sorted((step, name) for step in range(40) for name in ("train/loss", "lr"))


def test_command_that_ends_at_once_is_read_at_its_end(run):
    (run.directory / "log.csv").write_text("epoch,loss\n1,0.5\n2,0.25")

    run.end()

    assert run.rows("log.csv") == [(1, {"loss": 0.5}), (2, {"loss": 0.25})]


def test_configuration_is_taken(run):
    hydra = run.directory / "outputs" / "1" / ".hydra"
    hydra.mkdir(parents=True)
    (hydra / "config.yaml").write_text("lr: 0.1\nmodel: {depth: 4}\n")
    (hydra / "overrides.yaml").write_text("- lr=0.1\n")
    logs = run.directory / "lightning_logs" / "version_0"
    logs.mkdir(parents=True)
    (logs / "hparams.yaml").write_text("width: !!python/object/apply:os.getpid []\nbatch: 32\n")
    (run.directory / "all_results.json").write_text('{"eval_loss": 0.25}')

    records = run.end()

    configs = [record["config"] for record in records if "config" in record]
    assert {"lr": 0.1, "model": {"depth": 4}} in configs
    assert {"hydra": {"overrides": ["lr=0.1"]}} in configs
    assert any(config.get("batch") == 32 for config in configs)
    assert [record["summary"] for record in records if "summary" in record] == [{"eval_loss": 0.25}]


def test_configuration_that_changes_is_taken_again_and_otherwise_not(run):
    path = run.directory / "hparams.yaml"
    path.write_text("lr: 0.1\n")
    run.follow_until(lambda records: any("config" in record for record in records))
    path.write_text("lr: 0.1\n")
    run.kill_reader()
    path.write_text("lr: 0.2\n")
    run.follow_until(lambda records: sum("config" in record for record in records) == 2)

    records = run.end()

    assert [record["config"] for record in records if "config" in record] == [{"lr": 0.1}, {"lr": 0.2}]


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
