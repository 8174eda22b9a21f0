"""An empty folder and a clean environment for every test, which leaves no process behind."""

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from waiting import DAEMONS, below_us, state, wait_until

import wrapper

OTHERS_SETTINGS = ("WANDB_", "_WANDB_", "PYTHON", "XDG_", "SLURM_", "GIT_")
PR_SET_CHILD_SUBREAPER = 36


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test needs is installed in CI: one that is skipped there fails."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        assert isinstance(report.longrepr, tuple)
        report.outcome, report.longrepr = "failed", f"in CI nothing is skipped: {report.longrepr[2]}"
    return report


@pytest.fixture(scope="session")
def wandb() -> list[str]:
    """The installed command, to be put in front: `[*wandb, "run", "true"]`."""
    command = Path(sys.executable).with_name("wandb")
    assert command.exists(), f"{command} is not there: scripts/test installs it"
    return [str(command)]


@pytest.fixture
def as_root() -> None:
    """For what root alone can set up: file systems, name spaces, other users."""
    if os.geteuid():
        pytest.skip("it takes root")


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str, str], list[str]]:
    """A copy of `wandb` with a line more in the middle of a module, for what a test cannot hit from outside."""

    def make(module: str, before: str, line: str) -> list[str]:
        shutil.copytree(Path(wrapper.__file__).parent, tmp_path / "copy" / "wrapper")
        path = tmp_path / "copy" / "wrapper" / module
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, line + before, 1))
        main = tmp_path / "copy" / "wrapper" / "launch" / "__main__.py"
        return [sys.executable, "-I", "-S", str(main), ""]

    return make


@pytest.fixture(scope="session", autouse=True)
def orphans_come_to_us() -> None:
    """What a test leaves behind becomes a child of pytest, and so can be found."""
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


@pytest.fixture(autouse=True)
def nothing_left_running(orphans_come_to_us: None) -> Iterator[None]:
    """Fail a test whose processes are still there some seconds later, and end them."""
    before = below_us()
    DAEMONS.clear()
    DAEMONS.update(before)
    yield
    with suppress(AssertionError):  # Said below, by name.
        # Twice: one that is between two parents is not seen.
        wait_until(lambda: not below_us() - before and not below_us() - before)
    left = {pid: describe(pid) for pid, _start in below_us() - before}
    for pid in left:
        with suppress(ProcessLookupError):  # It has ended meanwhile.
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not below_us() - before)
    if left:
        pytest.fail(f"left running: {left}", pytrace=False)


@pytest.fixture(autouse=True)
def clean_environment(
    nothing_left_running: None,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Start in an empty folder, with a home of its own and nobody's settings."""
    for name in list(os.environ):
        if name.startswith(OTHERS_SETTINGS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.chdir(tmp_path)


def describe(pid: int) -> str:
    """Its state, where in the kernel it waits, and its command; "" when it has just ended."""
    try:
        command, place = (Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "wchan"))
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return f"{state(pid)} {place.decode()} {command.replace(bytes(1), b' ').decode(errors='replace')}"
