"""Whether a rule for ending the command holds, by the rows and the samples that the journal has."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from wrapper.rundir.history import kind_rank, read_origin, read_row
from wrapper.rundir.metrics import Origin
from wrapper.rundir.rules import HANDY, Rule
from wrapper.rundir.series import Row

MOST_NAMES = 20_000
OF_OURS = "system.gpu.process."
GPU = re.compile(r"system\.gpu\.(?:process\.)?(\d+)\.")


class Streak:
    """For how long, and how many values, a rule has held without a break."""

    def __init__(self) -> None:
        self.rows = 0
        self.since = self.last_at = 0.0

    def take(self, holds: bool, at: float, longest_gap_s: float) -> None:
        """The next value; what was silent for too long begins anew."""
        if not holds or (self.rows and at - self.last_at > longest_gap_s):
            self.rows = 0
        if holds:
            self.since = at if self.rows == 0 else self.since
            self.rows += 1
        self.last_at = at


class Value(NamedTuple):
    """What a metric was, and where."""

    name: str
    number: float
    where: str


class Judge:
    """One rule. `samples_s` is how far samples of the machine are apart."""

    def __init__(self, rule: Rule, samples_s: float) -> None:
        self.rule = rule
        self._streaks: dict[tuple[int, str], Streak] = {}
        self._best: dict[tuple[int, str], int] = {}
        self._matches: dict[str, bool] = {}
        self._longest_gap_s = 4 * samples_s + 60
        has_star = "*" in rule.name and not rule.is_quoted
        self._pattern = re.compile(".*".join(map(re.escape, rule.name.split("*")))) if has_star else None
        self.has_matched = False

    def take(self, record: dict[str, Any], count: int, rank: int) -> str:
        """Why the command is to be ended, after this record; "" while it is not."""
        if "row" in record and not self.rule.is_measured and (row := read_row(record, count)):
            return self._take_row(read_origin(record, rank), row)
        if isinstance(sample := record.get("sample"), dict) and self.rule.is_measured:
            at = record.get("time")
            return self._take_sample(sample, at) if isinstance(at, (int, float)) else ""
        return ""

    def _take_row(self, origin: Origin, row: Row) -> str:
        """Values of a name count from its best source, as they are shown from that."""
        quality = kind_rank(origin.kind)
        for name, value in row.values.items():
            if type(value) not in (int, float) or not self._is_meant(name):
                continue
            key = origin.rank, name
            if quality > self._best.get(key, quality):
                continue
            if quality < self._best.get(key, quality):
                self._streaks.pop(key, None)
            self._best[key] = quality
            if why := self._weigh(key, Value(name, value, place_of(row)), row.at, float("inf")):
                return why
        return ""

    def _take_sample(self, sample: dict[str, Any], at: float) -> str:
        for name, value in self._measured(sample).items():
            if why := self._weigh((0, name), Value(name, value, ""), at, self._longest_gap_s):
                return why
        return ""

    def _weigh(self, key: tuple[int, str], value: Value, at: float, longest_gap_s: float) -> str:
        rule = self.rule
        self.has_matched = True
        streak = self._streaks.setdefault(key, Streak())
        streak.take(rule.holds(value.number), at, longest_gap_s)
        if streak.rows < rule.rows or (rule.seconds and at - streak.since < rule.seconds):
            return ""
        return in_words(rule, value)

    def _is_meant(self, name: str) -> bool:
        if self._pattern is None:
            return name == self.rule.name
        if name not in self._matches and len(self._matches) < MOST_NAMES:
            self._matches[name] = self._pattern.fullmatch(name) is not None
        return self._matches.get(name, False)

    def _measured(self, sample: dict[str, Any]) -> dict[str, float]:
        """The values that are meant, by name."""
        name = self.rule.name
        numbers = {key: value for key, value in sample.items() if type(value) in (int, float)}
        if name.startswith("gpu.") and name in HANDY:
            values = of_gpus(numbers, HANDY[name])
            return {name: max(values)} if values else {}
        if name in HANDY:
            return {name: numbers[HANDY[name]]} if HANDY[name] in numbers else {}
        return {key: value for key, value in numbers.items() if self._is_meant(key)}


def of_gpus(sample: dict[str, float], fact: str) -> list[float]:
    """A fact of each GPU that the run uses; of each there is, when none is known to be the run's."""
    ours = {found[1] for name in sample if name.startswith(OF_OURS) and (found := GPU.match(name))}
    every = {found[1] for name in sample if (found := GPU.match(name))}
    values = (
        sample.get(f"{OF_OURS}{number}.{fact}", sample.get(f"system.gpu.{number}.{fact}")) for number in ours or every
    )
    return [value for value in values if value is not None]


def place_of(row: Row) -> str:
    """Where in the training a row is: " at step 120", " in epoch 3", or ""."""
    if row.step is not None:
        return f" at step {row.step:g}" if row.step < 1e6 else f" at step {row.step:.0f}"
    return f" in epoch {row.epoch:g}" if row.epoch is not None else ""


def in_words(rule: Rule, value: Value) -> str:
    """loss is nan at step 120; val/loss > 10 for 3 rows: 12.3 at step 9."""
    begun = f"{value.name} {rule.wording}"
    return f"{begun}{value.where}" if rule.test.endswith("nan") else f"{begun}: {value.number:.5g}{value.where}"
