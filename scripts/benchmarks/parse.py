"""What it costs to find the metrics in what a command prints: CPU per line and per GB, in this process alone.

    scripts/bench parse             about half a minute
    scripts/bench parse --quick     a few seconds; the figures are rougher

The lines are those of `scripts/bench wrapper`, and bars that are redrawn. Each is read in pieces as a pipe gives
them, once by the screen alone and once by screen and parser. Rounds alternate over everything. Figures are medians,
with half of the range that holds the middle half.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measuring.figures import Figures, show, show_table
from measuring.lines import LINE_BYTES, LINES, make_block
from measuring.machine import describe_machine

ROOT = Path(__file__).resolve().parents[2]
PIECE_BYTES = 65_536
GB = 1e9
LINES_PER_S = {"digits": 500_000, "metrics": 200_000}  # that are wanted


@dataclass(frozen=True)
class Kind:
    """Lines of one kind, or states of a bar."""

    name: str
    block: bytes
    says: str


def main() -> int:
    """Measure, and print the table; 1 when rows are missing or too many."""
    options = read_options()
    sys.path.insert(0, str(ROOT))  # The wrapper.py beside this file is not the package.
    rounds, repeats = (3, 5) if options.quick else (9, 25)
    figures, rows = Figures(), {}
    kinds = make_kinds()
    for turn in range(rounds):
        for kind in kinds:
            figures.add("screen", kind.name, turn, measure(kind.block, repeats, read_by_screen)[0])
            cpu_s, rows[kind.name] = measure(kind.block, repeats, read_by_parser)
            figures.add("parser", kind.name, turn, cpu_s)
    with tempfile.TemporaryDirectory() as name:
        machine = describe_machine(Path(name))
    wrong = {kind.name: (rows[kind.name], expected(kind, repeats)) for kind in kinds}
    wrong = {name: counts for name, counts in wrong.items() if counts[0] != counts[1]}
    if options.as_json:
        print(json.dumps({"machine": machine, "figures": figures.as_json(), "wrong": wrong}, indent=1))
    else:
        print(as_text(figures, kinds, machine, wrong))
    return int(bool(wrong))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench parse", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="in a few seconds")
    parser.add_argument("--json", dest="as_json", action="store_true", help="every figure, as one JSON object")
    return parser.parse_args()


def make_kinds() -> list[Kind]:
    return [
        Kind("plain", make_block("plain"), "no digits"),
        Kind("digits", make_block("digits"), "digits, no metrics"),
        Kind("metrics", make_block("metrics"), "metrics in every line"),
        Kind("bars", make_bars(), "a bar's states, with metrics"),
    ]


def make_bars() -> bytes:
    """A bar of as many states, each as long as a line, that begins anew at the end."""
    states = []
    for step in range(LINES):
        text = f"{100 * step // LINES:3}%|#### | {step}/{LINES} [00:01<00:02, 9.12it/s, loss={4 / (1 + step):.6f}]"
        states.append(text[: LINE_BYTES - 1].ljust(LINE_BYTES - 1) + "\r")
    return "".join(states).encode()


def expected(kind: Kind, repeats: int) -> int:
    """Of a bar a hundred points but the last, fewer each time that it begins anew, and what stands there at the end."""
    if kind.name == "bars":
        return sum(100 // (times + 1) - 1 for times in range(repeats)) + 1
    return LINES * repeats if kind.name == "metrics" else 0


def measure(block: bytes, repeats: int, read: Callable[[list[bytes]], int]) -> tuple[float, int]:
    """CPU seconds for each line, and how many rows came of it."""
    data = block * repeats
    pieces = [data[start : start + PIECE_BYTES] for start in range(0, len(data), PIECE_BYTES)]
    began = time.process_time()
    rows = read(pieces)
    return (time.process_time() - began) / (LINES * repeats), rows


def read_by_screen(pieces: list[bytes]) -> int:
    from wrapper.text.screen import Screen

    screen = Screen(80, 24, at_newline=True)
    for piece in pieces:
        for found in screen.feed(piece).pieces:
            len(found)
    screen.finish()
    return 0


def read_by_parser(pieces: list[bytes]) -> int:
    from wrapper.text.parsing.output import OutputParser

    parser = OutputParser(80, 24)
    return sum(len(parser.feed(1, piece)) for piece in pieces) + len(parser.finish())


def as_text(figures: Figures, kinds: list[Kind], machine: dict[str, object], wrong: dict[str, tuple[int, int]]) -> str:
    rows = []
    for kind in kinds:
        per_line_s, of_screen_s = figures.values("parser", kind.name), figures.values("screen", kind.name)
        wanted = LINES_PER_S.get(kind.name)
        rows.append(
            [
                kind.says,
                show([1e6 * value for value in of_screen_s]),
                show([1e6 * value for value in per_line_s]),
                show([value * GB / LINE_BYTES for value in per_line_s]),
                show([1 / value for value in per_line_s]),
                f"≥ {wanted:,}{'' if 1 / median(per_line_s) >= wanted else '  MISSED'}" if wanted else "",
                "WRONG: {} rows, not {}".format(*wrong[kind.name]) if kind.name in wrong else "right",
            ]
        )
    headings = ["screen µs/line", "with parser", "CPU s/GB", "lines/s", "wanted", "rows"]
    title = f"Lines of {LINE_BYTES} bytes, read in pieces of {PIECE_BYTES >> 10} KB"
    about = "{processor}, {cores} cores, Python {python}, load {load}".format(**machine)
    return show_table(title, headings, rows) + f"\n\n{about}"


if __name__ == "__main__":
    sys.exit(main())
