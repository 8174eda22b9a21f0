"""What the machine of a run is, and how busy it was, as objects and in a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from wrapper.cli import words
from wrapper.rundir.prices import read_price
from wrapper.rundir.reading import Part

PREFIX = "system."
CPU = "cpu"
MEMORY = "proc.memory.rssMB"
MB, GB = 1 << 20, 1 << 30


def in_full(part: Part | None) -> dict[str, Any]:
    """The facts of the machine, as the journal has them, and what was used; null where nothing is known."""
    facts: dict[str, Any] = {}
    seen = Seen()
    for record in part.records("machine", "sample") if part else ():
        if isinstance(told := record.get("machine"), dict):
            facts.update(told)
        seen.add(record)
    return {"machine": facts or None, "load": load(seen, currency(part)) or None}


def machine_text(facts: dict[str, Any]) -> str:
    """AMD EPYC 9554, 64 cores, 756 GB; 8 × H100 80GB HBM3. Nothing when nothing is known."""
    memory = facts.get("memory_bytes")
    texts = [str(facts["cpu"]) if facts.get("cpu") else "", cores_text(facts)]
    if isinstance(memory, int):
        texts.append(memory_text(memory, facts.get("cgroup")))
    names = [str(gpu["name"]) for gpu in facts.get("gpus") or [] if isinstance(gpu, dict) and gpu.get("name")]
    gpus = [
        f"{count} × {name}" if count > 1 else name
        for name, count in Counter(name.removeprefix("NVIDIA ") for name in names).items()
    ]
    return words.visible("; ".join(filter(None, [", ".join(filter(None, texts)), ", ".join(gpus)])))


def cores_text(facts: dict[str, Any]) -> str:
    """How many there are, and how many of them the command might use, where that was not all."""
    threads, usable = facts.get("threads"), facts.get("usable")
    if isinstance(threads, int) and isinstance(usable, int) and usable < threads:
        return f"{usable} of {threads} processors"
    count = facts.get("cores") or threads
    return f"{count} core{'s' if count != 1 else ''}" if isinstance(count, int) else ""


def memory_text(memory_bytes: int, limits: Any) -> str:
    """How much there is, and how much of it the command might use, where that was not all."""
    limit = limits.get("memory_bytes") if isinstance(limits, dict) else None
    if isinstance(limit, int) and limit < memory_bytes:
        return f"{memory_size(limit)} of {memory_size(memory_bytes)}"
    return memory_size(memory_bytes)


def memory_size(size_bytes: float) -> str:
    """As memory is sold: 1 GB is 2^30 bytes."""
    for unit, name in ((GB, "GB"), (MB, "MB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.{0 if size_bytes >= 10 * unit else 1}f} {name}"
    return f"{size_bytes / 1024:.0f} kB"


def load(seen: Seen, its_currency: str | None) -> dict[str, Any]:
    """Mean and highest of what was used; nothing when nothing was sampled."""
    gpus = seen.gpus()
    facts = {
        "cpu_percent": seen.mean(CPU),
        "cpu_percent_max": seen.highest(CPU),
        "memory_bytes_max": scaled(seen.highest(MEMORY), MB),
        "gpus": len(gpus) or None,
        "are_gpus_ours": gpus[0].startswith("gpu.process.") if gpus else None,
        "gpu_percent": seen.mean(*gpus),
        "gpu_energy_kwh": seen.last("gpu.energyKWh"),
        "gpu_energy_cost": seen.last("gpu.energyCost"),
        "currency": its_currency,
    }
    return {name: value for name, value in facts.items() if value is not None}


def load_text(facts: dict[str, Any]) -> str:
    """CPU 31 % (most 98 %), memory up to 6.1 GB, GPU 88 %, 1.2 kWh (0.36 EUR). Nothing when nothing was sampled."""
    texts = []
    if "cpu_percent" in facts:
        texts.append(f"CPU {facts['cpu_percent']:.0f} % (most {facts['cpu_percent_max']:.0f} %)")
    if facts.get("memory_bytes_max"):
        texts.append(f"memory up to {memory_size(facts['memory_bytes_max'])}")
    if "gpu_percent" in facts:
        whose = "" if facts["are_gpus_ours"] else "the machine's "
        several = f"{facts['gpus']} GPUs" if facts["gpus"] > 1 else "GPU"
        texts.append(f"{whose}{several} {facts['gpu_percent']:.0f} %")
    if facts.get("gpu_energy_kwh"):
        texts.append(energy_text(facts))
    return words.visible(", ".join(texts))


def energy_text(facts: dict[str, Any]) -> str:
    """1.2 kWh (0.36 EUR), or 4.1 Wh."""
    hours = facts["gpu_energy_kwh"]
    text = f"{hours:.1f} kWh" if hours >= 1 else f"{1000 * hours:.3g} Wh"
    cost = facts.get("gpu_energy_cost")
    return text if cost is None else f"{text} ({' '.join(filter(None, [f'{cost:.2f}', facts.get('currency')]))})"


def currency(part: Part | None) -> str | None:
    """Of the price that was set; None where none was, or it names none."""
    stats = part.facts.get("stats") if part else None
    price = stats.get("energy_price") if isinstance(stats, dict) else None
    try:
        return read_price(price)[1] or None if isinstance(price, str) else None
    except ValueError:  # Somebody has changed the file by hand.
        return None


def scaled(value: float | None, by: float) -> float | None:
    return None if value is None else value * by


class Seen:
    """All values of the samples, by name without its beginning."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}
        self._highest: dict[str, float] = {}

    def add(self, record: dict[str, Any]) -> None:
        for name, value in numbers(record.get("sample")):
            if is_shown(name):
                self._values.setdefault(name, []).append(value)
        for name, value in numbers(record.get("max")):
            self._highest[name] = max(value, self._highest.get(name, value))

    def mean(self, *names: str) -> float | None:
        values = [value for name in names for value in self._values.get(name, [])]
        return round(fmean(values), 2) if values else None

    def highest(self, name: str) -> float | None:
        values = [*self._values.get(name, []), *([self._highest[name]] if name in self._highest else [])]
        return max(values, default=None)

    def last(self, name: str) -> float | None:
        return self._values[name][-1] if name in self._values else None

    def gpus(self) -> Sequence[str]:
        """The names that say how busy the run's GPUs were; those of all GPUs where nobody knows which are the run's."""
        names = [name for name in self._values if name.startswith("gpu.") and name.endswith(".gpu")]
        return [name for name in names if name.startswith("gpu.process.")] or names


def is_shown(name: str) -> bool:
    return name in (CPU, MEMORY, "gpu.energyKWh", "gpu.energyCost") or name.endswith(".gpu")


def numbers(sample: Any) -> Iterable[tuple[str, float]]:
    """The values of a record, without the beginning of their names."""
    if isinstance(sample, dict):
        for name, value in sample.items():
            if isinstance(value, (int, float)):
                yield name.removeprefix(PREFIX), value
