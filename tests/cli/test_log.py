"""`wandb log` adds one whole line to the metrics file of its run, and never ends the script that calls it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli.asking import answer, ask
from kept import only_part
from waiting import wait_until

FILE = Path("metrics.jsonl")


@pytest.fixture(autouse=True)
def within_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    FILE.touch()
    monkeypatch.setenv("WANDB_METRICS_FILE", str(FILE.absolute()))


def logged() -> Any:
    """The one line."""
    (line,) = FILE.read_text().splitlines()
    return json.loads(line)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["loss=0.31", "acc=1"], {"loss": 0.31, "acc": 1}),
        (["a=1e-3", "b=-inf", "c=true", "d=adam", "e=1_000"], {"a": 0.001, "b": -float("inf"), "c": True}
         | {"d": "adam", "e": "1_000"}),
        (["phase=warm up", "url=http://x?a=b", 'q="'], {"phase": "warm up", "url": "http://x?a=b", "q": '"'}),
        (["loss=1", "--step", "120", "--epoch", "2.5"], {"loss": 1, "_step": 120, "epoch": 2.5}),
        (["--step=3", "loss=1"], {"_step": 3, "loss": 1}),
        (["--config", "lr=0.1", "opt.name=adam", "opt.eps=1e-8", "--step", "1", "loss=2"],
         {"$config": {"lr": 0.1, "opt": {"name": "adam", "eps": 1e-8}}, "_step": 1, "loss": 2}),
        (["--config=lr=0.1", "loss=2"], {"$config": {"lr": 0.1}, "loss": 2}),
        (["--summary", "best.acc=0.9"], {"$summary": {"best": {"acc": 0.9}}}),
        (["val/acc=1", "train.loss=2"], {"val/acc": 1, "train.loss": 2}),
        (["--tag", "a", "--tag", "b", "--note", "it works"], {"$tag": ["a", "b"], "$note": "it works"}),
        (["--alert", "loss is low"], {"$alert": "loss is low"}),
    ],
)  # fmt: skip
def test_line(wandb: list[str], words: list[str], line: Any) -> None:
    asked = ask(wandb, "log", *words)

    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "", "")
    assert logged() == line


def test_picture_is_named_by_its_whole_path(wandb: list[str]) -> None:
    Path("out.png").touch()

    answer(wandb, "log", "--image", "samples=out.png")

    assert logged() == {"$image": {"samples": {"path": str(Path("out.png").absolute())}}}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "there is nothing to log"),
        (["loss"], '"loss" is no NAME=VALUE'),
        (["=3"], '"=3" is no NAME=VALUE'),
        (["loss=1", "--stp", "3"], "log has no option --stp; did you mean --step?"),
        (["loss=1", "--step"], "--step needs a value: --step N"),
        (["loss=1", "--step", "--epoch"], "--step needs a value: --step N"),
        (["loss=1", "--step", "two"], '--step is a whole number from 0 on, and not "two"'),
        (["loss=1", "--epoch", "nan"], '--epoch is a number, and not "nan"'),
        (["$tag=x"], '"$tag" is no name of a metric; what is not one has an option'),
    ],
)
def test_words_that_are_not_understood_log_nothing(wandb: list[str], words: list[str], message: str) -> None:
    asked = ask(wandb, "log", *words)

    assert (asked.returncode, asked.stderr.splitlines()[0]) == (2, f"wandb: {message}")
    assert FILE.read_text() == ""


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (["bad="], "bad is left out: it has no value"),
        (["bad=1e999"], "bad is left out: 1e999 is beyond what a double holds"),
        (["--image", "bad=no.png"], "bad is left out: there is no file no.png"),
    ],
)
def test_value_that_is_missing_does_not_end_the_script(wandb: list[str], word: list[str], message: str) -> None:
    asked = ask(wandb, "log", "loss=1", *word)

    assert (asked.returncode, asked.stderr) == (0, f"wandb: {message}\n")
    assert logged() == {"loss": 1}


def test_full_disk_does_not_end_the_script(wandb: list[str]) -> None:
    asked = ask(wandb, "log", "loss=1", WANDB_METRICS_FILE="/dev/full")

    assert asked.returncode == 0
    assert asked.stderr == "wandb: this was not kept: /dev/full: No space left on device\n"


def test_file_that_is_gone_is_not_made_anew(wandb: list[str]) -> None:
    FILE.unlink()

    asked = ask(wandb, "log", "loss=1")

    assert asked.returncode == 0
    assert asked.stderr == f"wandb: this was not kept: {FILE.absolute()}: No such file or directory\n"
    assert os.listdir() == []


def test_outside_a_run_it_says_what_to_do(wandb: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_METRICS_FILE")

    asked = ask(wandb, "log", "loss=1")

    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr.startswith("wandb: there is no run to log to") and "wandb run" in asked.stderr


@pytest.mark.parametrize("how", ["variable", "wandb.yaml", "yaml that takes the library", "own settings"])
def test_disabled_and_outside_a_run_it_is_silent(wandb: list[str], monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.delenv("WANDB_METRICS_FILE")
    if how == "variable":
        monkeypatch.setenv("WANDB_MODE", "disabled")
    elif how == "own settings":
        ask(wandb, "disabled")
    else:
        Path("wandb.yaml").write_text("mode: disabled\n" if how == "wandb.yaml" else "? mode\n: &m disabled\n")

    asked = ask(wandb, "log", "loss=1")

    assert (asked.returncode, asked.stderr) == (0, "")


def test_help_tells_how(wandb: list[str]) -> None:
    shown = answer(wandb, "log", "--help")

    assert shown.startswith("Usage: wandb log NAME=VALUE... [OPTIONS]\n")
    assert "--config NAME=VALUE..." in shown and '>> "$WANDB_METRICS_FILE"' in shown
    assert answer(wandb, "help", "log") == shown


def test_click_and_json_are_not_loaded_for_it(wandb: list[str]) -> None:
    """A loop calls it at every step."""
    script = "import sys; from wrapper.launch.entry import main; main('', ['log', 'a=1']); print(*sys.modules)"
    root = Path(__file__).parents[2]

    python = str(Path(wandb[0]).with_name("python"))
    code = f"import sys; sys.path.append({str(root)!r}); {script}"

    done = subprocess.run([python, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)

    assert not {"click", "json", "re", "wrapper.cli.main"} & {*done.stdout.split()}
    assert logged() == {"a": 1}


def test_shell_completes_its_options(wandb: list[str]) -> None:
    asked = ask(wandb, COMP_WORDS="wandb log loss=1 --s", COMP_CWORD="3", _WANDB_COMPLETE="bash_complete")

    assert asked.stdout.split() == ["plain,--step", "plain,--summary"]


def test_processes_log_whole_lines_whole_lines(wandb: list[str]) -> None:
    words = [f"n{number}={number}" for number in range(500)]
    started = [subprocess.Popen([*wandb, "log", *words]) for _ in range(8)]
    assert [one.wait() for one in started] == [0] * 8

    lines = [json.loads(line) for line in FILE.read_text().splitlines()]
    assert lines == [{f"n{number}": number for number in range(500)}] * 8


def test_script_under_wandb_run_is_kept(wandb: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_METRICS_FILE")
    script = 'set -e; "$0" log --config lr=0.1; for i in 1 2 3; do "$0" log loss=0.$i --epoch $i; done'

    subprocess.run([*wandb, "run", "sh", "-c", script, *wandb], check=True)

    part = only_part()
    wait_until(lambda: any("read" in record for record in part.records()))
    records = [record for record in part.records() if record["source"] == "metrics"]
    assert records[0]["config"] == {"lr": 0.1}
    assert [(record["step"], record["epoch"], record["row"]) for record in records[1:]] == [
        (number, number + 1, {"loss": (number + 1) / 10}) for number in range(3)
    ]
