"""A program in any language says more by appending lines to a file, and what it said is what was kept."""

import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from kept import only_part
from waiting import wait_until

PROGRAMS = Path(__file__).parents[1] / "programs" / "appending"

# What each program needs, how it is made, and how it is started.
LANGUAGES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "bash": (["bash", "awk"], [], ["bash", str(PROGRAMS / "train.sh")]),
    "C": (["cc"], ["cc", "-o", "train", str(PROGRAMS / "train.c")], ["./train"]),
    "Rust": (["rustc"], ["rustc", "-o", "train", str(PROGRAMS / "train.rs")], ["./train"]),
    "JavaScript": (["node"], [], ["node", str(PROGRAMS / "train.js")]),
    "Java": (["java", "javac"], [], ["java", str(PROGRAMS / "Train.java")]),
    "Perl": (["perl"], [], ["perl", str(PROGRAMS / "train.pl")]),
}


@pytest.fixture(params=LANGUAGES)
def program(request: pytest.FixtureRequest) -> list[str]:
    """A training in this language, ready to be run."""
    tools, build, start = LANGUAGES[request.param]
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        pytest.skip(f"there is no {' and no '.join(missing)} here: scripts/test installs it")
    if build:  # A compiler may be a shim that looks for the real one in the home directory.
        home = pwd.getpwuid(os.getuid()).pw_dir
        subprocess.run(build, env={**os.environ, "HOME": home}, check=True)
    return start


def test_what_was_kept_is_what_the_program_says(wandb: list[str], program: list[str]) -> None:
    subprocess.run([*wandb, "run", *program, "truth"], stdin=subprocess.DEVNULL, check=True)

    records = read_records()
    rows = [record for record in records if "row" in record]
    summary = next(record["summary"] for record in records if "summary" in record)
    kept = {
        (record["step"], name): value
        for record in rows
        for name, value in {**record["row"], "epoch": record["epoch"]}.items()
        if name != "phase"
    }
    assert as_texts({**kept, (0, "best"): summary["best"]}) == as_texts(read_truth())
    assert len(rows) == 12 and len({record["step"] for record in rows}) == 12
    assert records[0]["config"] == {"lr": 0.1, "optimizer": {"name": "sgd"}}
    assert not [record for record in records if "warning" in record]


def test_program_runs_without_us(program: list[str]) -> None:
    subprocess.run([*program, "truth"], stdin=subprocess.DEVNULL, check=True)

    assert sum(name == "loss" for _, name in read_truth()) == 12


def test_programs_of_all_kinds_append_at_once(wandb: list[str]) -> None:
    """Whole lines, from whatever is here, eight processes of them."""
    by_hand = 'for i in $(seq 200); do echo "$0=$i" >>"$WANDB_METRICS_FILE"; done'
    in_perl = 'open $m, ">>", $ENV{WANDB_METRICS_FILE}; $m->autoflush(1); print $m qq({"$ARGV[0]": $_}\\n) for 1..200'
    script = 'for p in a b c d; do sh -c "$1" $p & perl -MIO::Handle -e "$2" p$p & done; wait'

    subprocess.run([*wandb, "run", "sh", "-c", script, "sh", by_hand, in_perl], check=True)

    rows = [record["row"] for record in read_records()]
    for name in ("a", "b", "c", "d", "pa", "pb", "pc", "pd"):
        assert [row[name] for row in rows if name in row] == list(range(1, 201))


def read_records() -> list[dict[str, Any]]:
    """What was kept of the metrics file, once all of it was read."""
    part = only_part()
    wait_until(lambda: any("read" in record for record in part.records()), 30)
    return [record for record in part.records() if record["source"] == "metrics"]


def read_truth() -> dict[tuple[int, str], float]:
    """What the program itself wrote down beside."""
    lines = [line.split() for line in Path("truth").read_text().splitlines()]
    return {(int(step), name): float(value) for step, name, value in lines}


def as_texts(values: dict[tuple[int, str], Any]) -> dict[tuple[int, str], str]:
    """For comparing: NaN is not equal to itself."""
    return {place: json.dumps(float(value)) for place, value in values.items()}
