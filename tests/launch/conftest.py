"""Each test of transparency runs without us too, so that what it expects is known to be what would be."""

from collections.abc import Callable

import pytest
from terminal import Terminal

StartOnTerminal = Callable[..., Terminal]

WAYS = ["bare", "wrapped", "copying"]


@pytest.fixture(params=["bare", "wrapped"])
def front(request: pytest.FixtureRequest, wandb: list[str]) -> list[str]:
    """What stands before the command: nothing, or `wandb run`."""
    return words_before(request.param, wandb)


@pytest.fixture
def in_container(as_root: None) -> list[str]:
    """What stands before a command that is to be the first process of a container."""
    return ["unshare", "--pid", "--fork", "--mount-proc"]


@pytest.fixture(params=WAYS)
def every_front(request: pytest.FixtureRequest, wandb: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The same, and `wandb run` where the kernel cannot move the bytes for us."""
    if request.param == "copying":
        monkeypatch.setenv("WANDB_RELAY", "copy")
    return words_before(request.param, wandb)


@pytest.fixture(params=[*WAYS, "leading"])
def on_terminal(request: pytest.FixtureRequest, wandb: list[str], monkeypatch: pytest.MonkeyPatch) -> StartOnTerminal:
    """Starts a command on a terminal: bare, and in each way that `wandb run` has, also where it leads the session."""
    if request.param == "copying":
        monkeypatch.setenv("WANDB_RELAY", "copy")
    before = words_before(request.param, wandb)

    def start(*command: str, **where: object) -> Terminal:
        return Terminal(*before, *command, **{"leads": request.param == "leading", **where})

    return start


def words_before(way: str, wandb: list[str]) -> list[str]:
    return [] if way == "bare" else [*wandb, "run", "--quiet"]
