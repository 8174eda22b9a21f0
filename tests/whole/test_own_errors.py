"""An error of our own is not the command's: it goes on, and the run says what was wrong."""

import signal
import subprocess

from kept import only_part, read_streams

# The loop is the keeper's too, which is to have no error.
BREAK_IN_W = "        if any('_hear' in repr(act) for act in self._watched.values()): raise ValueError('broken')\n"


def test_keeper_goes_on_and_the_run_says_why(changed):
    wandb = changed("launch/last_output.py", "        if all(", "        raise ValueError('broken')\n")

    done = subprocess.run([*wandb, "run", "sh", "-c", "echo one; exit 3"], stdout=subprocess.PIPE)

    assert (done.returncode, done.stdout) == (3, b"one\n")
    assert read_streams(only_part())[1] == b"one\n"
    assert only_part().end["exit_code"] == 3
    assert any("ValueError('broken')" in text for text in only_part().warnings())


def test_reader_that_goes_is_noticed_all_the_same(changed):
    wandb = changed("launch/loop.py", "        for _ in range(TURNS_BETWEEN_POLLS):", BREAK_IN_W)

    run = subprocess.Popen([*wandb, "run", "yes"], stdout=subprocess.PIPE)
    run.stdout.read(1)
    run.stdout.close()

    assert run.wait(20) == -signal.SIGPIPE
