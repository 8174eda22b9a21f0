"""files/wandb-metadata.json says what the official client's says, in its names."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from kept import only_part
from recorder.knowing import run_until_known
from waiting import wait_until


def metadata():
    wait_until(lambda: only_part().is_read, 60)
    return json.loads((only_part().path / "files" / "wandb-metadata.json").read_text())


def test_program_machine_and_commit_stand_in_it(wandb, tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    Path("src").mkdir()
    Path("src/train.py").write_text("import sys; sys.stdin.read()\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "src"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "remote", "add", "origin", "https://ada:pw123@host/ada/mnist.git"], check=True)
    monkeypatch.chdir("src")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))

    words = ["train.py", "--lr", "0.1", "--api-key", "secret-thing-1"]
    run_until_known(wandb, sys.executable, *words, directory=tmp_path)
    monkeypatch.chdir(tmp_path)

    found = metadata()
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    assert found["git"] == {"remote": "https://host/ada/mnist.git", "commit": commit}
    assert (found["codePath"], found["codePathLocal"]) == ("src/train.py", "train.py")
    assert (found["program"], found["root"]) == (f"{tmp_path}/src/train.py", f"{tmp_path}/src")
    assert found["args"] == ["--lr", "0.1", "--api-key", "***"]
    assert found["python"] == f"CPython {platform.python_version()}"
    assert found["executable"] == sys.executable
    assert found["cpu_count_logical"] == os.cpu_count()
    assert found["slurm"] == {"job_id": "4711"}
    assert found["startedAt"].endswith("Z") and int(found["memory"]["total"]) > 1 << 20


def test_command_that_is_no_python_has_its_binary(wandb):
    subprocess.run([*wandb, "run", "sleep", "0.1"], check=True)

    found = metadata()
    assert found["program"].endswith("/sleep") and found["args"] == ["0.1"]
    assert "python" not in found and "git" not in found
