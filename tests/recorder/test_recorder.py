"""What the recorder keeps of a run, and that it goes on where another died."""

import json
import os
import pwd
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from kept import has_ended, only_part, only_run, read_pieces, read_streams
from waiting import command_line_of, descendants, is_running, wait_until

STEPS = [sys.executable, str(Path(__file__).parents[1] / "programs" / "take_steps.py")]


@contextmanager
def stepping(wandb, *options, **places):
    """`wandb run` on a program that takes a step when told to."""
    run = subprocess.Popen(
        [*wandb, "run", *options, *STEPS], stdin=subprocess.PIPE, stdout=places.pop("stdout", subprocess.PIPE), **places
    )
    yield run
    run.stdin.close()
    run.wait(60)
    if run.stdout:
        run.stdout.close()


def step(run):
    run.stdin.write(b"go\n")
    run.stdin.flush()
    return run.stdout.readline() if run.stdout else None


def kept_output():
    """What is in the log so far, also while there is none."""
    return b"".join(path.read_bytes() for path in Path().glob(".wandb-wrapper/*/0-0/output.log"))


def recorder_pid():
    """The recorder's pid, once there is one that has begun."""

    def find():
        pids = [pid for pid, _ in descendants() if any("recorder" in word for word in command_line_of(pid)[:6])]
        started = [record for record in only_part().records() if "started" in record] if pids else []
        return pid if started and (pid := started[-1]["started"]["pid"]) in pids else None  # Its readers look alike.

    return wait_until(find)


@pytest.mark.parametrize(
    ("script", "state", "code", "signum"),
    [
        ("exit 0", "finished", 0, None),
        ("exit 3", "failed", 3, None),
        ("exit 255", "failed", 255, None),
        ("kill -TERM $$", "killed", None, 15),
        ("kill -KILL $$", "killed", None, 9),
    ],
)
def test_end_is_the_commands_own(wandb, script, state, code, signum):
    subprocess.run([*wandb, "run", "sh", "-c", script], stdin=subprocess.DEVNULL)

    end = only_part().end
    assert (end["state"], end["exit_code"], end["signal"]) == (state, code, signum)
    assert end["by"] == "recorder"


def test_all_is_on_disk_when_the_command_comes_back(wandb):
    for number in range(10):
        subprocess.run(
            [*wandb, "run", "--dir", str(number), "sh", "-c", f"seq 1 1000; echo {number} >&2"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        subprocess.run(
            [*wandb, "run", "--dir", f"p{number}", "sh", "-c", "seq 1 1000"], capture_output=True, check=True
        )

        assert has_ended(str(number))
        assert only_part(f"p{number}").output_path.read_bytes().endswith(b"\n1000\n")


def test_part_says_what_was_started_and_where(wandb, tmp_path):
    odd = os.fsdecode(b"caf\xe9 $HOME '")
    subprocess.run([*wandb, "run", "--name", "mine", "--project", "p", "--tag", "a", "true", odd], check=True)

    run, part = only_run(), only_part()
    assert (run.facts["name"], run.facts["project"], run.facts["tags"]) == ("mine", "p", ["a"])
    assert part.facts["argv"] == ["true", odd]
    assert part.facts["cwd"] == str(tmp_path)
    assert Path(part.facts["path"]).name == "true"


def test_user_is_named_by_the_system_where_the_environment_does_not(wandb):
    bare = {name: value for name, value in os.environ.items() if name not in ("LOGNAME", "USER")}
    subprocess.run([*wandb, "run", "true"], env=bare, check=True)

    assert wait_until(lambda: only_run().facts.get("user")) == pwd.getpwuid(os.getuid()).pw_name
    assert only_part().facts["user"] == str(os.getuid())  # Written before the command starts: nobody is asked.


def test_index_tells_when_and_where_each_byte_came_from(wandb):
    script = "echo one; sleep 0.5; echo two >&2; sleep 0.5; echo three"
    began = time.time()
    subprocess.run([*wandb, "run", "sh", "-c", script], capture_output=True, check=True)

    pieces = read_pieces(only_part())
    assert [(piece.start, piece.stream) for piece in pieces] == [(0, 1), (4, 2), (8, 1)]
    assert began < pieces[0].at < pieces[1].at - 0.25 < pieces[2].at - 0.5
    assert read_streams(only_part()) == {1: b"one\nthree\n", 2: b"two\n"}


def test_recorder_that_is_killed_is_replaced_and_goes_on(wandb):
    with stepping(wandb) as run:
        shown = run.stdout.readline() + step(run)
        for _ in range(5):
            recorder = recorder_pid()
            os.kill(recorder, signal.SIGKILL)
            wait_until(lambda pid=recorder: not is_running(pid))
            shown += step(run)
        run.stdin.close()
        shown += run.stdout.read()
        run.wait()

    assert read_streams(only_part())[1] == shown
    assert sum("started" in record for record in only_part().records()) == 6
    assert [record["n"] for record in only_part().records()] == list(range(1, 1 + len(list(only_part().records()))))


def test_file_that_the_command_writes_itself_is_followed(wandb, tmp_path):
    with (tmp_path / "log").open("wb") as log, stepping(wandb, stdout=log) as run:
        step(run)
        wait_until(lambda: kept_output() == b"ready\nstep 1\n")

    assert only_part().output_path.read_bytes() == (tmp_path / "log").read_bytes() == b"ready\nstep 1\nend\n"


def test_what_stood_in_the_file_before_is_not_this_runs(wandb, tmp_path):
    (tmp_path / "log").write_text("of an earlier run\n")
    with (tmp_path / "log").open("ab") as log:
        subprocess.run([*wandb, "run", "echo", "mine"], stdout=log, check=True)

    assert only_part().output_path.read_bytes() == b"mine\n"
    assert only_part().facts["streams"][0]["offset"] == len("of an earlier run\n")


def test_file_that_is_cut_short_is_read_from_its_beginning(wandb, tmp_path):
    log = tmp_path / "log"
    with log.open("ab") as file, stepping(wandb, stdout=file) as run:
        wait_until(lambda: kept_output() == b"ready\n")
        os.truncate(log, 0)
        wait_until(lambda: any("cut short" in text for text in only_part().warnings()))
        step(run)

    assert only_part().output_path.read_bytes() == b"ready\nstep 1\nend\n"


def test_other_writer_of_the_file_is_noticed(wandb, tmp_path):
    log = tmp_path / "log"
    with log.open("ab") as file, stepping(wandb, stdout=file) as run:
        wait_until(lambda: kept_output() == b"ready\n")
        other = subprocess.Popen(["sh", "-c", "echo ready; read go"], stdin=subprocess.PIPE, stdout=file)
        wait_until(lambda: any("shared" in text for text in only_part().warnings()))
        other.communicate()
        step(run)

    assert any(str(log) in text for text in only_part().warnings())


def test_own_file_alone_is_not_called_shared(wandb, tmp_path):
    with (tmp_path / "log").open("ab") as file:
        subprocess.run([*wandb, "run", "sh", "-c", "(sleep 1.2; echo child) & wait"], stdout=file, check=True)

    assert list(only_part().warnings()) == []


def test_signal_is_kept_with_its_sender(wandb):
    with stepping(wandb) as run:
        run.stdout.readline()
        run.terminate()
        run.wait()

    signals = [record for record in only_part().records() if record["source"] == "signals"]
    assert [(record["signal"], record["sender"]["pid"]) for record in signals] == [(15, os.getpid())]
    assert only_part().end["state"] == "killed"


def test_late_output_of_a_grandchild_is_kept_too(wandb):
    run = subprocess.run([*wandb, "run", "sh", "-c", "(sleep 1; echo late) & echo early"], stdout=subprocess.PIPE)

    assert run.stdout == b"early\nlate\n"
    wait_until(lambda: only_part().end["output_bytes"] == len(run.stdout))
    assert read_streams(only_part())[1] == run.stdout


def test_second_run_of_the_same_id_is_the_next_attempt(wandb):
    for number in range(3):
        subprocess.run([*wandb, "run", "--id", "mine", "echo", str(number)], stdout=subprocess.DEVNULL, check=True)

    parts = only_run().parts
    assert [(part.attempt, part.output_path.exists()) for part in parts] == [(0, True), (1, True), (2, True)]


def test_line_of_half_a_gigabyte_takes_no_memory(wandb):
    program = "import os\nb = b'x' * (1 << 20)\nfor _ in range(512):\n  v = b\n  while v: v = v[os.write(1, v):]"
    others = descendants()
    run = subprocess.Popen([*wandb, "run", sys.executable, "-c", program], stdout=subprocess.DEVNULL)
    program_reads = subprocess.Popen(
        [*wandb, "run", "--dir", "p", sys.executable, "-c", program], stdout=subprocess.PIPE
    )
    largest_kb = 0
    while program_reads.stdout.read(1 << 20):
        largest_kb = max([largest_kb, *(resident_kb(pid) for pid, _ in descendants() - others)])
    program_reads.wait()
    program_reads.stdout.close()
    run.wait()

    part = only_part("p")
    wait_until(lambda: part.output_path.stat().st_size + only_part("p").end["lost_bytes"] == 512 << 20)
    assert largest_kb < 60_000


def resident_kb(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") >> 10
    except OSError:
        return 0


def test_json_files_can_be_read_by_others(wandb):
    subprocess.run([*wandb, "run", "true"], check=True)

    for name in ("part.json", "end.json", "../run.json"):
        assert json.loads((only_part().path / name).read_text())["version"] == 1
