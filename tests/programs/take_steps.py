"""Says `ready`, then takes a step for each line on stdin, and ends with status 7 when that is closed.

take_steps.py [FLOOD_BYTES]        each step first writes so many bytes, which tell where they stand
"""

import os
import sys

RECORD = b"%015d\n"
BLOCK_BYTES = 1 << 16


def write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def write_flood(size_bytes: int, step: int) -> None:
    """Blocks with their own number in them, and what is left over of the last."""
    for number in range(-(-size_bytes // BLOCK_BYTES)):
        block = RECORD % (1_000_000 * step + number) * (BLOCK_BYTES // 16)
        write_all(block[: size_bytes - number * BLOCK_BYTES])


def main() -> int:
    flood = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    write_all(b"ready\n")
    step = 0
    while os.read(0, 3):
        step += 1
        write_flood(flood, step)
        write_all(b"step %d\n" % step)
    write_all(b"end\n")
    return 7


sys.exit(main())
