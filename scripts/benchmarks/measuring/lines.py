"""The output that commands write in a benchmark: blocks of lines, each 80 bytes, repeated without end."""

import hashlib
import random
from collections.abc import Callable

LINE_BYTES = 80
LINES = 4000
BLOCK_BYTES = LINE_BYTES * LINES

WORDS = (
    "loading reading the shard weights cache worker model layer data set from into done begins with warming "
    "compiling kernels tokenizer vocabulary optimizer state sharded across devices gathered checkpoint saved"
).split()


def plain(_number: int, rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=16))


def digits(number: int, rng: random.Random) -> str:
    clock = f"2026-03-01 12:{number // 60 % 60:02}:{number % 60:02},{rng.randrange(1000):03}"
    return f"{clock} INFO [worker-{number % 8}] read shard-{number:05}.tar from {'/data/cache ' * 3}"


def metrics(number: int, rng: random.Random) -> str:
    loss, accuracy = 4 / (1 + number / 500) + rng.random() / 100, rng.random()
    return f"epoch {number // 1000} step {number} loss {loss:.5f} acc {accuracy:.4f} lr {1e-3 * 0.999**number:.3e}"


KINDS: dict[str, Callable[[int, random.Random], str]] = {"plain": plain, "digits": digits, "metrics": metrics}


def make_block(kind: str) -> bytes:
    """The block of this kind, always the same."""
    rng = random.Random(0)
    lines = (KINDS[kind](number, rng)[: LINE_BYTES - 1].ljust(LINE_BYTES - 1, ".") for number in range(LINES))
    return "".join(line + "\n" for line in lines).encode()


def expected_sha256(block: bytes, size_bytes: int) -> str:
    """Of so many bytes of the block, repeated."""
    whole, rest = divmod(size_bytes, len(block))
    digest = hashlib.sha256()
    for _ in range(whole):
        digest.update(block)
    digest.update(block[:rest])
    return digest.hexdigest()
