"""Which folders are searched, how much of them, and in which order."""

import os
import time

import pytest

from wrapper.recorder.sources.followed import prefix_of
from wrapper.recorder.sources.following import mounts
from wrapper.recorder.sources.following.finding import output_folders
from wrapper.recorder.sources.following.folders import Folders, Root, search_depth


@pytest.fixture
def write(tmp_path):
    """Make an empty file, and the folders above it; its path."""

    def go(name, age_s=0.0):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (time.time() - age_s,) * 2)
        return str(path)

    return go


def test_files_that_may_be_logs_are_found_in_time(tmp_path, write):
    new = write("a/b/log.csv")
    old = write("log.csv", age_s=100)
    write("a/train.py")

    found = Folders(time.time() - 10).scan([Root(str(tmp_path), 6)])

    assert found.new == [new]
    assert found.old == [(old, 0)]


def test_a_folder_that_has_changed_is_read_again(tmp_path, write):
    searched = Folders(time.time() - 10)
    for number in range(3):
        path = write(f"sub/{number}.csv")
        assert path in searched.scan([Root(str(tmp_path), 6)]).new


def test_a_folder_that_has_not_changed_is_not_read_again(tmp_path, write):
    write("sub/log.csv")
    long_ago = (time.time() - 100,) * 2
    for path in (tmp_path / "sub", tmp_path):
        os.utime(path, long_ago)
    searched = Folders(time.time() - 10)
    first = searched.scan([Root(str(tmp_path), 6)])
    write("sub/new.csv")
    os.utime(tmp_path / "sub", long_ago)

    assert searched.scan([Root(str(tmp_path), 6)]) == first


def test_only_so_deep(tmp_path, write):
    write("1/2/3/log.csv")

    assert Folders(0).scan([Root(str(tmp_path), 2)]).new == []
    assert len(Folders(0).scan([Root(str(tmp_path), 3)]).new) == 1


def test_only_so_many(tmp_path, write):
    for number in range(50):
        write(f"{number:02}/log.csv")

    assert 0 < len(Folders(0, most_entries=60).scan([Root(str(tmp_path), 6)]).new) < 50


def test_links_lead_nowhere(tmp_path, write):
    write("data/log.csv")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "data").symlink_to(tmp_path / "data")
    (tmp_path / "work" / "log.csv").symlink_to(tmp_path / "data" / "log.csv")

    assert Folders(0).scan([Root(str(tmp_path / "work"), 6)]).new == []


def test_little_of_a_home_is_searched_and_nothing_of_the_whole_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    assert search_depth("/") is None
    assert search_depth(str(tmp_path.parent)) is None
    assert search_depth(str(tmp_path)) == 2
    assert search_depth(str(tmp_path / "project")) == 6


def test_other_machines_come_last():
    paths = ["/mnt/nfs/a", "/home/b", "/mnt/nfs2/c"]

    assert mounts.local_first(paths, ("/mnt/nfs/",)) == ["/home/b", "/mnt/nfs2/c", "/mnt/nfs/a"]


def test_mounts_of_this_machine_can_be_read():
    assert all(place.endswith("/") for place in mounts.read_remote())


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        (["train", "--output_dir", "/scratch/run1"], ["/scratch/run1"]),
        (["train", "--logdir=/scratch/run1", "--data=/data/imagenet"], ["/scratch/run1"]),
        (["train", "save_dir=../elsewhere"], ["/home/ada/elsewhere"]),
        (["train", "--output_dir", "out", "--lr", "0.1", "--log-dir", "/tmp"], []),
    ],
)
def test_folders_elsewhere_that_the_command_line_names(argv, found):
    assert output_folders({"argv": argv}, "/home/ada/work") == found


@pytest.mark.parametrize(
    ("files", "folder", "prefix"),
    [
        ([], "runs/x", ""),
        ([], "logs/train", "train"),
        ([], "logs/validation", "validation"),
        (["runs/x"], "runs/x/loss_train", "loss_train"),
        (["runs/x"], "runs/x/loss/train", "train"),
        (["runs/x"], "runs/x/loss/first", "loss/first"),
        (["runs/x"], "runs/x/1780000000.123", ""),
        (["runs/x"], "runs/y", ""),
    ],
)
def test_what_stands_before_the_names_of_event_files(tmp_path, write, files, folder, prefix):
    for name in files:
        write(f"{name}/events.out.tfevents.1780000000.node7")

    assert prefix_of(str(tmp_path / folder)) == prefix
