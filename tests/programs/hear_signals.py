"""Adds the number of each signal that it gets to a file `heard`, and prints it; SIGRTMAX ends it, with status 17.

The file is beside what a launcher may lose that is itself killed. It says `ready` and its pid first.
"""

import os
import signal
import sys

EVERY = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}

signal.pthread_sigmask(signal.SIG_BLOCK, EVERY)
heard = os.open("heard", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(1, b"ready %d\n" % os.getpid())
while (number := signal.sigwait(EVERY)) != signal.SIGRTMAX:
    os.write(heard, b"%d\n" % number)
    os.write(1, b"%d\n" % number)
sys.exit(17)
