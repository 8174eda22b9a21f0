"""`wandb parse` shows what would be taken from what a command printed."""

import json
import subprocess
from pathlib import Path

OUTPUT = b"\rstep 1 loss: 0.9\rstep 2 loss: 0.5\nsaved to a=1.pt\n"


def parse(wandb: list[str], *options: str, output: bytes = OUTPUT) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([*wandb, "parse", *options], input=output, capture_output=True)


def test_rows_are_json_lines(wandb: list[str]) -> None:
    done = parse(wandb, "--json", "-")

    assert done.returncode == 0
    assert json.loads(done.stdout) == {"step": 2, "epoch": None, "values": {"loss": 0.5}}


def test_table_shows_what_was_taken_from_a_file(wandb: list[str], tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(OUTPUT)

    done = parse(wandb, "log")

    assert done.stdout.decode().split() == "line step epoch name value 1 2 loss 0.5".split()


def test_each_number_is_explained(wandb: list[str]) -> None:
    lines = parse(wandb, "--explain").stdout.decode().splitlines()

    assert any("taken" in line and "loss" in line and "with a step" in line for line in lines)
    assert any("not" in line and "a checkpoint" in line for line in lines)


def test_pattern_and_ignored_name(wandb: list[str]) -> None:
    options = ["--json", "--ignore", "loss", "--metric", "saved to a={a}.pt"]

    assert json.loads(parse(wandb, *options).stdout)["values"] == {"a": 1}


def test_pattern_that_cannot_work_is_shown_with_its_place(wandb: list[str]) -> None:
    done = parse(wandb, "--metric", "loss: {loss")

    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[1:] == ["  loss: {loss", "        ^"]


def test_infinite_and_missing_values_are_json_that_python_reads(wandb: list[str]) -> None:
    done = parse(wandb, "--json", output=b"step 1 loss: nan\nstep 2 loss: -inf\n")

    assert [str(json.loads(line)["values"]["loss"]) for line in done.stdout.splitlines()] == ["nan", "-inf"]
