"""A large repository does not make the command wait, and its record comes all the same."""

import os
import subprocess
import time

import pytest
from repositories import git, make_repository, newest_part, record

FILES = int(os.environ.get("FILES", "20000"))  # By hand, with 100,000.


@pytest.fixture
def large(tmp_path):
    """A repository of very many files, which are all the same: that is quicker to make."""
    root = make_repository(tmp_path / "here")
    lines = [f"100644 {git('rev-parse', 'HEAD:train.py', cwd=root)}\tf{n // 100}/{n}.py" for n in range(FILES)]
    subprocess.run(
        ["git", "update-index", "--index-info"], cwd=root, input="\n".join(lines).encode() + b"\n", check=True
    )
    git("checkout-index", "--all", "--quiet", cwd=root)
    git("update-index", "--refresh", cwd=root)
    git("commit", "--quiet", "--message", "many", cwd=root)
    return root


def test_command_runs_before_a_large_repository_has_been_read(wandb, large):
    (large / "f5" / "500.py").write_text("changed = 1\n")
    (large / "new.py").write_text("new = 1\n")
    began = time.monotonic()

    # Its first act is over long before the record of the code is: it reads the journal, and finds none in it.
    command = ["sh", "-c", "cat .wandb-wrapper/*/0-0/journal.jsonl; echo"]
    facts = record(wandb, *command, cwd=large)

    print(f"{FILES} files: {facts['took_s']} s, found {facts['seen_after_s']} s after the start")
    assert (facts["files"], facts["untracked_files"], facts["exact"]) == (["f5/500.py"], 1, True)
    first = (newest_part(large).path / "output.log").read_text()
    assert '"source": "code"' not in first
    assert facts["took_s"] < time.monotonic() - began
