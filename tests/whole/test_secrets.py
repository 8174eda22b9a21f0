"""No secret of a command stays in what is kept of it, but in its own output; unless that was asked for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kept import only_part
from waiting import wait_until

TOKEN = "hf_" + "aB3dE6gH9j" * 4
PASSWORD = "correct-horse-7"
SETTINGS = f"lr: 0.1\ndb_password: {PASSWORD}\nnote: {TOKEN}\n"


def keep_run(wandb, monkeypatch, *options):
    Path("conf.yaml").write_text(SETTINGS)
    for name in ("HF_TOKEN", "NCCL_NOTE"):
        monkeypatch.setenv(name, TOKEN)
    Path("train.py").write_text("import sys, time\nprint(*sys.argv[1:])\ntime.sleep(0.3)\n")
    words = ["--api-key", PASSWORD, f"--name={TOKEN}", "--config", "conf.yaml"]
    command = [*wandb, "run", *options, sys.executable, "train.py", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == " ".join(words) + "\n"  # The command itself has them.
    wait_until(lambda: only_part().is_read, 30)


def files():
    return {path: path.read_bytes() for path in only_part().path.parent.rglob("*") if path.is_file()}


def test_secrets_stand_nowhere_but_in_the_output(wandb, monkeypatch):
    keep_run(wandb, monkeypatch)

    for secret in (TOKEN, PASSWORD):
        assert [path.name for path, data in files().items() if secret.encode() in data] == ["output.log"]
    part = json.loads((only_part().path / "part.json").read_text())
    assert part["argv"][-5:] == ["--api-key", "***", "--name=***", "--config", "conf.yaml"]
    assert (part["redact"], part["masked"]) == (True, 2)


@pytest.mark.parametrize("how", ["option", "file"])
def test_they_stay_for_who_asks_for_that(wandb, monkeypatch, how):
    if how == "file":
        Path("wandb.yaml").write_text("redact: false\n")
    keep_run(wandb, monkeypatch, *["--no-redact"] * (how == "option"))

    part = json.loads((only_part().path / "part.json").read_text())
    assert part["argv"][-4:-2] == [PASSWORD, f"--name={TOKEN}"]
    assert (part["redact"], part["masked"]) == (False, 0)
    (config,) = [data for path, data in files().items() if path.name == "conf.yaml"]
    assert config.decode() == SETTINGS
    (known,) = [record["environment"] for record in only_part().records("environment") if record["upto"] == 2]
    assert known["variables"]["HF_TOKEN"] == TOKEN


def test_last_lines_of_what_failed_are_without_them(wandb):
    Path("train.py").write_text(f"print('using {TOKEN}')\nraise ValueError('password={PASSWORD}')\n")
    subprocess.run([*wandb, "run", sys.executable, "train.py"], capture_output=True)
    wait_until(lambda: only_part().is_read, 30)

    shown = subprocess.check_output([*wandb, "show", "latest"], text=True)
    for secret in (TOKEN, PASSWORD):
        kept = {path.name for path, data in files().items() if secret.encode() in data}
        assert secret not in shown and kept <= {"output.log", "code.tar.gz"}
    assert "using ***" in shown and "ValueError: password=***" in shown
