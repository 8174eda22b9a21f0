"""Stops when it is asked to as an editor does: it writes something first, and something else when it goes on.

It says `ready` and its pid first, and ends with its input.
"""

import os
import signal


def stop(_signum: int, _frame: object) -> None:
    os.write(1, b"put back ")
    os.kill(os.getpid(), signal.SIGSTOP)


signal.signal(signal.SIGTSTP, stop)
signal.signal(signal.SIGCONT, lambda *_: os.write(1, b"drawn again "))
os.write(1, b"ready %d\n" % os.getpid())
while os.read(0, 100):
    continue
