"""What gets wrapped: it computes a little, writes a piece of its output, and so on.

Arguments: where to say how it went (JSON), a file with the output to repeat, how many pieces, their size in
bytes, and how many turns of arithmetic stand before each.
"""

import json
import os
import resource
import sys
import time


def main() -> None:
    """Write the pieces, then say how long that took and what it cost."""
    result, block_path, *numbers = sys.argv[1:]
    count, piece_bytes, turns = map(int, numbers)
    with open(block_path, "rb") as file:
        block = memoryview(file.read())
    pieces = [block[start : start + piece_bytes] for start in range(0, len(block), piece_bytes)]

    began_ns, began_cpu_s = time.monotonic_ns(), time.process_time()
    write(pieces, count, turns)
    ended_ns, ended_cpu_s = time.monotonic_ns(), time.process_time()

    used = resource.getrusage(resource.RUSAGE_SELF)
    facts = {
        "pid": os.getpid(),
        "began_ns": began_ns,
        "wall_s": (ended_ns - began_ns) / 1e9,
        "writing_cpu_s": ended_cpu_s - began_cpu_s,
        "cpu_s": used.ru_utime + used.ru_stime,
    }
    with open(result, "w") as file:
        json.dump(facts, file)


def write(pieces: list[memoryview], count: int, turns: int) -> None:
    """The pieces in order, again and again, until there were `count`."""
    for number in range(count):
        compute(turns)
        left = pieces[number % len(pieces)]
        while left:
            left = left[os.write(1, left) :]


def compute(turns: int) -> int:
    """Keep a core busy for so many turns."""
    value = 0
    for turn in range(turns):
        value += turn * turn
    return value


if __name__ == "__main__":
    main()
