"""Many samples become one: the mean of each value, and the highest of those where a moment matters."""

from __future__ import annotations

SPIKING = frozenset("cpu memory_percent rssMB usedMB gpu memoryAllocatedBytes temp powerWatts used_percent".split())


class Averages:
    """The values since the last one was taken."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._highest: dict[str, float] = {}

    def add(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1
            if name.rpartition(".")[2] in SPIKING:
                self._highest[name] = max(value, self._highest.get(name, value))

    def take(self) -> tuple[dict[str, float], dict[str, float]]:
        """The means, and the highest values where they are others; from here on it begins anew."""
        means = {name: rounded(total / self._counts[name]) for name, total in self._sums.items()}
        highest = {name: value for name, most in self._highest.items() if (value := rounded(most)) != means[name]}
        self._sums, self._counts, self._highest = {}, {}, {}
        return means, highest


def rounded(value: float) -> float:
    """As exactly as anybody wants to know it."""
    if abs(value) >= 1000 or value == int(value):
        return round(value)
    return round(value, 2)
