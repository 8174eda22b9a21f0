"""The same bytes give the same rows, however the reads have cut them."""

import random
from itertools import accumulate
from pathlib import Path

import pytest

from wrapper.text.parsing.output import OutputParser

RECORDED = Path(__file__).parents[2] / "recorded"
FILES = sorted([*(RECORDED / "formats").glob("*.txt"), *(RECORDED / "output").glob("*.raw")])
RESULT = """Result for train_{0}:
  loss: 0.{0}
  info:
    learner:
      default_policy:
        learner_stats:
          cur:
            policy:
              done: false
              name: foo
              kind: bar
              entropy: 1.{0}
  training_iteration: {0}

"""
WORDS = "loading the shards\nwarming the cache\ncompiling\nreading the weights\ninto the model\nall is set\n"
# Of each, lines without a digit decide what a number further down is.
EXAMPLES = [
    "".join(map(RESULT.format, (1, 2, 3))),
    "[model]\nname = 'a'\nkind = 'b'\nact = 'c'\nopt = 'd'\nsched = 'e'\n\nloss = 0.5\n",
    "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    pass\n"
    + "    pass\n" * 5
    + "loss = 0.5\nacc = 0.9\n",
    "> library(torch)\n> return x\n\n\n\n\n\n> loss = 0.5\n",
    "epoch  loss\n-----  ----\n\n\n\n\n\n\n1   0.5\n2   0.4\n",
    "INFO: epoch  loss\n" + "INFO: ------\n" * 8 + "1   0.5\n2   0.4\n",
    "----------  ----\nname        foo\nkind        bar\nact         elu\nopt         sgd\nset         x\n"
    "net         y\nstep        3\nloss        0.5\n----------  ----\n",
    "Validation results:\n\n\n\n\n\n\nloss: 0.5\n",
    "The best epoch was:\n" + f"{'word ' * 60}\n" * 6 + "step 1 loss: 0.5\n",
    "nan nan\nloss nan\n",
    "Traceback (most recent call last):\n" + "  in a module\n" * 8 + "  loss = 0.5\nerror: here\nloss = 0.4\n",
    WORDS,
    WORDS + "step 1 loss: 0.5\n" + WORDS,
]


@pytest.mark.parametrize("seed", range(100))
def test_cut_anywhere_gives_the_same(seed: int) -> None:
    chance = random.Random(seed)
    recorded = [path.read_bytes() for path in chance.choices(FILES, k=2)]
    pieces = [*recorded, *(text.encode() for text in chance.choices(EXAMPLES, k=4))]
    chance.shuffle(pieces)
    data = b"".join(pieces)[:20_000].replace(b"\n", chance.choice([b"\n", b"\r\n"]))
    ends = list(accumulate(map(len, data.splitlines(keepends=True))))

    whole = read(data, [])

    assert read(data, ends) == whole
    for _ in range(6):
        assert read(data, chance.sample(ends, min(len(ends), chance.randint(1, 8)))) == whole
    assert read(data, chance.choices(range(len(data)), k=chance.randint(1, 8))) == whole


@pytest.mark.parametrize("text", EXAMPLES)
def test_cut_at_any_two_lines_gives_the_same(text: str) -> None:
    data = text.encode()
    ends = list(accumulate(map(len, data.splitlines(keepends=True))))

    whole = read(data, [])

    for first in ends:
        for second in ends:
            assert read(data, [first, second]) == whole


def read(data: bytes, cuts: list[int]) -> str:
    """The rows of what comes in pieces; as text, because NaN is not equal to itself."""
    parser, rows, start = OutputParser(80, 24), [], 0
    for cut in [*sorted(cuts), len(data)]:
        rows += parser.feed(1, data[start:cut])
        start = cut
    return repr(rows + parser.finish())
