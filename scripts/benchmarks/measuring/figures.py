"""What was measured: a figure for each subject, measure and round; and what is made of them."""

from __future__ import annotations

import statistics
from collections import defaultdict


class Figures:
    """Keeps every figure; medians, spreads and ratios are worked out when they are asked for."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)

    def add(self, subject: str, measure: str, turn: int, value: float) -> None:
        self._found[subject, measure][turn] = value

    def values(self, subject: str, measure: str) -> list[float]:
        return list(self._found.get((subject, measure), {}).values())

    def ratios(self, subject: str, to: str, measure: str, to_measure: str = "") -> list[float]:
        """The subject's figures by another's of the same round."""
        ours = self._found.get((subject, measure), {})
        theirs = self._found.get((to, to_measure or measure), {})
        return [ours[turn] / theirs[turn] for turn in ours if theirs.get(turn)]

    def as_json(self) -> dict[str, dict[str, dict[str, object]]]:
        """Subject, measure, and then the median, the spread and every figure."""
        tree: dict[str, dict[str, dict[str, object]]] = {}
        for (subject, measure), rounds in self._found.items():
            values = list(rounds.values())
            facts = {"median": statistics.median(values), "spread": spread(values), "values": values}
            tree.setdefault(subject, {})[measure] = facts
        return tree


def spread(values: list[float]) -> float:
    """Half of the range in which the middle half lies; of the whole range when they are fewer than four."""
    if len(values) < 4:
        return (max(values) - min(values)) / 2 if values else 0.0
    low, _, high = statistics.quantiles(values, method="inclusive")
    return (high - low) / 2


def show(values: list[float], with_spread: bool = True) -> str:
    """The median of these with its spread, "–" when there are none."""
    if not values:
        return "–"
    text = show_number(statistics.median(values))
    return f"{text} ±{show_number(spread(values))}" if with_spread and len(values) > 1 else text


def show_number(value: float) -> str:
    """With about three digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def show_table(title: str, headings: list[str], rows: list[list[str]]) -> str:
    """A title, then columns: the first to the left, the others to the right."""
    lines = [["", *headings], *rows] if any(headings) else rows
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings) + 1)]
    shown = [
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]
    return "\n".join([f"\n{title}", *(f"  {line}".rstrip() for line in shown)])
