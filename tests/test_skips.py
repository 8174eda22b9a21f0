"""A skip is for a machine that lacks something; in CI, which lacks nothing, it would look like a pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SKIPPING = """
import pytest

@pytest.fixture
def cluster():
    pytest.skip("no cluster")

@pytest.mark.skipif(True, reason="no fish")
def test_marked(): ...

def test_that_skips_itself(): pytest.skip("no root")

def test_whose_fixture_skips(cluster): ...

@pytest.mark.xfail(strict=True, reason="known")
def test_known_to_fail(): raise AssertionError
"""


@pytest.mark.parametrize(
    ("ci", "status", "counts"),
    [
        ("", 0, "3 skipped, 1 xfailed"),
        ("true", 1, "1 failed, 1 xfailed, 2 errors"),
    ],
)
def test_skipped_test_fails_in_ci(ci: str, status: int, counts: str) -> None:
    Path("test_it.py").write_text(SKIPPING)
    words = ["-c", ROOT / "setup.cfg", "--rootdir=.", "-p", "no:cacheprovider", "-p", "conftest", "test_it.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "CI": ci}

    done = subprocess.run([sys.executable, "-m", "pytest", *words], capture_output=True, text=True, env=environment)

    assert done.returncode == status, done.stdout
    assert counts in done.stdout.splitlines()[-1]
