"""Run the programs on a terminal, and keep what they write to it.

    python record.py [NAME ...]

Needs tqdm, rich, alive-progress, pytest, git, vim and tput. The terminal's driver adds no carriage returns, as
in a run directory. Writes NAME.COLUMNSxROWS.raw beside this file.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

HERE = Path(__file__).parent
SIZES = {"tqdm_too_wide": (40, 12), "other_scripts": (40, 24), "long_lines": (40, 24), "status_bar": (80, 12)}
USUAL_SIZE = (80, 24)
ELSEWHERE = b"/home/ada"  # in place of the folder of this checkout, which rich links to


def record(name: str) -> None:
    columns, rows = SIZES.get(name, USUAL_SIZE)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    settings = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    written: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(master, written))
    reader.start()
    command = [sys.executable, str(HERE / "programs.py"), name]
    subprocess.run(command, stdin=slave, stdout=slave, stderr=slave, env=settings, check=True, start_new_session=True)
    os.close(slave)
    reader.join()
    output = b"".join(written).replace(str(HERE).encode(), ELSEWHERE)
    (HERE / f"{name}.{columns}x{rows}.raw").write_bytes(output)


def read_all(master: int, written: list[bytes]) -> None:
    while True:
        try:
            written.append(os.read(master, 65536))
        except OSError:  # EIO: nobody has the terminal open any more
            return


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    from programs import PROGRAMS

    for name in sys.argv[1:] or PROGRAMS:
        record(name)
