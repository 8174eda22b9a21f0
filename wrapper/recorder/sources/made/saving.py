"""Keeps files of the command: complete ones, by a process aside that gives way to everything else.

A file that is being written is not touched: it has to be the same at two looks, with nobody of the command writing
to it. What is kept is a copy of our own, never a link to the command's file, which it may overwrite in place.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from wrapper.recorder.aside import Aside
from wrapper.recorder.sources.following.finding import is_below

if TYPE_CHECKING:
    from wrapper.recorder.aside import Listener
    from wrapper.recorder.channel import Channel

SOURCE = "saved"
SILENT_S = 120.0
MOST_TRIES = 5
MOST_SAVES = 10_000
State = tuple[int, int, int]  # size, time in nanoseconds, inode


class Saver:
    """What was kept, and what is on its way."""

    def __init__(self, channel: Channel, directory: str) -> None:
        self._channel, self._directory = channel, directory
        self._count = channel.positions.get(SOURCE, 0)
        self._seen: dict[str, State] = {}
        self._done: dict[str, int] = {}
        self._tries: dict[str, int] = {}
        self._aside: Aside | None = None
        self._under_way: list[str] = []
        self._said_at = time.monotonic()
        self._has_ended = False

    def look(self, paths: list[str], open_files: set[str], has_ended: bool) -> bool:
        """Begin to keep what is complete; whether there is anything left to do."""
        self._take_answers()
        if has_ended and not self._has_ended:  # Now they stay as they are.
            self._has_ended = True
            self._tries.clear()
        ready: list[tuple[str, str]] = []
        is_changing = False
        for path in paths:
            state = read_state(path)
            if state is None or self._is_done(path, state):
                continue
            is_same = self._seen.get(path) == state and os.path.realpath(path) not in open_files
            self._seen[path] = state
            is_changing = True
            if is_same or has_ended:
                ready.append((path, self._name(path)))
        if ready and not self._aside and self._count < MOST_SAVES:
            self._under_way = [path for path, _name in ready]
            for path in self._under_way:
                self._tries[path] = self._tries.get(path, 0) + 1
            self._aside = Aside(lambda listener: copy_beside(ready, listener, has_ended))
        return is_changing or self._aside is not None

    def wait(self, seconds: float) -> None:
        """Until the process aside says something; now and then, say that we live."""
        if self._aside:
            self._aside.wait(seconds)
        if time.monotonic() - self._said_at > seconds:
            self._said_at = time.monotonic()
            self._channel.send(SOURCE, self._count)
        self._channel.wait(0)

    def kept(self) -> list[str]:
        """The paths of all that a recorder of this run has kept."""
        mark = f"{SOURCE}:"
        before = [name.removeprefix(mark) for name in self._channel.positions if name.startswith(mark)]
        return [*before, *map(self._shown, self._done)]

    def warn(self, text: str) -> None:
        self._channel.send(SOURCE, self._count, warning=text)

    def close(self) -> None:
        """Leave what is under way."""
        if self._aside:
            self._aside.end()
            self._aside.is_left()
            self._aside = None

    def _is_done(self, path: str, state: State) -> bool:
        known = self._done.get(path, self._channel.positions.get(f"{SOURCE}:{self._shown(path)}", -1))
        return known == state[1] or self._tries.get(path, 0) >= MOST_TRIES or path in self._under_way

    def _shown(self, path: str) -> str:
        return os.path.relpath(path, self._directory) if is_below(path, self._directory) else path

    def _name(self, path: str) -> str:
        """Under which it is kept: as below the command's directory, or by its whole path."""
        return os.path.normpath(self._shown(path)).lstrip("/").replace("../", "")

    def _take_answers(self) -> None:
        if not self._aside:
            return
        for line in self._aside.lines():
            if line != b"{}":
                self._say(json.loads(line))
        if self._aside.is_over() or self._aside.silent_s() > SILENT_S:
            self.close()
            self._under_way = []

    def _say(self, facts: dict[str, Any]) -> None:
        path = facts.pop("source")
        if facts.pop("again", False):  # It was changed meanwhile.
            self._seen.pop(path, None)
            return
        self._done[path] = facts.pop("ns")
        self._tries.pop(path, None)
        self._count += 1
        shown = self._shown(path)
        warning = {"warning": f"{shown} is not kept: {facts['why']}"} if "why" in facts else {}
        self._channel.send(
            SOURCE, self._count, {f"{SOURCE}:{shown}": self._done[path]}, saved={"path": shown, **facts}, **warning
        )


def copy_beside(files: list[tuple[str, str]], listener: Listener, is_hasty: bool) -> None:
    """In the process aside, which alone needs what copies and checksums need."""
    from wrapper.recorder.sources.made.copying import copy_all

    copy_all(files, listener, is_hasty)


def read_state(path: str) -> State | None:
    """What tells one content from the next; None when it is gone."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
