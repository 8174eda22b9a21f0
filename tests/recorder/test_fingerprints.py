"""The same data has the same fingerprint wherever it lies, other data has another, and nothing else is opened."""

import os
import shutil

import pytest

from wrapper.recorder.fingerprints import describe, list_files, stat_file
from wrapper.recorder.paths import NotData


def test_copy_elsewhere_and_of_another_time_has_the_same_fingerprint(tmp_path):
    (tmp_path / "data" / "deep" / "er").mkdir(parents=True)
    for number in range(100):
        (tmp_path / "data" / "deep" / f"{number}.bin").write_bytes(bytes([number]) * number * 1000)
    (tmp_path / "data" / "deep" / "er" / "x").write_text("x")
    (tmp_path / "large").write_bytes(os.urandom(3 << 20))
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    shutil.copy(tmp_path / "large", tmp_path / "large2")
    os.utime(tmp_path / "copy" / "deep" / "1.bin", (1, 2_000_000_000))
    os.utime(tmp_path / "large2", (1, 1))

    folder, copy = describe("data"), describe("copy/")
    assert folder["fingerprint"] == copy["fingerprint"] and folder["bytes"] == copy["bytes"]
    assert (copy["mtime"], copy["files"], copy["sampled"]) == (2_000_000_000, 101, True)
    assert describe("large")["fingerprint"] == describe("large2")["fingerprint"]
    assert describe("large")["sampled"] and describe("large2")["mtime"] == 1


@pytest.mark.parametrize("size", [0, 1, 1000, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_another_beginning_end_or_length_is_another_fingerprint(tmp_path, size):
    content = bytearray(os.urandom(size))
    found = set()
    for change in (None, 0, size // 2, -1):
        changed = bytearray(content)
        if change is not None and size:
            changed[change] ^= 1
        (tmp_path / "data").write_bytes(changed)
        found.add(describe("data")["fingerprint"])
    (tmp_path / "data").write_bytes(content + b"x")
    found.add(describe("data")["fingerprint"])

    assert len(found) == {0: 2, 1: 3}.get(size, 5)


def test_longer_file_of_the_same_bytes_has_another_fingerprint(tmp_path):
    (tmp_path / "short").write_bytes(bytes(2 << 20))
    (tmp_path / "long").write_bytes(bytes(3 << 20))

    assert describe("short")["fingerprint"] != describe("long")["fingerprint"]


@pytest.mark.parametrize("change", ["rename", "content", "size", "more"])
def test_folder_with_another_file_in_it_has_another_fingerprint(tmp_path, change):
    (tmp_path / "data").mkdir()
    for number in range(10):
        (tmp_path / "data" / str(number)).write_text("content")
    before = describe("data")["fingerprint"]

    changes = {
        "rename": lambda: os.rename("data/3", "data/x"),
        "content": lambda: (tmp_path / "data" / "3").write_text("CONTENT"),
        "size": lambda: (tmp_path / "data" / "3").write_text("contents"),
        "more": (tmp_path / "data" / "10").touch,
    }
    changes[change]()

    assert describe("data")["fingerprint"] != before


def test_folder_is_read_without_opening_what_is_no_file(tmp_path):
    (tmp_path / "data").mkdir()
    os.mkfifo(tmp_path / "data" / "pipe")
    os.symlink("/proc/self/environ", tmp_path / "data" / "environ")
    os.symlink(tmp_path, tmp_path / "data" / "loop")
    (tmp_path / "data" / "x").write_text("12345")
    os.symlink(tmp_path / "data" / "x", tmp_path / "data" / "y")

    found = describe("data")

    assert (found["bytes"], found["files"]) == (10, 5)
    assert stat_file("data/environ") is None


def test_folder_that_is_too_slow_has_no_fingerprint(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_text("12345")
    times = iter(range(0, 1000, 5))

    found = describe("data", clock=lambda: next(times))

    assert (found["fingerprint"], found["cut"], found["sampled"]) == (None, "time", True)


def test_folder_with_too_many_files_is_cut_short(tmp_path):
    (tmp_path / "data").mkdir()
    for number in range(10):
        (tmp_path / "data" / str(number)).touch()

    names, cut = list_files("data", lambda: False, most=5)

    assert (len(names), cut) == (5, "entries")


@pytest.mark.parametrize("path", ["/proc/self", "/proc/self/environ", "/sys", "/", "/dev/null", "pipe"])
def test_system_is_no_data(tmp_path, path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NotData):
        describe(path)
