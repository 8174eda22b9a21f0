"""`wandb` is a shell script first: nothing that the shell does to a process reaches the command."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCH = Path(__file__).parent.parent / "wrapper" / "launch"

# Stands in for wrapper/launch/entry.py: writes what it was given to the file of its first argument.
ENTRY = """
import json, os, sys
from wrapper.launch.environ import caller_environment

def main(site, args):
    status = dict(line.split(":", 1) for line in open("/proc/self/status", errors="replace"))
    numbers = [n for n in map(int, os.listdir("/proc/self/fd")) if os.path.exists(f"/proc/self/fd/{n}")]
    opened = {n: os.readlink(f"/proc/self/fd/{n}") for n in numbers}
    with open(args[0], "w") as file:
        json.dump({
            "environment": [entry.decode("latin-1") for entry in caller_environment()],
            "arguments": [os.fsencode(arg).decode("latin-1") for arg in args[1:]],
            "site": site,
            "path": sys.path,
            "site was run": "site" in sys.modules,
            "open": opened,
            "ignored": int(status["SigIgn"], 16),
            "blocked": int(status["SigBlk"], 16),
            "umask": status["Umask"].strip(),
        }, file)
"""

# os.execve takes a mapping, which can hold neither doubled names nor entries without "=".
EXECVE = """
import ctypes, json, os, signal, sys

def strings(texts):
    return (ctypes.c_char_p * (len(texts) + 1))(*[text.encode("latin-1") for text in texts], None)

given = json.load(open("given"))
os.closerange(3, 1000)
exec(given["before"])
arguments = strings(given["arguments"])
ctypes.CDLL(None, use_errno=True).execve(arguments[0], arguments, strings(given["environment"]))
sys.exit(f"execve: errno {ctypes.get_errno()}")
"""

SHELLS = {
    "dash": ["/bin/dash"],
    "bash": ["/bin/bash", "--posix"],
    "busybox": ["/bin/busybox", "sh"],
}

PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
EVERY_BYTE = "".join(map(chr, range(1, 256)))  # as Latin-1, like all strings here that are bytes
WIDE = "\xc3\xa4"  # one character in UTF-8
PLAIN = ["PATH=/usr/bin:/bin", "HOME=/home/ada", "PWD=/"]


@pytest.fixture(params=SHELLS)
def shell(request) -> list[str]:
    """Each of the shells that /bin/sh is on one system or another."""
    command = shutil.which(SHELLS[request.param][0])
    assert command, f"{request.param} is not installed: scripts/test does that where it is root"
    return [command, *SHELLS[request.param][1:]]


@pytest.fixture(scope="module")
def prefix(tmp_path_factory) -> Path:
    """An installation of the script, and of as much of the package as tells what has arrived."""
    prefix = tmp_path_factory.mktemp("prefix")
    install(prefix / f"lib/{PYTHON}/site-packages", prefix / "bin")
    return prefix


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([], id="empty"),
        pytest.param(["HOME=/home/ada"], id="no PATH, no PWD"),
        pytest.param(["PATH=/nowhere"], id="PATH without any tool"),
        pytest.param([*PLAIN, "a.b=1", "my-name=2", "BASH_FUNC_x%%=() {  echo\n echo two\n}"], id="odd names"),
        pytest.param([*PLAIN, "TWICE=1", "OTHER=", "TWICE=2"], id="doubled and empty"),
        pytest.param([*PLAIN, "no equals sign", "", "=nameless", "LAST="], id="without ="),
        pytest.param([*PLAIN, "LINES=one\n\ntwo\n\n"], id="ends in newlines"),
        pytest.param([*PLAIN, f"BYTES={EVERY_BYTE}"], id="every byte"),
        pytest.param([*PLAIN, "LC_ALL=C.UTF-8", f"BYTES={EVERY_BYTE}"], id="every byte, UTF-8"),
        pytest.param([*PLAIN, "A=\036\037", "B=\037", "C=\036"], id="the separators"),
        pytest.param([*PLAIN, "PWD=/wrong", "OLDPWD=/gone", "SHLVL=7", "_=/x", "IFS=a"], id="shells' own names"),
        pytest.param([*PLAIN, "_WANDB_ENVIRON=stale", "w_site=x", "w_root=y"], id="our names"),
        pytest.param([*PLAIN, "LC_ALL=C", "LANG=xx_YY.nonsense"], id="locale"),
        pytest.param([*PLAIN, "SHELLOPTS=errexit:noglob:nounset:xtrace", "BASH_ENV=/x"], id="options"),
        pytest.param([*PLAIN, *(f"VARIABLE_{n}={'x' * 900}" for n in range(100)), "a.b=1"], id="90 KB"),
        pytest.param([*PLAIN, "LC_ALL=C.UTF-8", "a.b=1", f"WIDE={WIDE * 19_000}"], id="wide characters"),
    ],
)
def test_environment_arrives_as_it_was(shell, prefix, entries):
    expected = [entry for entry in entries if not entry.startswith("_WANDB_ENVIRON=")]

    assert start(shell, prefix, entries)["environment"] == expected


@pytest.mark.parametrize(
    "large",
    [
        pytest.param([f"VARIABLE_{n}={'x' * 2000}" for n in range(100)], id="200 KB"),
        pytest.param(["LC_ALL=C.UTF-8", *(f"WIDE_{n}={WIDE * 35_000}" for n in range(2))], id="wide characters"),
    ],
)
def test_environment_too_large_to_hand_over_is_what_the_shell_makes_of_it(shell, prefix, large):
    variables_of_scripts = [f"{name}=kept" for name in ("here", "name", "place", "python", "root", "self", "site")]
    entries = ["PATH=/usr/bin:/bin", "HOME=/home/ada", *variables_of_scripts, *large]

    arrived = start(shell, prefix, [*entries, "a.b=1"])["environment"]

    assert set(entries) <= set(arrived)
    assert not any(entry.startswith(("_WANDB_ENVIRON", "_WANDB_IGNORED")) for entry in arrived)


def test_environment_of_a_stranger_is_not_taken(prefix):
    """In a process namespace with the /proc of the one around it, another process there has our number."""
    around = [shutil.which("unshare"), "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*around, "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("it takes root to make a process namespace")
    apart = [*around, "sh", "-c", 'OURS=1 unshare --pid --fork "$@"; exit', "sh"]

    arrived = start(apart, prefix, [*PLAIN, "STRANGE=1"])["environment"]

    assert "OURS=1" in arrived


def test_environment_that_could_not_be_read_is_not_taken_for_an_empty_one(prefix):
    [main] = prefix.glob("lib/*/site-packages/wrapper/launch/__main__.py")

    subprocess.run([sys.executable, "-I", "-S", main, "", "seen"], env={"_WANDB_ENVIRON": "", "A": "1"}, check=True)

    assert json.loads(Path("seen").read_text())["environment"] == ["A=1"]


def test_arguments_that_fill_what_the_kernel_allows_still_start(shell, prefix):
    arguments = ["x" * 100_000] * 18

    arrived = start(shell, prefix, [*PLAIN, "SOME=" + "y" * 100_000], arguments)

    assert arrived["arguments"] == arguments


def test_arguments_arrive_as_they_were(shell, prefix):
    arguments = ["a b", "", "*", "$HOME", "`x`", "'\"", "-n", "--", "\n", "\xff\xfe", "\\0"]

    assert start(shell, prefix, [*PLAIN, "LC_ALL=C"], arguments)["arguments"] == arguments


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
def test_closed_stays_closed(shell, prefix, closed):
    arrived = start(shell, prefix, PLAIN, before=f"[os.close(fd) for fd in {closed}]")

    assert set(arrived["open"]) == {"0", "1", "2"} - set(map(str, closed))


def test_files_of_the_caller_pass_through(shell, prefix):
    kept = {3, 7, 9, 10, 11, 12, 63, 255}
    before = f"""
file = os.dup2(os.open("given", os.O_RDONLY), 400, inheritable=False)
for fd in {kept}:
    os.dup2(file, fd)
"""

    arrived = start(shell, prefix, PLAIN, before=before)["open"]

    assert {int(fd) for fd, path in arrived.items() if path == os.path.realpath("given")} == kept
    assert set(map(int, arrived)) == kept | {0, 1, 2}


def test_signals_and_umask_pass_through(shell, prefix):
    ignored = {1, 2, 3, 10, 15, 20}
    blocked = {1, 12, 18, 37}
    before = f"""
for number in {ignored}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_SETMASK, {blocked})
os.umask(0o137)
"""

    arrived = start(shell, prefix, PLAIN, before=before)

    assert all(arrived["ignored"] >> (number - 1) & 1 for number in ignored)
    assert arrived["blocked"] == sum(1 << (number - 1) for number in blocked)
    assert arrived["umask"] == "0137"


def test_standard_library_comes_first(shell, prefix):
    arrived = start(shell, prefix, PLAIN)

    assert arrived["path"][-1] == arrived["site"]
    assert not arrived["site was run"]
    assert os.path.samefile(arrived["site"], next(prefix.glob("lib/*/site-packages")))
    assert not any(os.path.samefile(path, LAUNCH) for path in arrived["path"] if os.path.exists(path))


@pytest.mark.parametrize(
    "called",
    ["{prefix}/bin/wandb", "{prefix}/./bin/../bin/wandb", "bin/wandb", "./wandb", "links/to/link", "wandb"],
)
def test_package_is_found_however_it_is_called(prefix, tmp_path, called):
    Path("links/to").mkdir(parents=True)
    Path("links/to/link").symlink_to("../../link")
    Path("link").symlink_to(prefix / "bin/wandb")
    Path("bin").symlink_to(prefix / "bin")
    Path("wandb").symlink_to("bin/wandb")
    command = called.format(prefix=prefix)

    subprocess.run([command, tmp_path / "seen"], env={"PATH": ":/usr/bin"}, check=True)

    assert json.loads((tmp_path / "seen").read_text())["environment"] == ["PATH=:/usr/bin"]


def test_newest_of_two_versions_is_taken(prefix, tmp_path):
    for version in ("3.2", "3.97", "3.99"):
        python = tmp_path / "bin" / f"python{version}"
        install(tmp_path / f"lib/python{version}/site-packages", tmp_path / "bin")
        python.write_text(f"#!/bin/sh\necho {version}\n")
        python.chmod(0o755)

    done = subprocess.run([tmp_path / "bin/wandb"], stdout=subprocess.PIPE, text=True)

    assert done.stdout == "3.99\n"


@pytest.mark.parametrize(
    "place",
    [
        "lib/{python}/site-packages",
        "lib64/{python}/site-packages",
        "lib/{python}/dist-packages",
        "lib/python3/dist-packages",
        "local/lib/{python}/dist-packages",
        ".",
    ],
)
def test_package_is_found_wherever_pip_puts_it(tmp_path, place):
    site = tmp_path / place.format(python=PYTHON)
    install(site, tmp_path / "bin")

    subprocess.run([tmp_path / "bin/wandb", "seen"], check=True)

    assert os.path.samefile(json.loads(Path("seen").read_text())["site"], site)


def test_checkout_runs_without_being_installed(tmp_path):
    shutil.copytree(LAUNCH.parent, tmp_path / "wrapper")
    (tmp_path / "wrapper" / "launch" / "entry.py").write_text(ENTRY)

    subprocess.run([tmp_path / "wrapper/launch/bin/wandb", "seen"], check=True)

    seen = json.loads(Path("seen").read_text())
    assert (seen["site"], seen["path"][-1]) == ("", str(tmp_path))


def test_package_that_is_gone_is_said_in_one_line(shell, tmp_path):
    shutil.copy(LAUNCH / "bin" / "wandb", tmp_path)

    done = subprocess.run([*shell, tmp_path / "wandb", "run", "true"], capture_output=True, text=True)

    assert done.returncode == 127
    assert re.fullmatch(r"wandb: .*install wandb-wrapper again\n", done.stderr)
    assert done.stdout == ""


def install(site: Path, scripts: Path) -> None:
    """Put the script, what it starts, and a Python where pip and venv would."""
    scripts.mkdir(exist_ok=True)
    if not (scripts / PYTHON).exists():
        (scripts / PYTHON).symlink_to(Path(sys.executable).resolve())
    shutil.copy(LAUNCH / "bin" / "wandb", scripts)
    (site / "wrapper" / "launch").mkdir(parents=True)
    for name in ("__main__.py", "environ.py"):
        shutil.copy(LAUNCH / name, site / "wrapper" / "launch")
    (site / "wrapper" / "launch" / "entry.py").write_text(ENTRY)


def start(shell, prefix, entries, arguments=(), before="") -> dict:
    """What came through the script, which may print nothing; `before` is what the caller does first."""
    command = [*shell, f"{prefix}/bin/wandb", "seen", *arguments]
    Path("given").write_text(json.dumps({"arguments": command, "environment": entries, "before": before}))
    with Path("said").open("wb") as said:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", EXECVE], stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    assert (done.returncode, Path("said").read_text()) == (0, "")
    return json.loads(Path("seen").read_text())
