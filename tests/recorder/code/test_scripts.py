"""What no repository has: the script of a command, and the local files that it names."""

import os
import sys

import pytest
from repositories import code_of, git, make_repository, names_in, newest_part, record, warnings_of

from wrapper.recorder.sources.repository.modules import find_local_files, find_script

FILES = {
    "train.py": "import torch, os\nfrom models import net\nfrom utils.data import load\nimport utils.text as t\n",
    "models/__init__.py": "from .base import Base\n",
    "models/net.py": "from . import layers\nfrom ..nothing import x\n",
    "models/layers.py": "x = '\n",
    "models/base.py": "class Base: pass\n",
    "models/unused.py": "",
    "utils/data.py": "import train\n",
    "utils/text.py": "import missing\n",
    "other.py": "import this_is_not_named\n",
}


def make_files(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def archived(part):
    return names_in(part.path / code_of(part)["archive"]["path"])


@pytest.mark.parametrize("command", [["true"], [sys.executable, "-c", "pass"], ["sh", "-c", "exec true train.py"]])
def test_command_without_a_script_has_none(wandb, tmp_path, command):
    make_files(tmp_path, FILES)

    facts = record(wandb, *command, cwd=tmp_path)

    assert not facts.keys() & {"root", "commit", "archive", "script", "exact"}
    assert warnings_of(tmp_path) == []


@pytest.mark.parametrize(
    ("argv", "script"),
    [
        (["python", "train.py", "--lr", "0.1"], "train.py"),
        (["python", "-m", "utils.data"], "utils/data.py"),
        (["python", "-m", "models"], ""),
        (["torchrun", "--nproc_per_node=4", "train.py"], "train.py"),
        (["bash", "run.sh"], "run.sh"),
        (["sh", "-c", "python train.py"], "train.py"),
        (["./run.sh"], "./run.sh"),
        (["true"], ""),
        (["python", "missing.py"], ""),
    ],
)
def test_script_of_a_command_is_found(tmp_path, argv, script):
    make_files(tmp_path, {**FILES, "run.sh": "python train.py\n"})

    assert find_script(argv, str(tmp_path), "") == script


@pytest.mark.parametrize("argv", [["python3", "-c", "print()"], ["python"], ["bash", "-c", "true"]])
def test_script_that_starts_an_interpreter_is_not_the_commands(argv, tmp_path):
    """As pyenv puts them on PATH, in a repository of its own."""
    program = write(tmp_path, argv[0])

    assert find_script(argv, "/", program) == ""


def test_script_on_the_path_is_the_commands_unless_it_only_leads_to_a_package(tmp_path):
    assert find_script(["train", "1"], "/", write(tmp_path, "train")) == str(tmp_path / "train")
    (tmp_path / "shims").mkdir()
    assert find_script(["torchrun"], "/", write(tmp_path / "shims", "torchrun")) == ""


def write(folder, name):
    (folder / name).write_text("#!/bin/sh\nexec something\n")
    return str(folder / name)


def test_modules_are_found_without_running_them(tmp_path):
    make_files(tmp_path, FILES)

    found = find_local_files(str(tmp_path / "train.py"), str(tmp_path))

    named = {os.path.relpath(path, tmp_path) for path in found}
    assert named == FILES.keys() - {"models/unused.py", "other.py"}


def test_files_that_a_shell_script_names_are_found(tmp_path):
    make_files(
        tmp_path, {"run.sh": ". ./env.sh\npython code/train.py --x\n", "env.sh": "", "code/train.py": "import a"}
    )
    make_files(tmp_path, {"code/a.py": "", "b.py": ""})

    found = find_local_files(str(tmp_path / "run.sh"), str(tmp_path))

    assert {os.path.relpath(path, tmp_path) for path in found} == {"run.sh", "env.sh", "code/train.py", "code/a.py"}


def test_number_of_modules_is_bounded(tmp_path):
    make_files(tmp_path, {"train.py": "\n".join(f"import m{number}" for number in range(50))})
    make_files(tmp_path, {f"m{number}.py": "" for number in range(50)})

    assert len(find_local_files(str(tmp_path / "train.py"), str(tmp_path), most=10)) == 10


def test_modules_are_kept_when_there_is_no_repository(wandb, tmp_path):
    make_files(tmp_path, {"train.py": "from models.net import x\n", "models/net.py": "x = 1\n", "data.csv": "1\n"})

    facts = record(wandb, sys.executable, "train.py", cwd=tmp_path)

    assert archived(newest_part(tmp_path)) == ["models/net.py", "train.py"]
    assert (facts["script"], facts["archive"]["root"]) == (str(tmp_path / "train.py"), str(tmp_path))
    assert warnings_of(tmp_path) == []


def test_repository_of_the_script_counts_where_the_directory_has_none(wandb, tmp_path):
    root = make_repository(tmp_path / "project")
    (tmp_path / "runs").mkdir()

    facts = record(wandb, sys.executable, "../project/train.py", cwd=tmp_path / "runs")

    assert (facts["root"], facts["folder"]) == (str(root), "../runs")
    assert "archive" not in facts


def test_script_that_git_ignores_is_kept_beside_the_repository(wandb, tmp_path):
    root = make_repository(tmp_path / "here", helper_py="x = 1\n", local_py="y = 1\n")
    (root / ".gitignore").write_text("mine*.py\n")
    (root / "mine.py").write_text("import helper, mine_too\n")
    (root / "mine_too.py").write_text("z = 1\n")

    record(wandb, sys.executable, "mine.py", cwd=root)

    assert archived(newest_part(root)) == ["mine.py", "mine_too.py"]


def test_script_outside_of_the_repository_is_kept_beside_it(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    (tmp_path / "elsewhere.py").write_text("x = 1\n")

    facts = record(wandb, sys.executable, "../elsewhere.py", cwd=root)

    assert facts["commit"] == git("rev-parse", "HEAD", cwd=root)
    assert archived(newest_part(root)) == ["elsewhere.py"]
