"""What is found in a file goes to the journal here: each fact with the position behind it."""

from __future__ import annotations

from typing import Any

from wrapper.recorder.channel import Channel
from wrapper.recorder.sources.following.given import Given
from wrapper.recorder.sources.following.media import MediaStore
from wrapper.text.files.facts import Fact
from wrapper.text.masking import mask_facts

MOST_WARNINGS = 20


class Outlet:
    """The facts of one file, under the name of its source.

    `key` names the file in the positions. A source that several files share (`is_shared`) counts its records instead.
    """

    def __init__(
        self, channel: Channel, store: MediaStore, given: Given, source: str, key: str, is_shared: bool
    ) -> None:
        self._channel, self._store, self._given = channel, store, given
        self.source, self.key, self._is_shared = source, key, is_shared
        self._place = f"{key}:file" if is_shared else key
        self._path = key.partition(":")[2]
        self._also: dict[str, int] = {}
        self._warnings = 0
        self.rows = 0
        self.is_silent = False  # What is read was given by a reader before this one, or is older than the run.
        self.is_counting = True

    @property
    def position(self) -> int | None:
        """Behind what was given last; None when nothing was."""
        return self._channel.positions.get(self._place)

    def noted(self, name: str) -> int | None:
        """A further position of the file; None when there is none."""
        return self._channel.positions.get(f"{self.key}:{name}")

    def note(self, name: str, number: int) -> None:
        """Have a further position written, with the next record."""
        if self.noted(name) != number:
            self._also[f"{self.key}:{name}"] = number

    def give(self, fact: Fact, end: int, line: int | None = None) -> None:
        """Have one fact written, unless it was; `end` is the position behind it."""
        if fact.row and self.is_counting:
            self.rows += 1
        if fact.warning is not None:
            self.warn(fact.warning, end, line)
        elif not self.is_silent and not (self.noted("again") and self.was_given(fact)):
            self._write(fact, end)

    def was_given(self, fact: Fact) -> bool:
        """Whether this very row stands in the journal."""
        return bool(fact.row) and self._given.has(fact.row, fact.step)

    def _write(self, fact: Fact, end: int) -> None:
        facts: dict[str, Any] = {name: value for name in ("row", "config", "summary") if (value := getattr(fact, name))}
        warnings: list[str] = []
        kept = {medium.name: self._store.keep(medium, fact.step, warnings) for medium in fact.media}
        if media := {name: medium for name, medium in kept.items() if medium}:
            facts["media"] = media
            self._also |= self._store.positions()
        if fact.row or media:
            places = {"step": fact.step, "epoch": fact.epoch, "time": fact.time}
            facts |= {name: value for name, value in places.items() if value is not None}
        if facts:
            self._send(end, **mask_facts(facts))
        if fact.row:
            self._given.add(fact.row, fact.step)
        for text in warnings:
            self.warn(text, end, None)

    def warn(self, text: str, end: int, line: int | None = None) -> None:
        """Tell the person what is wrong; not more often than somebody reads."""
        self._warnings += 1
        place = f"{self._path} line {line}" if line else self._path
        if self._warnings == MOST_WARNINGS:
            text += "; what else is wrong with this file is not told"
        if self._warnings <= MOST_WARNINGS and not self.is_silent:
            self._send(end, warning=f"{place}: {text}")

    def move(self, end: int) -> None:
        """Have a position written about which there is nothing to say."""
        self._send(end)

    def tell_file(self, kind: str) -> None:
        """Name the file itself, once."""
        if not self.noted("told") and self.position is not None:
            self.note("told", 1)
            self._send(self.position, file={"path": self._path, "kind": kind, "rows": self.rows})

    def _send(self, end: int, **facts: object) -> None:
        positions, also, upto = self._channel.positions, self._also, end
        if self._is_shared:
            upto = positions.get(self.source, 0) + 1
            also = {self._place: end, **also}
        self._channel.send(self.source, upto, also or None, **facts)
        positions[self.source] = upto
        positions.update(also)
        self._also = {}
