"""The environment of the command is known: of what it comes to, whoever starts that; nothing of it is run."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from kept import only_part
from recorder.knowing import run_until_known
from waiting import wait_until

WAIT = "import sys; sys.stdin.read()"


def environment():
    """What the last record of the part says."""
    wait_until(lambda: only_part().is_read, 30)
    return [record["environment"] for record in only_part().records("environment")][-1]


def requirements():
    return (only_part().path / "files" / "requirements.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A wheel of a package called Tiny_Thing."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "Tiny_Thing"\nversion = "1.2.post3"\n[tool.setuptools]\npy-modules = []\n'
    )
    pip = [sys.executable, "-m", "pip", "-q", "wheel", "--no-build-isolation", "--no-deps", "--no-index"]
    subprocess.run([*pip, "-w", str(folder), str(folder)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture
def other(tiny, tmp_path):
    """The interpreter of a venv in which Tiny_Thing is."""
    venv.create(tmp_path / "other", symlinks=True)
    python = tmp_path / "other" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "-q", "--python", python, "install", "--no-index", "--no-deps", tiny], check=True
    )
    return python


def start_of(python):
    return f"{python} -c '{WAIT}'"


@pytest.mark.parametrize(
    "make",
    [
        lambda python: [python, "-c", WAIT],
        lambda python: [python, "-c", "pass"],  # over before anybody looks
        lambda python: ["sh", "-c", f"sleep 0.2; {start_of(python)}; true"],
        lambda python: ["env", "-i", python, "-c", WAIT],
        lambda python: ["nice", "sh", "-c", f"({start_of(python)}) | cat"],
        lambda python: ["bash", "-c", f"source {python.parent}/activate; cd /; python -c '{WAIT}'; true"],
    ],
    ids=["itself", "short", "shell", "env", "pipe", "activate"],
)
def test_packages_are_those_of_the_interpreter_that_the_command_comes_to(wandb, other, make):
    run_until_known(wandb, *make(other))

    known = environment()
    assert known["interpreter"]["path"] == str(other)
    assert known["interpreter"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert known["interpreter"]["kind"] == "venv"
    assert known["packages"] == {"Tiny_Thing": "1.2.post3"}
    (line,) = requirements()
    assert line.startswith("Tiny_Thing @ file:///")


def test_script_with_an_interpreter_line_is_that_interpreters(wandb, other):
    script = Path("train")
    script.write_text(f"#!{other}\n{WAIT}\n")
    script.chmod(0o755)

    run_until_known(wandb, "./train")

    assert environment()["interpreter"]["path"] == str(other)


def test_requirements_are_what_pip_freeze_says(wandb, other):
    run_until_known(wandb, other, "-c", WAIT)
    wait_until(lambda: only_part().is_read)

    freeze = [sys.executable, "-m", "pip", "--python", other, "freeze", "--all"]
    assert requirements() == subprocess.check_output(freeze, text=True).splitlines()


def test_packages_on_the_python_path_come_first(wandb, other, monkeypatch):
    folder = Path("mine/tiny_thing-9.0.dist-info")
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-thing\nVersion: 9.0\n")
    monkeypatch.setenv("PYTHONPATH", "mine")

    run_until_known(wandb, other, "-c", WAIT)

    assert environment()["packages"] == {"tiny-thing": "9.0"}


def test_binary_is_known_by_its_checksum_and_its_libraries(wandb):
    run_until_known(wandb, "cat")

    binary = environment()["binary"]
    assert binary["path"] == os.path.realpath(shutil.which("cat"))
    assert binary["sha256"] == subprocess.check_output(["sha256sum", binary["path"]], text=True).split()[0]
    assert any(name.startswith("libc.") for name in binary["needed"])
    assert any("libc" in path for path in binary["libraries"])


def test_shell_that_starts_nothing_else_is_the_program(wandb):
    subprocess.run([*wandb, "run", "sh", "-c", "exit 0"], check=True)

    assert os.path.samefile(environment()["binary"]["path"], shutil.which("sh"))


def test_conda_environment_is_listed_as_conda_would(wandb, tmp_path):
    prefix = tmp_path / "conda" / "envs" / "paper"
    meta = prefix / "conda-meta"
    meta.mkdir(parents=True)
    (prefix / "bin").mkdir()
    python = Path(shutil.copy(shutil.which("cat"), prefix / "bin" / "python3.11"))
    for name, version, build in (("python", "3.11.9", "h955ad1f_0"), ("numpy-base", "1.26.4", "py311_0")):
        facts = {
            "channel": "https://conda.example.org/conda-forge/linux-64",
            "files": ["a", "b"],
            "url": f"https://conda.example.org/t/secret/conda-forge/linux-64/{name}-{version}-{build}.conda",
            "md5": "0" * 32,
        }
        (meta / f"{name}-{version}-{build}.json").write_text(json.dumps(facts, indent=2))
    (meta / "history").write_text("")
    pip = prefix / "lib" / "python3.11" / "site-packages" / "peft-0.9.dist-info"
    pip.mkdir(parents=True)
    (pip / "METADATA").write_text("Name: peft\nVersion: 0.9\n")

    run_until_known(wandb, python)

    known = environment()
    assert known["conda"] | {"sha256": "", "explicit": ""} == {
        "name": "paper",
        "prefix": str(prefix),
        "count": 2,
        "path": "files/conda-environment.yaml",
        "sha256": "",
        "explicit": "",
    }
    assert (only_part().path / "files" / "conda-environment.yaml").read_text() == (
        "name: paper\nchannels:\n  - conda-forge\ndependencies:\n  - numpy-base=1.26.4=py311_0\n"
        f"  - python=3.11.9=h955ad1f_0\n  - pip:\n    - peft==0.9\nprefix: {prefix}\n"
    )
    explicit = (only_part().path / "files" / "conda-explicit.txt").read_text().splitlines()
    assert explicit[0] == "@EXPLICIT" and len(explicit) == 3
    assert "secret" not in "".join(explicit)


def test_variables_that_matter_are_kept_without_their_secrets(wandb, monkeypatch):
    for name, value in {
        "CUDA_VISIBLE_DEVICES": "0,1",
        "HF_TOKEN": "hf_abcdefghijklmnopqrstuvwxyz",
        "PIP_INDEX_URL": "https://ada:hunter22@packages.example.com/simple",
        "MY_OWN": "x",
        "LOADEDMODULES": "gcc/12.2:cuda/12.4",
    }.items():
        monkeypatch.setenv(name, value)

    run_until_known(wandb, "cat")

    known = environment()
    assert known["variables"]["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert known["variables"]["HF_TOKEN"] == "***"
    assert known["variables"]["PIP_INDEX_URL"] == "https://ada:***@packages.example.com/simple"
    assert "MY_OWN" not in known["variables"]
    assert known["masked"] == ["HF_TOKEN", "PIP_INDEX_URL"]
    assert known["modules"] == ["gcc/12.2", "cuda/12.4"]
    kept = b"".join(path.read_bytes() for path in only_part().path.rglob("*") if path.is_file())
    assert b"hunter22" not in kept and b"hf_abc" not in kept
