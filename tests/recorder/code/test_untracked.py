"""Files that git neither has nor ignores: code when they are older than the command, and when they are not too much."""

import os
import shutil
import socket

import pytest
from kept import sha256
from repositories import commit_all, git, make_repository, names_in, newest_part, record, start, tree_of, unpack

from wrapper.recorder.sources.repository.archives import Archive, Leftovers, look
from wrapper.rundir.reading import list_runs, runs_folder


def archived(root, facts, key="untracked"):
    return names_in(newest_part(root).path / facts[key]["path"])


def test_files_that_the_command_makes_are_outputs(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    (root / "older.py").write_text("older = 1\n")

    facts = record(wandb, "sh", "-c", "echo > made.txt; echo >> older.py; mkdir out; echo > out/more.txt", cwd=root)

    # Whether git looked before or after the command wrote, nothing of it is taken for code.
    assert "untracked" not in facts or facts["untracked"] is None or archived(root, facts) == ["older.py"]


def test_files_newer_than_the_start_are_counted_and_not_kept(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    (root / "older.py").write_text("older = 1\n")
    (root / "model.pt").write_text("weights")
    os.utime(root / "model.pt", (2**31, 2**31))  # as if the command had just written it

    facts = record(wandb, cwd=root)

    assert archived(root, facts) == ["older.py"]
    assert (facts["outputs"], facts["untracked_files"], facts["exact"]) == (1, 1, True)


def test_tracked_file_changed_after_the_start_is_named(wandb, tmp_path):
    root = make_repository(tmp_path / "here", a_py="a = 1\n", b_py="b = 1\n")
    for name in ("a.py", "b.py"):
        (root / name).write_text("changed = 1\n")
    os.utime(root / "a.py", (2**31, 2**31))

    facts = record(wandb, cwd=root)

    assert facts["changed_later"] == ["a.py"]
    assert facts["seen_after_s"] < 60


def test_large_file_that_the_command_makes_is_not_named_as_left_out(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    with (root / "checkpoint.pt").open("wb") as file:
        file.truncate(1 << 30)
    os.utime(root / "checkpoint.pt", (2**31, 2**31))

    facts = record(wandb, cwd=root)

    assert (facts["outputs"], facts["untracked"], "left_out" in facts) == (1, None, False)


def test_what_earlier_trainings_and_installers_made_is_no_code(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    made = ["__pycache__/a.pyc", "wandb/run-1/x.wandb", "logs/events.out.tfevents.1.host", "lightning_logs/v/m.csv"]
    installed = ["env/lib/python3/site-packages/x/y.py", "env/lib/python3/site-packages/z.py", "node_modules/a.js"]
    for name in [*made, *installed, "wandb.py"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")

    facts = record(wandb, cwd=root)

    assert archived(root, facts) == ["wandb.py"]
    assert facts["outputs"] == len(made)
    assert facts["left_out"] == [
        {"path": "env/lib/python3/site-packages/", "why": "installed packages"},
        {"path": "node_modules/", "why": "installed packages"},
    ]


def test_untracked_files_that_git_is_told_not_to_show_are_not_kept(wandb, tmp_path):
    root = make_repository(tmp_path / "home")  # Some keep their whole home in a repository, and say so.
    git("config", "status.showUntrackedFiles", "no", cwd=root)
    (root / "diary.txt").write_text("private")

    facts = record(wandb, cwd=root)

    assert (facts["untracked"], facts["exact"]) == (None, False)
    assert facts["left_out"] == [{"path": ".", "why": "untracked files: git is told not to show them"}]


def test_commit_made_after_the_start_is_told(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    first = git("rev-parse", "HEAD", cwd=root)
    commit_all(root, "second")
    log = root / ".git" / "logs" / "HEAD"
    os.utime(log, (2**31, 2**31))  # as if the second had come after the start

    facts = record(wandb, cwd=root)

    assert (facts["commit_at_start"], facts["exact"]) == (first, False)


def test_ignored_files_are_not_kept(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    (root / ".gitignore").write_text("data/\n*.log\n")
    (root / "data").mkdir()
    (root / "data" / "x").write_text("x")
    (root / "a.log").write_text("x")

    facts = record(wandb, cwd=root)

    assert archived(root, facts) == [".gitignore"]


def test_pipe_socket_and_file_that_nobody_may_read_do_not_hold_it_up(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    (root / "a.py").write_text("a = 1\n")
    os.mkfifo(root / "pipe")
    (root / "link to pipe").symlink_to("pipe")
    (root / "broken").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        os.rename("s", root / "socket")
        facts = record(wandb, cwd=root)

    assert archived(root, facts) == ["a.py", "broken", "link to pipe"]


def test_file_that_cannot_be_read_is_named(tmp_path):
    left_out = Leftovers()
    (tmp_path / "open.txt").write_text("x")
    (tmp_path / "secret.txt").write_text("x")
    members = [look(name, str(tmp_path / name), left_out) for name in ("open.txt", "secret.txt", "gone.txt")]
    (tmp_path / "secret.txt").unlink()
    os.mkfifo(tmp_path / "secret.txt")  # Root may read everything; this nobody can.

    kept = Archive(str(tmp_path / "files" / "x.tar.gz"), left_out).write([found for found in members if found], "")

    assert kept is not None and kept["files"] == 1
    assert [(item["path"], item["why"]) for item in left_out.named] == [
        ("gone.txt", "No such file or directory"),
        ("secret.txt", "no plain file"),
    ]


def test_what_is_too_large_is_named_with_the_reason(wandb, tmp_path):
    root = make_repository(tmp_path / "here", big_bin="small\n")
    (root / "a.py").write_text("a = 1\n")
    with (root / "checkpoint.pt").open("wb") as file:
        file.truncate(50 << 30)  # 50 GB, without taking them
    with (root / "big.bin").open("wb") as file:
        file.truncate(30 << 20)

    facts = record(wandb, cwd=root)

    assert archived(root, facts) == ["a.py"]
    assert facts["left_out"] == [
        {"path": "big.bin", "why": "changed, and larger than 20 MB", "bytes": 30 << 20},
        {"path": "checkpoint.pt", "why": "larger than 10 MB", "bytes": 50 << 30},
    ]
    assert (facts["left_out_files"], facts["changed"], facts["exact"]) == (2, 1, False)


def test_of_too_much_the_small_files_are_kept(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    for number in range(7):
        (root / f"{number}.bin").write_bytes(os.urandom(9 << 20))
    (root / "small.py").write_text("small = 1\n")

    facts = record(wandb, cwd=root)

    assert archived(root, facts) == ["0.bin", "1.bin", "2.bin", "3.bin", "4.bin", "small.py"]
    assert [item["why"] for item in facts["left_out"]] == ["more than 50 MB in all"] * 2


def test_of_a_disk_that_is_nearly_full_little_is_taken(tmp_path):
    left_out = Leftovers()
    for name, size in (("small.py", 100), ("large.py", 100_000)):
        (tmp_path / name).write_bytes(bytes(size))
    members = [look(name, str(tmp_path / name), left_out) for name in ("small.py", "large.py")]

    kept = Archive(str(tmp_path / "x.tar.gz"), left_out).write(filter(None, members), "", free_bytes=1_000_000)

    assert kept is not None and kept["bytes"] == 100
    assert left_out.named == [{"path": "large.py", "why": "the disk is nearly full", "bytes": 100_000}]


def test_files_that_hold_secrets_by_their_names_are_left_out(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    for name in (".env", ".env.local", "id_rsa", "server.pem", "kaggle.json", ".env.example", "monkey.py"):
        (root / name).write_text("x=1\n")

    facts = record(wandb, cwd=root)

    assert archived(root, facts) == [".env.example", "monkey.py"]
    assert {item["why"] for item in facts["left_out"]} == {"it may hold secrets"}


def test_equal_archives_take_the_room_of_one(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    (root / "new.py").write_text("new = 1\n")
    for _ in range(3):
        start(wandb, cwd=root)
    (root / "new.py").write_text("new = 2\n")
    start(wandb, cwd=root)

    paths = [run.parts[0].path / "files" / "untracked.tar.gz" for run in list_runs(runs_folder(root))]
    assert sorted(path.stat().st_nlink for path in paths) == [2, 4, 4, 4]
    assert len({sha256(path.read_bytes()) for path in paths}) == 2
    assert len({path.stat().st_ino for path in paths}) == 2


def test_archive_that_no_run_has_any_more_goes(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    for number in range(2):
        (root / "new.py").write_text(f"new = {number}\n")
        start(wandb, cwd=root)
        if number == 0:
            shutil.rmtree(newest_part(root).path.parent)

    assert len(list((root / ".wandb-wrapper" / "archives").iterdir())) == 1


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


def test_files_of_lfs_are_compared_by_their_pointers_and_kept_whole(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    data = {name: os.urandom(5000) for name in ("same.bin", "changed.bin")}
    for name, content in data.items():
        (root / name).write_text(POINTER.format(sha256(content), len(content)))
    commit_all(root, "pointers")
    (root / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    commit_all(root, "attributes")
    (root / "same.bin").write_bytes(data["same.bin"])  # As LFS itself puts it there.
    (root / "changed.bin").write_bytes(data["changed.bin"][::-1])
    for name in ("clean", "process"):
        git("config", f"filter.lfs.{name}", "touch ran", cwd=root)
    git("config", "filter.lfs.required", "true", cwd=root)

    facts = record(wandb, cwd=root)

    assert (facts["files"], facts["patch"]) == (["changed.bin"], None)
    assert archived(root, facts) == ["changed.bin"]
    assert not (root / "ran").exists()


@pytest.mark.parametrize("looks_at_bits", ["true", "false"])
def test_file_of_lfs_that_was_made_executable_is_kept_so(wandb, tmp_path, looks_at_bits):
    root = make_repository(tmp_path / "here")
    data = os.urandom(5000)
    for name in ("tool.bin", "same.bin"):
        (root / name).write_text(POINTER.format(sha256(data), len(data)))
    (root / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    commit_all(root, "pointers")
    git("config", "core.fileMode", looks_at_bits, cwd=root)
    for name in ("tool.bin", "same.bin"):
        (root / name).write_bytes(data)
    (root / "tool.bin").chmod(0o755)

    facts = record(wandb, cwd=root)

    assert archived(root, facts) == ["tool.bin"]
    unpack(newest_part(root).path / facts["untracked"]["path"], tmp_path)
    assert tree_of(tmp_path)[b"tool.bin"] == ("program", data)
