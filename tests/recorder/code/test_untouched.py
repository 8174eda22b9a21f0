"""A repository is read without a trace, and without starting what somebody's settings would have git start."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from repositories import commit_all, git, make_repository, newest_part, record, restore, tree_of

PROGRAMS = {
    "core.fsmonitor": "fsmonitor",
    "core.pager": "pager",
    "pager.diff": "pager-diff",
    "core.editor": "editor",
    "core.askPass": "askpass",
    "core.sshCommand": "ssh",
    "credential.helper": "credential",
    "gpg.program": "gpg",
    "diff.external": "external",
    "diff.odd.command": "command",
    "diff.odd.textconv": "textconv",
    "filter.odd.clean": "clean",
    "filter.odd.smudge": "smudge",
    "filter.long.process": "process",
}
SETTINGS = {"log.showSignature": "true", "filter.odd.required": "true", "core.untrackedCache": "true"}


def make_trap(place, name):
    """A program that leaves a file behind when somebody starts it."""
    path = place / name
    path.write_text(f"#!/bin/sh\ntouch {place}/{name}.ran\nexec cat\n")
    path.chmod(0o755)
    return str(path)


def marks(place):
    return sorted(path.name for path in place.glob("*.ran"))


@pytest.fixture
def trapped(tmp_path):
    """A repository whose every setting would start a program, with changed files."""
    root = make_repository(tmp_path / "here", a_odd="a = 1\n", b_long="b = 1\n", c_txt="c = 1\n")
    (root / ".gitattributes").write_text("*.odd diff=odd filter=odd\n*.long filter=long\n")
    commit_all(root, "attributes")
    place = tmp_path / "traps"
    place.mkdir()
    for setting, name in PROGRAMS.items():
        git("config", setting, make_trap(place, name), cwd=root)
    for setting, value in SETTINGS.items():
        git("config", setting, value, cwd=root)
    hooks = root / ".git" / "hooks"
    for name in ("post-index-change", "fsmonitor-watchman", "post-checkout", "pre-auto-gc", "reference-transaction"):
        make_trap(place, name)
        (hooks / name).write_text((place / name).read_text())
        (hooks / name).chmod(0o755)
    for name in ("a.odd", "b.long", "c.txt"):
        (root / name).write_text("changed = 1\n")
    (root / "new.odd").write_text("new = 1\n")
    return root, place


def test_no_program_of_the_settings_is_started(wandb, tmp_path, trapped):
    root, place = trapped
    before = tree_of(root)
    environment = {"GIT_EXTERNAL_DIFF": make_trap(place, "env-diff"), "GIT_TRACE": str(place / "trace.ran")}

    facts = record(wandb, cwd=root, **environment)

    assert marks(place) == []
    assert (facts["changed"], facts["exact"]) == (3, True)
    for setting in (*PROGRAMS, *SETTINGS):
        git("config", "--unset-all", setting, cwd=root)
    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before


def test_traps_of_this_test_catch_who_asks_carelessly(trapped):
    root, place = trapped

    subprocess.run(["git", "diff", "HEAD"], cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    assert marks(place)


@pytest.mark.parametrize("splits", [False, True])
def test_nothing_in_the_repository_is_written(wandb, tmp_path, splits):
    root = make_repository(tmp_path / "here", a_py="a = 1\n", b_py="b = 1\n")
    library = make_repository(tmp_path / "library")
    git("submodule", "--quiet", "add", library, "library", cwd=root)
    commit_all(root, "library")
    if splits:
        git("update-index", "--split-index", cwd=root)
    (root / "a.py").write_text("a = 2\n")
    (root / "new.py").write_text("new = 1\n")
    for name in ("b.py", "library/train.py"):  # `git status` would note in its index that they are the same.
        os.utime(root / name, (1, 1))
    before = fingerprint(root / ".git")

    facts = record(wandb, cwd=root)

    assert facts["files"] == ["a.py"]
    assert fingerprint(root / ".git") == before


def fingerprint(folder):
    """All that can be seen of a folder: a lock that came and went changes the time of the folder it was in."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in ["", *files, *folders]:
            path = os.path.join(place, name)
            status = os.lstat(path)
            is_file = stat.S_ISREG(status.st_mode)
            # Reading a split index makes the part that is shared younger: so git does, and so it is not removed.
            at = 0 if name.startswith("sharedindex") else status.st_mtime_ns
            found[path] = (status.st_mode, at, Path(path).read_bytes() if is_file else b"")
    return found


def test_lock_of_somebody_else_does_not_matter(wandb, tmp_path):
    root = make_repository(tmp_path / "here", a_py="a = 1\n")
    (root / "a.py").write_text("a = 2\n")
    (root / ".git" / "index.lock").write_text("somebody is committing")

    facts = record(wandb, cwd=root)

    assert (facts["files"], facts["exact"]) == (["a.py"], True)
    assert (root / ".git" / "index.lock").read_text() == "somebody is committing"


def test_variables_of_git_do_not_lead_elsewhere(wandb, tmp_path):
    root = make_repository(tmp_path / "here", a_py="a = 1\n")
    other = make_repository(tmp_path / "other")
    variables = {"GIT_DIR": f"{other}/.git", "GIT_WORK_TREE": str(other), "GIT_INDEX_FILE": f"{other}/.git/index"}

    facts = record(wandb, cwd=root, **variables)

    assert (facts["root"], facts["changed"]) == (str(root), 0)


def test_git_beside_the_training_is_not_the_one_that_is_asked(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    (root / "git").write_text("#!/bin/sh\ntouch ran\n")
    (root / "git").chmod(0o755)

    facts = record(wandb, cwd=root, PATH=f".::{os.environ['PATH']}")

    assert facts["untracked_files"] == 1
    assert not (root / "ran").exists()


def test_module_called_git_beside_the_training_is_not_imported(wandb, tmp_path):
    root = make_repository(tmp_path / "here", git_py="open('ran', 'w')\n", gitdb_py="open('ran', 'w')\n")

    record(wandb, sys.executable, "train.py", cwd=root, PYTHONPATH=str(root))

    assert not (root / "ran").exists()
