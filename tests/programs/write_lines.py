"""Writes numbered lines to stdout, and to stderr when asked; says what it wrote in a side file.

    write_lines.py SIDE_FILE LINES [STREAMS] [PAUSE_S]

The side file holds, once all is done, the SHA-256 of what went to each stream.
"""

import hashlib
import json
import os
import sys
import time


def write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def main() -> None:
    side, count = sys.argv[1], int(sys.argv[2])
    streams = [int(word) for word in sys.argv[3].split(",")] if len(sys.argv) > 3 else [1]
    pause_s = float(sys.argv[4]) if len(sys.argv) > 4 else 0.0
    sums = {fd: hashlib.sha256() for fd in streams}
    sizes = dict.fromkeys(streams, 0)
    for number in range(count):
        fd = streams[number % len(streams)]
        piece = b"".join(b"%d %07d %d step of the training\n" % (fd, number, line) for line in range(20))
        write_all(fd, piece)
        sums[fd].update(piece)
        sizes[fd] += len(piece)
        if pause_s:
            time.sleep(pause_s)
    with open(side + ".new", "w") as file:
        json.dump({str(fd): [sizes[fd], sums[fd].hexdigest()] for fd in streams}, file)
    os.rename(side + ".new", side)


main()
