"""A disk under the run directory that is full, read-only, gone or hanging: the command does not notice."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from kept import has_ended, only_part, read_pieces, read_streams
from waiting import wait_until

PROGRAMS = Path(__file__).parents[1] / "programs"
DISK_MB = 16


@pytest.fixture
def disk(tmp_path, as_root):
    """A small file system of its own, that can be filled, frozen and made read-only."""
    image, mount = tmp_path / "image", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(DISK_MB << 20)
    mount.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, mount], check=True)
    yield mount
    # The recorder may still be putting the last of it on the disk.
    wait_until(lambda: subprocess.run(["umount", mount], stderr=subprocess.DEVNULL).returncode == 0)


@contextmanager
def frozen(disk):
    """Whoever writes to the disk hangs in the kernel, and cannot be killed, while the body runs."""
    subprocess.run(["fsfreeze", "-f", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["fsfreeze", "-u", disk], check=True)


class Command:
    """A command under `wandb run`, keeping its run on `disk`; what it shows is read as it comes."""

    def __init__(self, wandb, disk, *words):
        self.run = subprocess.Popen(
            [*wandb, "run", "--dir", disk, *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.shown = bytearray()
        self._steps = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while piece := os.read(self.run.stdout.fileno(), 1 << 16):
            self.shown += piece

    def go_on(self):
        """Let the program take its next step, and wait until all of that has been shown."""
        self._steps += 1
        self.run.stdin.write(b"go\n")
        self.run.stdin.flush()
        wait_until(lambda: self.shown.endswith(b"step %d\n" % self._steps))

    def end(self):
        """Let it finish; its status and what it, and we, said on stderr."""
        self.run.stdin.close()
        status = self.run.wait(20)
        self._reader.join(10)
        complaint = self.run.stderr.read().decode()
        self.run.stdout.close()
        self.run.stderr.close()
        return status, complaint


STEPS = [sys.executable, PROGRAMS / "take_steps.py"]


def test_disk_that_hangs_at_the_start_costs_the_record_only(wandb, disk):
    with frozen(disk):
        command = Command(wandb, disk, *STEPS)
        command.go_on()
        status, complaint = command.end()

    assert status == 7
    assert command.shown == b"ready\nstep 1\nend\n"
    why = "the disk of the run directory did not answer within 0.5 s, or the machine is too busy"
    assert complaint == f"wandb: this run is not recorded: {why}\n"
    wait_until(lambda: not list(disk.glob(".wandb-wrapper/*/*/part.json")))


def test_disk_that_hangs_in_the_middle_is_waited_for_by_nobody_but_the_recorder(wandb, disk):
    command = Command(wandb, disk, *STEPS)
    wait_until(lambda: command.shown == b"ready\n")
    with frozen(disk):
        for _ in range(20):
            command.go_on()
    status, complaint = command.end()

    assert (status, complaint) == (7, "")
    assert command.shown.endswith(b"step 20\nend\n")
    assert read_streams(only_part(disk))[1] == command.shown


def test_disk_that_hangs_at_the_end_delays_nobody(wandb, disk):
    command = Command(wandb, disk, *STEPS)
    command.go_on()
    with frozen(disk):
        status, _ = command.end()

    assert status == 7
    wait_until(lambda: has_ended(disk))
    assert read_streams(only_part(disk))[1] == command.shown
    assert only_part(disk).end["exit_code"] == 7


def test_flood_while_the_disk_hangs_is_shown_whole_and_what_is_lost_is_counted(wandb, disk):
    command = Command(wandb, disk, *STEPS, 20_000_000)
    wait_until(lambda: command.shown == b"ready\n")
    with frozen(disk):
        command.go_on()
        status, _ = command.end()
    wait_until(lambda: has_ended(disk) and only_part(disk).is_read)

    part = only_part(disk)
    assert status == 7
    assert command.shown == show_bare(*STEPS, 20_000_000)
    assert 0 < part.end["lost_bytes"] < 20_000_000
    assert part.end["output_bytes"] + part.end["lost_bytes"] == len(command.shown)
    assert_gaps_are_where_bytes_are_missing(part, command.shown)


def test_disk_that_hangs_again_and_again_leaves_gaps_where_bytes_are_missing(wandb, disk):
    command = Command(wandb, disk, *STEPS, 2_000_000)
    wait_until(lambda: command.shown == b"ready\n")
    for _ in range(3):
        with frozen(disk):
            command.go_on()
        command.go_on()
    status, _ = command.end()
    wait_until(lambda: has_ended(disk) and only_part(disk).is_read)

    part = only_part(disk)
    assert status == 7
    assert part.end["lost_bytes"] > 0
    assert part.end["output_bytes"] + part.end["lost_bytes"] == len(command.shown)
    assert_gaps_are_where_bytes_are_missing(part, command.shown)


def show_bare(*words):
    """What the command shows in one step without us."""
    return subprocess.run([*map(str, words)], input=b"go\n", stdout=subprocess.PIPE).stdout


def assert_gaps_are_where_bytes_are_missing(part, shown):
    """What was kept, moved on by the gaps before it, is what was shown there; and no other bytes are missing."""
    log, position = part.output_path.read_bytes(), 0
    pieces = read_pieces(part)
    for piece, end in zip(pieces, [*(piece.start for piece in pieces[1:]), len(log)], strict=True):
        position += piece.gap
        assert log[piece.start : end] == shown[position : position + end - piece.start]
        position += end - piece.start
    assert position == len(shown)


def test_disk_that_fills_up_keeps_what_it_can_and_the_end(wandb, disk):
    flood = (DISK_MB << 20) + 5_000_000
    command = Command(wandb, disk, *STEPS, flood)
    command.go_on()
    status, _ = command.end()

    part = only_part(disk)
    assert status == 7
    assert command.shown == show_bare(*STEPS, flood)
    assert part.end["exit_code"] == 7
    # What was in somebody's hands when we ended is counted a moment later.
    wait_until(lambda: sum(only_part(disk).end[name] for name in ("output_bytes", "lost_bytes")) == len(command.shown))
    assert command.shown.startswith(part.output_path.read_bytes())


def test_disk_that_is_full_already_costs_the_record_only(wandb, disk):
    fill(disk)

    command = Command(wandb, disk, *STEPS)
    command.go_on()
    status, complaint = command.end()

    assert (status, command.shown) == (7, b"ready\nstep 1\nend\n")
    assert complaint.startswith("wandb: this run is not recorded: ")
    assert complaint.endswith(": No space left on device\n")


def test_space_that_comes_back_is_used(wandb, disk):
    command = Command(wandb, disk, *STEPS)
    wait_until(lambda: command.shown == b"ready\n")
    filled = fill(disk)
    command.go_on()
    filled.unlink()
    wait_until(lambda: only_part(disk).output_path.read_bytes().endswith(b"step 1\n"))
    status, _ = command.end()

    assert status == 7
    assert read_streams(only_part(disk))[1] == command.shown


def fill(disk):
    path = disk / "full"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 10, 1):
            try:
                while True:
                    file.write(b"\1" * size)
            except OSError:
                continue
    return path


def test_directory_that_vanishes_costs_the_record_only(wandb, disk):
    command = Command(wandb, disk, *STEPS)
    wait_until(lambda: command.shown == b"ready\n")
    subprocess.run(["rm", "-rf", disk / ".wandb-wrapper"], check=True)
    command.go_on()
    status, complaint = command.end()

    assert (status, complaint, command.shown) == (7, "", b"ready\nstep 1\nend\n")
    assert list(disk.glob(".wandb-wrapper/*")) == []


def test_directory_that_is_moved_goes_on_being_written(wandb, disk):
    command = Command(wandb, disk, *STEPS)
    wait_until(lambda: command.shown == b"ready\n")
    (disk / "elsewhere").mkdir()
    wait_until(lambda: list(disk.glob(".wandb-wrapper/*/0-0/output.log")))
    (disk / ".wandb-wrapper").rename(disk / "elsewhere" / ".wandb-wrapper")
    command.go_on()
    status, _ = command.end()

    assert status == 7
    assert only_part(disk / "elsewhere").end["exit_code"] == 7
    assert read_streams(only_part(disk / "elsewhere"))[1] == command.shown


@pytest.mark.parametrize("place", ["/dev/null/x", "/proc/none", "read-only"])
def test_place_that_cannot_be_written_is_named(wandb, disk, place):
    if place == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        place = disk

    command = Command(wandb, place, *STEPS)
    status, complaint = command.end()

    assert (status, command.shown) == (7, b"ready\nend\n")
    assert complaint.startswith(f"wandb: this run is not recorded: {place}")
    assert complaint.count("\n") == 1


@contextmanager
def filled(disk):
    """No room is left while the body runs."""
    path = disk / "filling"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(b"x" * size):
                    pass
    try:
        yield
    finally:
        path.unlink()


@pytest.mark.parametrize("in_trouble", [frozen, filled])
def test_output_that_cannot_be_kept_is_not_taken_for_silence(wandb, disk, in_trouble):
    command = Command(wandb, disk, "--stop-if", "no output for 4s", *STEPS, 10_000)
    wait_until(lambda: command.shown == b"ready\n")
    with in_trouble(disk):
        until = time.monotonic() + 8
        while time.monotonic() < until:
            command.go_on()
            time.sleep(0.05)
    status, _ = command.end()

    assert status == 7
    assert command.shown.endswith(b"end\n")


@pytest.mark.parametrize("in_trouble", [frozen, filled])
def test_time_is_over_on_a_disk_in_trouble_too(wandb, disk, in_trouble):
    command = Command(wandb, disk, "--stop-after", "3s", *STEPS)
    wait_until(lambda: command.shown == b"ready\n")
    with in_trouble(disk):
        assert command.run.wait(30) == -signal.SIGTERM
    command.end()
