"""A test looks after the processes that it has started, and not after what serves the tests beside it."""

import subprocess
from collections.abc import Iterator

import pytest
from waiting import descendants

# A process of its own for each line, which ends with the next.
STARTS_OTHERS = "while read -r word; do sleep 100 & echo $!; read -r word; kill $!; wait; echo ended; done"


@pytest.fixture(scope="module")
def daemon() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        ["sh", "-c", STARTS_OTHERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        yield process


def tell(daemon: "subprocess.Popen[str]") -> str:
    assert daemon.stdin and daemon.stdout
    daemon.stdin.write("\n")
    return daemon.stdout.readline()


def test_daemon_of_several_tests_is_none_of_this_ones(daemon: "subprocess.Popen[str]") -> None:
    assert int(tell(daemon)) > 1
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as ours:
        found = {pid for pid, _start in descendants()}
    assert tell(daemon) == "ended\n"

    assert found == {ours.pid}
