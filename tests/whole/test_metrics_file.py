"""What many processes append to the metrics file is kept, each line once, whoever of ours is killed meanwhile."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from kept import only_part
from waiting import command_line_of, descendants, wait_until

WRITER = """
import os, sys
fd = os.open(os.environ["WANDB_METRICS_FILE"], os.O_WRONLY | os.O_APPEND)
for number in range(int(sys.argv[2])):
    os.write(fd, b'{"w%s": %d}\\n' % (sys.argv[1].encode(), number))
"""


def test_eight_processes_that_append_at_once_lose_nothing(wandb: list[str]) -> None:
    script = 'for w in 0 1 2 3 4 5 6 7; do "$0" -I -S -c "$1" $w 500 & done; wait'

    subprocess.run([*wandb, "run", "sh", "-c", script, sys.executable, WRITER], stdin=subprocess.DEVNULL, check=True)

    kept = kept_rows()
    assert [step for step, _ in kept] == list(range(4000))
    for writer in range(8):
        assert [row[f"w{writer}"] for _, row in kept if f"w{writer}" in row] == list(range(500))


def test_sigkill_of_recorder_and_readers_loses_and_doubles_no_row(wandb: list[str]) -> None:
    script = 'n=0; while read line; do for i in 1 2 3 4 5; do echo a=$n >>"$WANDB_METRICS_FILE"; n=$((n+1)); done; done'
    run = subprocess.Popen([*wandb, "run", "sh", "-c", script], stdin=subprocess.PIPE)
    assert run.stdin
    for turn in range(40):
        run.stdin.write(b"go\n")
        run.stdin.flush()
        wait_until(lambda turn=turn: kept_lines() >= 5 * turn)
        for pid in recorders() if turn % 4 == 0 else []:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    run.stdin.close()
    run.wait(20)

    assert kept_rows() == [(number, {"a": number}) for number in range(200)]


def test_what_is_appended_after_all_of_ours_were_killed_is_read_later(wandb: list[str]) -> None:
    os.mkfifo("go")
    script = 'echo a=0 >>"$WANDB_METRICS_FILE"; read line <go; printf "a=1\\na=2" >>"$WANDB_METRICS_FILE"; : >done'
    command = ["sh", "-c", script]
    others = descendants()
    run = subprocess.Popen([*wandb, "run", *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_until(lambda: kept_lines() == 1)
    # Those that are left while the first are killed would start others.
    for signum in (signal.SIGSTOP, signal.SIGKILL):
        for pid in [pid for pid, _ in descendants() - others if command_line_of(pid) != command]:
            os.kill(pid, signum)
    run.wait(10)
    Path("go").write_text("go\n")
    wait_until(Path("done").exists)

    wait_until(lambda: "running" not in subprocess.run([*wandb, "ls"], capture_output=True, text=True).stdout)

    assert kept_rows() == [(number, {"a": number}) for number in range(3)]


def recorders() -> list[int]:
    """The recorder and its readers."""
    return [pid for pid, _ in descendants() if any("recorder" in word for word in command_line_of(pid)[:6])]


def kept_lines() -> int:
    """How many rows are in the journal so far."""
    paths = list(Path().glob(".wandb-wrapper/*/0-0/journal.jsonl"))
    return paths[0].read_bytes().count(b'"row"') if paths else 0


def kept_rows() -> list[tuple[int, Any]]:
    """The rows of the one run, once its recorder has read all."""
    part = only_part()
    wait_until(lambda: any("read" in record for record in part.records()), 30)
    return [(record["step"], record["row"]) for record in part.records() if record["source"] == "metrics"]
