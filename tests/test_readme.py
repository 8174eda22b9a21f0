"""The README and the program agree: every command in it exists and works, and every command is in it."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from kept import only_run

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
        assert done.returncode == 0 and "wandb:" not in done.stderr, line
        assert done.stdout

    assert SHOWN[0] == "wandb run python train.py"
    assert only_run().state == "finished"


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


@pytest.mark.parametrize("page", ["README.md", "wrapper/ARCHITECTURE.md", ".github/CONTRIBUTING.md"])
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text()):
        assert link.startswith("https://") or (ROOT / page).parent.joinpath(link).exists(), link


def test_drawing_of_a_run_is_what_is_there(wandb):
    subprocess.run([*wandb, "run", "true"], check=True)

    drawn = set(re.findall(r"[├└]── (\S+\.\w+) ", README))
    assert {path.name for path in only_run().path.rglob("*") if path.is_file()} == drawn
