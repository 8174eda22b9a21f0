"""What was kept of a training, held against what the training says that it printed."""

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class Point(NamedTuple):
    """A number, what it is called, and where it was printed; of several steps each is right, of none any."""

    name: str
    value: float
    steps: tuple[float | None, ...]
    epoch: float | None

    def __str__(self) -> str:
        return f"{self.name} = {self.value:g}, step {' or '.join(map(str, self.steps)) or 'any'}, epoch {self.epoch}"


def differences(kept: Iterable[Point], truth: list[dict[str, Any]]) -> str:
    """What is missing among the kept points, and what is wrong there, a line for each; "" when it is all right.

    Each printed value is to be there once, at its step and in its epoch. One that may be kept may be there more often.
    """
    missing = list(read_points(truth, "values"))
    optional = list(read_points(truth, "maybe"))
    wrong = []
    for point in kept:
        found = next((printed for printed in missing if is_same(point, printed)), None)
        if found:
            missing.remove(found)
        elif not any(is_same(point, shown) for shown in optional):
            wrong.append(point)
    return "\n".join([*(f"missing: {point}" for point in missing), *(f"wrong: {point}" for point in wrong)])


def read_points(truth: list[dict[str, Any]], key: str) -> Iterator[Point]:
    """Each value that the training says it printed, in order."""
    for row in truth:
        step = row["step"]
        steps = () if step is None else tuple(step) if isinstance(step, list) else (step,)
        for name, text in row[key].items():
            yield Point(plain(name), float(text), steps, row["epoch"])


def plain(name: str) -> str:
    """A name without what stands between its words: "valid_0's l2" is "valid 0 s l2"."""
    return " ".join(re.findall(r"[a-z]+|\d+", name.lower()))


def is_same(kept: Point, printed: Point) -> bool:
    """Whether the kept point is this one; a step or epoch that was not printed may be anything."""
    return (
        kept.name == printed.name
        and (kept.value == printed.value or (math.isnan(kept.value) and math.isnan(printed.value)))
        and (not printed.steps or bool(set(kept.steps) & set(printed.steps)))
        and (printed.epoch is None or kept.epoch == printed.epoch)
    )
