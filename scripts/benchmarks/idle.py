"""What `wandb run` costs beside a quiet training: one line a second, eight GPUs, 2,000 other processes.

    scripts/bench idle                two to three minutes
    scripts/bench idle --seconds 20   rougher: the start weighs more

The GPUs are the stand-in of the tests, built here; the other processes are real, and sleep. CPU is that of all
processes that the command leads to without the command itself; so is memory, looked at every few seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from measuring.figures import show_table
from measuring.goals import Goal
from measuring.machine import describe_machine, load
from measuring.processes import adopt_orphans, run

QUIET = Path(__file__).parent / "measuring" / "quiet.py"
STAND_IN = Path(__file__).parents[2] / "tests" / "programs" / "nvml"
MEMORY_EVERY_S = 5.0
OTHERS_SETTINGS = ("WANDB_", "_WANDB_", "PYTHON")
BARE, OURS, OURS_WITHOUT_STATS = "bare", "wandb run", "wandb run --stats-interval 0"


def main() -> int:
    """Measure, and print the table."""
    options = read_options()
    if options.one:
        adopt_orphans()
        print(json.dumps(measure(options)))
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-idle-") as name:
        machine = describe_machine(Path(name))
        others = start_others(options.others)
        try:
            found = measure_all(options, Path(name))
        finally:
            for pid in others:
                os.kill(pid, signal.SIGKILL)
            for pid in others:
                os.waitpid(pid, 0)
    if options.as_json:
        print(json.dumps({"machine": machine, "load_after": load(), "figures": found}, indent=1))
    else:
        print(as_text(machine, found, options))
    return 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench idle", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="how long the training takes")
    parser.add_argument("--others", type=int, default=2000, help="how many other processes there are")
    parser.add_argument("--wandb", default=str(Path(sys.executable).with_name("wandb")), help="another `wandb`")
    parser.add_argument("--json", dest="as_json", action="store_true", help="as one JSON object")
    parser.add_argument("--one", help=argparse.SUPPRESS)  # What is measured, in a process of its own.
    parser.add_argument("--in", dest="folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def start_others(count: int) -> list[int]:
    """Processes that sleep."""
    program = shutil.which("sleep") or "/bin/sleep"
    return [os.posix_spawn(program, ["sleep", "3600"], os.environ) for _ in range(count)]


def measure_all(options: argparse.Namespace, folder: Path) -> dict[str, dict[str, float]]:
    """Each subject in a process of its own: the others are no children of that."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS_SETTINGS)}
    env |= build_stand_in(folder)
    found = {}
    for subject in (BARE, OURS_WITHOUT_STATS, OURS):
        argv = [sys.executable, str(Path(__file__)), "--one", subject, "--in", str(folder), "--wandb", options.wandb]
        done = subprocess.run([*argv, "--seconds", str(options.seconds)], env=env, stdout=subprocess.PIPE, check=True)
        found[subject] = json.loads(done.stdout)
    return found


def build_stand_in(folder: Path) -> dict[str, str]:
    """The variables with which NVML is found; none where no compiler is, and then there are no GPUs."""
    argv = ["cc", "-O2", "-shared", "-fPIC", "-o", str(folder / "libnvidia-ml.so.1"), str(STAND_IN / "nvml.c")]
    if not shutil.which("cc"):
        return {}
    subprocess.run(argv, check=True)
    return {"LD_LIBRARY_PATH": str(folder), "NVML_ANSWERS": str(STAND_IN / "h100.txt")}


def measure(options: argparse.Namespace) -> dict[str, float]:
    """One subject, in the process that was made for it."""
    before = Path(tempfile.mkdtemp(dir=options.folder))
    start = run_once(options, before, 1)
    whole = run_once(options, Path(tempfile.mkdtemp(dir=options.folder)), options.seconds)
    return whole | {"start_cpu_s": start["cpu_s"]}


def run_once(options: argparse.Namespace, folder: Path, seconds: int) -> dict[str, float]:
    """CPU seconds, and the memory that is usual and the most, of all but the training."""
    result = folder / "result.json"
    argv = [sys.executable, "-I", "-S", str(QUIET), str(result), str(seconds)]
    words = {
        BARE: [],
        OURS: [options.wandb, "run", "--"],
        OURS_WITHOUT_STATS: [options.wandb, "run", "--stats-interval", "0", "--"],
    }
    env = dict(os.environ) | {"WANDB_MODE": "offline", "WANDB_DIR": str(folder), "HOME": str(folder)}
    ran = run([*words[options.one], *argv], folder, env, "pipe", seconds + 60, memory_every_s=MEMORY_EVERY_S)
    said = json.loads(result.read_bytes())
    sums = [sum(size for pid, size in sizes.items() if pid != said["pid"]) / 1e6 for sizes in ran.memory]
    return {
        "seconds": seconds,
        "cpu_s": ran.cpu_s - said["cpu_s"],
        "usual_mb": median(sums) if sums else 0.0,
        "most_mb": max(sums, default=0.0),
        "processes": median([len(sizes) - 1 for sizes in ran.memory]) if ran.memory else 0,
        "journal_bytes": sum(path.stat().st_size for path in folder.glob(".wandb-wrapper/*/*/journal.jsonl*")),
    }


def as_text(machine: dict[str, object], found: dict[str, dict[str, float]], options: argparse.Namespace) -> str:
    """Everything, for a person."""
    head = (
        f"{machine['cores']} cores, {machine['processor']}, Linux {machine['kernel']}, Python {machine['python']}\n"
        f"load {machine['load']} before, {load()} after; {options.others} other processes;"
        f" {'8 stand-in GPUs' if shutil.which('cc') else 'no GPUs: there is no C compiler'}"
    )
    headings = ["CPU s", "% of a core", "of it start and end: s", "usual PSS MB", "most", "processes", "journal kB"]
    rows = [[name, *map(cell, figures_of(one))] for name, one in found.items()]
    table = show_table(f"Beside a training that prints a line each second for {options.seconds} s", headings, rows)
    ours = found[OURS]
    goals = [
        Goal("CPU, % of a core", [100 * ours["cpu_s"] / ours["seconds"]], 1, 0.3),
        Goal("memory, most PSS MB", [ours["most_mb"]], 45, 30),
    ]
    goal_rows = [goal.as_row() for goal in goals]
    return "\n".join([head, table, show_table("Goals", ["measured", "must", "stretch", "kept"], goal_rows)])


def figures_of(one: dict[str, float]) -> list[float]:
    share = 100 * one["cpu_s"] / one["seconds"]
    memory = [one["usual_mb"], one["most_mb"], one["processes"]]
    return [one["cpu_s"], share, one["start_cpu_s"], *memory, one["journal_bytes"] / 1e3]


def cell(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
