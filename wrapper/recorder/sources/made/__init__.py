"""The reader of what the command makes: a list of its files in the end, and copies of those that are to be kept.

made         the list was written
saved        how many times a file was kept
saved:PATH   when the file that was kept last had been written, in nanoseconds
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from wrapper.recorder.aside import Aside
from wrapper.recorder.sources.following.finding import last_sign_of_life
from wrapper.recorder.sources.following.others import started_at
from wrapper.recorder.sources.made.finding import Finder, describe
from wrapper.recorder.sources.made.patterns import Asked
from wrapper.recorder.sources.made.saving import Saver

if TYPE_CHECKING:
    from wrapper.recorder.channel import Channel

SOURCE = "made"
KNOWN = 1
LOOK_EVERY_S, LONGEST_LOOK_S = 2.0, 30.0
# So that looking takes a tenth of a percent of a core, and a percent when it takes long or files are on their way.
REST_PER_LOOK, DEAR_REST_PER_LOOK = 1000.0, 100.0
LIST_S = 20.0  # How long the list may take before it is left.
SAY_EVERY_S = 20.0  # Who is silent for longer after the end is taken for dead.
AFTER_END_S = 600.0
LATE_S = 60.0


def read(channel: Channel) -> None:
    """Keep what is to be kept until the command has ended, then say what it made."""
    making = Making(channel)
    while not channel.has_ended:
        making.look()
        channel.wait(making.pause_s)
    making.finish()


class Making:
    """What one command makes."""

    def __init__(self, channel: Channel) -> None:
        part = channel.part
        self._channel = channel
        self._directory = os.path.realpath(str(part.get("cwd") or "/"))
        self._since = started_at(part)
        self._finder = Finder(part, self._directory, channel.command, self._since)
        self._asked = Asked([str(word) for word in part.get("save") or []], self._directory, self._since)
        self._saver = Saver(channel, self._directory)
        self._is_new = not channel.command  # The recorder has gone before: what others wrote since is not ours.
        self.pause_s = LOOK_EVERY_S

    def look(self) -> None:
        """Note what is being written; keep what is complete."""
        began = time.monotonic()
        self._channel.begin(0)
        open_files = self._finder.note_writing()
        has_news = False
        if patterns := self._asked.patterns():
            has_news = self._saver.look(self._asked.find(patterns), open_files, has_ended=False)
        took_s = time.monotonic() - began
        least_s = max(LOOK_EVERY_S, DEAR_REST_PER_LOOK * took_s)
        longest_s = max(least_s, min(LONGEST_LOOK_S, REST_PER_LOOK * took_s))
        self.pause_s = least_s if has_news else min(longest_s, max(least_s, 1.5 * self.pause_s))

    def finish(self) -> None:
        """Keep what is left, then the list."""
        self._channel.begin(0)
        if patterns := self._asked.patterns():
            until = time.monotonic() + AFTER_END_S
            while self._saver.look(self._asked.find(patterns), set(), has_ended=True) and time.monotonic() < until:
                self._saver.wait(SAY_EVERY_S)
            self._saver.close()
            for pattern in self._asked.unmet(self._saver.kept()):
                self._saver.warn(
                    f'nothing is saved for "{pattern}": there was no such file, or none that is newer than the start'
                )
        if self._channel.positions.get(SOURCE, 0) < KNOWN:
            self._channel.begin(1)
            self._say_list()

    def _say_list(self) -> None:
        """The files that it wrote; from a process aside, because a disk may hang."""
        until = last_sign_of_life() + LATE_S if self._is_new else float("inf")
        aside = Aside(lambda listener: listener.say(describe(self._finder, until)))
        began = time.monotonic()
        while not aside.is_over() and time.monotonic() - began < LIST_S and 1 not in self._channel.skips:
            aside.wait(1.0)
            if lines := aside.lines():
                self._channel.send(SOURCE, KNOWN, made=json.loads(lines[0]))
                break
        else:
            self._channel.send(SOURCE, KNOWN, warning="what the command made is not known: its disk did not answer")
        aside.end()
        aside.is_left()
