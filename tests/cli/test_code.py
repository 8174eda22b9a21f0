"""The line of `wandb show` about the code."""

import json
import subprocess
import sys

import pytest
from repositories import make_repository, newest_part, start

from wrapper.cli.code import code_text

COMMIT = {"commit": "1a2b3c4d5e6f", "branch": "main", "pushed": True}


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (COMMIT, "main @ 1a2b3c4"),
        (
            {**COMMIT, "changed": 2, "untracked_files": 3, "pushed": False},
            "main @ 1a2b3c4 (2 files changed, 3 untracked; not pushed)",
        ),
        ({**COMMIT, "changed": 1}, "main @ 1a2b3c4 (1 file changed)"),
        ({**COMMIT, "branch": None}, "detached @ 1a2b3c4"),
        ({**COMMIT, "pushed": None}, "main @ 1a2b3c4"),
        ({**COMMIT, "commit": None, "untracked_files": 1}, "main, no commit yet (1 untracked)"),
        ({**COMMIT, "left_out_files": 4, "masked": [{}]}, "main @ 1a2b3c4 (secrets masked; 4 left out)"),
        ({**COMMIT, "changed": 1, "sparse": {"files": 9}}, "main @ 1a2b3c4 (1 file changed; 9 not checked out)"),
        ({**COMMIT, "submodules": [{"changed": 1}, {"changed": 0}]}, "main @ 1a2b3c4 (1 submodule changed)"),
        ({**COMMIT, "branch": "a\x1b[31m"}, "a\\x1b[31m @ 1a2b3c4"),
        ({"script": "/a/train.py", "archive": {"files": 3}}, "/a/train.py (3 files kept; no repository)"),
        ({}, ""),
    ],
)
def test_code_in_one_line(code, text):
    assert code_text(code) == text


def test_show_says_what_code_it_was(wandb, tmp_path):
    root = make_repository(tmp_path / "here")
    (root / "train.py").write_text("print(2)\n")
    start(wandb, sys.executable, "train.py", cwd=root)

    page = subprocess.run([*wandb, "show", "latest"], cwd=root, capture_output=True, text=True).stdout
    known = json.loads(subprocess.run([*wandb, "show", "latest", "--json"], cwd=root, capture_output=True).stdout)

    assert f"main @ {known['code']['commit'][:7]} (1 file changed; not pushed)" in page
    assert (newest_part(root).path / known["code"]["patch"]["path"]).exists()
