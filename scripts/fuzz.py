"""Feeds the parser what no program would print, and says whether it raised, hung or grew.

    scripts/fuzz              100,000 inputs
    scripts/fuzz 1000000      so many; --seed N for the same again

Inputs are random bytes, recorded output with pieces changed, cut out and repeated, and what makes regular expressions
slow. Each goes through screen and parser, as one stream or two, in pieces of any size. At the end, what took longest
is measured again at twice and four times its length: the time has to grow with the length, not with its square.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from wrapper.rundir.patterns import BadPattern, read_pattern
from wrapper.text.parsing.output import OutputParser

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "tests" / "recorded"
UNITS = (
    *("1 ", " ", "\t", "1:", "1/1 ", "(", "{a:1", "[1", '{"a":1,', "a 1 ", "a: ", "loss 1 ", "= ", "-1", "'1'", "1|"),
    *(
        "█#",
        "a=1,",
        "\x1b[A",
        "\x1b[1;1H",
        "\x1b[31m",
        "\x1b]0;",
        "\r",
        "\r1/2 ",
        "\x08",
        "loss: ",
        "| a ",
        "|1|",
        "['a', ",
    ),
    *(
        "a[b=1, ",
        "1,000",
        "1e5",
        "0x1f",
        "100%|█",
        "it/s]",
        "Epoch 1/2 ",
        "of 1 ",
        "1 %",
        "12:30:05 ",
        "a.b.c.",
        "nan ",
        "\0",
    ),
)
PATTERNS = [
    read_pattern(text)
    for text in ("loss: {loss}", "{a} {b}", r"/(?P<loss>\d+\.?\d*)\D+(?P<step>\d+)/", r"/(?:\w+ )*(?P<x>\d+)/")
]
SIZES = ((1, 7, 100), (100, 1000), (1000,), (1000,), (10_000,), (10_000,))
SLOWEST = 5
SHORTEST_S = 0.02


def main() -> int:
    """Feed so many inputs; 1 when one raised, or took longer than in proportion to its length."""
    options = read_options()
    rng = random.Random(options.seed)
    samples = [path.read_bytes() for path in sorted(RECORDED.rglob("*")) if path.suffix in (".raw", ".txt")]
    kinds = (random_bytes, random_units, lambda rng: mutated(rng, samples), lambda rng: repeated(rng, samples))
    counts: Counter[str] = Counter()
    slowest: list[tuple[float, bytes]] = []
    began = time.monotonic()
    for number in range(options.count):
        data = rng.choice(kinds)(rng)
        before = time.process_time()
        try:
            counts["rows"] += feed(data, rng)
            if number % 10 == 0:
                fuzz_pattern(rng)
        except Exception:
            print(f"seed {options.seed}, input {number}: {data!r}", file=sys.stderr)
            raise
        taken_s = time.process_time() - before
        counts["inputs"] += 1
        counts["bytes"] += len(data)
        slowest = sorted([*slowest, (taken_s / (len(data) + 500), data)], key=lambda found: -found[0])[:SLOWEST]
    crooked = [data for _taken_s, data in slowest if not grows_with_length(data)]
    for data in crooked:
        print(f"takes longer than in proportion to its length: {data[:200]!r}", file=sys.stderr)
    seconds = time.monotonic() - began
    print(
        f"{counts['inputs']:,} inputs, {counts['bytes'] / 1e6:,.1f} MB, {counts['rows']:,} rows, {seconds:.0f} s:",
        end=" ",
    )
    print(f"none raised, {len(crooked)} took longer than in proportion to its length (seed {options.seed})")
    return int(bool(crooked))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=100_000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    return parser.parse_args()


def random_bytes(rng: random.Random) -> bytes:
    """Any bytes, or those of text and controls."""
    size = rng.randrange(200)
    return rng.randbytes(size) if rng.random() < 0.5 else bytes(rng.choices(range(0x7F), k=size))


def random_units(rng: random.Random) -> bytes:
    """What lines are made of, in any order, or one thing again and again."""
    few = rng.choices(UNITS, k=rng.randrange(1, 4))
    count = rng.choice((5, 20, 20, 100))
    return "".join([*rng.choices(few, k=count), rng.choice(["", "\n", "1\n", ": x\n"])]).encode()


def mutated(rng: random.Random, samples: list[bytes]) -> bytes:
    """Some lines of recorded output, with a few bytes changed."""
    data = bytearray(cut(rng, samples, 400))
    for _ in range(rng.randrange(8)):
        place = rng.randrange(len(data) + 1)
        change = rng.randrange(4)
        if change == 0:
            data[place:place] = rng.choice(UNITS).encode()
        elif change == 1:
            del data[place : place + rng.randrange(6)]
        elif change == 2 and place < len(data):
            data[place] = rng.randrange(256)
        else:
            data[place:place] = data[place : place + rng.randrange(30)] * rng.randrange(4)
    return bytes(data)


def repeated(rng: random.Random, samples: list[bytes]) -> bytes:
    """A short piece of recorded output many times over."""
    return cut(rng, samples, 20) * rng.randrange(1, 30)


def cut(rng: random.Random, samples: list[bytes], size: int) -> bytes:
    sample = rng.choice(samples)
    start = rng.randrange(len(sample))
    return sample[start : start + rng.randrange(1, size)]


def feed(data: bytes, rng: random.Random | None = None) -> int:
    """How many rows come of it."""
    if rng is None:
        parser = OutputParser(80, 24)
        return len(parser.feed(1, data)) + len(parser.finish())
    patterns = rng.sample(PATTERNS, rng.choice((0, 0, 0, 1, 2)))
    told = [].append if rng.random() < 0.1 else None
    parser = OutputParser(rng.choice((None, 80, 7)), rng.choice((None, 24, 3)), patterns, ["lr"], told)
    rows, start = 0, 0
    sizes = rng.choice(SIZES)
    while start < len(data):
        size = rng.choice(sizes)
        rows += len(parser.feed(rng.choice((1, 1, 2)), data[start : start + size]))
        start += size
        if rng.random() < 0.02:
            parser.resize(rng.choice((None, 40)), rng.choice((None, 10)))
    rows += len(parser.finish())
    if parser.progress and not 0 <= parser.progress.done <= parser.progress.total:
        raise ValueError(f"progress is {parser.progress}")
    return rows


def grows_with_length(data: bytes, cpu_s: Callable[[], float] = time.process_time) -> bool:
    """Whether four times as much takes about four times as long."""

    def measure(times: int) -> float:
        text = data * times
        took = []
        for _ in range(3):
            began = cpu_s()
            feed(text)
            took.append(cpu_s() - began)
        return min(took)

    times = 1
    while (once := measure(times)) < SHORTEST_S and times < 4096:
        times *= 2
    return measure(4 * times) < 8 * once + SHORTEST_S


def fuzz_pattern(rng: random.Random) -> None:
    """A pattern is taken, or refused with a place in it."""
    text = "".join(rng.choices(["{", "}", "a", "/", "(?P<a>", ")", "+", "*", "\\", "[", "]", " ", "|", "loss"], k=8))
    try:
        read_pattern(text)
    except BadPattern as refused:
        if not 0 <= refused.place <= len(text):
            raise ValueError(f"{text!r} is refused at {refused.place}") from refused


if __name__ == "__main__":
    sys.exit(main())
