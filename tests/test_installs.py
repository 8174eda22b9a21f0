"""However it was installed, `wandb` starts, and nothing of the user's runs inside it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from waiting import descendants, wait_until

CHECKOUT = Path(__file__).parent.parent
HOSTILE = ("signal", "json", "os", "sitecustomize", "usercustomize", "wrapper", "click")
BASE = Path(sys.executable).resolve()  # that of the venv we run in is a link to it

# Nothing is downloaded, and nobody's configuration is read.
PIP_SETTINGS = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_IGNORE_INSTALLED": "1",  # or --prefix would first remove what the tests themselves run on
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_BREAK_SYSTEM_PACKAGES": "1",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy in which to build, in a folder whose name a URL has to spell otherwise."""
    copy = tmp_path_factory.mktemp("a checkout, 100%") / "here"
    skip = shutil.ignore_patterns(".*", "tests", "scripts", "build", "*.egg-info", "__pycache__")
    shutil.copytree(CHECKOUT, copy, ignore=skip, symlinks=True)
    return copy


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder, checkout)
    return next(folder.glob("*.whl"))


def in_venv(folder: Path, wheel: Path, checkout: Path) -> Path:
    return install_in_venv(folder / "venv", wheel)


def in_venv_with_an_odd_path(folder: Path, wheel: Path, checkout: Path) -> Path:
    return install_in_venv(folder / "my venv, 50%20off", wheel)


def linked_as_pipx_does(folder: Path, wheel: Path, checkout: Path) -> Path:
    installed = install_in_venv(folder / "pipx" / "venvs" / "wandb-wrapper", wheel)
    (folder / "bin").mkdir()
    (folder / "bin" / "wandb").symlink_to(os.path.relpath(installed, folder / "bin"))
    return folder / "bin" / "wandb"


def for_the_user(folder: Path, wheel: Path, checkout: Path) -> Path:
    pip("--python", BASE, "install", "--user", wheel, PYTHONUSERBASE=str(folder), HOME=str(folder))
    return add_dependencies(next(folder.glob("bin/wandb")))


def with_prefix(folder: Path, wheel: Path, checkout: Path) -> Path:
    pip("install", "--prefix", folder, wheel)
    return add_dependencies(folder / "bin" / "wandb")


def with_target(folder: Path, wheel: Path, checkout: Path) -> Path:
    pip("install", "--target", folder, wheel)
    link_dependencies(folder)
    return folder / "bin" / "wandb"


def editable(folder: Path, wheel: Path, checkout: Path) -> Path:
    python = make_venv(folder / "venv")
    link_distributions(["setuptools", "wheel", "packaging"], site_of(python))
    pip("--python", python, "install", "--no-build-isolation", "--editable", checkout)
    return add_dependencies(python.with_name("wandb"))


WAYS: list[Callable[[Path, Path, Path], Path]] = [
    in_venv,
    in_venv_with_an_odd_path,
    linked_as_pipx_does,
    for_the_user,
    with_prefix,
    with_target,
    editable,
]


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.__name__)
def installed(request, tmp_path_factory, wheel, checkout) -> Path:
    """The command `wandb` of an installation of each kind."""
    return request.param(tmp_path_factory.mktemp("installed"), wheel, checkout)


def test_version_is_told(installed):
    done = subprocess.run([installed, "--version"], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert metadata.version("wandb-wrapper") in done.stdout


@pytest.mark.parametrize("status", [0, 3])
def test_command_runs(installed, status):
    done = subprocess.run([installed, "run", "--", "sh", "-c", f"echo out; exit {status}"], capture_output=True)

    assert (done.returncode, done.stdout, done.stderr) == (status, b"out\n", b"")


def test_other_name_is_the_same_command(installed):
    other = installed.resolve().with_name("wandb-wrapper")

    assert subprocess.run([other, "run", "--", "sh", "-c", "exit 5"]).returncode == 5


@pytest.mark.parametrize("command", [["run", "--", "true"], ["--version"], ["--help"]])
def test_modules_of_the_user_never_run_in_wandb(installed, hostile, command):
    done = subprocess.run([installed, *command], env=hostile, capture_output=True, text=True)

    wait_until(lambda: not descendants())
    assert (done.returncode, done.stderr) == (0, "")
    assert not Path("ran").exists()


def test_modules_of_the_user_run_in_the_command_as_without_wandb(installed, hostile):
    command = [sys.executable, "-c", "pass"]
    bare = subprocess.run(command, env=hostile, capture_output=True)
    ran_bare = Path("ran").read_text()
    Path("ran").unlink()

    wrapped = subprocess.run([installed, "run", "--", *command], env=hostile, capture_output=True)

    wait_until(lambda: not descendants())
    assert (wrapped.returncode, wrapped.stderr) == (bare.returncode, bare.stderr)
    assert Path("ran").read_text() == ran_bare


@pytest.fixture(autouse=True)
def python_on_path(monkeypatch) -> None:
    """Where it was installed for a user, there is no interpreter beside the command."""
    monkeypatch.setenv("PATH", f"{BASE.parent}:{os.environ['PATH']}")


@pytest.fixture
def hostile(tmp_path) -> dict[str, str]:
    """An environment, and a current folder, whose modules note that they were run."""
    for name in HOSTILE:
        Path(f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name + chr(10)!r})\n")
    return {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "json.py")}


def pip(*arguments, **environment) -> None:
    """Run pip; what it says is shown when it fails."""
    command = [sys.executable, "-m", "pip", *map(str, arguments)]
    done = subprocess.run(command, env={**os.environ, **PIP_SETTINGS, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def make_venv(folder: Path) -> Path:
    """Its interpreter; there is no pip in it, which ours can do for it faster."""
    subprocess.run([BASE, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


def install_in_venv(folder: Path, wheel: Path) -> Path:
    python = make_venv(folder)
    pip("--python", python, "install", wheel)
    return add_dependencies(python.with_name("wandb"))


def add_dependencies(installed: Path) -> Path:
    """Put what we need where pip would have, as links, because downloads do not belong in a test."""
    [site] = installed.parent.parent.glob("lib/python3*/*-packages")
    link_dependencies(site)
    return installed


def site_of(python: Path) -> Path:
    return next(python.parent.parent.glob("lib/python3*/site-packages"))


def link_dependencies(site: Path) -> None:
    """Everything that wandb-wrapper requires, and what that requires in turn."""
    todo, found = ["wandb-wrapper"], set()
    while todo:
        for line in metadata.requires(todo.pop()) or []:
            requirement = Requirement(line)
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if wanted and requirement.name not in found:
                todo.append(requirement.name)
                found.add(requirement.name)
    link_distributions(found, site)


def link_distributions(names: Iterable[str], site: Path) -> None:
    """Put each of these that we have into `site`, too."""
    for name in names:
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] != ".."}:
            if not (site / top).exists():
                (site / top).symlink_to(distribution.locate_file(top))
