"""Several processes die in one moment, as when a machine or a control group goes."""

import os
import signal
from collections.abc import Collection
from contextlib import suppress


def kill_at_once(pids: Collection[int]) -> None:
    """SIGKILL; first all are stopped, for who saw another die would start a successor."""
    for signum in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):  # One that only looked at something has come to its end.
                os.kill(pid, signum)
