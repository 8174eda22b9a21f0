"""Says `ready`, then takes a step for each line on stdin, and ends with status 7 when that is closed.

take_steps.py [FLOOD_BYTES]        each step first writes so many bytes
"""

import os
import sys


def write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def main() -> int:
    flood = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    write_all(b"ready\n")
    step = 0
    while os.read(0, 3):
        step += 1
        block = b"x" * (1 << 16)
        for _ in range(flood >> 16):
            write_all(block)
        write_all(b"x" * (flood & 0xFFFF) + b"step %d\n" % step)
    write_all(b"end\n")
    return 7


sys.exit(main())
