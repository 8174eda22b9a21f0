"""`scripts/bench wrapper` measures every section, and notices when what was kept is not what was written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "scripts" / "benchmarks" / "wrapper.py"
TITLES = [
    "Start and end, on a terminal",
    "A flood of 80-byte lines",
    "CPU seconds per GB beside the command",
    "Memory beside the command",
    "A command that computes: its time",
    "What was kept, against what was written",
    "Goals of wandb run",
]


def bench(*options):
    argv = [sys.executable, str(BENCH), "--tiny", *options]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def test_every_table_is_printed(wandb):
    done = bench("--wandb", *wandb, "--subjects", "tee,wandb run")

    assert done.returncode == 0, done.stdout
    assert [title for title in TITLES if f"\n{title}" not in done.stdout] == []
    assert [line.split()[:2] for line in done.stdout.splitlines() if "SHA equal in 12 of 12" in line] == [
        ["tee", "SHA"],
        ["wandb", "run"],
    ]


@pytest.mark.parametrize(("damage", "verdict", "status"), [(":", "SHA equal", 0), ('echo >>"$log"', "DIFFERS", 1)])
def test_what_was_kept_is_compared_with_what_was_written(wandb, tmp_path, damage, verdict, status):
    program = tmp_path / "wandb-with-damage"
    program.write_text(
        f'#!/bin/sh\n{wandb[0]} "$@" || exit\nfor log in .wandb-wrapper/*/0-0/output.log; do {damage}; done\n'
    )
    program.chmod(0o755)

    done = bench("--wandb", str(program), "--subjects", "wandb run", "--only", "flood", "--json")

    assert {check["verdict"] for check in json.loads(done.stdout)["checks"]} == {verdict}
    assert done.returncode == status
