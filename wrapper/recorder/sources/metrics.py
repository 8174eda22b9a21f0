"""The metrics file: what the command and its processes append, one record a line, while they append it.

Everything that the next reader has to know stands in the positions of the journal, next to the row that it is about:

    metrics          where the next line begins
    metrics:step     the step that a row without one gets next
    metrics:crc      CRC-32 of all that stands before the next line: whether the file is still the one that was read
    metrics:first    CRC-32 of the file's first line
    metrics:base     the step at which its first row began
    metrics:known    lines of it that an earlier file began with: what they alerted to is known
    metrics:refused  lines that something was wrong with
    metrics:counted  of how many of those the run was told
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from wrapper.recorder.channel import Channel, take_turns
from wrapper.recorder.sources.growing import Changed, GrowingFile, Place
from wrapper.rundir.names import METRICS_FILE
from wrapper.text.masking import mask_facts
from wrapper.text.metric_lines import MOST_BYTES, Line, read_line

GROWING_S, QUIET_S, QUIET_AFTER_S = 0.1, 0.5, 5.0
# A program that writes its file anew each time empties it first: so long it may take to be as long as it was.
EMPTIED_S = 1.0
MOST_WARNINGS, MOST_COMPLAINTS = 20, 3
SOURCE = "metrics"
TOO_LONG = Line(complaints=("longer than 10 MB",))


def read(channel: Channel, clock: Callable[[], float] = time.monotonic) -> None:
    """Give the channel a record for each line, until the command has ended and all is read."""
    reading = Reading(channel, clock)
    take_turns(channel, reading.take, reading.pause_s)
    reading.finish()


class Reading:
    """What one reader knows of the file."""

    def __init__(self, channel: Channel, clock: Callable[[], float]) -> None:
        positions = channel.positions
        self._channel, self._clock = channel, clock
        self._file = GrowingFile(METRICS_FILE, MOST_BYTES, channel.begin, clock)
        self._file.go_on(positions.get(SOURCE, 0), positions.get("metrics:crc"))
        self._step, self._base = positions.get("metrics:step", 0), positions.get("metrics:base", 0)
        self._first = positions.get("metrics:first")
        self._refused, self._counted = positions.get("metrics:refused", 0), positions.get("metrics:counted", 0)
        self._told = {name: value for name, value in positions.items() if name.startswith("metrics:")}
        self._known = positions.get("metrics:known", 0)
        self._shorter_since: float | None = None
        self._grew_at = self._clock()
        self._trouble: OSError | None = None

    def pause_s(self) -> float:
        """How long to wait for more."""
        is_quiet = self._clock() - self._grew_at > QUIET_AFTER_S and self._shorter_since is None
        return QUIET_S if is_quiet else GROWING_S

    def take(self, has_ended: bool) -> None:
        """Read what there is now; at the end also a last line that nobody has finished."""
        self._channel.begin(self._file.place.position)
        try:
            try:
                self._read(has_ended)
            except Changed as changed:
                self._begin_anew(changed, has_ended)
            self._trouble = None
        except FileNotFoundError:  # Somebody removed it: there is nothing to read, and perhaps there will be.
            return
        except OSError as error:
            self._trouble = error

    def _read(self, has_ended: bool) -> None:
        before = self._file.place
        for line, number in self._file.lines(has_ended):
            self._channel.begin(before.position)
            if before.position not in self._channel.skips:
                self._take_line(line, number, before, has_ended)
            before = self._file.place
            self._grew_at = self._clock()
        self._shorter_since = None

    def _take_line(self, line: bytes | None, number: int, before: Place, has_ended: bool) -> None:
        """Send what one line says, as one record; so it is in the journal, or is read again."""
        read = TOO_LONG if line is None else read_line(line)
        facts: dict[str, Any] = {}
        for name, value in read.facts:
            if name in facts:  # Of several tags, all but one go ahead: a tag may be given twice.
                self._channel.send(
                    SOURCE, before.position, {"metrics:crc": before.crc}, **mask_facts({name: facts[name]})
                )
            if name != "alert" or number > self._known:
                facts[name] = value
        if read.row is not None or "media" in facts:
            facts |= self._describe_row(read)
        if read.complaints:
            self._refused += 1
            if self._refused <= MOST_WARNINGS:
                facts["warning"] = f"{METRICS_FILE} line {number}: {join_few(read.complaints)}"
        if facts:
            self._send(has_ended, **mask_facts(facts))

    def _describe_row(self, read: Line) -> dict[str, Any]:
        """What a row has beside its metrics; it takes the next step, or sets the step."""
        step = self._step if read.step is None else read.step
        self._step = step + 1
        facts: dict[str, Any] = {} if read.row is None else {"row": read.row}
        facts["step"] = step
        if read.epoch is not None:
            facts["epoch"] = read.epoch
        facts["time"] = round(time.time() if read.time is None else read.time, 3)
        return facts

    def _send(self, has_ended: bool, **facts: Any) -> None:
        """One record, with the positions that make another reader go on behind it."""
        if self._first is None:
            self._first = self._file.first_line(has_ended)
        place = self._file.place
        rare = {"first": self._first, "base": self._base, "known": self._known}
        rare |= {"refused": self._refused, "counted": self._counted}
        also = {"metrics:step": self._step, "metrics:crc": place.crc}
        if "save" in facts:
            also["metrics:save"] = 1  # Somebody has to look for those files from now on.
        for name, value in rare.items():
            if value is not None and value != self._told.get(f"metrics:{name}", 0):
                also[f"metrics:{name}"] = self._told[f"metrics:{name}"] = value
        self._channel.send(SOURCE, place.position, also, **facts)

    def _begin_anew(self, changed: Changed, has_ended: bool) -> None:
        """The file is another one. Where its first line is the same, its rows are those from before, written again."""
        now = self._clock()
        if changed.is_shorter and not has_ended:
            self._shorter_since = self._shorter_since or now
            if now - self._shorter_since < EMPTIED_S:
                return
        first = self._file.first_line(has_ended)
        if first is None:
            return
        is_written_again = first == self._first
        self._known = self._file.place.lines if is_written_again else 0
        self._shorter_since = None
        self._file.go_on(0, 0)
        if is_written_again:
            self._step = self._base
        else:
            is_news = self._base == 0
            self._first, self._base = first, self._step
            if is_news:  # A program may do so at every step.
                text = "was cut short, or written anew: what stands in it then counts as new rows"
                self._send(has_ended, warning=f"{METRICS_FILE} {text}")
        self.take(has_ended)

    def finish(self) -> None:
        """What only the end can tell."""
        if self._refused > MOST_WARNINGS and self._refused != self._counted:
            self._counted = self._refused
            text = f"something was wrong with {self._refused:,} lines in all; the first {MOST_WARNINGS} are named"
            self._send(True, warning=f"{METRICS_FILE}: {text}")
        if self._trouble is not None:
            why = f"cannot be read from byte {self._file.place.position} on: {self._trouble.strerror}"
            self._channel.send(SOURCE, warning=f"{METRICS_FILE} {why}")


def join_few(complaints: tuple[str, ...]) -> str:
    """As much as a person reads of one line."""
    more = f"; and {len(complaints) - MOST_COMPLAINTS:,} more" if len(complaints) > MOST_COMPLAINTS else ""
    return "; ".join(complaints[:MOST_COMPLAINTS]) + more
