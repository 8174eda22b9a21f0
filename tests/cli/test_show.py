"""`wandb show` says what is known of one run."""

import json
import os
import re
from pathlib import Path

import pytest
from cli.asking import answer, ask, look_at
from cli.runs import STARTED_AT, TWO_STREAMS, make_run, part_facts, started_ago

FAILED = {"state": "failed", "exit_code": 3}
KILLED = {"state": "killed", "exit_code": None, "signal": 15}
TRACEBACK = b"""\
\r 10%|#         |\r 20%|##        |
Traceback (most recent call last):
  File "train.py", line 3, in <module>
RuntimeError: CUDA out of memory
"""
PAGE = """\
✕ brisk-otter-12 failed with exit code 3 after 1 min 39 s

  run        k3v9x2ab
  command    python train.py --lr 0.1
  program    /usr/bin/python
  directory  /home/ada/mnist
  user       ada on node7
  started    2026-05-28 20:26:40 +00:00, AGO
  ended      2026-05-28 20:28:19 +00:00, AGO
  output     142 B, to a terminal
  project    mnist
  tags       baseline, lr 0.1
  notes      first
             second
  kept in    HERE/.wandb-wrapper/k3v9x2ab

  ! the disk was full for 3 s

  The last lines of its output (wandb output k3v9x2ab shows all):

     20%|##        |
    Traceback (most recent call last):
      File "train.py", line 3, in <module>
    RuntimeError: CUDA out of memory
"""


@pytest.mark.parametrize("columns", [80, 120])
def test_page_has_what_a_person_wants_to_know(wandb: list[str], tmp_path: Path, columns: int) -> None:
    make_run(
        output=TRACEBACK,
        end=FAILED,
        run={"project": "mnist", "tags": ["baseline", "lr 0.1"], "notes": "first\nsecond"},
        part={"host": "node7"},
        records=[{"source": "recorder", "warning": "the disk was full for 3 s"}],
    )

    shown = look_at(wandb, "show", "latest", columns=columns, TZ="UTC")

    assert re.sub(r"\d+ \w+ ago|just now", "AGO", shown) == PAGE.replace("HERE", str(tmp_path))


def rows(text: str) -> dict[str, str]:
    """Label and text of each row of the page."""
    return {line[2:13].rstrip(): line[13:] for line in text.splitlines() if re.match(r"  \w", line)}


@pytest.mark.parametrize(
    ("word", "id"),
    [("k3v9x2ab", "k3v9x2ab"), ("k3v", "k3v9x2ab"), ("calm-heron-11", "zzzzzzzz"), ("latest", "zzzzzzzz")],
)
def test_run_is_an_id_or_its_beginning_or_a_name_or_the_latest(wandb: list[str], word: str, id: str) -> None:
    make_run("k3v9x2ab", part=started_ago(20))
    make_run("zzzzzzzz", run={"name": "calm-heron-11"}, part=started_ago(10))
    make_run("y", part=started_ago(30))

    assert json.loads(answer(wandb, "show", word, "--json"))["id"] == id


def test_beginning_of_several_ids_is_answered_with_those(wandb: list[str]) -> None:
    make_run("k3v9x2ab", run={"name": "a"}, part={"started_at": STARTED_AT + 1})
    make_run("k3aaaaaa", end=FAILED)

    asked = ask(wandb, "show", "k3", TZ="UTC")

    assert asked.returncode == 1
    assert asked.stderr == (
        'wandb: "k3" may be any of 2 runs; say its id:\n'
        "  k3v9x2ab  a               finished    2026-05-28 20:26:41 +00:00\n"
        "  k3aaaaaa  brisk-otter-12  failed (3)  2026-05-28 20:26:40 +00:00\n"
    )


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("k3v9x2ba", "did you mean k3v9x2ab?"),
        ("brisk-otter-13", "did you mean brisk-otter-12?"),
        ("nothing-of-the-kind", "wandb ls shows those there are"),
    ],
)
def test_unknown_run_is_answered_with_what_might_be_meant(wandb: list[str], word: str, advice: str) -> None:
    make_run()

    asked = ask(wandb, "show", word)

    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr == f'wandb: there is no run "{word}" in .wandb-wrapper; {advice}\n'


def test_run_is_said_to_be_missing_where_there_are_none(wandb: list[str]) -> None:
    asked = ask(wandb, "show", "latest")

    assert asked.returncode == 1
    assert asked.stderr.startswith('wandb: there is no run "latest": no runs are kept in .wandb-wrapper')


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ({"pid": 99, "uid": 0}, "the signal was sent by process 99 of root"),
        ({"pid": 99, "uid": 54321}, "the signal was sent by process 99 of user 54321"),
        ({"pid": 0, "uid": 0}, "the signal came from the terminal: a key, or its end"),
    ],
)
def test_who_sent_the_signal_is_said(wandb: list[str], sender: dict[str, int], why: str) -> None:
    make_run(end=KILLED, records=[{"source": "signals", "signal": 15, "sender": sender}])

    shown = answer(wandb, "show", "latest")

    assert shown.startswith("■ brisk-otter-12 killed by SIGTERM after 1 min 39 s\n")
    assert rows(shown)["why"] == why
    assert json.loads(answer(wandb, "show", "latest", "--json"))["sender"] == sender


def test_crash_is_told_as_far_as_it_is_known(wandb: list[str]) -> None:
    crashed = {"state": "crashed", "exit_code": None, "by": "settled", "why": "nobody saw it", "lost_bytes": 65536}
    make_run(output=b"hello\n", end=crashed)

    shown = rows(answer(wandb, "show", "latest"))

    assert shown["why"] == "nobody saw it"
    assert shown["output"] == "6 B kept, 65.5 kB lost, to a terminal"
    assert shown["ended"].startswith("about 20")


def test_two_streams_say_where_each_went(wandb: list[str]) -> None:
    file = {"stream": 2, "fds": [2], "kind": "file", "path": "/tmp/err.log", "device": 1, "inode": 2, "offset": 0}
    make_run(part={"streams": [TWO_STREAMS[0], file]})

    shown = answer(wandb, "show", "latest")

    assert (
        "  output     0 B\n             standard output to a pipe\n             standard error to /tmp/err.log\n"
        in shown
    )


def test_attempts_are_told_one_by_one(wandb: list[str]) -> None:
    make_run(took_s=60, end={**KILLED, "signal": 10})
    make_run(attempt=1, took_s=30, part={"started_at": STARTED_AT + 1000})

    shown = answer(wandb, "show", "latest")

    assert shown.startswith("✓ brisk-otter-12 finished after 1 min 30 s\n")
    assert "  attempts   0: killed by SIGUSR1 after 1 min 00 s, started " in shown
    assert "\n             1: finished after 30.0 s, started " in shown


def test_command_can_be_pasted_into_a_shell(wandb: list[str]) -> None:
    argv = ["printf", "%s\n", "it's", "it's\n\\", "a  b", "", "\x1b[31m\n", "\\", "\udcff", "ä$x"]
    make_run(part={"argv": argv})

    command = rows(answer(wandb, "show", "latest"))["command"]

    printed = ask(["bash", "-c", f"printf '%q ' {command}"], LC_ALL="C").stdout
    assert printed == ask(["bash", "-c", 'printf "%q " "$@"', "bash", *argv], LC_ALL="C").stdout


def test_nothing_that_was_recorded_can_move_the_cursor(wandb: list[str]) -> None:
    evil = "\x1b[2J\r\n\x07\u202e"
    make_run(
        output=evil.encode() + b"\n",
        end={**FAILED, "why": evil},
        run={"name": evil, "project": evil, "tags": [evil], "notes": evil},
        part={"cwd": evil, "user": evil, "path": evil, "argv": [evil]},
        records=[{"source": "recorder", "warning": evil}],
    )

    shown = answer(wandb, "show", "latest") + answer(wandb, "ls")

    assert not set(shown) & set(evil) - {"\n", "[", "2", "J"}


def test_last_lines_are_those_of_a_long_output(wandb: list[str]) -> None:
    make_run(output=b"x" * 70_000 + b"".join(b"line %d\n" % number for number in range(50_000)) + b"\n\n", end=FAILED)

    shown = answer(wandb, "show", "latest").splitlines()

    assert shown[-15:] == [f"    line {number}" for number in range(49_985, 50_000)]


def test_line_of_which_the_beginning_is_too_far_back_is_not_among_the_last(wandb: list[str]) -> None:
    make_run(output=b"x" * 300_000 + b"\nend\n", end=FAILED)

    assert answer(wandb, "show", "latest").splitlines()[-2:] == ["", "    end"]


def test_bar_that_is_one_long_line_is_the_last_line(wandb: list[str]) -> None:
    make_run(output=b"".join(b"\repoch %06d" % number for number in range(50_000)), end=FAILED)

    assert answer(wandb, "show", "latest").splitlines()[-2:] == ["", "    epoch 049999"]


def test_json_has_the_whole(wandb: list[str]) -> None:
    path = make_run(output=b"hello\n", end=FAILED, run={"group": "g", "job_type": "eval"})

    found = json.loads(answer(wandb, "show", "latest", "--json"))

    assert found["path"] == str(path.absolute())
    assert (found["state"], found["exit_code"], found["duration_s"]) == ("failed", 3, 99.25)
    assert (found["group"], found["job_type"], found["output_bytes"]) == ("g", "eval", 6)
    assert (found["program"], found["cwd"], found["pid"]) == ("/usr/bin/python", "/home/ada/mnist", os.getpid())
    assert found["attempts"][0]["exit_code"] == 3


def test_damaged_journal_is_read_as_far_as_it_goes(wandb: list[str]) -> None:
    path = make_run(output=[(0, 1, b"one\n"), (1, 1, b"two\n")]) / "0-0/journal.jsonl"
    good = path.read_bytes()
    path.write_bytes(b'{"n": 1, "at\n' + good + b'{"n": 3, "at": 17')

    shown = answer(wandb, "show", "latest")
    output = ask(wandb, "output", "latest")

    assert "  ! journal.jsonl: a damaged record at byte 0 is left out\n" in shown
    assert output.stdout == "one\ntwo\n"


def test_run_that_is_still_being_read_is_waited_for_and_then_said_to_be(wandb: list[str]) -> None:
    facts = part_facts(0)
    reading = {"source": "recorder", "started": {"pid": facts["pid"], "pid_ticks": facts["pid_ticks"]}}
    make_run(records=[reading])
    journal = Path(".wandb-wrapper/k3v9x2ab/0-0/journal.jsonl")

    asked = ask(wandb, "show", "latest")
    with journal.open("a") as file:
        file.write('{"n": 9, "at": 1, "source": "recorder", "read": true}\n')

    assert asked.stderr == "wandb: run k3v9x2ab has ended, but is still being read; what follows is not all\n"
    assert ask(wandb, "show", "latest").stderr == ""
