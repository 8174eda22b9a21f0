"""What is installed is read from files: odd ones do no harm, and too many are not all read."""

import json
import os
from pathlib import Path

import pytest

from wrapper.recorder.sources.programs.installed import as_requirement, merge, read_folder


def install(folder, name, version, **files):
    path = Path(folder) / f"{name}-{version}.dist-info"
    path.mkdir(parents=True)
    (path / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nSome text.\n")
    for file, facts in files.items():
        (path / file).write_text(json.dumps(facts))
    return path


@pytest.mark.parametrize(
    ("direct_url", "line"),
    [
        (None, "thing==1.0"),
        (
            {"url": "https://github.com/ada/thing.git", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}},
            "thing @ git+https://github.com/ada/thing.git@0a1b",
        ),
        (
            {"url": "https://ada:pass1234@host/thing.git", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}},
            "thing @ git+https://ada:***@host/thing.git@0a1b",
        ),
        (
            {"url": "https://host/thing.whl", "archive_info": {"hash": "sha256=0a1b"}},
            "thing @ https://host/thing.whl#sha256=0a1b",
        ),
        ({"url": "file:///home/ada/thing", "dir_info": {}}, "thing @ file:///home/ada/thing"),
        (
            {"url": "file:///home/ada/thing", "dir_info": {"editable": True}},
            "# Editable install with no version control (thing==1.0)\n-e /home/ada/thing",
        ),
        ({"nonsense": 1}, "thing==1.0"),
        ([1], "thing==1.0"),
    ],
)
def test_requirement_says_where_a_package_is_from(tmp_path, direct_url, line):
    install(tmp_path, "thing", "1.0", **({"direct_url.json": direct_url} if direct_url else {}))

    (package,) = read_folder(str(tmp_path))["packages"]

    assert as_requirement(package) == line


def test_package_without_its_description_is_known_by_the_name_of_its_folder(tmp_path):
    (tmp_path / "left_over-0.3.dist-info").mkdir()
    (tmp_path / "old-1.5-py3.11.egg-info").write_bytes(b"\xff\xfe")
    (tmp_path / "odd.dist-info").mkdir()
    os.mkfifo(tmp_path / "pipe.pth")
    (tmp_path / "hangs-2.0.dist-info").mkdir()
    os.mkfifo(tmp_path / "hangs-2.0.dist-info" / "METADATA")

    found = read_folder(str(tmp_path))["packages"]

    assert [(one["name"], one["version"]) for one in found] == [("hangs", "2.0"), ("left_over", "0.3"), ("old", "1.5")]


def test_folder_that_is_worked_on_is_named(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "easy-install.pth").write_text(f"import os\n{tmp_path}/work\n{tmp_path}/nowhere\n# no\n")

    assert read_folder(str(tmp_path / "site"))["paths"] == [f"{tmp_path}/work"]


def test_first_of_several_packages_of_one_name_counts():
    one, two, three = ({"name": name, "version": "1"} for name in ("My.Thing", "my_thing", "Another"))

    assert merge([[one], [two, three]]) == [three, one]


def test_too_many_packages_are_not_waited_for(tmp_path):
    for number in range(20_000):
        (tmp_path / f"p{number}-1.0.dist-info").mkdir()

    found = read_folder(str(tmp_path), patience_s=0.05)

    assert found["cut"]
    assert read_folder(str(tmp_path / "absent")) == {"packages": [], "cut": False, "paths": []}
