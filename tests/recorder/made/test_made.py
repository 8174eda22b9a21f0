"""What a command makes is listed, and kept where somebody asked for that; the command does not notice."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kept import only_part, only_run
from waiting import wait_until

from wrapper.rundir.reading import list_runs


def write_program(script):
    """One that was there long before."""
    Path("train.py").write_text(script)
    os.utime("train.py", (1, 1))


def run(wandb, script, *options):
    write_program(script)
    subprocess.run([*wandb, "run", *options, sys.executable, "train.py"], stdin=subprocess.DEVNULL, check=True)
    wait_until(lambda: only_part().is_read, 60)


def made(part=None):
    return [record["made"] for record in (part or only_part()).records("made") if "made" in record][-1]


def saved(part=None):
    """The newest record of each file."""
    found = [record["saved"] for record in (part or only_part()).records("saved") if "saved" in record]
    return {one["path"]: one for one in found}


def kept(name):
    return (only_part().path / "files" / "saved" / name).read_bytes()


def test_files_are_listed_with_size_and_the_small_with_checksum(wandb, tmp_path):
    Path("old.csv").write_text("1\n")
    os.utime("old.csv", (1, 1))
    run(
        wandb,
        "import os\nos.makedirs('out/deep')\nopen('out/deep/a b.txt', 'w').write('hello')\n"
        "open('large.bin', 'wb').truncate(1 << 30)\nos.mkfifo('pipe')\nos.symlink('large.bin', 'link')\n",
    )

    found = made()
    assert (found["count"], found["bytes"]) == (2, (1 << 30) + 5)
    large, small = found["files"]
    assert (large["path"], large["bytes"], "sha256" in large) == ("large.bin", 1 << 30, False)
    assert (small["path"], small["sha256"]) == ("out/deep/a b.txt", hashlib.sha256(b"hello").hexdigest())


def test_folder_elsewhere_that_the_command_line_names_is_looked_into(wandb, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("scratch") / "run1"
    script = "import os, sys\nos.mkdir(sys.argv[2])\nopen(f'{sys.argv[2]}/model.bin', 'w').write('x')\n"
    write_program(script)
    subprocess.run([*wandb, "run", sys.executable, "train.py", "--output_dir", str(elsewhere)], check=True)
    wait_until(lambda: only_part().is_read, 60)

    assert [one["path"] for one in made()["files"]] == [f"{elsewhere}/model.bin"]


def test_command_that_makes_nothing_has_an_empty_list(wandb):
    subprocess.run([*wandb, "run", "true"], check=True)
    wait_until(lambda: only_part().is_read, 60)

    assert made() == {"count": 0, "bytes": 0, "files": []}


def test_thousands_of_files_are_counted_and_the_largest_named(wandb):
    run(
        wandb,
        "import os\nos.mkdir('d')\nfor i in range(3000):\n    open(f'd/{i}', 'wb').write(bytes(i))\n",
    )

    found = made()
    assert (found["count"], found["bytes"]) == (3000, sum(range(3000)))
    assert {int(Path(one["path"]).name) for one in found["files"]} == set(range(2000, 3000))


def test_files_of_a_pattern_are_kept_as_they_were_in_the_end(wandb):
    Path("before.pt").write_text("somebody else's")
    os.utime("before.pt", (1, 1))
    Path("named.yaml").write_text("lr: 0.1\n")
    os.utime("named.yaml", (1, 1))
    script = (
        "import os\nos.mkdir('c')\nfor i in range(3):\n    open('c/last.pt', 'w').write(f'state {i}')\n"
        "open('c/best.pt', 'w').write('state 1')\nopen('c/log.txt', 'w').write('no')\n"
    )
    run(wandb, script, "--save", "**/*.pt", "--save", "named.yaml")

    assert saved().keys() == {"c/last.pt", "c/best.pt", "named.yaml"}
    assert (kept("c/last.pt"), kept("c/best.pt"), kept("named.yaml")) == (b"state 2", b"state 1", b"lr: 0.1\n")
    assert saved()["c/best.pt"]["sha256"] == hashlib.sha256(b"state 1").hexdigest()


def test_pattern_may_stand_in_wandb_yaml(wandb):
    Path("wandb.yaml").write_text("save: ['*.pt']\n")
    run(wandb, "open('a.pt', 'w').write('x')\n")

    assert kept("a.pt") == b"x"


def test_command_can_ask_for_it_itself(wandb):
    run(
        wandb,
        "import os\nopen('a.pt', 'w').write('x')\n"
        "open(os.environ['WANDB_METRICS_FILE'], 'a').write('{\"$save\": \"a.pt\"}\\n')\n",
    )

    assert kept("a.pt") == b"x"


@pytest.mark.parametrize("asks", ["option", "metrics"])
def test_file_is_kept_while_the_command_goes_on_once_it_is_complete(wandb, asks):
    script = (
        "import os, time\nopen('a.pt', 'w').write('one')\nhalf = open('half.pt', 'w')\nhalf.write('ha')\nhalf.flush()\n"
        "open(os.environ['WANDB_METRICS_FILE'], 'a').write(os.environ['LINE'])\n"
        "while not os.path.exists('go'):\n    time.sleep(0.05)\n"
        "half.write('lf')\n"
    )
    write_program(script)
    line = '{"$save": "*.pt"}\n' if asks == "metrics" else "\n"
    options = ["--save", "*.pt"] * (asks == "option")
    command = [*wandb, "run", *options, sys.executable, "train.py"]
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, env={**os.environ, "LINE": line})
    wait_until(lambda: list_runs(Path(".wandb-wrapper")) and saved(only_run().parts[0]), 30)

    assert saved().keys() == {"a.pt"}
    Path("a.pt").write_text("two, in place")
    assert kept("a.pt") == b"one"  # What we have is our own.
    Path("go").touch()
    running.wait()
    wait_until(lambda: only_part().is_read, 60)
    assert (kept("a.pt"), kept("half.pt")) == (b"two, in place", b"half")
    store = list(Path(".wandb-wrapper/saved").iterdir())
    assert {path.read_bytes() for path in store} == {b"two, in place", b"half"}  # The state before is gone.


def test_equal_files_of_several_runs_are_one(wandb):
    for _ in range(2):
        Path("train.py").write_text("import time\nopen('a.pt', 'w').write('x' * 100000)\n")
        subprocess.run([*wandb, "run", "--save", "a.pt", sys.executable, "train.py"], check=True)
    wait_until(lambda: all(part.is_read for run in list_runs(Path(".wandb-wrapper")) for part in run.parts), 60)

    copies = list(Path(".wandb-wrapper").glob("*/0-0/files/saved/a.pt"))
    assert len(copies) == 2
    assert len({path.stat().st_ino for path in copies}) == 1 and copies[0].stat().st_nlink == 3


def test_file_that_is_too_large_to_copy_is_named(wandb):
    run(wandb, "open('huge.pt', 'wb').truncate(50 << 30)\n", "--save", "*.pt")

    found = saved()["huge.pt"]
    if found.get("how") != "clone":  # This disk cannot share blocks.
        assert "kept" not in found and found["bytes"] == 50 << 30
        (warning,) = [record["warning"] for record in only_part().records("saved") if "warning" in record]
        assert warning.startswith("huge.pt is not kept: it is larger than 5 GB")


def test_pattern_that_nothing_was_found_for_is_said(wandb):
    Path("old.csv").write_text("1\n")
    os.utime("old.csv", (1, 1))
    run(wandb, "open('model.pt', 'w').write('x')\n", "--save", "modle*.pt", "--save", "*.csv", "--save", "*.pt")

    warnings = [text for text in only_part().warnings() if text.startswith("nothing is saved for ")]
    assert [text.split('"')[1] for text in warnings] == ["modle*.pt", "*.csv"]


def test_pattern_whose_file_was_kept_and_is_gone_is_not_said(wandb):
    script = (
        "import glob, os, time\nopen('model.pt', 'w').write('x')\n"
        "while not glob.glob('.wandb-wrapper/*/0-0/files/saved/model.pt'): time.sleep(0.05)\nos.unlink('model.pt')\n"
    )
    run(wandb, script, "--save", "*.pt")

    assert list(saved()) == ["model.pt"]
    assert not [text for text in only_part().warnings() if text.startswith("nothing is saved")]


def test_names_that_leave_the_directory_stay_within_the_part(wandb, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "x.bin").write_bytes(b"x")
    run(wandb, "pass\n", "--save", f"{other}/x.bin", "--save", "../../../../etc/hostname", "--save", "/dev/zero")

    root = only_part().path / "files" / "saved"
    files = [path for path in root.rglob("*") if path.is_file()]
    assert root / str(other).lstrip("/") / "x.bin" in files
    assert all(path.resolve().is_relative_to(root.resolve()) for path in files)
    assert not (root / "dev").exists()


def test_show_says_what_was_made(wandb):
    run(wandb, "open('a.pt', 'w').write('x')\nopen('b.txt', 'w').write('y')\n", "--save", "*.pt")

    shown = subprocess.check_output([*wandb, "show", "latest"], text=True)
    facts = json.loads(subprocess.check_output([*wandb, "show", "latest", "--json"], text=True))

    assert "made       2 files, 2 B; saved 1\n" in shown
    assert [one["path"] for one in facts["made"]["saved"]] == ["a.pt"]


def test_recorder_that_dies_keeps_each_file_once(wandb):
    script = "import time\nopen('a.pt', 'w').write('x')\ntime.sleep(6)\n"
    write_program(script)
    running = subprocess.Popen([*wandb, "run", "--save", "*.pt", sys.executable, "train.py"], stdin=subprocess.DEVNULL)
    wait_until(lambda: list_runs(Path(".wandb-wrapper")) and saved(only_run().parts[0]), 30)
    started = [record["started"] for record in only_part().records("started")][-1]
    os.kill(started["pid"], 9)
    running.wait()
    wait_until(lambda: only_part().is_read, 60)

    records = [record for record in only_part().records("saved") if "saved" in record]
    assert len(records) == 1 and made()["count"] == 1
