"""What a metric comes to: its series of all attempts as one, and what `$define` asks of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from re import Pattern, compile, escape
from typing import Any, NamedTuple

from wrapper.rundir.series import Point, Series

# What stands in the summary, by the words of `$define`.
SUMMARIES = {"last", "min", "max", "mean", "first", "best", "none", "copy"}


class Origin(NamedTuple):
    """Where rows come from: a rank, and a source of the journal."""

    rank: int
    source: str

    @property
    def kind(self) -> str:
        """metrics, followed or output."""
        word = self.source.partition(":")[0]
        return "output" if word == "parsed" else word

    @property
    def label(self) -> str:
        """For a person: metrics, results.csv, output; with the rank where it is not the leading one."""
        file = self.source.partition(":")[2]
        return (file or self.kind) + (f" of rank {self.rank}" if self.rank else "")


@dataclass(frozen=True)
class Definition:
    """What was said of a name: the metric that is its step, what the summary has of it, whether it is shown."""

    step: str | None = None
    summary: str = "last"
    goal: str | None = None
    is_hidden: bool = False


class Definitions:
    """All that `$define` has said; a later word on the same names replaces an earlier one."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, Any]] = {}
        self._patterns: dict[str, Pattern[str]] = {}

    def take(self, said: Any) -> None:
        """Take in one definition, or a list of them; what makes no sense is left out."""
        for one in said if isinstance(said, list) else [said]:
            if isinstance(one, dict) and isinstance(name := one.get("name"), str):
                self._said[name] = {**self._said.get(name, {}), **one}
                self._patterns[name] = compile(glob(name))

    def of(self, name: str) -> Definition:
        """What holds for a name: of all that fit the last said, but before them its very own."""
        said: dict[str, Any] = {}
        for pattern, facts in self._said.items():
            if self._patterns[pattern].fullmatch(name):
                said.update(facts)
        said.update(self._said.get(name, {}))
        step, summary, goal = (said.get(key) for key in ("step", "summary", "goal"))
        return Definition(
            step if isinstance(step, str) else None,
            read_summary(summary),
            goal if isinstance(goal, str) else None,
            said.get("hidden") is True,
        )


def glob_matches(pattern: str, name: str) -> bool:
    """Whether a pattern, in which * stands for anything, fits a name."""
    return bool(compile(glob(pattern)).fullmatch(name))


def glob(name: str) -> str:
    """A regular expression in which only * is special: names have brackets in them."""
    return ".*".join(map(escape, name.split("*")))


def read_summary(said: Any) -> str:
    """The first word that is known, of one text or several; "last" when there is none."""
    words = said.split(",") if isinstance(said, str) else said if isinstance(said, list) else []
    return next((word for word in map(str.strip, map(str, words)) if word in SUMMARIES), "last")


@dataclass(frozen=True)
class Metric:
    """One metric as it is shown."""

    name: str
    origin: Origin
    definition: Definition
    count: int
    mean: float
    first: Point | None
    last: Point | None
    min: Point | None
    max: Point | None
    course: Sequence[float]
    is_result: bool = False

    def chosen(self) -> Any:
        """The value that stands in the summary; None for none."""
        how = self.definition.summary
        if how == "none":
            return None
        if how == "mean":
            return self.mean
        point = {"first": self.first, "min": self.min, "max": self.max, "best": self.best}.get(how, self.last)
        return point.value if point else None

    @property
    def best(self) -> Point | None:
        """The least, unless more is said to be better."""
        return self.max if str(self.definition.goal).startswith("max") else self.min

    def step_at(self, point: Point) -> Any:
        """At which step a value was reached: of the metric that `$define` names, else of the row; None when unknown."""
        row, step = point.row, self.definition.step
        if step is not None and step in row.values:
            return row.values[step]
        return row.epoch if step == "epoch" and row.epoch is not None else row.step


def combine(name: str, origin: Origin, definition: Definition, attempts: list[Series], is_result: bool) -> Metric:
    """One metric from its series in each attempt, in order; there is at least one."""
    numbers = sum(series.numbers for series in attempts)
    least = [series.min for series in attempts if series.min]
    most = [series.max for series in attempts if series.max]
    return Metric(
        name,
        origin,
        definition,
        count=sum(series.count for series in attempts),
        mean=sum(series.total for series in attempts) / numbers if numbers else math.nan,
        first=attempts[0].first,
        last=attempts[-1].last,
        min=min(least, key=lambda point: point.value, default=None),
        max=max(most, key=lambda point: point.value, default=None),
        course=[point for series in attempts for point in series.course.points()],
        is_result=is_result,
    )
