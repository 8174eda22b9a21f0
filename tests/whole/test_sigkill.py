"""SIGKILL of any of our processes, any number of times: the result is the same, and every byte is kept once."""

import json
import os
import random
import signal
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from kept import has_ended, only_part, read_streams, sha256
from waiting import command_line_of, descendants, wait_until

PROGRAM = Path(__file__).parents[1] / "programs" / "write_lines.py"
KILLS = 20
# The process that relays and its keeper must not both be dead before one of them could fork another:
# what happens then is shown in test_both_at_once.py.
APART_S = 0.02


class Reader(threading.Thread):
    """Reads all that arrives at one end of a pipe or terminal, as a person's terminal would."""

    def __init__(self, fd: int, pause_s: float = 0.0) -> None:
        super().__init__(daemon=True)
        self._fd, self._pause_s = fd, pause_s
        self.data = bytearray()
        self.start()

    def run(self) -> None:
        with suppress(OSError):  # EIO is how a terminal says that it is over.
            while piece := os.read(self._fd, 1 << 16):
                self.data += piece
                if self._pause_s:
                    time.sleep(self._pause_s)
        os.close(self._fd)


def open_pipe():
    return os.pipe()


def open_terminal():
    """A terminal that passes on what is written as it is."""
    master, slave = os.openpty()
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    return master, slave


def ours(command_words):
    """The wrapper's processes: our descendants but for the training."""
    return [pid for pid, _start in descendants() if not is_training(pid, command_words)]


def is_training(pid, command_words):
    words = command_line_of(pid)
    return not words or (words[: len(command_words)] == command_words)


def kill_some(rng, command_words, side):
    """SIGKILL wrapper processes at random moments until enough have died or the training is done."""
    kills = 0
    while kills < KILLS and not side.exists():
        time.sleep(APART_S + rng.expovariate(1 / 0.05))
        victims = ours(command_words)
        if victims:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(victims), signal.SIGKILL)
                kills += 1
    return kills


SHAPES = {
    "pipe": {1: open_pipe},
    "two pipes": {1: open_pipe, 2: open_pipe},
    "terminal": {1: open_terminal},
    "flooded terminal": {1: open_terminal},
    "terminal and pipe": {1: open_terminal, 2: open_pipe},
    "file": {1: "file"},
    "two files": {1: "file", 2: "file"},
    "file and pipe": {1: "file", 2: open_pipe},
}
PACES = {"flooded terminal": ("20000", "0", 0.0005)}  # Pieces, and the pauses of who writes and of who reads them.
USUAL_PACE = ("4000", "0.0008", 0.0)


@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_lost_or_doubled(wandb, tmp_path, shape, attempt):
    seed = int(os.environ.get("STORM_SEED", random.randrange(1 << 32)))
    rng = random.Random(f"{seed} {shape} {attempt}")
    side = tmp_path / "side.json"
    streams = SHAPES[shape]
    count, pause_s, reads_after_s = PACES.get(shape, USUAL_PACE)
    command = [sys.executable, str(PROGRAM), str(side), count, ",".join(map(str, streams)), pause_s]
    ends, readers = {}, {}
    for stream, opened in streams.items():
        if opened == "file":
            ends[stream] = os.open(tmp_path / f"out{stream}", os.O_WRONLY | os.O_CREAT)
        else:
            source, ends[stream] = opened()
            readers[stream] = Reader(source, reads_after_s)

    run = subprocess.Popen(
        [*wandb, "run", *command], stdin=subprocess.DEVNULL, stdout=ends[1], stderr=ends.get(2, subprocess.DEVNULL)
    )
    for end in ends.values():
        os.close(end)
    wait_until(lambda: has_started(readers, tmp_path))
    kills = kill_some(rng, command, side)
    run.wait()
    wait_until(side.exists, 60)
    for reader in readers.values():
        reader.join(30)

    wrote = {int(stream): tuple(facts) for stream, facts in json.loads(side.read_text()).items()}
    shown = {stream: bytes(reader.data) for stream, reader in readers.items()}
    shown |= {stream: (tmp_path / f"out{stream}").read_bytes() for stream in streams if stream not in readers}
    print(f"STORM_SEED={seed}: {kills} kills")
    assert {stream: (len(data), sha256(data)) for stream, data in shown.items()} == wrote
    settle_if_need_be(wandb)
    kept = read_streams(only_part())
    print(only_part().end)
    assert {stream: (len(data), sha256(data)) for stream, data in kept.items()} == wrote
    assert kills == KILLS


def has_started(readers, directory):
    """Whether the training has written something, so that no process of ours is one that will become it."""
    return any(reader.data for reader in readers.values()) or any(
        file.stat().st_size for file in directory.glob("out*")
    )


def settle_if_need_be(wandb):
    """The end is told by the recorder, or by the next command that sees the run."""
    with suppress(AssertionError):
        wait_until(has_ended, 5)
    subprocess.run([*wandb, "ls"], stdout=subprocess.DEVNULL, check=True)
    assert has_ended()


def test_what_was_printed_is_kept_though_no_recorder_lives_for_long(wandb):
    """Longer than `wandb run` waits for one: then the keeper goes on waiting."""
    run = subprocess.Popen([*wandb, "run", "sh", "-c", "seq 1 500; sleep 0.5"], stdout=subprocess.PIPE)
    until = time.monotonic() + 4.0
    kills = 0
    while time.monotonic() < until or kills < 5:
        for pid in [pid for pid, _ in descendants() if "wrapper/recorder" in " ".join(command_line_of(pid))]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                kills += 1
        time.sleep(0.005)
    wait_until(has_ended, 20)
    assert run.poll() == 0

    printed, _ = run.communicate()
    assert printed == only_part().output_path.read_bytes() == b"".join(b"%d\n" % n for n in range(1, 501))
    assert only_part().end["lost_bytes"] == 0
