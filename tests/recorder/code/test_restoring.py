"""Commit, patch and archive give back the tree that the command saw, byte for byte."""

import os
import shutil
import tempfile

import pytest
from repositories import commit_all, git, make_repository, newest_part, record, restore, tree_of, warnings_of

from wrapper.recorder.sources.repository import trees
from wrapper.recorder.sources.repository.patches import write_patch

ODD_NAMES = [
    "two words.py",
    'it\'s "quoted".py',
    "new\nline.py",
    "tab\there.py",
    "back\\slash.py",
    "grüße.py",
    os.fsdecode(b"latin-\xe9.py"),
    "-dash.py",
    ":(top)magic.py",
    "a b/c d.py",
]
BINARY = bytes(range(256)) * 40


def write(place, data):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def make_old_tree(root):
    """What the commit has."""
    for name in [
        "kept.py",
        "changed.py",
        "deleted.py",
        "renamed.py",
        "to_link.py",
        "no_newline",
        "crlf.txt",
        *ODD_NAMES,
    ]:
        write(root / name, f"# {name!a}\n".encode() * 30)
    for name in ["weights.bin", "renamed.bin", "deleted.bin"]:
        write(root / name, BINARY + name.encode())
    (root / "tool.sh").write_bytes(b"#!/bin/sh\necho old\n")
    (root / "was_tool.sh").write_bytes(b"#!/bin/sh\n")
    (root / "was_tool.sh").chmod(0o755)
    (root / "link").symlink_to("kept.py")
    (root / "from_link").symlink_to("kept.py")


def change_tree(root):
    """What nobody has committed."""
    (root / "changed.py").write_bytes(b"# changed\n" + (root / "changed.py").read_bytes())
    (root / "no_newline").write_bytes(b"no newline at the end")
    (root / "crlf.txt").write_bytes(b"one\r\ntwo\nthree\r\n")
    (root / "weights.bin").write_bytes(BINARY[::-1])
    for name in ("deleted.py", "deleted.bin"):
        (root / name).unlink()
    git("mv", "renamed.py", "moved to here.py", cwd=root)
    git("mv", "renamed.bin", "moved.bin", cwd=root)
    (root / "moved.bin").write_bytes(BINARY + b"and changed")
    (root / "tool.sh").chmod(0o755)
    (root / "was_tool.sh").chmod(0o644)
    for name, goal in (("link", "changed.py"), ("to_link.py", "nowhere at all")):
        (root / name).unlink()
        (root / name).symlink_to(goal)
    (root / "from_link").unlink()
    (root / "from_link").write_bytes(b"a file now\n")
    for name in ODD_NAMES:
        (root / name).write_bytes(b"changed\n" + (root / name).read_bytes())
    (root / "staged.py").write_bytes(b"staged\n")
    (root / "empty").write_bytes(b"")
    git("add", "staged.py", "empty", cwd=root)
    (root / "staged.py").write_bytes(b"staged, and then changed\n")
    write(root / "intended.py", b"added with --intent-to-add\n")
    git("add", "--intent-to-add", "intended.py", cwd=root)


def add_untracked(root):
    for name in ODD_NAMES:
        write(root / "new" / name, f"untracked {name!a}".encode())
    write(root / "new" / ("long" * 40) / "name.py", b"long")
    write(root / "new.bin", BINARY)
    write(root / "new empty", b"")
    (root / "new.sh").write_bytes(b"#!/bin/sh\n")
    (root / "new.sh").chmod(0o755)
    (root / "new link").symlink_to("new.sh")
    (root / "new link to a folder").symlink_to("new")


def test_patch_and_archive_give_back_the_tree(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    make_old_tree(root)
    commit_all(root, "all")
    change_tree(root)
    add_untracked(root)
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before == tree_of(root)
    assert facts["exact"] is True
    assert facts["dirty"] is True
    assert "changed.py" in facts["files"]


def test_executable_bits_that_git_is_told_not_to_look_at_are_given_back(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    make_old_tree(root)
    commit_all(root, "all")
    git("config", "core.fileMode", "false", cwd=root)
    for name in ("staged.sh", "new.sh", "intended.sh"):
        write(root / name, b"#!/bin/sh\n")
    git("add", "staged.sh", cwd=root)
    git("add", "--intent-to-add", "intended.sh", cwd=root)
    (root / "changed.py").write_bytes(b"#!/usr/bin/env python3\n")
    for name in ("staged.sh", "new.sh", "intended.sh", "changed.py", "tool.sh"):
        (root / name).chmod(0o755)
    (root / "was_tool.sh").chmod(0o644)
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before
    assert facts["exact"] is True
    assert facts["files"] == ["changed.py", "intended.sh", "staged.sh"]


def test_executable_bits_of_a_disk_that_has_none_are_no_changes(wandb, tmp_path, monkeypatch):
    root = make_repository(tmp_path / "here", a_py="a = 1\n", b_py="b = 1\n")
    git("config", "core.fileMode", "false", cwd=root)
    (root / "a.py").write_text("a = 2\n")
    for path in root.rglob("*"):
        path.chmod(0o755)
    copy = shutil.copyfile

    def copy_there(source, goal):
        copy(source, goal)
        os.chmod(goal, 0o755)

    monkeypatch.setattr(shutil, "copyfile", copy_there)
    tree = trees.find_tree(str(root), 30.0)

    trees.copy_index(tree, str(tmp_path))
    kept = write_patch(tree, "HEAD", str(tmp_path / "diff.patch"), [])

    assert kept is not None
    patch = (tmp_path / "diff.patch").read_text()
    assert "+a = 2" in patch
    assert "mode 100755" not in patch


def test_executable_bits_of_such_a_disk_are_no_changes_for_a_record_on_another(wandb, tmp_path):
    root = make_repository(tmp_path / "here", a_py="a = 1\n")
    git("config", "core.fileMode", "false", cwd=root)
    for path in root.rglob("*"):
        path.chmod(0o755)
    tree = trees.find_tree(str(root), 30.0)

    with tempfile.TemporaryDirectory(dir="/dev/shm") as there:
        assert os.stat(there).st_dev != root.stat().st_dev
        trees.copy_index(tree, there)

    assert not tree.has_executable_bits


def test_tree_of_a_repository_without_commits_is_given_back(wandb, tmp_path):
    root = tmp_path / "here"
    root.mkdir()
    git("init", "--quiet", cwd=root)
    make_old_tree(root)
    git("add", "kept.py", "weights.bin", "link", "tool.sh", cwd=root)
    (root / "kept.py").write_text("changed after it was added\n")
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    assert facts["commit"] is None
    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before


def test_tree_with_changed_submodules_is_given_back(wandb, tmp_path):
    library = make_repository(tmp_path / "library", a_py="a = 1\n")
    root = make_repository(tmp_path / "here")
    for name in ("clean", "moved", "dirty", "both"):
        git("submodule", "--quiet", "add", library, f"libs/{name}", cwd=root)
    commit_all(root, "with libraries")
    for name in ("moved", "both"):
        (root / "libs" / name / "a.py").write_text("a = 2\n")
        commit_all(root / "libs" / name, "second")
    for name in ("dirty", "both"):
        (root / "libs" / name / "a.py").write_text("a = 3\n")
        (root / "libs" / name / "new.py").write_text("b = 1\n")
    git("add", "libs/both", cwd=root)
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    found = {inner["path"].removeprefix("libs/"): inner for inner in facts["submodules"]}
    assert {name for name, inner in found.items() if inner["changed"]} == {"dirty", "both"}
    assert {name for name, inner in found.items() if inner["commit"] != inner["staged"]} == {"moved"}
    assert found["clean"]["patch"] is None
    assert facts["dirty"] is True
    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before
    assert git("diff", "--submodule=short", "HEAD", "--", "libs/moved", cwd=tmp_path / "there")


def test_files_of_a_submodule_without_its_repository_are_given_back(wandb, tmp_path):
    library = make_repository(tmp_path / "library", a_py="a = 1\n")
    root = make_repository(tmp_path / "here")
    git("submodule", "--quiet", "add", library, "lib", cwd=root)
    commit_all(root, "with a library")
    (root / "lib" / ".git").unlink()  # As in a copy that left such things out.
    write(root / "lib" / "deep" / "b.py", b"b = 1\n")
    (root / "lib" / "link").symlink_to("deep")
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before
    assert facts["exact"] is True


def test_submodule_that_cannot_be_read_is_not_exact(wandb, tmp_path):
    library = make_repository(tmp_path / "library", a_py="a = 1\n")
    root = make_repository(tmp_path / "here")
    git("submodule", "--quiet", "add", library, "lib", cwd=root)
    commit_all(root, "with a library")
    (root / "lib" / ".git").write_text("gitdir: ../nowhere\n")

    facts = record(wandb, cwd=root)

    assert "not a git repository" in facts["submodules"][0]["problem"]
    assert facts["exact"] is False


def test_secret_in_a_submodule_of_a_submodule_is_told(wandb, tmp_path):
    innermost = make_repository(tmp_path / "innermost", a_py="a = 1\n")
    library = make_repository(tmp_path / "library")
    git("submodule", "--quiet", "add", innermost, "in", cwd=library)
    commit_all(library, "with a library")
    root = make_repository(tmp_path / "here")
    git("submodule", "--quiet", "add", library, "lib", cwd=root)
    git("submodule", "--quiet", "update", "--init", "--recursive", cwd=root)
    commit_all(root, "with a library")
    (root / "lib" / "in" / "a.py").write_text('API_KEY = "very-secret-1"\n')

    facts = record(wandb, cwd=root)

    assert [item["in"] for item in facts["masked"]] == ["files/submodules/lib.in/diff.patch"]
    assert facts["exact"] is False


def test_repository_within_the_repository_is_given_back(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    inner = make_repository(root / "others" / "tool", x_py="x = 1\n")
    (inner / "x.py").write_text("x = 2\n")
    (inner / "y.py").write_text("y = 2\n")
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    assert [found["path"] for found in facts["submodules"]] == ["others/tool"]
    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before


def test_patch_against_what_the_remote_has_gives_back_the_tree(wandb, tmp_path):
    remote = make_repository(tmp_path / "remote", a_py="a = 1\n")
    git("clone", "--quiet", remote, "here", cwd=tmp_path)
    root = tmp_path / "here"
    known = git("rev-parse", "HEAD", cwd=root)
    (root / "weights.bin").write_bytes(BINARY)
    commit_all(root, "not pushed")
    (root / "a.py").write_text("a = 2\n")
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    assert (facts["pushed"], facts["unpushed"], facts["base"]) == (False, 1, known)
    at_remote = {**facts, "commit": known, "patch": facts["patch_upstream"]}
    restore(at_remote, remote, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before


def test_clean_tree_has_neither_patch_nor_archive(wandb, tmp_path):
    root = make_repository(tmp_path / "here")

    facts = record(wandb, cwd=root)

    assert (facts["patch"], facts["untracked"], facts["dirty"], facts["exact"]) == (None, None, False, True)
    kept = {path.name for path in (newest_part(root).path / "files").iterdir()}
    assert not kept & {"diff.patch", "diff-upstream.patch", "untracked.tar.gz", "code.tar.gz"}


@pytest.mark.parametrize(
    "setting", ["diff.noprefix", "diff.mnemonicPrefix", "diff.suppressBlankEmpty", "diff.orderFile"]
)
def test_settings_of_the_user_do_not_change_the_patch(wandb, tmp_path, setting):
    root = make_repository(tmp_path / "here", a_py="a = 1\n\nb = 1\n")
    (root / "a.py").write_text("a = 1\n\nb = 2\n")
    for name, value in ((setting, "true"), ("diff.context", "0"), ("color.ui", "always"), ("diff.submodule", "log")):
        git("config", name, value, cwd=root)
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before


@pytest.mark.parametrize("attributes", ["* text=auto\n", "*.txt text\n", "*.txt eol=crlf\n", "*.txt ident\n", ""])
def test_line_ends_of_windows_are_given_back(wandb, tmp_path, attributes):
    root = make_repository(tmp_path / "here", a_txt="one\ntwo $Id$\n", b_txt="one\n", c_bin="\0\n")
    (root / ".gitattributes").write_text(attributes)
    commit_all(root, "attributes")
    if not attributes:
        git("config", "core.autocrlf", "input", cwd=root)
    (root / "a.txt").write_bytes(b"one\r\nthree $Id: 1 $\r\n")
    (root / "b.txt").write_bytes(b"two\n")
    (root / "c.bin").write_bytes(b"\0\r\n")
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert facts["exact"] is True
    assert tree_of(tmp_path / "there") == before


def test_sparse_checkout_is_given_back(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    for name in ("lib/a.py", "lib/b.py", "data/a.csv", "data/more.csv"):
        write(root / name, b"1\n")
    commit_all(root, "all")
    git("sparse-checkout", "set", "lib", cwd=root)
    (root / "lib" / "a.py").write_text("2\n")
    write(root / "data" / "more.csv", b"not in the pattern\n")
    before = tree_of(root)

    facts = record(wandb, cwd=root)

    assert facts["sparse"]["files"] == 1
    restore(facts, root, newest_part(root).path, tmp_path / "there")
    assert tree_of(tmp_path / "there") == before


def test_masked_secret_is_told_with_its_place_and_the_rest_is_given_back(wandb, tmp_path):
    root = make_repository(tmp_path / "here", a_py="a = 1\n")
    (root / "a.py").write_text('a = 2\nAPI_KEY = "very-secret-1"\n')
    (root / "new.py").write_text('password = "very-secret-2"\n')

    facts = record(wandb, cwd=root)

    part = newest_part(root).path
    restore(facts, root, part, tmp_path / "there")
    assert (tmp_path / "there" / "a.py").read_text() == 'a = 2\nAPI_KEY = "***"\n'
    assert (tmp_path / "there" / "new.py").read_text() == 'password = "***"\n'
    assert facts["exact"] is False
    assert facts["masked"] == [
        {"in": "files/diff.patch", "path": "a.py", "lines": 1, "applies": True},
        {"in": "files/untracked.tar.gz", "path": "new.py", "lines": 1},
    ]
    assert any("secrets were masked, so restoring the code is inexact" in text for text in warnings_of(root))
