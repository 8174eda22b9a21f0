"""`wandb history` gives every row of a run's metrics, as a table, CSV, JSON or Parquet."""

import csv
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.asking import answer, ask, asking, look_at
from cli.runs import STARTED_AT, make_run


def log(step: float | None, t: float = 0.0, source: str = "metrics", **facts: Any) -> dict[str, Any]:
    """A record with a row; `epoch`, and the values."""
    epoch = {"epoch": facts.pop("epoch")} if "epoch" in facts else {}
    return {"source": source, "upto": 1, "row": facts, "step": step, "time": STARTED_AT + t, **epoch}


ROWS = [
    log(0, 1, epoch=1, loss=0.6931, lr=0.001),
    log(100, 2, epoch=1, loss=0.301029995, lr=9.995e-05),
    log(200, 3723, epoch=1.5, loss=math.nan, **{"val/acc": 0.925}),
]


def test_table_has_every_row(wandb: list[str]) -> None:
    make_run(records=ROWS)

    assert answer(wandb, "history", "latest") == (
        "   step     epoch     time        loss          lr     val/acc\n"
        "      0         1     1.0s      0.6931       0.001\n"
        "    100         1     2.0s     0.30103   9.995e-05\n"
        "    200       1.5    1h02m         NaN                   0.925\n"
    )


def test_terminal_gets_the_columns_that_it_has_room_for(wandb: list[str]) -> None:
    make_run(records=[log(0, **{f"a rather long name {n}": n for n in range(5)})])

    shown = look_at(wandb, "history", "latest", columns=80)

    head, row, rest = shown.splitlines()
    assert head == "   step     time  a rather long name 0  a rather long name 1"
    assert len(row) == len(head)
    assert rest.startswith("  not wide enough for a rather long name 2, a rather long name 3 and a rather long name 4")


@pytest.mark.parametrize(
    ("keys", "names"),
    [("lr", ["lr"]), ("lr,loss", ["lr", "loss"]), ("val/*", ["val/acc"]), ("*", ["loss", "lr", "val/acc"])],
)
def test_keys_choose_the_columns_and_their_order(wandb: list[str], keys: str, names: list[str]) -> None:
    make_run(records=ROWS)

    lines = list(csv.reader(io.StringIO(answer(wandb, "history", "latest", "--csv", "--keys", keys))))

    assert lines[0] == ["_step", "_epoch", "_timestamp", *names]
    assert all(any(row[3:]) for row in lines[1:])


@pytest.mark.parametrize(
    ("key", "advice"),
    [("los", "did you mean loss?"), ("perplexity", "it has loss, lr, val/acc"), ("test/*", "did you mean")],
)
def test_unknown_key_is_answered_with_those_there_are(wandb: list[str], key: str, advice: str) -> None:
    make_run(records=ROWS)

    asked = ask(wandb, "history", "latest", "--keys", key)

    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr.startswith(f'wandb: run k3v9x2ab has no metric "{key}"; ')
    assert advice in asked.stderr or "it has" in asked.stderr


def test_csv_is_read_back_as_it_was(wandb: list[str]) -> None:
    text = 'a "quoted", long\nline'
    make_run(
        records=[log(3, 1, text=text, yes=True, none=None, big=1 << 70, inf=-math.inf), log(None, 2, nan=math.nan)]
    )

    out = subprocess.run([*wandb, "history", "latest", "--csv"], stdout=subprocess.PIPE, check=True).stdout

    assert out.count(b"\r\n") == 3
    lines = list(csv.reader(io.StringIO(out.decode(), newline="")))
    assert lines == [
        ["_step", "_timestamp", "text", "yes", "none", "big", "inf", "nan"],
        ["3", str(STARTED_AT + 1), text, "true", "", str(1 << 70), "-inf", ""],
        ["", str(STARTED_AT + 2), "", "", "", "", "", "NaN"],
    ]


def test_json_has_an_object_for_each_row(wandb: list[str]) -> None:
    make_run(records=[ROWS[0], log(None, 2, loss=1, text="ä", nan=math.nan)])

    lines = answer(wandb, "history", "latest", "--json").splitlines()

    assert json.loads(lines[0]) == {
        "_step": 0,
        "_epoch": 1,
        "_timestamp": STARTED_AT + 1,
        "loss": 0.6931,
        "lr": 0.001,
    }
    assert lines[1] == '{"_timestamp": 1780000002.25, "loss": 1, "text": "\\u00e4", "nan": "NaN"}'


def test_printed_rows_without_any_step_are_numbered(wandb: list[str]) -> None:
    make_run(records=[{**log(None, source="parsed", loss=n), "upto": n} for n in (1, 2)])

    assert [json.loads(line)["_step"] for line in answer(wandb, "history", "latest", "--json").splitlines()] == [1, 2]


def test_table_says_that_such_rows_have_a_number_and_no_step(wandb: list[str]) -> None:
    make_run(records=[{**log(None, source="parsed", loss=3, epoch=1), "upto": 1}])

    assert answer(wandb, "history", "latest").split() == ["row", "epoch", "time", "loss", "1", "1", "0.0s", "3"]


def test_sources_stand_beside_their_rows_when_there_are_several(wandb: list[str]) -> None:
    make_run(records=[log(1, loss=0.5), log(10, 1, "parsed", loss=0.51, speed=3), log(1, 2, "followed:a/b.csv", lr=1)])

    def sources(*words: str) -> list[list[Any]]:
        lines = map(json.loads, answer(wandb, "history", "latest", "--json", *words).splitlines())
        return [[line.get("_source"), line.get("loss"), line.get("speed")] for line in lines]

    assert sources() == [["metrics", 0.5, None], ["output", None, 3], ["a/b.csv", None, None]]
    assert sources("--all-sources") == [["metrics", 0.5, None], ["output", 0.51, 3], ["a/b.csv", None, None]]
    assert sources("--source", "output") == [[None, 0.51, 3]]
    assert sources("--all-sources", "--keys", "loss") == [["metrics", 0.5, None], ["output", 0.51, None]]


def test_column_of_sources_is_as_wide_as_they_are(wandb: list[str]) -> None:
    make_run(records=[log(1, loss=0.5), log(1, 1, "followed:logs/version_0/metrics.csv", lr=1)])

    head, *rows = answer(wandb, "history", "latest").splitlines()

    ends = [head.index("source") + len("source")] * 2
    assert [row.index(name) + len(name) for row, name in zip(rows, ("metrics", "metrics.csv"), strict=True)] == ends


def test_attempt_is_shown_as_it_was(wandb: list[str]) -> None:
    make_run(records=[log(step, loss=step) for step in (1, 2, 3)])
    make_run(attempt=1, records=[log(2, loss=20)])

    def steps(*words: str) -> list[int]:
        return [json.loads(line)["loss"] for line in answer(wandb, "history", "latest", "--json", *words).splitlines()]

    assert (steps(), steps("--attempt", "0")) == ([1, 20], [1, 2, 3])
    assert "run k3v9x2ab has no attempt 2, only 0 or 1" in ask(wandb, "history", "latest", "--attempt", "2").stderr


def test_run_without_metrics_says_where_they_might_have_come_from(wandb: list[str]) -> None:
    make_run(output=b"hello\n")

    asked = ask(wandb, "history", "latest")

    assert (asked.returncode, asked.stdout) == (0, "")
    assert asked.stderr.startswith("wandb: no metrics were found: neither in what it printed")
    assert "nothing came from followed" in ask(wandb, "history", "latest", "--source", "followed").stderr


def test_reader_that_wants_no_more_is_no_error(wandb: list[str]) -> None:
    make_run(records=[log(step, loss=1.0, acc=0.5) for step in range(20_000)])

    with asking(wandb, "history", "latest", stderr=subprocess.PIPE) as asked:
        head = asked.stdout.readline()
        asked.stdout.close()
        said = asked.stderr.read()

    assert head.split() == [b"step", b"time", b"loss", b"acc"]
    assert said == b""


def test_memory_does_not_grow_with_the_rows(wandb: list[str]) -> None:
    def peak_kb(id: str, count: int) -> int:
        values = {f"metric_{n}": 0.123456789 for n in range(20)}
        make_run(id, records=[log(step, **values) for step in range(count)])
        with subprocess.Popen([*wandb, "history", id, "--csv"], stdout=subprocess.DEVNULL) as asked:
            _pid, status, usage = os.wait4(asked.pid, 0)
            asked.returncode = os.waitstatus_to_exitcode(status)
        assert asked.returncode == 0
        return usage.ru_maxrss

    assert peak_kb("many", 40_000) < peak_kb("few", 1000) + 6000


@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.jsonl"])
def test_form_follows_from_the_name_of_the_file(wandb: list[str], name: str) -> None:
    make_run(records=ROWS)

    assert answer(wandb, "history", "latest", "-o", name) == ""

    first = Path(name).read_text().splitlines()[0]
    assert first.startswith('{"_step": 0' if "json" in name else "_step,_epoch,_timestamp,loss")
    assert [path.name for path in Path().iterdir() if path.is_file()] == [name]


def test_file_that_was_there_stays_when_the_new_one_cannot_be_made(wandb: list[str]) -> None:
    make_run(records=ROWS)

    asked = ask(wandb, "history", "latest", "-o", "nowhere/out.csv")

    assert asked.returncode == 1
    assert asked.stderr.startswith("wandb: nowhere/out.csv") and "No such file or directory" in asked.stderr


WITHOUT_PYARROW = """
import sys
from wrapper.cli.main import main
sys.modules["pyarrow"] = None
sys.exit(main(sys.argv[1:]))
"""


def test_parquet_without_pyarrow_says_what_to_install() -> None:
    make_run(records=ROWS)

    asked = ask([sys.executable, "-c", WITHOUT_PYARROW], "history", "latest", "-o", "out.parquet")

    assert (asked.returncode, Path("out.parquet").exists()) == (1, False)
    assert "pip install 'wandb-wrapper[server]'" in asked.stderr


def test_parquet_has_a_column_of_its_type_for_each_metric(wandb: list[str]) -> None:
    from pyarrow import parquet

    make_run(records=[*ROWS, log(300, text="x", count=3, flag=True, mixed=1), log(301, mixed="y", loss=2)])

    answer(wandb, "history", "latest", "-o", "out.parquet")

    table = parquet.read_table("out.parquet")
    assert {
        name: str(table.schema.field(name).type) for name in ("_step", "loss", "text", "count", "flag", "mixed")
    } == {
        "_step": "int64",
        "loss": "double",
        "text": "string",
        "count": "int64",
        "flag": "bool",
        "mixed": "string",
    }
    assert table["loss"].to_pylist()[::4] == [0.6931, 2.0]
    assert table["mixed"].to_pylist() == [None, None, None, "1", "y"]
