"""A rule ends the command: SIGTERM, some time, SIGKILL; and says so. Nothing else of ours ever does."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from kept import only_part
from waiting import is_running, wait_until

PYTHON = [sys.executable, "-u", "-c"]
# Prints rows of metrics until somebody ends it.
TRAIN = """
import itertools, math, os, sys, time
print("ready", flush=True)
for step in itertools.count(1):
    print(f"step {step} loss {eval(sys.argv[1])}", flush=True)
    time.sleep(0.05)
"""
WAIT = "import time\nprint('ready', flush=True)\nwhile True: time.sleep(60)"
# Says, once it is ready, what then ends it.
IF_LOST = ["--stop-if", "loss is nan"]
LOSE = "import time\nprint('step 1 loss nan', flush=True)\nwhile True: time.sleep(60)"
STUBBORN = "import signal; [signal.signal(n, signal.SIG_IGN) for n in (15, 2)]\n" + LOSE


def run(wandb, *words, **options):
    return subprocess.run([*wandb, "run", *words], capture_output=True, text=True, **options)


def ended():
    wait_until(lambda: only_part().is_read, 20)
    return only_part()


def watched(part):
    return [record for record in part.records() if record["source"] == "watch"]


@pytest.mark.parametrize(
    ("rule", "loss", "why"),
    [
        ("loss is nan", "math.nan if step == 4 else 0.5", "loss is nan at step 4"),
        ("l*s is not finite", "math.inf if step == 4 else 0.5", "loss is not finite: inf at step 4"),
        ("loss > 5", "step + 2", "loss > 5: 6 at step 4"),
        ("loss >= 5 for 3 rows", "9 if step == 2 or step > 5 else 1", "loss >= 5 for 3 rows: 9 at step 8"),
        ("loss > 5 for 0.5s", "9", "loss > 5 for 0.5s: 9 at step "),
        ("'loss' == 0", "max(0, 3 - step)", "loss == 0: 0 at step 3"),
    ],
)
def test_rule_about_a_metric_ends_the_command(wandb, rule, loss, why):
    done = run(wandb, "--stop-if", rule, *PYTHON, TRAIN, loss)

    assert done.returncode == -signal.SIGTERM
    end = ended().end
    assert (end["state"], end["signal"], end["cause"]["kind"]) == ("killed", 15, "stopped")
    assert end["cause"]["text"].startswith(why)


def test_metric_of_the_metrics_file_counts_more_than_what_is_printed(wandb):
    script = """
    heard() { [ "$(grep -c "\\"source\\": \\"$1\\".*\\"row\\"" .wandb-wrapper/*/0-0/journal.jsonl)" = $2 ]; }
    for i in 1 2 3; do
        echo loss=$i >>$WANDB_METRICS_FILE; until heard metrics $i; do sleep 0.1; done
        echo "step $i loss 9"; until heard parsed $i; do sleep 0.1; done
    done
    exec sleep 60
    """
    run(wandb, "--stop-if", "loss == 3", "--stop-if", "loss == 9 for 2 rows", "sh", "-c", script)

    assert ended().end["cause"]["text"] == "loss == 3: 3 at step 2"


def test_time_is_over(wandb):
    done = run(wandb, "--stop-after", "1s", *PYTHON, WAIT)

    assert done.returncode == -signal.SIGTERM
    assert ended().end["cause"]["text"] == "it ran for 1s"


def test_silence_ends_the_command(wandb):
    script = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.3; done; exec sleep 60"
    done = run(wandb, "--stop-if", "no output for 4s", "sh", "-c", script)

    assert done.stdout.split() == ["1", "2", "3", "4", "5", "6"]
    assert ended().end["cause"]["text"] == "no output for 4s"


def test_silence_of_metrics_ends_the_command(wandb):
    script = 'echo loss=1 >> $WANDB_METRICS_FILE; while sleep 0.1; do echo "still here"; done'
    run(wandb, "--stop-if", "no metrics for 2s", "sh", "-c", script)

    assert ended().end["cause"]["text"] == "no metrics for 2s"


def test_silence_means_nothing_where_nobody_hears(wandb):
    run = subprocess.Popen(
        [*wandb, "run", "--stop-if", "no output for 0.2s", *PYTHON, "import time; time.sleep(2)"],
        stdout=subprocess.DEVNULL,
    )

    assert run.wait() == 0
    part = ended()
    assert "stop" not in {key for record in watched(part) for key in record}
    assert "has no effect: the output is not kept" in part.warnings()[0]


def test_load_of_the_machine_ends_the_command(wandb):
    options = ["--stats-interval", "0.1", "--stop-if", "cpu < 5% for 1s"]
    run(wandb, *options, *PYTHON, WAIT)

    assert ended().end["cause"]["text"].startswith("cpu < 5 for 1s: ")


def test_command_may_end_well_when_it_is_asked_to(wandb):
    script = f"import signal, sys\nsignal.signal(15, lambda *_: (print('saved'), sys.exit(0)))\n{LOSE}"
    done = run(wandb, *IF_LOST, *PYTHON, script)

    assert (done.returncode, done.stdout) == (0, "step 1 loss nan\nsaved\n")
    end = ended().end
    assert (end["state"], end["cause"]["kind"]) == ("finished", "stopped")
    assert "stopped" in subprocess.run([*wandb, "ls"], capture_output=True, text=True).stdout


def test_what_does_not_end_in_time_is_killed(wandb):
    done = run(wandb, *IF_LOST, "--stop-grace", "1s", *PYTHON, STUBBORN)

    assert done.returncode == -signal.SIGKILL
    part = ended()
    assert [record["stop"]["signal"] for record in watched(part) if "stop" in record] == ["SIGTERM", "SIGKILL"]
    assert part.end["cause"]["text"] == "loss is nan at step 1"


def test_all_processes_of_the_command_end_and_no_other_does(wandb):
    orphan = f'{sys.executable} -c \'import os, time; open("orphan", "w").write(str(os.getpid())); time.sleep(60)\''
    child = "echo $$ > child; until [ -s orphan ]; do sleep 0.1; done; echo step 1 loss nan; sleep 60"
    script = f"(setsid {orphan} >/dev/null 2>&1 &); sh -c '{child}'; echo went on"
    other = subprocess.Popen(["sleep", "60"])
    done = run(wandb, *IF_LOST, "sh", "-c", script, preexec_fn=os.setpgrp)

    assert done.stdout == "step 1 loss nan\n"
    wait_until(lambda: any("sent" in record for record in watched(only_part())))
    assert not any(record.get("stop", {}).get("signal") == "SIGKILL" for record in watched(ended()))
    left = [int(Path(name).read_text()) for name in ("orphan", "child")]
    wait_until(lambda: not any(map(is_running, left)))
    assert other.poll() is None
    other.kill()
    other.wait()


def test_what_stays_behind_a_command_that_ended_is_killed(wandb):
    Path("stubborn.py").write_text(f"import os; open('pid', 'w').write(str(os.getpid()))\n{STUBBORN}")
    script = f"{sys.executable} -u stubborn.py & sleep 60"
    done = run(wandb, *IF_LOST, "--stop-grace", "1s", "sh", "-c", script)

    assert done.returncode == -signal.SIGTERM
    wait_until(lambda: not is_running(int(Path("pid").read_text())), 20)


def test_it_is_said_on_the_terminal_and_by_show(wandb):
    person, terminal = pty.openpty()
    command = [*wandb, "run", "--name", "first", "--stop-if", "loss is nan", *PYTHON, TRAIN, "math.nan"]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as done:
        os.close(terminal)
        said = b""
        with suppress(OSError):  # Its end.
            while piece := os.read(person, 1 << 16):
                said += piece
    os.close(person)

    assert b"wandb: first was stopped after " in said
    assert b"s: loss is nan at step 1 (killed by SIGTERM); see: wandb show " in said
    assert done.returncode == -signal.SIGTERM
    ended()
    shown = subprocess.run([*wandb, "show", "latest"], capture_output=True, text=True, check=True).stdout
    assert "first was stopped after" in shown and "why        loss is nan at step 1" in shown
    as_json = subprocess.run([*wandb, "show", "latest", "--json"], capture_output=True, check=True).stdout
    assert json.loads(as_json)["cause"]["kind"] == "stopped"


def start(wandb, *words):
    run = subprocess.Popen([*wandb, "run", *words], stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "ready\n"
    return run


def recorder():
    started = [record["started"] for record in only_part().records() if "started" in record]
    return started[-1]["pid"]


def test_rule_outlives_the_recorder(wandb):
    run = start(wandb, "--stop-if", "loss > 40", *PYTHON, TRAIN, "step")
    wait_until(lambda: any("row" in record for record in only_part().records()))
    os.kill(recorder(), signal.SIGKILL)
    run.communicate()

    assert run.returncode == -signal.SIGTERM
    part = ended()
    assert part.end["cause"]["text"].startswith("loss > 40: 41")
    assert sum("stop" in record for record in watched(part)) == 1


def test_command_that_is_being_ended_is_not_asked_twice(wandb):
    script = """
import signal, time
signal.signal(15, lambda *_: print('asked', flush=True))
print('ready', flush=True)
print('step 1 loss nan', flush=True)
while True: time.sleep(0.1)
"""
    run = start(wandb, *IF_LOST, "--stop-grace", "4s", *PYTHON, script)
    assert [run.stdout.readline() for _ in range(2)] == ["step 1 loss nan\n", "asked\n"]
    wait_until(lambda: any("sent" in record for record in watched(only_part())))
    began = time.monotonic()
    os.kill(recorder(), signal.SIGKILL)
    rest, _ = run.communicate()

    assert rest == "" and run.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 30
    assert [record["stop"]["signal"] for record in watched(ended()) if "stop" in record] == ["SIGTERM", "SIGKILL"]


def test_rule_that_does_not_hold_ends_nothing(wandb):
    done = run(
        wandb, "--stop-if", "loss is nan", "--stop-if", "acc < 1", "--stop-after", "1h", *PYTHON,
        "for step in range(5): print('step', step, 'loss', 0.5)\nprint('step 6 loss nan')",
    )  # fmt: skip

    assert done.returncode == 0
    assert watched(ended()) == [] and only_part().end["state"] == "finished"
