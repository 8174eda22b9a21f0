"""The command line of a run becomes settings, copies of config files, and fingerprints of data; each once."""

import hashlib
import json
import mmap
import os
import random
import shlex
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from kept import only_part
from waiting import command_line_of, descendants, wait_until

from wrapper.recorder.channel import Channel
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


def is_recorder(pid):
    return any("wrapper/recorder" in word for word in command_line_of(pid))


@pytest.mark.parametrize("attempt", range(3))
def test_recorder_that_dies_again_and_again_says_everything_once(wandb, attempt):
    Path("a.yaml").write_text("a: 1")
    Path("data").mkdir()
    for number in range(300):
        Path(f"data/{number}.bin").write_bytes(os.urandom(1000))
    Path("train.sh").write_text("echo ready; read line")
    run = subprocess.Popen(
        [*wandb, "run", "sh", "train.sh", "--config", "a.yaml", "--data", "data", "--lr", "0.1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    run.stdout.readline()
    for _ in range(6):
        time.sleep(random.random() / 10)
        for pid in [pid for pid, _ in descendants() if is_recorder(pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    run.communicate(b"\n")
    subprocess.run([*wandb, "ls"], check=True, stdout=subprocess.DEVNULL)
    wait_until(lambda: only_part().is_read, 30)

    told = [(record["source"], record["upto"]) for record in only_part().records() if "upto" in record]
    assert [record for record in told if record[0].startswith(("arguments", "config:", "data:"))] == [
        ("config:a.yaml", 1), ("arguments", 1), ("data:data", 1), ("arguments", 2)
    ]  # fmt: skip
    assert (only_part().path / "files" / "configs" / "a.yaml").read_text() == "a: 1"
