"""No secret of a command stays in what is kept of it, but in its own output; unless that was asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kept import only_part
from repositories import code_of, git, make_repository, restore, tree_of
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


LABELS = [f"--notes=with token={PASSWORD} and\n{TOKEN}", f"--tag={TOKEN}", f"--name={TOKEN}", f"--group=g-{TOKEN}"]


def test_what_the_run_is_called_is_without_them(wandb):
    subprocess.run([*wandb, "run", *LABELS, "true"], check=True)

    part = only_part().path
    kept = json.loads((part.parent / "run.json").read_text())
    assert (kept["name"], kept["tags"], kept["group"]) == ("***", ["***"], "g-***")
    assert kept["notes"] == "with token=*** and\n***"
    assert json.loads((part / "part.json").read_text())["masked"] == 5


def test_what_the_command_tells_is_shown_without_them(wandb):
    config = {"hf_token": PASSWORD, "db": {"password": 1234567, "url": f"pg://ada:{PASSWORD}@db/x"}, "max_token": 512}
    told = [{"$config": config}, {"$note": f"with {TOKEN}"}, {"$alert": {"title": TOKEN}}, {"$tag": TOKEN}]
    script = "\n".join(f"echo '{json.dumps(fact)}' >> $WANDB_METRICS_FILE" for fact in told)
    subprocess.run([*wandb, "run", "sh", "-c", 'eval "$SCRIPT"'], env={**os.environ, "SCRIPT": script}, check=True)
    wait_until(lambda: only_part().is_read, 30)

    shown = subprocess.check_output([*wandb, "show", "latest", "--all"], text=True)
    for secret in (TOKEN, PASSWORD, "1234567"):
        kept = {path.name for path, data in files().items() if secret.encode() in data}
        assert secret not in shown and kept == {"metrics.jsonl"}
    assert "  masked     6 secrets: 6 in what it told\n" in shown
    assert "max_token" in shown and "512" in shown


PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"


def keep_code_with_secrets(wandb, root, *options):
    make_repository(root)
    git("remote", "add", "origin", f"https://ada:{PASSWORD}@example.org/mnist.git", cwd=root)
    (root / "train.py").write_text(f'TOKEN = "{TOKEN}"\nKEY = """\n{PRIVATE_KEY}"""\n')
    (root / "new.pem.txt").write_text(PRIVATE_KEY)
    (root / ".env").write_text(f"DB_PASSWORD={PASSWORD}\n")
    subprocess.run([*wandb, "run", *options, "true"], cwd=root, check=True)
    wait_until(lambda: only_part(root).is_read, 30)
    return code_of(only_part(root))


def test_code_and_its_remote_stay_for_who_asks_for_that(wandb, tmp_path):
    root = tmp_path / "here"
    facts = keep_code_with_secrets(wandb, root, "--no-redact")

    assert facts["remote"] == f"https://ada:{PASSWORD}@example.org/mnist.git"
    assert facts["exact"] is True and "remote_masked" not in facts
    restore(facts, root, only_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == tree_of(root)


def test_code_and_its_remote_are_without_them(wandb, tmp_path):
    root = tmp_path / "here"
    facts = keep_code_with_secrets(wandb, root)

    assert facts["remote"] == "https://example.org/mnist.git"
    assert facts["exact"] is False and facts["remote_masked"] is True
    shown = subprocess.check_output([*wandb, "show", "latest"], text=True, cwd=root)
    assert "  masked     8 secrets: 7 in code, 1 in the remote\n" in shown


def test_last_lines_of_what_failed_are_without_them(wandb):
    Path("train.py").write_text(f"print('using {TOKEN}')\nraise ValueError('password={PASSWORD}')\n")
    subprocess.run([*wandb, "run", sys.executable, "train.py"], capture_output=True)
    wait_until(lambda: only_part().is_read, 30)

    shown = subprocess.check_output([*wandb, "show", "latest"], text=True)
    for secret in (TOKEN, PASSWORD):
        kept = {path.name for path, data in files().items() if secret.encode() in data}
        assert secret not in shown and kept <= {"output.log", "code.tar.gz"}
    assert "using ***" in shown and "ValueError: password=***" in shown
