"""What is known of why a program failed: what went wrong, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_FRAMES = 8
LONGEST_TEXT = 500
LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python3", "<frozen ", "/node_modules/", "node:")
FAR_LINES = 40  # Who prints more than that behind an exception may have caught it.


class Frame(NamedTuple):
    """One level of a stack."""

    path: str
    line: int | None
    function: str


def last_of_own(frames: Sequence[Frame]) -> Frame | None:
    """The innermost one that is not within a library: there a person looks first."""
    return next((frame for frame in reversed(frames) if not any(part in frame.path for part in LIBRARIES)), None)


def last_frames(frames: list[Frame]) -> tuple[Frame, ...]:
    """Those that are kept of many; one of the person's own is among them, if there is any."""
    kept, own = frames[-MOST_FRAMES:], last_of_own(frames)
    return tuple(kept if own is None or own in kept else [own, *kept[1:]])


class Ending(NamedTuple):
    """What the last lines say went wrong."""

    kind: str  # cuda out of memory, out of memory, exception, crash, signal
    name: str  # what the language calls it: ValueError, std::bad_alloc, panic
    message: str
    frames: tuple[Frame, ...] = ()
    place: int = 0  # the line it ends at, among those that were looked at
    is_reported: bool = False  # Who started the program said that it failed, after that.
    lines_after: int = 0

    @property
    def text(self) -> str:
        """In one line."""
        said = ": ".join(filter(None, (self.name, self.message.partition("\n")[0])))
        if self.frames:
            frame = last_of_own(self.frames) or self.frames[-1]
            place = frame.path.rpartition("/")[2] + (f", line {frame.line}" if frame.line else "")
            said += f" ({place}{f', in {frame.function}' if frame.function else ''})"
        return f"{said}, {self.lines_after} lines before the end" if self.lines_after > FAR_LINES else said


def cut(text: str, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
