"""What is read of a run: one module for each kind of source, each in a process of its own."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wrapper.recorder.channel import Channel

KINDS = (
    "code",
    "environment",
    "machine",
    "config",
    "output",
    "metrics",
    "followed",
    "made",
    "system",
    "watch",
    "cause",
    "metadata",
)


def load(kind: str) -> Callable[[Channel], None]:
    """The function that reads this kind; imported only where it runs."""
    read: Callable[[Channel], None] = import_module(f"wrapper.recorder.sources.{kind}").read
    return read
