"""Git is asked only where there may be something to ask about."""

import subprocess
from pathlib import Path

import pytest

from wrapper.recorder.sources.repository.trees import may_lie_in_repository


@pytest.mark.parametrize(
    ("made", "folder"),
    [
        (["git", "init", "-q", "plain"], "plain"),
        (["git", "init", "-q", "deep"], "deep/a/b"),
        (["git", "init", "-q", "--bare", "bare"], "bare"),
        (["git", "init", "-q", "--separate-git-dir", "elsewhere", "apart"], "apart"),
    ],
)
def test_every_form_of_a_repository_is_asked(made, folder):
    subprocess.run(made, check=True)
    Path(folder).mkdir(parents=True, exist_ok=True)

    assert may_lie_in_repository(folder)


def test_link_into_one_is_asked():
    subprocess.run(["git", "init", "-q", "plain"], check=True)
    Path("link").symlink_to("plain")

    assert may_lie_in_repository("link")


def test_folder_outside_is_not_asked():
    Path("a").mkdir()

    assert not may_lie_in_repository("a")
