"""Prints the number of each signal that it gets, in one line each; the last of them all ends it, with status 17.

It says `ready` and its pid first.
"""

import os
import signal
import sys

EVERY = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}

signal.pthread_sigmask(signal.SIG_BLOCK, EVERY)
os.write(1, b"ready %d\n" % os.getpid())
while (number := signal.sigwait(EVERY)) != signal.SIGRTMAX:
    os.write(1, b"%d\n" % number)
sys.exit(17)
