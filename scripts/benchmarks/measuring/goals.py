"""What the figures of `wandb run` are held to."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from measuring.figures import Figures, spread
from measuring.subjects import OURS, OURS_ON_PTY
from measuring.wrapping import PACES


@dataclass(frozen=True)
class Goal:
    """A figure and its bounds: it is to be at most these, or at least. Without values, it was not measured."""

    name: str
    values: list[float]
    must: float
    stretch: float
    is_at_least: bool = False

    def verdict(self) -> str:
        """Which bound is kept."""
        if self._keeps(self.stretch):
            return "stretch"
        return "must" if self._keeps(self.must) else "MISSED"

    def _keeps(self, bound: float) -> bool:
        value = median(self.values)
        return value >= bound if self.is_at_least else value <= bound

    def as_row(self) -> list[str]:
        sign = "≥" if self.is_at_least else "≤"
        bounds = [f"{sign} {bound:g}" for bound in (self.must, self.stretch)]
        value, range_ = median(self.values), spread(self.values)  # With a digit more: it may be close to a bound.
        return [self.name, f"{value:.4g} ±{range_:.2g}", *bounds, self.verdict()]

    def as_json(self) -> dict[str, object]:
        facts = {"name": self.name, "value": median(self.values), "kept": self.verdict()}
        return facts | {"must": self.must, "stretch": self.stretch, "is_at_least": self.is_at_least}


def wrapper_goals(figures: Figures, python: str, system_python: str) -> list[Goal]:
    """Those that this benchmark measures."""

    def against(other: str, measure: str, to_measure: str = "") -> list[float]:
        return figures.ratios(OURS, other, measure, to_measure)

    kept = figures.values(OURS, "kept at return")
    slow = [Goal(f"slow-down, {pace.name}", figures.values(OURS, f"{pace.name} slower"), 1.02, 1.005) for pace in PACES]
    return [
        Goal(f"command's first instruction, × {python}", against(python, "first ms", "true ms"), 2, 1.5),
        Goal(f"  × {system_python}", against(system_python, "first ms", "true ms"), 2, 1.5),
        Goal("wall of true, × script", against("script", "true ms"), 5, 2),
        Goal("  share that was complete at return", [sum(kept) / len(kept)] if kept else [], 1, 1, True),
        Goal("lines/s on a terminal that draws them (tmux), × script", against("script", "tmux MB/s"), 0.95, 1, True),
        Goal("  on one that is only read", against("script", "terminal MB/s"), 0.95, 1, True),
        Goal("  of its own, into a pipe", figures.ratios(OURS_ON_PTY, "script", "pipe MB/s"), 0.95, 1, True),
        Goal("lines/s into a pipe, × bare", against("bare", "pipe MB/s"), 0.25, 0.4, True),
        Goal("lines/s into a pipe, × tee", against("tee", "pipe MB/s"), 1, 1, True),
        *slow,
        Goal("CPU per GB, × script: no digits", against("script", "terminal CPU s/GB"), 2, 1.3),
        Goal("  with the command's own", against("script", "terminal all CPU s/GB"), 2, 1.3),
        Goal("  of its own, into a pipe", figures.ratios(OURS_ON_PTY, "script", "pipe CPU s/GB"), 2, 1.3),
        Goal("CPU per GB, × script: digits", against("script", "digits CPU s/GB"), 4, 2),
        Goal("CPU per GB, × script: metrics", against("script", "metrics CPU s/GB"), 20, 10),
        Goal("memory, peak PSS MB", figures.values(OURS, "peak PSS MB"), 45, 30),
    ]
