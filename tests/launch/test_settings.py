"""Flags over variables over wandb.yaml over the official client's file over the user's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from wrapper.launch.options import early_mode, parse_run
from wrapper.launch.settings import Settings, find_project_file, resolve

ROOT = Path(__file__).parent.parent.parent


def resolved(*flags: str, cwd: Path | None = None, **variables: str) -> Settings:
    options = parse_run([*flags, "train"])
    return resolve(options, {"HOME": os.environ["HOME"], **variables}, str(cwd or Path.cwd()))


def write_user_file(text: str) -> None:
    path = Path(os.environ["HOME"], ".config/wandb-wrapper/settings.yaml")
    path.parent.mkdir(parents=True)
    path.write_text(text)


def write_official_file(text: str) -> None:
    Path("wandb").mkdir()
    Path("wandb/settings").write_text(text)


def test_each_level_gives_way_to_the_one_above() -> None:
    write_user_file("project: of-user\nentity: of-user\nname: of-user\ngroup: of-user\nlive: yes\n")
    write_official_file("[default]\nproject = of-client\nentity = of-client\nname = of-client\n")
    Path("wandb.yaml").write_text("# ours\nproject: of-yaml\nname: of-yaml\njob-type: of-yaml\n")

    settings = resolved("--project=of-flag", WANDB_PROJECT="of-variable", WANDB_NAME="of-variable")

    found = {name: (getattr(settings, name), settings.origins[name]) for name in settings.origins}
    assert found["project"] == ("of-flag", "--project")
    assert found["name"] == ("of-variable", "WANDB_NAME")
    assert found["job_type"] == ("of-yaml", "wandb.yaml line 4")
    assert found["entity"] == ("of-client", "wandb/settings line 3")
    assert found["group"] == ("of-user", "~/.config/wandb-wrapper/settings.yaml line 4")
    assert found["live"] == (True, "~/.config/wandb-wrapper/settings.yaml line 5")
    assert found["notes"] == (None, "default")
    assert settings.problems == []


def test_nothing_is_set_where_nobody_says_anything() -> None:
    settings = resolve(None, {}, str(Path.cwd()))

    assert (settings.mode, settings.dir, settings.tags, settings.silent) == ("online", None, [], False)
    assert set(settings.origins.values()) == {"default"}


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("WANDB_PROJECT", "mnist", "project", "mnist"),
        ("WANDB_NAME", "a b", "name", "a b"),
        ("WANDB_RUN_ID", "k3v9x2ab", "id", "k3v9x2ab"),
        ("WANDB_RUN_GROUP", "g", "group", "g"),
        ("WANDB_TAGS", "a, b,,c d", "tags", ["a", "b", "c d"]),
        ("WANDB_NOTES", "why", "notes", "why"),
        ("WANDB_JOB_TYPE", "eval", "job_type", "eval"),
        ("WANDB_ENTITY", "team", "entity", "team"),
        ("WANDB_DIR", "/somewhere", "dir", "/somewhere"),
        ("WANDB_MODE", "dryrun", "mode", "offline"),
        ("WANDB_MODE", "Disabled", "mode", "disabled"),
        ("WANDB_MODE", "shared", "mode", "online"),
        ("WANDB_SILENT", "true", "silent", True),
        ("WANDB_SILENT", "1", "silent", True),
        ("WANDB_SILENT", "FALSE", "silent", False),
        ("WANDB_RESUME", "must", "resume", "must"),
        ("WANDB_PROJECT", "", "project", None),
        ("WANDB_MODE", "", "mode", "online"),
        ("WANDB_NAME", "\udcff", "name", "\udcff"),
    ],
)
def test_variable_is_read_as_the_official_client_reads_it(variable: str, text: str, name: str, value: object) -> None:
    settings = resolved(**{variable: text})

    assert getattr(settings, name) == value
    assert settings.problems == []


@pytest.mark.parametrize(
    ("variable", "text", "problem"),
    [
        ("WANDB_MODE", "of", 'mode is one of online, offline, dryrun, disabled, and not "of"; it is ignored'),
        ("WANDB_SILENT", "maybe", '"maybe" is neither true nor false; it is ignored'),
        ("WANDB_RESUME", "no", 'resume is one of allow, must, never, auto, and not "no"; it is ignored'),
    ],
)
def test_variable_that_means_nothing_is_a_problem_and_no_more(variable: str, text: str, problem: str) -> None:
    settings = resolved(**{variable: text})

    assert settings.problems == [f"{variable}: {problem}"]
    assert settings.mode == "online"


def test_impossible_id_in_the_environment_is_ignored() -> None:
    settings = resolved(WANDB_RUN_ID="../../etc")

    assert settings.id is None
    assert settings.problems[0].startswith('WANDB_RUN_ID: "../../etc" cannot be an id')


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("project: [a\n", "wandb.yaml line 2: "),
        ("project:\n  a: b\n", "wandb.yaml line 1: project is a single value, and not a map; it is ignored"),
        ("name: []\n", "wandb.yaml line 1: name is a single value, and not a list; it is ignored"),
        ("mode: fast\n", "wandb.yaml line 1: mode is one of online, offline"),
        ("\nprojcet: x\n", "wandb.yaml line 2: there is no setting projcet; did you mean project?"),
        ("id: k3v9\n", "wandb.yaml line 1: each run has an id of its own"),
        ("project: \udcff\n", "wandb.yaml cannot be read: byte 9 is not UTF-8"),
        ("#" * (1 << 20) + "\n", "wandb.yaml cannot be read: larger than 1 MB"),
        ("- a\n", "wandb.yaml line 1: settings are lines such as `project: mnist`; the file is ignored"),
    ],
)
def test_file_that_is_wrong_is_a_problem_and_no_more(text: str, problem: str) -> None:
    Path("wandb.yaml").write_bytes(text.encode(errors="surrogateescape"))
    write_user_file("entity: ada\nproject: of-user\n")

    settings = resolved()

    assert len(settings.problems) == 1
    assert settings.problems[0].startswith(problem)
    assert (settings.project, settings.entity, settings.mode) == ("of-user", "ada", "online")


def test_what_others_keep_in_the_file_is_no_problem() -> None:
    Path("wandb.yaml").write_text("sweep:\n  method: grid\n  deep:\n    er: 1\nlearning_rate: 0.1\nproject: a\n")

    settings = resolved()

    assert settings.project == "a"
    assert settings.problems == []


def test_pipe_in_place_of_a_file_is_left_alone() -> None:
    os.mkfifo("wandb.yaml")

    assert resolved().problems == []


@pytest.mark.parametrize(
    ("files", "cwd", "found"),
    [
        (["a/wandb.yaml"], "a", "a/wandb.yaml"),
        (["a/wandb.yaml"], "a/b", None),
        (["a/.git/HEAD", "a/wandb.yaml"], "a/b/c", "a/wandb.yaml"),
        (["a/.git/HEAD", "a/wandb.yaml", "a/b/wandb.yaml"], "a/b/c", "a/b/wandb.yaml"),
        (["wandb.yaml", "a/.git/HEAD"], "a/b", None),
        (["a/.git", "a/wandb.yaml"], "a/b", "a/wandb.yaml"),
    ],
)
def test_project_file_is_looked_for_up_to_the_root_of_the_repository(
    tmp_path: Path, files: list[str], cwd: str, found: str | None
) -> None:
    (tmp_path / cwd).mkdir(parents=True)
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert find_project_file(str(tmp_path / cwd)) == (found and str(tmp_path / found))


def test_relative_directory_starts_where_it_was_written(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep").mkdir()
    (tmp_path / "wandb.yaml").write_text("dir: runs\n")
    write_user_file("dir: kept\n")
    home = os.environ["HOME"]

    assert resolved(cwd=tmp_path / "deep").dir == f"{tmp_path}/runs"
    assert resolved(cwd=tmp_path / "deep", WANDB_DIR="x").dir == f"{tmp_path}/deep/x"
    assert resolved("--dir", ".", cwd=tmp_path / "deep").dir == f"{tmp_path}/deep"
    assert resolved("--dir", "~/x").dir == f"{home}/x"
    assert resolved(cwd=Path("/")).dir == f"{home}/kept"


def test_official_settings_are_found_where_the_official_client_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "kept/.wandb").mkdir(parents=True)
    (tmp_path / "kept/.wandb/settings").write_text("[default]\nproject = a\ndisabled = true\nbase_url = x\n")

    settings = resolved(WANDB_DIR=str(tmp_path / "kept"))

    assert (settings.project, settings.mode) == ("a", "disabled")


@pytest.mark.parametrize(
    ("flags", "variables", "mode"),
    [
        ([], {}, None),
        ([], {"WANDB_MODE": "dryrun"}, "offline"),
        ([], {"WANDB_MODE": "nonsense"}, None),
        (["--mode=online"], {"WANDB_MODE": "disabled"}, "online"),
    ],
)
def test_early_mode_needs_no_file(flags: list[str], variables: dict[str, str], mode: str | None) -> None:
    Path("wandb.yaml").write_text("mode: disabled\n")

    assert early_mode(parse_run([*flags, "train"]), variables) == mode


def test_settings_take_nothing_but_names_paths_and_themselves() -> None:
    """They are read before the command starts; every module here would be waited for."""
    program = (
        f"import sys; sys.path.append({str(ROOT)!r}); import posix, stat; before = set(sys.modules)\n"
        "from wrapper.launch import options, settings\n"
        "settings.resolve(options.parse_run(['true']), {}, posix.getcwd())\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    Path("wandb.yaml").write_text("project: mnist\ntags: [a, b]\n")

    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True)

    assert done.stdout.split() == [
        *("__future__", "wrapper", "wrapper.launch", "wrapper.launch.options"),
        *(
            "wrapper.launch.plain_yaml",
            "wrapper.launch.settings",
            "wrapper.rundir",
            "wrapper.rundir.names",
            "wrapper.rundir.paths",
        ),
    ]


@pytest.mark.parametrize(
    ("site", "project", "problems"),
    [
        ("", "None", "wandb.yaml: it takes PyYAML to read this file, and it cannot be imported; the file is ignored"),
        (str(Path(yaml.__file__).parent.parent), "mnist", ""),
    ],
)
def test_file_that_is_not_plain_needs_pyyaml_which_is_found_where_we_are_installed(
    site: str, project: str, problems: str
) -> None:
    program = (
        f"import sys; sys.path.append({str(ROOT)!r}); import os\n"
        "from wrapper.launch import settings\n"
        f"found = settings.resolve(None, {{}}, os.getcwd(), {site!r})\n"
        "print(found.project, *found.problems)"
    )
    Path("wandb.yaml").write_text("{project: mnist}\n")

    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == (f"{project} {problems}".rstrip() + "\n", "")
