"""`wandb parse` shows what would be taken from what a command printed."""

import json
import subprocess
from pathlib import Path

import pytest

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


def test_infinite_and_missing_values_are_texts_as_json_has_no_numbers_for_them(wandb: list[str]) -> None:
    done = parse(wandb, "--json", output=b"step 1 loss: nan\nstep 2 loss: -inf\n")

    rows = [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.splitlines()]
    assert [row["values"]["loss"] for row in rows] == ["NaN", "-Infinity"]


@pytest.mark.parametrize(("options", "said"), [([], "no metrics were found"), (["--explain"], "there is no number")])
def test_log_without_metrics_is_said_to_be_one(wandb: list[str], options: list[str], said: str) -> None:
    done = parse(wandb, *options, output=b"nothing here\n")

    assert (done.returncode, done.stdout) == (0, b"")
    assert said in done.stderr.decode()


def test_columns_stand_below_one_another_whatever_the_names_are_made_of(wandb: list[str]) -> None:
    head, loss, wide = parse(wandb, output="step 1 loss: 0.5 损失值: 0.4\n".encode()).stdout.decode().splitlines()

    assert head.index("value") == loss.index("0.5") == wide.index("0.4") + len("损失值")
