"""A command that has said it is ready, and small ones to run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from waiting import descendants, stat_fields

PROGRAMS = Path(__file__).parent / "programs"
PYTHON = [sys.executable, "-I", "-S", "-c"]  # starts in a third of the time
PRINT_SIGNALS = [sys.executable, "-I", "-S", str(PROGRAMS / "print_signals.py")]
SHOW_KEYS = [sys.executable, "-I", "-S", str(PROGRAMS / "show_keys.py")]

READY = rb"ready (\d+)\r\n"  # on a terminal

# Says its pid, then repeats what it is told.
ECHO_LINES = ["sh", "-c", "echo ready $$; while read line; do echo got $line; done"]


def shell(script: str, *arguments: str) -> list[str]:
    return ["sh", "-c", script, *(["sh", *arguments] if arguments else [])]


class Running:
    """A started command: `run` is the process that we started, `pid` that of the command itself."""

    def __init__(self, run: "subprocess.Popen[bytes]") -> None:
        assert run.stdin and run.stdout
        self.run, self._input, self._output = run, run.stdin, run.stdout
        ready, pid = self.read_line().split()
        assert ready == "ready"
        self.pid = int(pid)

    def read_line(self) -> str:
        """The next line that it shows, "" at the end."""
        return self._output.readline().decode().rstrip("\n")

    def read(self) -> str:
        """All the rest."""
        return self._output.read().decode()

    def tell(self, line: str) -> None:
        self._input.write(line.encode() + b"\n")

    def close_input(self) -> None:
        self._input.close()

    def close_output(self) -> None:
        """Read no more."""
        self._output.close()

    def wait(self) -> int:
        return self.run.wait(60)


@contextmanager
def running(*command: str, **settings: Any) -> Iterator[Running]:
    """A command that has said `ready` and its pid; it is gone afterwards."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, **settings) as run:
        try:
            started = Running(run)
            try:
                yield started
            finally:
                with suppress(ProcessLookupError):  # As it should be.
                    os.kill(started.pid, signal.SIGKILL)
                with suppress(subprocess.TimeoutExpired):
                    run.wait(1)
        finally:
            run.kill()


def keeper_of(command: Running) -> int | None:
    """K, which is in the group of `wandb run`; None while it is not the only one there beside the command."""
    ours = {command.pid, command.run.pid}
    group = stat_fields(command.run.pid)[2]
    others = [pid for pid, _start in descendants() if pid not in ours and stat_fields(pid)[2:3] == [group]]
    return others[0] if len(others) == 1 else None


def signal_state(front: Sequence[str], **settings: Any) -> dict[str, set[int]]:
    """The signals that are blocked, ignored and caught in a command behind these words, as /proc calls them.

    Without those that the C library keeps for itself: who starts a process with posix_spawn(3) ignores them in it.
    """
    done = subprocess.run([*front, "cat", "/proc/self/status"], stdout=subprocess.PIPE, text=True, **settings)
    fields = dict(line.split(":", 1) for line in done.stdout.splitlines())
    bits = {name: int(fields[name], 16) for name in ("SigBlk", "SigIgn", "SigCgt")}
    return {name: {n for n in signal.valid_signals() if mask >> (n - 1) & 1} for name, mask in bits.items()}
