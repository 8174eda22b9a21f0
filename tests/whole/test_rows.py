"""What was found in the output is in the journal once, whoever was killed on the way."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from kept import only_part
from killing import kill_at_once
from waiting import command_line_of, descendants, wait_until

PRINT_STEPS = [sys.executable, str(Path(__file__).parents[1] / "programs" / "print_steps.py")]


def rows_of(part, source):
    return [record for record in part.records() if record["source"] == source and "row" in record]


def expected_rows(steps):
    return [({"loss": round(1 / step, 6), "acc": round(step / steps, 4)}, step) for step in range(1, steps + 1)]


def ours():
    return [pid for pid, _ in descendants() if command_line_of(pid)[:2] != PRINT_STEPS]


def is_recording(pid):
    return any("wrapper/recorder" in word for word in command_line_of(pid))


def wait_until_read(wandb):
    """All is read, by the recorder or by who settles the run."""
    with suppress(AssertionError):
        wait_until(lambda: only_part().is_read, 5)
    subprocess.run([*wandb, "ls"], check=True, stdout=subprocess.DEVNULL)
    wait_until(lambda: only_part().is_read, 30)


# Not so fast that what is printed while no recorder lives fills the pipe between: then lines are dropped, and counted.
@pytest.mark.parametrize("attempt", range(3))
def test_rows_survive_the_death_of_whoever_records_them(wandb, attempt):
    seed = int(os.environ.get("STORM_SEED", random.randrange(1 << 32)))
    rng = random.Random(f"{seed} {attempt}")
    run = subprocess.Popen([*wandb, "run", *PRINT_STEPS, "250", "0.02"], stdout=subprocess.PIPE)
    run.stdout.readline()
    kills = 0
    while run.poll() is None and not Path("side").exists() and kills < 15:
        time.sleep(0.05 + rng.expovariate(20))
        victims = [pid for pid in ours() if is_recording(pid)]
        if victims:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(victims), signal.SIGKILL)
                kills += 1
    run.communicate()
    wait_until_read(wandb)

    print(f"STORM_SEED={seed}: {kills} kills")
    rows = rows_of(only_part(), "parsed")
    assert [(row["row"], row["step"]) for row in rows] == expected_rows(250)
    assert kills >= 5


def test_rows_that_nobody_had_read_are_found_when_the_run_is_settled(wandb):
    run = subprocess.Popen([*wandb, "run", *PRINT_STEPS, "200", "0.01"], stdout=subprocess.PIPE)
    run.stdout.readline()
    wait_until(lambda: only_part().output_bytes() > 100)
    victims = ours()
    kill_at_once(victims)
    run.communicate()
    command = [pid for pid, _ in descendants()]
    wait_until(lambda: not any(map(command_line_of, command)))
    wait_until_read(wandb)

    printed = only_part().output_path.read_bytes()
    rows = rows_of(only_part(), "parsed")
    assert [row["step"] for row in rows] == list(range(1, printed.count(b"\n") + 1))
