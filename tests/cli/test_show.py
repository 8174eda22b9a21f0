"""`wandb show` says what is known of one run."""

import json
import math
import os
import re
import time
from pathlib import Path
from typing import Any

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


def logged(step: int, **values: Any) -> dict[str, Any]:
    return {"source": "metrics", "upto": step + 1, "row": values, "step": step, "time": STARTED_AT + step}


RESULTS = """
  config
    epochs        3
    optimizer
      betas       [0.9, 0.999]
      name        adam

  data
    data/train    1.2 GB  2 files  3f2a9c77d2e1

  metrics                     last  step     min     max
    loss          █▄▃▂▁▁▁▁  0.1109     7  0.1109  0.6931
    phase                    train     7
    val/acc       ▁██         0.94     7     0.5    0.95

  results
    test_acc      0.9312
    best.acc      0.95

  ! loss: it went up
  ! 12,000 lines of output (1.5 MB) were not searched for metrics: they came too fast
"""


def test_page_has_what_came_of_it(wandb: list[str]) -> None:
    rows = [logged(n, loss=0.6931 / (1 + 0.75 * n), phase="train") for n in range(8)]
    for step, acc in ((3, 0.5), (5, 0.95), (7, 0.94)):
        rows[step]["row"]["val/acc"] = acc
    make_run(
        records=[
            {"source": "arguments", "upto": 1, "config": {"optimizer": {"name": "adam"}}},
            {"source": "config:a.yaml", "upto": 1, "config": {"epochs": 3, "optimizer": {"betas": [0.9, 0.999]}}},
            {
                "source": "data:data/train",
                "upto": 1,
                "data": {"path": "data/train", "bytes": 1_200_000_000, "files": 2, "fingerprint": "3f2a9c77d2e1b0aa"},
            },
            {"source": "metrics", "upto": 1, "define": {"name": "val/*", "summary": "max"}},
            {"source": "metrics", "upto": 1, "define": {"name": "secret", "hidden": True}},
            *rows,
            {"source": "parsed", "upto": 1, "row": {"test_acc": 0.9312, "_runtime": 3}},
            {"source": "metrics", "upto": 1, "row": {"secret": 1}},
            {"source": "metrics", "upto": 1, "summary": {"best": {"acc": 0.95}}},
            {"source": "metrics", "upto": 1, "alert": {"title": "loss", "text": "it went up"}},
            {"source": "parsed", "upto": 1, "skipped": {"lines": 12_000, "bytes": 1_500_000}},
        ]
    )

    shown = look_at(wandb, "show", "latest", columns=72)

    assert shown[shown.index("\n  config") :] == RESULTS
    assert {"secret", "_runtime"} <= {
        line.split()[0] for line in answer(wandb, "show", "latest", "--all").split("\n") if line
    }


@pytest.mark.parametrize("columns", [40, 80, 100, 120, 200])
def test_metrics_fit_every_terminal(wandb: list[str], columns: int) -> None:
    names = ["loss", "a/rather/long/name/of/a/metric/that/goes/on", "Ω漢字"]
    make_run(records=[logged(n, **dict.fromkeys(names, -1.23456789e-100 * n)) for n in range(50)])

    shown = look_at(wandb, "show", "latest", columns=columns).split("  metrics")[1]

    assert max(len(line) for line in shown.splitlines()[1:]) <= columns
    assert "loss" in shown


def test_course_has_gaps_where_there_is_no_number(wandb: list[str]) -> None:
    values = [1.0, 2.0, math.nan, math.nan, 3.0, math.inf, 1.0]
    make_run(records=[logged(n, loss=value) for n, value in enumerate(values)])

    (line,) = [line for line in answer(wandb, "show", "latest").splitlines() if "loss" in line]

    assert line.split("loss")[1].strip().startswith("▁▅  █ ▁")
    assert line.split()[-4:] == ["1", "6", "1", "∞"]


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_course_is_ascii_where_the_locale_is(wandb: list[str], locale: str) -> None:
    make_run(records=[logged(n, loss=n) for n in range(8)])

    shown = ask(wandb, "show", "latest", LC_ALL=locale).stdout

    assert "  _.:-=+*#  " in shown


def test_data_is_told_as_the_last_attempt_found_it(wandb: list[str]) -> None:
    for attempt, size in enumerate([1000, 2000]):
        fact = {"path": "d", "bytes": size, "files": 1, "fingerprint": "0123456789abcdef", "sampled": True}
        make_run(attempt=attempt, records=[{"source": "data:d", "upto": 1, "data": fact}])

    shown = answer(wandb, "show", "latest")

    assert shown.endswith("\n  data\n    d             2.0 kB  1 file  0123456789ab (of samples)\n")


def test_much_is_cut_with_a_word_on_how_to_see_all(wandb: list[str]) -> None:
    config = {f"option_{number}": number for number in range(25)}
    values = {f"metric_{number}": 1.0 for number in range(40)}
    make_run(records=[{"source": "arguments", "upto": 1, "config": config}, logged(0, **values), logged(1, **values)])

    short, long = answer(wandb, "show", "latest"), answer(wandb, "show", "latest", "--all")

    assert "    … 5 more: wandb show k3v9x2ab --all\n" in short and "    … 10 more: wandb" in short
    assert ("option_24" in short, "metric_39" in short) == (False, False)
    assert ("option_24" in long, "metric_39" in long, "more:" in long) == (True, True, False)


def test_progress_and_time_left_are_told_while_it_runs(wandb: list[str]) -> None:
    now = time.time()
    told = [
        {"source": "parsed", "upto": 1, "at": now - 100 + 10 * n, "progress": {"done": n, "total": 50, "unit": "epoch"}}
        for n in range(1, 11)
    ]
    make_run(part={"started_at": now - 100}, records=told, is_running=True)

    text = rows(answer(wandb, "show", "latest"))["progress"]

    bar, _, said = text.partition("  ")
    assert bar == "━" * 4 + "─" * 20
    assert re.fullmatch(r"10 of 50 epochs, about 6 min (40|39|38|37|36|35) s left", said)
    found = json.loads(answer(wandb, "show", "latest", "--json"))["progress"]
    assert (found["done"], found["total"], found["unit"], found["fraction"]) == (10, 50, "epoch", 0.2)
    assert 0 < found["left_s"] <= 400


@pytest.mark.parametrize(("done", "text"), [(12.5, "━━━━━━─────  12.5 of 50 epochs"), (50, None)])
def test_progress_is_told_afterwards_where_it_was_not_all(wandb: list[str], done: float, text: str | None) -> None:
    make_run(records=[{"source": "parsed", "upto": 1, "progress": {"done": done, "total": 50, "unit": "epoch"}}])

    said = rows(answer(wandb, "show", "latest")).get("progress")

    assert said == (text and text.replace("─────", "─" * 18))


def test_json_has_config_summary_metrics_and_progress(wandb: list[str]) -> None:
    make_run(
        records=[
            {"source": "metrics", "upto": 1, "define": {"name": "acc", "summary": "max"}},
            {"source": "metrics", "upto": 1, "config": {"lr": 0.1}, "summary": {"best": {"step": 3}, "acc": 7}},
            *(logged(step, loss=1.0 - step, acc=step % 2) for step in range(3)),
            logged(3, loss=5, final=True),
        ]
    )

    found = json.loads(answer(wandb, "show", "latest", "--json"))

    assert found["config"] == {"lr": 0.1}
    assert found["summary"] == {"loss": 5, "acc": 7, "final": True, "best.step": 3}
    assert found["metrics"]["loss"] == {
        "source": "metrics",
        "rank": 0,
        "count": 4,
        "is_result": False,
        "first": {"value": 1.0, "step": 0, "epoch": None, "at": STARTED_AT},
        "last": {"value": 5, "step": 3, "epoch": None, "at": STARTED_AT + 3},
        "min": {"value": -1.0, "step": 2, "epoch": None, "at": STARTED_AT + 2},
        "max": {"value": 5, "step": 3, "epoch": None, "at": STARTED_AT + 3},
        "mean": 1.25,
    }
    assert found["metrics"]["final"]["is_result"]
    assert found["progress"] is None


def test_json_has_texts_for_numbers_that_json_lacks(wandb: list[str]) -> None:
    make_run(records=[logged(0, loss=math.inf), logged(1, loss=math.nan)])

    found = json.loads(answer(wandb, "show", "latest", "--json"), parse_constant=pytest.fail)

    assert (found["summary"]["loss"], found["metrics"]["loss"]["max"]["value"]) == ("NaN", "Infinity")


def test_many_warnings_are_cut(wandb: list[str]) -> None:
    make_run(records=[{"source": "metrics", "upto": n, "warning": f"metrics.jsonl line {n}: what?"} for n in range(25)])

    short, long = answer(wandb, "show", "latest"), answer(wandb, "show", "latest", "--all")

    assert (short.count("  ! "), long.count("  ! ")) == (10, 25)
    assert short.endswith("    … 15 more: wandb show k3v9x2ab --all\n")


def test_tags_and_notes_of_the_command_join_those_of_the_person(wandb: list[str]) -> None:
    said = [
        {"tag": "b"},
        {"tag": "a"},
        {"note": "two\nlines"},
        {"media": {"x": {"type": "image"}, "y": {"type": "image"}}},
    ]
    make_run(run={"tags": ["a"], "notes": "first"}, records=[{"source": "metrics", "upto": 1, **fact} for fact in said])

    shown = answer(wandb, "show", "latest")

    assert (rows(shown)["tags"], rows(shown)["media"]) == ("a, b", "2 image")
    assert "  notes      first\n             two\n             lines\n" in shown


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
