"""An error of our own is not the command's: it goes on, and the run says what was wrong."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from kept import only_part, read_streams

import wrapper

# The loop is the keeper's too, which is to have no error.
BREAK_IN_W = "        if any('_hear' in repr(act) for act in self._watched.values()): raise ValueError('broken')\n"


@pytest.fixture
def broken(tmp_path):
    """A copy of the wrapper with an error in the middle of W."""

    def make(module, before, line):
        shutil.copytree(Path(wrapper.__file__).parent, tmp_path / "copy" / "wrapper")
        path = tmp_path / "copy" / "wrapper" / module
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, line + before, 1))
        main = tmp_path / "copy" / "wrapper" / "launch" / "__main__.py"
        return [sys.executable, "-I", "-S", str(main), ""]

    return make


def test_keeper_goes_on_and_the_run_says_why(broken):
    wandb = broken("launch/last_output.py", "        if all(", "        raise ValueError('broken')\n")

    done = subprocess.run([*wandb, "run", "sh", "-c", "echo one; exit 3"], stdout=subprocess.PIPE)

    assert (done.returncode, done.stdout) == (3, b"one\n")
    assert read_streams(only_part())[1] == b"one\n"
    assert only_part().end["exit_code"] == 3
    assert any("ValueError('broken')" in text for text in only_part().warnings())


def test_reader_that_goes_is_noticed_all_the_same(broken):
    wandb = broken("launch/loop.py", "        for _ in range(TURNS_BETWEEN_POLLS):", BREAK_IN_W)

    run = subprocess.Popen([*wandb, "run", "yes"], stdout=subprocess.PIPE)
    run.stdout.read(1)
    run.stdout.close()

    assert run.wait(20) == -signal.SIGPIPE
