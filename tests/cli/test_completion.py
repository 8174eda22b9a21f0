"""A shell that was taught completes verbs, options, runs, and then the command's own words."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cli.asking import answer, ask
from cli.runs import make_run, started_ago

IN_BASH = """\
eval "$(wandb completion bash)"
compopt() { answers+=("compopt $1 $2"); }
read -ra COMP_WORDS <<< "$1"
[ "${1% }" = "$1" ] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_wandb_completion wandb
printf '%s\\n' "${COMPREPLY[@]}" "${answers[@]}"
"""


@pytest.fixture(autouse=True)
def wandb_on_path(wandb: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(wandb[0]).parent}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("wandb st", ["status"]),
        ("wandb o", ["output", "online", "offline", "on", "off"]),
        ("wandb ls --st", ["--state"]),
        ("wandb ls --state f", ["finished", "failed"]),
        ("wandb completion ", ["bash", "zsh", "fish"]),
        ("wandb show ", ["k3v9x2ab", "zzzzzzzz", "latest"]),
        ("wandb show k", ["k3v9x2ab"]),
        ("wandb output calm", ["calm-heron-11"]),
        ("wandb watch k", ["k3v9x2ab"]),
        ("wandb history --pa", ["--parquet"]),
        ("wandb history k3v9x2ab --keys tr", ["train/loss", "train/acc"]),
        ("wandb history k3v9x2ab --keys lr,tr", ["lr,train/loss", "lr,train/acc"]),
        ("wandb history nothing --keys ", []),
        ("wandb history latest --source ", ["metrics", "followed", "output"]),
        ("wandb run --pro", ["--project"]),
        ("wandb run --no", ["--notes", "--no-redact", "--no-parse"]),
        ("wandb run --mode o", ["online", "offline"]),
        ("wandb run --dir ", ["compopt -o dirnames"]),
        ("wandb run --project mnist --na", ["--name"]),
        ("wandb run train-on", ["train-on-path", "compopt -o default"]),
        ("wandb run train ", ["compopt -o default"]),
        ("wandb run train --pro", ["compopt -o default"]),
        ("wandb run train --mode ", ["compopt -o default"]),
        ("wandb run -- train-on", ["train-on-path", "compopt -o default"]),
    ],
)
def test_bash_completes(tmp_path_factory: pytest.TempPathFactory, line: str, found: list[str]) -> None:
    row = {"source": "metrics", "upto": 1, "row": {"train/loss": 1, "train/acc": 2, "lr": 3}}
    make_run("k3v9x2ab", part=started_ago(10), records=[row])
    make_run("zzzzzzzz", run={"name": "calm-heron-11"}, part=started_ago(20))
    programs = tmp_path_factory.mktemp("programs")
    (programs / "train-on-path").touch(mode=0o755)

    asked = ask(["bash", "-c", IN_BASH, "bash", line], PATH=f"{os.environ['PATH']}:{programs}")

    assert ([word for word in asked.stdout.splitlines() if word], asked.stderr) == (found, "")


def test_bash_leaves_the_command_to_its_own_completion() -> None:
    script = '_command_offset() { echo "offset $1"; }\n' + IN_BASH

    asked = ask(["bash", "-c", script, "bash", "wandb run --quiet git --ver"])

    assert "offset 3" in asked.stdout


@pytest.mark.skipif(not shutil.which("fish"), reason="there is no fish here: scripts/test installs it")
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("wandb run --pro", ["--project\tList the run under this project."]),
        ("wandb show k", ["k3v9x2ab\tbrisk-otter-12"]),
        ("wandb run cat tra", ["train.py"]),
        ("wandb run --quiet -- cat tra", ["train.py"]),
    ],
)
def test_fish_completes(line: str, found: list[str]) -> None:
    make_run()
    Path("train.py").touch()

    asked = ask(["fish", "--no-config", "-c", f"wandb completion fish | source; complete -C '{line}'"])

    assert asked.stdout.splitlines() == found


@pytest.mark.skipif(not shutil.which("zsh"), reason="there is no zsh here: scripts/test installs it")
def test_zsh_takes_the_script(wandb: list[str]) -> None:
    script = answer(wandb, "completion", "zsh")

    checked = subprocess.run(["zsh", "-f", "-n"], input=script, capture_output=True, text=True)

    assert (checked.returncode, checked.stderr) == (0, "")


def test_zsh_is_answered_with_what_each_word_means(wandb: list[str]) -> None:
    make_run()

    asked = ask(wandb, COMP_WORDS="wandb show k", COMP_CWORD="2", _WANDB_COMPLETE="zsh_complete")

    assert asked.stdout == "plain\nk3v9x2ab\nbrisk-otter-12\n"
