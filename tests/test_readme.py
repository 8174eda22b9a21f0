"""The README and the program agree: every command in it exists and works, and every command is in it."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from kept import only_part, only_run
from waiting import wait_until

from wrapper.launch.settings import SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SHOWN = [line.strip() for line in README.splitlines() if line.startswith("    wandb ")]
TABLE = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `wandb")]


def help_of(wandb, *words):
    return subprocess.run([*wandb, *words, "--help"], capture_output=True, text=True, check=True).stdout


def test_commands_of_the_first_screen_work_in_order(wandb, monkeypatch, tmp_path):
    shutil.copy(ROOT / "scripts" / "examples" / "train.py", "train.py")
    monkeypatch.setenv("PATH", str(Path(wandb[0]).parent), prepend=":")

    for line in SHOWN:
        done = subprocess.run(shlex.split(line), capture_output=True, text=True)
        assert done.returncode == 0 and not complaints(done.stderr), line
        assert done.stdout

    assert SHOWN[0].startswith("wandb run python train.py")
    assert only_run().state == "finished"


def test_every_variable_that_is_a_setting_is_named():
    unnamed = [setting.variable for setting in SETTINGS if setting.variable and f"`{setting.variable}`" not in README]

    assert unnamed == []


def complaints(text):
    """What we say beside the end of a run."""
    return [line for line in text.splitlines() if line.startswith("wandb:") and " finished after " not in line]


def test_every_command_has_its_line(wandb):
    listed = set(re.findall(r"^  ([a-z]+) ", help_of(wandb).split("Commands:")[1], re.M))
    described = {word for cell in TABLE for word in re.findall(r"`wandb ([a-z]+)", cell)}

    assert listed == described - {"enabled"}


def test_every_option_that_is_named_exists(wandb):
    text = "".join(help_of(wandb, verb) for verb in ("run", "output", "show", "history", "parse"))

    for option in set(re.findall(r"`(--[a-z-]+)", README)):
        assert option in text, option


def test_settings_that_are_shown_are_read(wandb, tmp_path):
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.S)
    (tmp_path / "wandb.yaml").write_text(block)

    subprocess.run([*wandb, "run", "true"], check=True)

    assert (only_run().facts["project"], only_run().facts["tags"]) == ("mnist", ["baseline", "small"])
    assert only_part().facts["metrics"] == {"parse": True, "patterns": ["perplexity is {ppl}"], "ignore": ["lr"]}


def test_lines_for_the_metrics_file_arrive(wandb, monkeypatch):
    (block,) = re.findall(r"```sh\n(.*?)```", README, re.S)
    monkeypatch.setenv("PATH", str(Path(wandb[0]).parent), prepend=":")

    subprocess.run([*wandb, "run", "sh", "-ec", block], check=True)

    wait_until(lambda: only_part().is_read)
    rows = [(record["step"], record["row"]) for record in only_part().records("row") if "row" in record]
    assert rows == [(0, {"loss": 0.29, "acc": 0.91}), (120, {"val/loss": 0.4}), (3, {"loss": 0.29})]
    shown = json.loads(subprocess.run([*wandb, "show", "latest", "--json"], capture_output=True, check=True).stdout)
    assert (shown["config"]["lr"], shown["summary"]["best_acc"]) == (0.1, 0.93)


@pytest.mark.parametrize("page", ["README.md", "wrapper/ARCHITECTURE.md", ".github/CONTRIBUTING.md"])
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text()):
        assert link.startswith("https://") or (ROOT / page).parent.joinpath(link).exists(), link


def test_drawing_of_a_run_is_what_is_there(wandb):
    subprocess.run([*wandb, "run", "true"], check=True)
    wait_until(lambda: only_part().is_read)

    drawn = set(re.findall(r"[├└]── (\S+\.\w+) ", README))
    there = {path.name for path in only_run().path.rglob("*") if path.is_file() and path.parent.name != "files"}
    assert there == drawn
