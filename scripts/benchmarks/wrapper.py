"""What it costs a command to be run by `wandb run`, beside the bare command and other tools, in one run.

    scripts/bench wrapper             less than six minutes
    scripts/bench wrapper --quick     less than one; the figures are rougher

Rounds alternate over everything in shuffled order. Figures are medians, with half of the range that holds the
middle half; a ratio is the median of the rounds' ratios. What each tool kept of the output is compared with what
was written. CPU and memory are of all processes that a command leads to, without the command itself and without
the process that reads what is shown.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import venv
from pathlib import Path

from measuring import wrapping
from measuring.bench import Bench
from measuring.figures import Figures, show, show_table
from measuring.goals import Goal, wrapper_goals
from measuring.lines import LINE_BYTES
from measuring.machine import describe_machine, load
from measuring.places import PLACES
from measuring.processes import adopt_orphans, end_descendants
from measuring.subjects import OURS, Subject, make_subjects

PYTHON, SYSTEM_PYTHON = "python3 -c pass", "/usr/bin/python3 -c pass"
SECTIONS = ("start", "flood", "memory", "slow")


def main() -> int:
    """Measure, and print the tables; 1 when `wandb run` failed, or kept something else than was written."""
    options = read_options()
    subjects = choose_subjects(options)
    size = wrapping.TINY if options.tiny else wrapping.QUICK if options.quick else wrapping.FULL
    adopt_orphans()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-wrapper-") as name:
        bench = Bench(Path(name), random.Random(options.seed))
        machine = describe_machine(Path(name))
        try:
            rounds = measure(bench, subjects, size, options.only)
        finally:
            end_descendants()
    machine["load_after"] = load()
    facts = machine | {"seed": options.seed, "rounds": rounds, "seconds": round(time.monotonic() - began)}
    goals = [goal for goal in wrapper_goals(bench.figures, PYTHON, SYSTEM_PYTHON) if goal.values]
    if options.as_json:
        print(json.dumps(as_json(facts, bench, goals), indent=1, ensure_ascii=False))
    else:
        print(as_text(facts, bench, goals, subjects))
    is_wrong = any(check.subject == OURS and not check.is_right for check in bench.checks)
    return int(is_wrong or any(line.startswith(OURS) for line in bench.trouble))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench wrapper", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="in less than a minute")
    parser.add_argument("--json", dest="as_json", action="store_true", help="every figure, as one JSON object")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="only these sections")
    parser.add_argument("--subjects", help="only these, separated by commas; bare is always there")
    parser.add_argument("--wandb", default=str(Path(sys.executable).with_name("wandb")), help="another `wandb`")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="of the order")
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)  # To test this program itself.
    return parser.parse_args()


def choose_subjects(options: argparse.Namespace) -> list[Subject]:
    """Those that are installed and asked for."""
    subjects = make_subjects(options.wandb)
    if not options.subjects:
        return subjects
    wanted = {"bare", *options.subjects.split(",")}
    if unknown := wanted - {subject.name for subject in subjects}:
        sys.exit(f"scripts/bench wrapper: not installed, or unknown: {', '.join(sorted(unknown))}")
    return [subject for subject in subjects if subject.name in wanted]


def measure(bench: Bench, subjects: list[Subject], size: wrapping.Size, only: list[str]) -> dict[str, int]:
    """Go through the sections; how many rounds each had."""
    empty = bench.directory / "empty"  # What is installed beside us may add to every start.
    venv.create(empty, symlinks=True)
    python = str(empty / "bin" / "python3")
    pythons = [Subject(PYTHON, lambda argv, directory: [python, "-c", "pass"])]
    if os.access("/usr/bin/python3", os.X_OK):
        pythons.append(Subject(SYSTEM_PYTHON, lambda argv, directory: ["/usr/bin/python3", "-c", "pass"]))
    everywhere = [subject for subject in subjects if not subject.only_into]
    plan = {
        "start": (wrapping.start_tasks(everywhere, pythons), size.start_rounds, size.start_s),
        "flood": (wrapping.flood_tasks(subjects, size), size.flood_rounds, size.flood_s),
        "memory": (wrapping.memory_tasks(everywhere, size), size.memory_rounds, size.memory_s),
        "slow": (wrapping.slow_tasks(everywhere, size), size.slow_rounds, size.slow_s),
    }
    return {name: bench.go_rounds(name, *plan[name]) for name in SECTIONS if name in only}


def as_text(facts: dict[str, object], bench: Bench, goals: list[Goal], subjects: list[Subject]) -> str:
    """Everything, for a person."""
    names, figures, rounds = [subject.name for subject in subjects], bench.figures, facts["rounds"]
    everywhere = [subject.name for subject in subjects if not subject.only_into]
    assert isinstance(rounds, dict)
    tables = {
        "start": lambda: start_table(figures, everywhere),
        "flood": lambda: flood_table(figures, names) + "\n" + cpu_table(figures, names),
        "memory": lambda: memory_table(figures, everywhere),
        "slow": lambda: (
            slow_table(figures, everywhere, "slower", "A command that computes: its time, × bare")
            + "\n"
            + slow_table(figures, everywhere, "CPU", "The same: its own CPU, × bare")
        ),
    }
    parts = [head(facts), *(tables[name]() for name in rounds), checks_table(bench, names)]
    if goals:
        columns = ["measured", "must", "stretch", "kept"]
        parts.append(show_table(f"Goals of {OURS}", columns, [goal.as_row() for goal in goals]))
    parts += ["", *dict.fromkeys(bench.trouble)]
    return "\n".join(parts).rstrip()


def head(facts: dict[str, object]) -> str:
    rounds = facts["rounds"]
    assert isinstance(rounds, dict)
    counts = ", ".join(f"{name} {count}" for name, count in rounds.items())
    return (
        f"{facts['cores']} cores, {facts['processor']}, Linux {facts['kernel']}, Python {facts['python']},"
        f" {facts['file_system']}\nload {facts['load']} before, {facts['load_after']} after; seed {facts['seed']};"
        f" rounds: {counts}; {facts['seconds']} s"
    )


def start_table(figures: Figures, names: list[str]) -> str:
    headings = ["first instruction ms", "× python3", "× /usr/bin/python3", "true: ms", "× script", "CPU ms", "complete"]
    rows = []
    for name in [*names, PYTHON, SYSTEM_PYTHON]:
        kept = figures.values(name, "kept at return")
        ratios = [figures.ratios(name, python, "first ms", "true ms") for python in (PYTHON, SYSTEM_PYTHON)]
        cells = [figures.values(name, "first ms"), *ratios]
        cells += [figures.values(name, "true ms"), figures.ratios(name, "script", "true ms")]
        cells.append(figures.values(name, "true CPU ms"))
        rows.append([name, *map(show, cells), f"{sum(kept):.0f} of {len(kept)}" if kept else "–"])
    return show_table("Start and end, on a terminal (complete: all is kept when the command returns)", headings, rows)


def flood_table(figures: Figures, names: list[str]) -> str:
    headings = [text for place in PLACES for text in (f"{place} MB/s", "k lines/s")]
    rows = []
    for name in names:
        row = [name]
        for place in PLACES:
            speeds = figures.values(name, f"{place} MB/s")
            row += [show(speeds), show([1e3 * speed / LINE_BYTES for speed in speeds], with_spread=False)]
        rows.append(row)
    return show_table("A flood of 80-byte lines, in writes of 64 kB", headings, rows)


def cpu_table(figures: Figures, names: list[str]) -> str:
    measures = {
        "no digits": "terminal",
        "digits": "digits",
        "metrics": "metrics",
        "into a pipe": "pipe",
        "a file": "file",
    }
    rows = []
    for name in names:
        cells = [figures.values(name, f"{measure} CPU s/GB") for measure in measures.values()]
        by_line = [LINE_BYTES * value / 1e3 for value in figures.values(name, "line by line CPU s/GB")]
        with_command = figures.values(name, "terminal all CPU s/GB")
        rows.append([name, *map(show, cells), show(by_line), show(with_command)])
    title = "CPU seconds per GB beside the command: on a terminal, except where it says so"
    return show_table(title, [*measures, "line by line, µs per line", "no digits, with the command"], rows)


def memory_table(figures: Figures, names: list[str]) -> str:
    measures = ["peak PSS MB", "usual PSS MB", "processes"]
    rows = [[name, *(show(figures.values(name, measure)) for measure in measures)] for name in names if name != "bare"]
    return show_table("Memory beside the command", measures, rows)


def slow_table(figures: Figures, names: list[str], measure: str, title: str) -> str:
    paces = [pace.name for pace in wrapping.PACES]
    rows = [
        [name, *(show(figures.values(name, f"{pace} {measure}")) for pace in paces)] for name in names if name != "bare"
    ]
    return show_table(title, paces, rows)


def checks_table(bench: Bench, names: list[str]) -> str:
    """For each subject that keeps output: how often it was right, and each time it was not."""
    rows = []
    for name in names:
        checks = [check for check in bench.checks if check.subject == name]
        others = [f"{check.what}: {check}" for check in checks if not check.is_equal]
        if checks:
            equal = f"SHA equal in {len(checks) - len(others)} of {len(checks)}"
            rows.append([name, "; ".join([equal, *others])])
    return show_table("What was kept, against what was written", [""], rows) if rows else ""


def as_json(facts: dict[str, object], bench: Bench, goals: list[Goal]) -> dict[str, object]:
    """Everything, for a program."""
    return facts | {
        "figures": bench.figures.as_json(),
        "checks": [vars(check) | {"verdict": str(check)} for check in bench.checks],
        "goals": [goal.as_json() for goal in goals],
        "trouble": bench.trouble,
    }


if __name__ == "__main__":
    sys.exit(main())
