"""The tables of a program are read as its makers wrote them; what is damaged or none has no tables."""

import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from wrapper.recorder.sources.programs.binaries import describe

SLEEP = os.path.realpath(shutil.which("sleep") or "/bin/sleep")


def test_program_names_what_it_needs():
    found = describe(SLEEP)

    assert found["bytes"] == os.path.getsize(SLEEP)
    assert found["interpreter"].startswith("/lib")
    assert [name for name in found["needed"] if name.startswith("libc.")]


def test_file_that_is_no_program_has_a_size_and_a_checksum():
    Path("data").write_bytes(b"hello")

    assert describe("data").keys() == {"path", "bytes", "sha256"}


def test_checksum_of_a_large_file_is_not_waited_for():
    with open("large", "wb") as file:
        file.truncate(1 << 40)

    assert describe("large", patience_s=0.05) == {"path": "large", "bytes": 1 << 40}


def test_path_where_nothing_is_has_no_facts():
    assert describe("nowhere") == {}


@pytest.mark.parametrize("seed", range(200))
def test_damaged_program_does_no_harm(seed):
    chance = random.Random(seed)
    data = bytearray(Path(SLEEP).read_bytes())
    for _ in range(chance.choice((1, 10, 1000))):
        data[chance.randrange(min(len(data), chance.choice((64, 1024, len(data)))))] = chance.randrange(256)
    Path("damaged").write_bytes(data[: chance.choice((10, 64, 500, len(data)))])

    assert describe("damaged")["path"] == "damaged"


def test_interpreter_of_python_is_a_program_too():
    assert describe(os.path.realpath(sys.executable))["sha256"]
