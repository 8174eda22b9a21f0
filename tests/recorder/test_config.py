"""The command line of a run becomes settings, copies of config files, and fingerprints of data; each once."""

import hashlib
import json
import mmap
import os
import shlex
import shutil
import socket
import time

import pytest

from wrapper.recorder.asking import Asker, NoAnswer
from wrapper.recorder.channel import Channel
from wrapper.recorder.fingerprints import describe, list_files, stat_file
from wrapper.recorder.paths import NotData
from wrapper.recorder.readers import read_said
from wrapper.recorder.sources.config import read


@pytest.fixture
def work(tmp_path, monkeypatch):
    """Where the command runs; its part is beside it."""
    (tmp_path / "part").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def said(command, positions=None, skips=(), **part):
    """The records that a reader of this command makes, in a process of its own as always."""
    out = os.open("../said", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    part = {"argv": shlex.split(command) if isinstance(command, str) else command, "cwd": os.getcwd(), **part}
    child = os.fork()
    if not child:
        try:
            os.chdir("../part")
            ends, _open_while_the_recorder_lives = os.pipe()
            channel = Channel(out, ends, mmap.mmap(-1, mmap.PAGESIZE), positions or {}, 1, frozenset(skips))
            channel.part = part
            read(channel)
            channel.flush()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    lines = os.pread(out, 1 << 24, 0).splitlines()
    os.close(out)
    return [{"source": source, "upto": upto, **json.loads(facts)} for source, upto, _, facts in map(read_said, lines)]


def kept(name):
    with open(f"../part/files/configs/{name}", encoding="utf-8") as file:
        return file.read()


def test_settings_of_the_command_line_are_one_record(work):
    assert said("python train.py --lr 0.1 model.depth=4") == [
        {"source": "arguments", "upto": 2, "config": {"lr": 0.1, "model": {"depth": 4}}}
    ]


def test_config_files_come_before_the_arguments_that_count_more(work):
    (work / "conf").mkdir()
    (work / "conf" / "base.yaml").write_text("lr: 0.5\nmodel:\n  depth: 4\n")
    (work / "more.json").write_text('{"fast": true}')
    (work / "base.yaml").write_text("a: 1")

    records = said("python train.py --config conf/base.yaml more.json base.yaml --lr 0.1")

    assert [record["source"] for record in records] == [
        "config:conf/base.yaml", "config:more.json", "config:base.yaml", "arguments"
    ]  # fmt: skip
    assert records[0] == {
        "source": "config:conf/base.yaml",
        "upto": 1,
        "config": {"lr": 0.5, "model": {"depth": 4}},
        "file": {
            "path": "conf/base.yaml",
            "bytes": 26,
            "sha256": hashlib.sha256(kept("base.yaml").encode()).hexdigest(),
            "kept": "files/configs/base.yaml",
        },
    }
    assert [record["file"]["kept"] for record in records[1:3]] == [
        "files/configs/more.json",
        "files/configs/base.2.yaml",
    ]
    assert (kept("base.yaml"), kept("base.2.yaml")) == ("lr: 0.5\nmodel:\n  depth: 4\n", "a: 1")
    assert sorted(os.listdir("../part/files/configs")) == ["base.2.yaml", "base.yaml", "more.json"]


@pytest.mark.parametrize(
    ("name", "content", "warning"),
    [
        ("a.yaml", b"a: 1\nb: [1, 2}\n", "a.yaml line 2: this is not YAML: "),
        ("a.json", b'{"a": 1,\n "b" 2}', "a.json line 2: this is not JSON: "),
        ("a.ini", b"a = 1\nb\n", "a.ini line 2: this is not INI: "),
        ("a.yaml", b"a: 1\nb: \xff\n", "a.yaml line 2: this is not UTF-8"),
    ],
)
def test_config_file_with_a_mistake_is_kept_and_its_line_is_said(work, name, content, warning):
    (work / name).write_bytes(content)

    records = said(f"python train.py --config {name} --lr 0.1")

    assert records[0]["warning"].startswith(warning)
    assert "config" not in records[0]
    with open(f"../part/{records[0]['file']['kept']}", "rb") as file:
        assert file.read() == content
    assert records[1]["config"] == {"config": name, "lr": 0.1}


def test_secrets_are_neither_in_the_settings_nor_in_the_copy(work):
    text = 'lr: 0.1\nhf_token: abcdefg # mine\nlogin:\n  password: |\n    two words\nurl: "https://ada:abcdefg@host"\n'
    (work / "a.yaml").write_text(text)
    (work / "b.py").write_text('token = tokenizer(x)\npassword = "abcdefg"\nlr = 0.1\n')
    (work / "c.yaml").write_text("lr: [1\napi_key: abcdefg\n")

    records = said("python train.py a.yaml b.py c.yaml --api-key abcdefg")

    assert "abcdefg" not in repr(records) and "two words" not in repr(records)
    assert records[0]["config"]["lr"] == 0.1 and records[0]["file"]["masked"]
    for name in ("a.yaml", "b.py", "c.yaml"):
        assert "abcdefg" not in kept(name) and "two words" not in kept(name) and "lr" in kept(name)
    assert "token = tokenizer(x)" in kept("b.py")


def test_file_of_flags_is_settings(work):
    (work / "flags.txt").write_text("# mine\n--lr=0.1\n--name 'a b'\n--fast\n--word don't\n")

    records = said("python train.py --flagfile=flags.txt --fast=false")

    assert [record["config"] for record in records] == [
        {"lr": 0.1, "name": "a b", "fast": True, "word": "don't"},
        {"flagfile": "flags.txt", "fast": False},
    ]
    assert records[0]["file"]["kept"] == "files/configs/flags.txt"


def test_what_holds_no_settings_is_data(work):
    (work / "train.json").write_text("[1, 2, 3]")
    (work / "large.yaml").write_text("a: 1\n" * 300_000)

    records = said("python train.py --train train.json --more large.yaml")

    assert [record["source"] for record in records] == [
        "arguments", "data:train.json", "data:large.yaml", "arguments"
    ]  # fmt: skip
    assert not os.path.exists("../part/files")


def test_data_is_described_after_the_settings(work):
    (work / "data.csv").write_text("1,2\n")
    (work / "images").mkdir()
    (work / "images" / "a.png").write_bytes(b"a" * 10)
    (work / "images" / "b.png").write_bytes(b"b" * 20)

    records = said("python train.py --data data.csv images/ --lr 1")

    assert [(record["source"], record["upto"]) for record in records] == [
        ("arguments", 1), ("data:data.csv", 1), ("data:images/", 1), ("arguments", 2)
    ]  # fmt: skip
    file, folder = records[1]["data"], records[2]["data"]
    assert (file["path"], file["kind"], file["bytes"], file["files"], file["sampled"]) == (
        "data.csv",
        "file",
        4,
        1,
        False,
    )
    assert (folder["path"], folder["kind"], folder["bytes"], folder["files"]) == ("images/", "folder", 30, 2)
    assert file["mtime"] == pytest.approx(os.stat("data.csv").st_mtime, abs=0.01)
    assert file["fingerprint"] != folder["fingerprint"]


def test_what_is_no_data_is_not_looked_at(work):
    (work / "train.py").write_text("")
    (work / "out").mkdir()
    (work / ".wandb-wrapper").mkdir()
    os.mkfifo(work / "pipe")
    os.symlink("/proc/self/environ", work / "link")
    os.symlink("/proc/self/status", work / "link.yaml")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")

        records = said(
            "python train.py --in pipe --in2 socket --in3 /dev/null --in4 /proc/self/environ --in5 link --in6 /"
            f" --in7 {work} --in8 .. --in9 . --out out --output-dir out --in10 .wandb-wrapper"
            " --again train.py /dev/zero nowhere --config link.yaml"
        )

    assert [record["source"] for record in records] == ["arguments", "arguments"]


def test_what_the_command_has_made_is_no_data(work):
    (work / "before.csv").write_text("1")
    started_at = os.stat("before.csv").st_ctime + 0.001
    while time.time() < started_at + 0.05:
        time.sleep(0.01)
    (work / "after.csv").write_text("1")

    records = said("python train.py before.csv after.csv", started_at=started_at)

    assert [record["source"] for record in records] == ["arguments", "data:before.csv", "arguments"]


def test_config_file_that_was_changed_after_the_start_is_not_what_the_command_read(work):
    (work / "a.yaml").write_text("a: 1")

    (changed, _) = said("python train.py a.yaml", started_at=time.time() - 10)

    assert changed["warning"].startswith("a.yaml: it was changed after the command had started")
    assert "config" not in changed and not os.path.exists("../part/files")


def test_data_is_described_by_the_first_rank_alone(work):
    (work / "data.csv").write_text("1")
    (work / "a.yaml").write_text("a: 1")

    assert len(said("python train.py data.csv a.yaml", rank=0)) == 4
    assert [record["source"] for record in said("python train.py data.csv a.yaml", rank=1)] == [
        "config:a.yaml", "arguments"
    ]  # fmt: skip


def test_paths_are_those_of_the_commands_folder(work):
    (work / "data").mkdir()
    (work / "data" / "x").write_text("1")

    assert said("python train.py data")[1]["data"]["files"] == 1
    assert len(said("python train.py data", cwd="/nowhere")) == 1


def test_nothing_is_said_twice(work):
    (work / "a.yaml").write_text("a: 1")
    (work / "data.csv").write_text("1")
    command = "python train.py a.yaml data.csv"
    records = said(command)
    assert len(records) == 4

    for count in range(5):
        positions = {record["source"]: record["upto"] for record in records[:count]}
        assert said(command, positions) == records[count:]


def test_piece_that_killed_its_reader_is_left_out(work):
    (work / "a.yaml").write_text("a: 1")
    (work / "data.csv").write_text("1")

    assert [set(record) for record in said("python train.py a.yaml data.csv", skips=[0])] == [
        {"source", "upto", "warning"}
    ]
    assert [record["source"] for record in said("python train.py a.yaml data.csv", skips=[1])] == [
        "arguments", "data:data.csv", "arguments"
    ]  # fmt: skip
    assert [record["source"] for record in said("python train.py a.yaml data.csv", skips=[2])] == [
        "config:a.yaml", "arguments", "arguments"
    ]  # fmt: skip


@pytest.mark.parametrize("argv", [None, 5, [], [5, None], ["x\udcff", "--a=\udcff", "\0", "a\0b.yaml"], [""]])
def test_part_without_a_command_line_is_no_error(work, argv):
    (record,) = said(argv)
    assert (record["source"], record["upto"]) == ("arguments", 2)


def test_too_many_paths_are_counted(work):
    for number in range(60):
        (work / f"{number}.csv").touch()

    records = said("python train.py " + " ".join(f"{number}.csv" for number in range(60)))

    assert len([record for record in records if record["source"].startswith("data:")]) == 50
    assert records[0]["warning"].startswith("arguments: 10 of the paths")


def test_file_that_may_not_be_read_is_said(work):
    (work / "a.yaml").mkdir()
    (work / "b.csv").write_text("x")
    (work / "c").symlink_to("nowhere")

    assert said("python train.py --config a.yaml c --data b.csv")[1]["source"] == "data:a.yaml"


# Fingerprints


def test_copy_elsewhere_and_of_another_time_has_the_same_fingerprint(work):
    (work / "data" / "deep" / "er").mkdir(parents=True)
    for number in range(100):
        (work / "data" / "deep" / f"{number}.bin").write_bytes(bytes([number]) * number * 1000)
    (work / "data" / "deep" / "er" / "x").write_text("x")
    (work / "large").write_bytes(os.urandom(3 << 20))
    shutil.copytree(work / "data", work / "copy")
    shutil.copy(work / "large", work / "large2")
    os.utime(work / "copy" / "deep" / "1.bin", (1, 2_000_000_000))
    os.utime(work / "large2", (1, 1))

    folder, copy = describe("data"), describe("copy/")
    assert folder["fingerprint"] == copy["fingerprint"] and folder["bytes"] == copy["bytes"]
    assert (copy["mtime"], copy["files"], copy["sampled"]) == (2_000_000_000, 101, True)
    assert describe("large")["fingerprint"] == describe("large2")["fingerprint"]
    assert describe("large")["sampled"] and describe("large2")["mtime"] == 1


@pytest.mark.parametrize("size", [0, 1, 1000, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_another_beginning_end_or_length_is_another_fingerprint(work, size):
    content = bytearray(os.urandom(size))
    found = set()
    for change in (None, 0, size // 2, -1):
        changed = bytearray(content)
        if change is not None and size:
            changed[change] ^= 1
        (work / "data").write_bytes(changed)
        found.add(describe("data")["fingerprint"])
    (work / "data").write_bytes(content + b"x")
    found.add(describe("data")["fingerprint"])

    assert len(found) == {0: 2, 1: 3}.get(size, 5)


def test_longer_file_of_the_same_bytes_has_another_fingerprint(work):
    (work / "short").write_bytes(bytes(2 << 20))
    (work / "long").write_bytes(bytes(3 << 20))

    assert describe("short")["fingerprint"] != describe("long")["fingerprint"]


@pytest.mark.parametrize("change", ["rename", "content", "size", "more"])
def test_folder_with_another_file_in_it_has_another_fingerprint(work, change):
    (work / "data").mkdir()
    for number in range(10):
        (work / "data" / str(number)).write_text("content")
    before = describe("data")["fingerprint"]

    changes = {
        "rename": lambda: os.rename("data/3", "data/x"),
        "content": lambda: (work / "data" / "3").write_text("CONTENT"),
        "size": lambda: (work / "data" / "3").write_text("contents"),
        "more": (work / "data" / "10").touch,
    }
    changes[change]()

    assert describe("data")["fingerprint"] != before


def test_folder_is_read_without_opening_what_is_no_file(work):
    (work / "data").mkdir()
    os.mkfifo(work / "data" / "pipe")
    os.symlink("/proc/self/environ", work / "data" / "environ")
    os.symlink(work, work / "data" / "loop")
    (work / "data" / "x").write_text("12345")
    os.symlink(work / "data" / "x", work / "data" / "y")

    found = describe("data")

    assert (found["bytes"], found["files"]) == (10, 5)
    assert stat_file("data/environ") is None


def test_folder_that_is_too_slow_has_no_fingerprint(work):
    (work / "data").mkdir()
    (work / "data" / "x").write_text("12345")
    times = iter(range(0, 1000, 5))

    found = describe("data", clock=lambda: next(times))

    assert (found["fingerprint"], found["cut"], found["sampled"]) == (None, "time", True)


def test_folder_with_too_many_files_is_cut_short(work):
    (work / "data").mkdir()
    for number in range(10):
        (work / "data" / str(number)).touch()

    names, cut = list_files("data", lambda: False, most=5)

    assert (len(names), cut) == (5, "entries")


@pytest.mark.parametrize("path", ["/proc/self", "/proc/self/environ", "/sys", "/", "/dev/null", "pipe"])
def test_system_is_no_data(work, path):
    os.mkfifo(work / "pipe")

    with pytest.raises(NotData):
        describe(path)


# Questions that are never answered


def test_question_that_hangs_does_not_hold_up_the_others():
    asker = Asker({"sleep": lambda seconds: time.sleep(float(seconds)), "say": lambda *texts: list(texts)}, 0.3)

    answers = [asker.ask("say", "a")]
    for _ in range(4):
        with pytest.raises(NoAnswer):
            asker.ask("sleep", "1000")
        answers.append(asker.ask("say", "b" * 100_000, "\udcff"))
    asker.close()

    assert answers == [["a"], *[["b" * 100_000, "\udcff"]] * 4]


def test_question_that_ends_its_process_has_no_answer():
    asker = Asker({"die": lambda: os._exit(3), "raise": lambda: {}["x"], "say": lambda: 1})

    for question in ("die", "raise", "die"):
        with pytest.raises(NoAnswer):
            asker.ask(question)
    assert asker.ask("say") == 1
    asker.close()
