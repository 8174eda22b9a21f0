"""`scripts/bench idle` measures what a run costs while nothing happens."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "scripts" / "benchmarks" / "idle.py"


def test_every_figure_is_there(wandb):
    argv = [sys.executable, str(BENCH), "--wandb", *wandb, "--seconds", "7", "--others", "3", "--json"]

    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)

    figures = json.loads(done.stdout)["figures"]
    assert figures["bare"]["processes"] == 0
    assert figures["wandb run"]["cpu_s"] > 0 and figures["wandb run"]["most_mb"] > 0
    assert figures["wandb run"]["processes"] > figures["wandb run --stats-interval 0"]["processes"]
    assert figures["wandb run"]["journal_bytes"] > figures["wandb run --stats-interval 0"]["journal_bytes"]
