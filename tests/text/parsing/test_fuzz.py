"""What no program would print: a bounded part of `scripts/fuzz`, and lines that are alike but for their digits."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wrapper.text.parsing.output import OutputParser
from wrapper.text.parsing.parser import Parser
from wrapper.text.screen import Screen

ROOT = Path(__file__).parents[3]
FORMATS = sorted((ROOT / "tests" / "recorded" / "formats").glob("*.txt"))
LINES = [line for path in FORMATS for line in path.read_text().splitlines()]


@pytest.mark.timeout(300)
def test_nothing_raises_nor_takes_long() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "fuzz.py", "15000", "--seed", "1"], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("seed", range(20))
def test_lines_that_differ_in_their_digits_are_read_as_if_each_came_alone(seed: int) -> None:
    rng = random.Random(seed)
    chosen = rng.choices(LINES, k=12)
    text = "".join(
        re.sub("[0-9]", lambda _digit: str(rng.randrange(10)), rng.choice(chosen)) + "\n" for _ in range(300)
    )
    screen, one_by_one, rows = Screen(), Parser(), OutputParser().feed(1, text.encode())

    alone = [
        row for line in [*screen.feed(text.encode()), *screen.finish()] for row in one_by_one.feed(line.text, line.end)
    ]

    assert repr(rows) == repr(alone)  # NaN is not equal to itself


def test_output_without_end_is_read_in_bounded_memory() -> None:
    """Whatever the parser keeps is limited in number and in length."""
    rng, parser = random.Random(0), OutputParser(80, 24)
    for number in range(300):
        words = " ".join(f"{rng.choice(LINES)[:40]} w{rng.randrange(10**9)}={number}" for _ in range(20))
        parser.feed(1 + number % 2, f"{words}\n{'a' * rng.randrange(20_000)}{number}\n".encode())

    plans = parser._parser._plans
    assert max(len(plans.places), len(plans._plans), len(plans._empty)) <= 2048
    assert sum(map(len, [*plans.places, *plans._plans])) < 10_000_000
    assert len(parser.live()) <= 1024
