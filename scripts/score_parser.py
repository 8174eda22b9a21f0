"""Scores `wandb parse` on a corpus of recorded output, and fails when a figure is below what was reached.

    score_parser.py SCORER WANDB RESULT

SCORER is the corpus' own score.py, RESULT a file that gets how many figures passed and failed.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

# What the parser reached when this was last changed, rounded down a little.
AT_LEAST = {
    ("positive", "precision"): 0.998,
    ("positive", "recall"): 0.996,
    ("positive", "step_accuracy"): 0.98,
    ("positive", "epoch_accuracy"): 0.965,
    ("macro", "f1"): 0.985,
}
AT_MOST = {("negative", "fp_per_1000_lines"): 0.5, ("parser_errors",): 0}


def main() -> int:
    """Print each figure with its bound; 1 when one is beyond."""
    scorer, wandb, result = sys.argv[1:]
    parser = f"{shlex.quote(str(Path(wandb).resolve()))} parse --json -"
    done = subprocess.run([sys.executable, scorer, "--json", "--parser", parser], capture_output=True, text=True)
    scores: dict[str, Any] = json.loads(done.stdout)
    bounds = [(path, bound, True) for path, bound in AT_LEAST.items()]
    bounds += [(path, bound, False) for path, bound in AT_MOST.items()]
    failed = 0
    for path, bound, is_floor in bounds:
        value = find(scores, path)
        is_kept = value >= bound if is_floor else value <= bound
        failed += not is_kept
        sign = "≥" if is_floor else "≤"
        print(f"{' '.join(path):32} {value:<8g} {sign} {bound:g}{'' if is_kept else '  BEYOND'}")
    Path(result).write_text(json.dumps({"passed": len(bounds) - failed, "failed": failed}))
    return int(failed > 0)


def find(scores: dict[str, Any], path: tuple[str, ...]) -> float:
    """The figure at the end of a path."""
    value: Any = scores
    for name in path:
        value = value[name]
    return float(value)


if __name__ == "__main__":
    sys.exit(main())
