"""The look at the code may be killed, or hang, at any time: the record comes, once, and says what is missing."""

import json
import mmap
import os
import shutil

import pytest
from repositories import git, make_repository, newest_part, record

from wrapper.recorder.channel import Channel
from wrapper.recorder.sources.code import keep_code

# What the git in front of the real one does, the first time that it is asked for one thing.
KILL_READER = "kill -9 $(cut -d ' ' -f 4 /proc/$PPID/stat)"
KILL_WORKER = "kill -9 $PPID"
STOP_WORKER = "kill -STOP $PPID"


def put_in_front(place, question, act):
    """A git that does something once, before it is asked this question."""
    place.mkdir()
    (place / "git").write_text(
        f"""#!/bin/sh
case " $* " in *" {question} "*) [ -e {place}/done ] || {{ touch {place}/done; {act}; }} ;; esac
exec {shutil.which("git")} "$@"
"""
    )
    (place / "git").chmod(0o755)
    return f"{place}:{os.environ['PATH']}"


@pytest.mark.parametrize("question", ["symbolic-ref", "ls-files", "status", "diff"])
def test_reader_that_is_killed_begins_again(wandb, tmp_path, question):
    root = make_repository(tmp_path / "here", a_py="a = 1\n")
    (root / "a.py").write_text("a = 2\n")
    (root / "new.py").write_text("new = 1\n")

    facts = record(wandb, cwd=root, PATH=put_in_front(tmp_path / "tools", question, KILL_READER))

    assert (facts["exact"], facts["changed"], facts["untracked"]["files"]) == (True, 1, 1)
    records = [found for found in newest_part(root).records("code") if found.get("upto") == 1]
    assert len(records) == 1
    assert [path.name for path in newest_part(root).path.glob("*.new*")] == []


def test_what_was_known_is_kept_when_the_look_dies(wandb, tmp_path):
    root = make_repository(tmp_path / "here")

    facts = record(wandb, cwd=root, PATH=put_in_front(tmp_path / "tools", "status", KILL_WORKER))

    assert (facts["commit"], facts["exact"]) == (git("rev-parse", "HEAD", cwd=root), False)


def test_what_was_known_is_kept_when_the_look_hangs(tmp_path, monkeypatch):
    root = make_repository(tmp_path / "here")
    monkeypatch.setenv("PATH", put_in_front(tmp_path / "tools", "status", STOP_WORKER))
    read_end, write_end = os.pipe()
    ends, _still_running = os.pipe()

    pid = os.fork()
    if not pid:
        channel = Channel(write_end, ends, mmap.mmap(-1, mmap.PAGESIZE), {}, 0, frozenset())
        channel.part = {"cwd": str(root), "argv": ["true"], "started_at": 1.0}
        keep_code(channel, deadline_s=1.0)
        channel.flush()
        os._exit(0)
    os.close(write_end)
    assert os.waitpid(pid, 0)[1] == 0
    with os.fdopen(read_end) as said:
        lines = [line.split("\t") for line in said]

    last = json.loads(lines[-1][3])["code"]
    assert (last["commit"], last["exact"]) == (git("rev-parse", "HEAD", cwd=root), False)
    assert "did not come to an end" in lines[-2][3]
