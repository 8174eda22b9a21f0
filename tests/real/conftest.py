"""The frameworks have an environment of their own, which scripts/frameworks.sh makes."""

import os
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / ".venv-frameworks"


@pytest.fixture(scope="session")
def framework_python() -> str:
    """The Python that has the frameworks; without it these tests are skipped, and fail in CI."""
    python = FOLDER / "bin" / "python"
    if not (FOLDER / "installed").exists():
        assert not os.environ.get("CI"), "scripts/frameworks.sh could not install the frameworks; it says above why"
        pytest.skip("the frameworks are not there: scripts/frameworks.sh installs them (1.6 GB)")
    return str(python)


@pytest.fixture(scope="session")
def c_program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The training that is written in C, compiled."""
    source = Path(__file__).parents[1] / "programs" / "trainings" / "train.c"
    program = tmp_path_factory.mktemp("c") / "train"
    subprocess.run(["cc", "-O2", "-o", program, source, "-lm"], check=True)
    return str(program)
