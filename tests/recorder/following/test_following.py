"""Files that a command writes are followed while it writes them: found, told from data, each value once."""

import random
import time

import pytest
from following import APPENDING, TENSORBOARD, has_step, read_with_deaths, rows_of, stepping

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
