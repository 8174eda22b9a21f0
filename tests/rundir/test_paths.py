"""The same answers as os.path, in a fifth of the time to import."""

import os
from pathlib import Path

import pytest

from wrapper.rundir import paths


@pytest.mark.parametrize("folder", ["/", "/a", "/a/", "/a/b", "", "a"])
@pytest.mark.parametrize("name", ["x", "x/y", "/x", ".git"])
def test_names_are_joined(folder, name):
    assert paths.join(folder, name) == os.path.join(folder, name)


@pytest.mark.parametrize("path", ["/", "/a", "/a/b", "/a//b", "a/b", "a"])
def test_parent(path):
    assert paths.parent(path) == os.path.dirname(path)


@pytest.mark.parametrize("path", ["/", "/a", "/a/./b/", "/a//b", "/./a"])
def test_detours_go(path):
    assert paths.without_detours(path) == os.path.normpath(path)


@pytest.mark.parametrize("path", ["file", "folder", "link", "lost", "nothing", "file/below", "\0"])
def test_kinds(path):
    Path("file").touch()
    Path("folder").mkdir()
    Path("link").symlink_to("file")
    Path("lost").symlink_to("nowhere")

    kinds = paths.is_there(path), paths.is_file(path), paths.is_folder(path)

    assert kinds == (os.path.exists(path), os.path.isfile(path), os.path.isdir(path))
