"""FORMAT.md and what is written agree: every example is read, every kind of record stands in it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from kept import only_part, only_run
from waiting import wait_until

import wrapper.rundir

TEXT = (Path(wrapper.rundir.__file__).parent / "FORMAT.md").read_text()


def examples(heading):
    """The JSON values in the first block under a heading."""
    block = re.search(rf"^## {re.escape(heading)}\n.*?```json\n(.*?)```", TEXT, re.S | re.M)
    assert block, f"FORMAT.md has no example of {heading}"
    decoder, rest, values = json.JSONDecoder(), block[1].strip(), []
    while rest:
        value, end = decoder.raw_decode(rest)
        values.append(value)
        rest = rest[end:].strip()
    return values


@pytest.mark.parametrize("name", ["run.json", "part.json", "end.json"])
def test_small_files_have_the_keys_of_their_example(wandb, name):
    subprocess.run([*wandb, "run", "sh", "-c", "exit 3"], stdin=subprocess.DEVNULL)
    path = only_run().path / name if name == "run.json" else only_part().path / name

    (example,) = examples(name)
    assert json.loads(path.read_text()).keys() == example.keys()


OPTIONAL = {"positions", "also", "step", "epoch", "max"}


def test_every_kind_of_record_stands_in_the_example(wandb):
    Path("c.yaml").write_text("lr: 0.1\n")
    script = """
echo one; echo two >&2; sleep 0.3; echo "step 1 loss 0.5"
echo acc=0.9 >> $WANDB_METRICS_FILE; echo '{"$config": {"a": 1}}' >> $WANDB_METRICS_FILE; echo = >> $WANDB_METRICS_FILE
kill $$"""
    command = [*wandb, "run", "sh", "-c", script, "train", "--lr", "0.1", "--config", "c.yaml"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.readline()
    run.send_signal(23)  # SIGURG, which nobody minds
    run.communicate()
    wait_until(lambda: only_part().is_read)

    documented = {shape(record) for record in examples("journal.jsonl")}
    written = {shape(record) for record in only_part().records()}
    assert written <= documented
    assert {source for source, _ in written} == {
        "recorder",
        "output",
        "signals",
        "arguments",
        "parsed",
        "metrics",
        "code",
        "metadata",
        "made",
        "environment",
        "cause",
        "machine",
    }


def shape(record):
    return record["source"].partition(":")[0], frozenset(record) - OPTIONAL


def test_records_of_the_example_are_numbered_as_the_text_says():
    assert [record["n"] for record in examples("journal.jsonl")] == list(range(1, 38))


def test_every_file_of_a_part_is_in_the_drawing(wandb):
    subprocess.run([*wandb, "run", "true"], check=True)
    wait_until(lambda: only_part().is_read)

    drawn = set(re.findall(r"[├└]── ([\w.-]+)", TEXT))
    assert {path.name for path in only_part().path.iterdir()} <= drawn
    assert {path.name for path in only_run().path.iterdir() if path.is_file()} <= drawn
