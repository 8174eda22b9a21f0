"""Show a file on this terminal, and say on which row and column the cursor is when all of it has arrived.

    replay.py FILE ANSWER

The terminal answers a question only after it has carried out everything before; that is the answer waited for.
"""

import os
import sys
import tty
from pathlib import Path

CANCEL = b"\x18"  # whatever sequence the file ends in, the question must not become a part of it
WHERE_IS_THE_CURSOR = b"\x1b[6n"


def main(shown: Path, answer: Path) -> None:
    tty.setcbreak(0)
    data = shown.read_bytes() + CANCEL + WHERE_IS_THE_CURSOR
    while data:
        data = data[os.write(1, data) :]
    reply = b""
    while not reply.endswith(b"R"):
        reply += os.read(0, 1)
    row, column = reply.rpartition(b"[")[2][:-1].split(b";")
    unfinished = answer.with_suffix(".part")
    unfinished.write_text(f"{row.decode()} {column.decode()}")
    unfinished.rename(answer)
    os.read(0, 1)  # until the terminal goes


main(Path(sys.argv[1]), Path(sys.argv[2]))
