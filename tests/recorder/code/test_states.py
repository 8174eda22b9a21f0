"""Whatever state a repository is in, what can be known of it is kept, and what cannot is said."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from repositories import code_of, commit_all, git, make_repository, names_in, newest_part, record, start, warnings_of
from waiting import wait_until

from wrapper.recorder.sources.repository.reading import Reading


def test_commit_branch_and_remote_are_kept(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    git("remote", "add", "origin", "https://ada:hunter2@example.org/ada/mnist.git?private_token=abc", cwd=root)
    (root / "src").mkdir()

    facts = record(wandb, cwd=root / "src")

    assert facts["commit"] == git("rev-parse", "HEAD", cwd=root)
    assert (facts["branch"], facts["subject"], facts["folder"]) == ("main", "first", "src")
    assert (facts["root"], facts["remote"]) == (str(root), "https://example.org/ada/mnist.git")
    assert (facts["pushed"], facts["dirty"]) == (False, False)
    assert "hunter2" not in (newest_part(root / "src").path / "journal.jsonl").read_text()


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("git@github.com:ada/mnist.git", "git@github.com:ada/mnist.git"),
        ("ssh://git:pw@host/x", "ssh://git@host/x"),
        ("https://ghp_0123456789abcdef0123456789abcdef0123@github.com/x", "https://github.com/x"),
        ("/srv/git/mnist.git", "/srv/git/mnist.git"),
    ],
)
def test_address_of_the_remote_is_kept_without_its_password(wandb, tmp_path, address, kept):
    root = make_repository(tmp_path / "here")
    git("remote", "add", "origin", address, cwd=root)

    assert record(wandb, cwd=root)["remote"] == kept


def clone(tmp_path, *options):
    source = make_repository(tmp_path / "source", a_py="a = 1\n")
    commit_all(source, "second")
    git("clone", "--quiet", *options, f"file://{source}", "here", cwd=tmp_path)
    return tmp_path / "here"


def test_clone_is_pushed(wandb, tmp_path):
    facts = record(wandb, cwd=clone(tmp_path))

    assert (facts["pushed"], facts["unpushed"], facts["base"]) == (True, 0, facts["commit"])
    assert "patch_upstream" not in facts


def test_branch_without_an_upstream_is_compared_with_all_remotes(wandb, tmp_path):
    root = clone(tmp_path)
    known = git("rev-parse", "HEAD", cwd=root)
    git("switch", "--quiet", "--create", "idea", cwd=root)
    (root / "a.py").write_text("a = 2\n")
    commit_all(root, "an idea")

    facts = record(wandb, cwd=root)

    assert (facts["branch"], facts["pushed"], facts["base"]) == ("idea", False, known)
    assert facts["patch"] is None
    assert b"+a = 2" in (newest_part(root).path / facts["patch_upstream"]["path"]).read_bytes()


def test_detached_head_has_a_commit_and_no_branch(wandb, tmp_path):
    root = clone(tmp_path)
    git("checkout", "--quiet", "--detach", "HEAD~1", cwd=root)

    facts = record(wandb, cwd=root)

    assert (facts["branch"], facts["subject"], facts["pushed"]) == (None, "first", True)


def test_shallow_clone_says_so(wandb, tmp_path):
    facts = record(wandb, cwd=clone(tmp_path, "--depth=1"))

    assert (facts["shallow"], facts["subject"], facts["pushed"], facts["exact"]) == (True, "second", True, True)


def test_clone_without_its_old_files_is_read_without_asking_its_remote(wandb, tmp_path):
    source = make_repository(tmp_path / "source", a_py="a = 1\n")
    (source / "a.py").write_text("a = 2\n")
    commit_all(source, "second")
    git("config", "uploadpack.allowFilter", "true", cwd=source)
    git("clone", "--quiet", "--filter=blob:none", f"file://{source}", "here", cwd=tmp_path)
    root = tmp_path / "here"
    git("config", "protocol.file.allow", "always", cwd=root)
    git("reset", "--quiet", "--soft", "HEAD~1", cwd=root)
    before = list((root / ".git" / "objects").rglob("*"))

    facts = record(wandb, cwd=root)

    assert (facts["pushed"], facts["changed"], facts["exact"]) == (True, 1, False)
    assert any(text.startswith("code: the changed files: ") for text in warnings_of(root))
    assert list((root / ".git" / "objects").rglob("*")) == before


def test_worktree_is_a_tree_of_its_own(wandb, tmp_path):
    main = make_repository(tmp_path / "main")
    git("worktree", "add", "--quiet", "-b", "idea", "../here", cwd=main)
    (tmp_path / "here" / "train.py").write_text("print('idea')\n")

    facts = record(wandb, cwd=tmp_path / "here")

    assert (facts["branch"], facts["changed"], facts["root"]) == ("idea", 1, str(tmp_path / "here"))


def test_bare_repository_has_a_commit_and_no_tree(wandb, tmp_path):
    source = make_repository(tmp_path / "source")
    git("clone", "--quiet", "--bare", source, "bare.git", cwd=tmp_path)

    facts = record(wandb, "sh", "-c", "true", cwd=tmp_path / "bare.git")

    assert (facts["bare"], facts["branch"], facts["subject"]) == (True, "main", "first")
    assert "patch" not in facts


def test_conflict_is_kept_as_it_stands(wandb, tmp_path):
    root = make_repository(tmp_path / "here", a_py="a = 1\n", b_py="b = 1\n")
    git("switch", "--quiet", "--create", "other", cwd=root)
    (root / "a.py").write_text("a = 2\n")
    commit_all(root, "other")
    git("switch", "--quiet", "main", cwd=root)
    (root / "a.py").write_text("a = 3\n")
    commit_all(root, "ours")
    with pytest.raises(Exception, match="merge"):
        git("merge", "other", cwd=root)
    (root / "b.py").write_text("b = 2\n")

    facts = record(wandb, cwd=root)

    assert (facts["changed"], facts["exact"]) == (2, True)
    assert names_in(newest_part(root).path / facts["untracked"]["path"]) == ["a.py"]
    assert b"a.py" not in (newest_part(root).path / facts["patch"]["path"]).read_bytes()


def test_file_that_git_is_to_take_for_unchanged_is_compared(wandb, tmp_path):
    root = make_repository(tmp_path / "here", a_py="a = 1\n", b_py="b = 1\n", c_py="c = 1\n")
    git("update-index", "--assume-unchanged", "a.py", cwd=root)
    git("update-index", "--skip-worktree", "b.py", "c.py", cwd=root)
    for name in ("a.py", "b.py"):
        (root / name).write_text("local = True\n")
    (root / "c.py").unlink()  # As in a sparse checkout, but nothing tells which files that are.

    facts = record(wandb, cwd=root)

    assert facts["files"] == ["a.py", "b.py"]
    assert facts["sparse"] == {"files": 1, "patterns": []}
    assert facts["exact"] is False


def test_file_changed_in_the_moment_of_the_commit_is_seen(wandb, tmp_path):
    root = make_repository(tmp_path / "here", a_py="a = 1\n")
    moment = (root / ".git" / "index").stat()
    (root / "a.py").write_text("a = 2\n")
    os.utime(root / "a.py", ns=(moment.st_mtime_ns, moment.st_mtime_ns))

    assert record(wandb, cwd=root)["files"] == ["a.py"]


def test_file_that_was_only_touched_is_not_changed(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    os.utime(root / "train.py", (1, 1))

    facts = record(wandb, cwd=root)

    assert (facts["changed"], facts["patch"], facts["dirty"]) == (0, None, False)


def test_repository_of_another_user_is_read_and_said_to_be(wandb, tmp_path, as_root):
    root = make_repository(tmp_path / "here", a_py="a = 1\n")
    (root / "a.py").write_text("a = 2\n")
    for path in [root, *root.rglob("*")]:
        os.lchown(path, 12345, 12345)

    facts = record(wandb, cwd=root)

    assert (facts["owner"], facts["changed"]) == ("another user", 1)
    assert any("belongs to another user" in text for text in warnings_of(root))


def test_without_git_the_script_is_kept_and_the_reason_said(wandb, tmp_path, as_root):
    root = make_repository(tmp_path / "here")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "sed", "tr", "python3", "true"):
        if path := shutil.which(name):
            (tools / name).symlink_to(path)

    script = Path(__file__).parent / "without_git.sh"
    start(["unshare", "--mount", "sh", str(script), *wandb], "python3", "train.py", cwd=root)

    facts = code_of(newest_part(root))
    assert "commit" not in facts
    assert names_in(newest_part(root).path / facts["archive"]["path"]) == ["train.py"]
    assert any("there is no git here" in text for text in warnings_of(root))


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        ("HEAD", "the repository cannot be read: git does not take it for one"),
        ("objects", "the commit "),
        ("config", "the repository cannot be read: bad config line 1"),
        ("index", "the index: .git/index: index file smaller than expected"),
    ],
)
def test_damaged_repository_is_said_to_be(wandb, tmp_path, damage, text):
    root = make_repository(tmp_path / "here", a_py="a = 1\n")
    (root / "a.py").write_text("a = 2\n")
    path = root / ".git" / damage
    if path.is_dir():
        shutil.rmtree(path)
        path.mkdir()
    else:
        path.write_bytes(b"\xff\x00 damaged [")

    facts = record(wandb, "python3", "train.py", cwd=root)

    assert facts.get("exact") is not True
    assert any(text in said for said in [*warnings_of(root), str(facts.get("problem"))])


def test_slow_git_is_given_up_and_what_is_known_is_kept(wandb, tmp_path, monkeypatch):
    root = make_repository(tmp_path / "here")
    tools = tmp_path / "tools"
    tools.mkdir()
    slow = f'#!/bin/sh\ncase "$*" in *"status --porcelain"*) exec sleep 60 ;; esac\nexec {shutil.which("git")} "$@"\n'
    (tools / "git").write_text(slow)
    (tools / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)

    read_end, write_end = os.pipe()
    pid = os.fork()
    if not pid:
        *_, (facts, problems) = Reading({"cwd": str(root), "argv": ["true"]}, deadline_s=1.0).steps()
        os.write(write_end, repr((facts["commit"], facts["exact"], problems)).encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(pid, 0)
    said = os.read(read_end, 1 << 16).decode()

    assert git("rev-parse", "HEAD", cwd=root) in said
    assert "False" in said and "the changed files: git did not answer within 1 s" in said


def test_directory_that_is_gone_costs_nothing_but_a_note(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    runs = tmp_path / "runs"
    runs.mkdir()
    env = {**os.environ, "WANDB_DIR": str(runs)}
    removal = [*wandb, "run", "sh", "-c", f"rm -rf {root}"]

    subprocess.run(removal, cwd=root, env=env, stdin=subprocess.DEVNULL, check=True)

    wait_until(lambda: newest_part(runs).is_read, 30)
    assert code_of(newest_part(runs))
