"""The side of the sampler in watching GPUs: takes what the process aside says, and does without it when it hangs."""

from __future__ import annotations

import time

from wrapper.recorder.aside import Aside
from wrapper.recorder.measuring import gpus
from wrapper.recorder.measuring.averages import Averages
from wrapper.recorder.measuring.rare import read_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

BEGINNING_S = 60.0  # A driver that keeps nothing loaded takes seconds for each GPU.
SILENT_S, SILENT_INTERVALS = 10.0, 5
SHARED = ("gpu", "memoryAllocated", "memoryAllocatedBytes")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 60.0, 3600.0


class GpuWatch:
    """What is known of the GPUs. `note` takes a key and a text, which a person should see once."""

    def __init__(self, interval_s: float, note: Callable[[str, str], None]) -> None:
        self._interval_s, self._note = interval_s, note
        self._aside: Aside | None = None
        self._left: Aside | None = None  # One that hangs in the kernel.
        self._start_at = time.monotonic()
        self._pause_s = FIRST_PAUSE_S
        self._gpus: list[dict[str, Any]] = []
        self._processes: dict[str, list[list[int]]] = {}
        self._joules: dict[str, float] = {}
        self._is_none = False
        self._lost: set[int] = set()
        self._reasons: dict[str, int] = {}
        self._rare: dict[str, float] = {}
        self.held: list[int] = []  # GPUs that processes of the run have open, by their minor numbers
        self.joules = 0.0  # that GPUs of the run took

    def take(self, averages: Averages, members: Collection[int]) -> None:
        """Add what was said since the last time; the members are the pids of the run."""
        if self._aside is None:
            self._start()
            return
        for line in self._aside.lines():
            self._take_line(read_answer(line), averages, members)
        patience_s = max(SILENT_S, SILENT_INTERVALS * self._interval_s) if self._gpus else BEGINNING_S
        if self._aside.is_over():
            is_known = self._is_none or len(self._lost) == len(self._gpus) > 0
            self._end("ended", "" if is_known else "asking the GPU driver ended: GPUs are not measured for now")
        elif self._aside.silent_s() > patience_s:
            self._end("hangs", f"the GPU driver did not answer for {patience_s:.0f} s: GPUs are not measured for now")

    def _start(self) -> None:
        if self._left and not self._left.is_left():
            self._left = None
        if self._is_none or self._left or time.monotonic() < self._start_at:
            return
        self._gpus = []
        interval_s = self._interval_s
        self._aside = Aside(lambda listener: gpus.watch(listener, interval_s))

    def _end(self, key: str, text: str) -> None:
        if text:
            self._note(key, text)
        self.close()
        self._start_at = time.monotonic() + self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)

    def close(self) -> None:
        """Ask no more."""
        if self._aside:
            self._aside.end()
            self._left, self._aside = self._aside, None

    def _take_line(self, said: dict[str, Any], averages: Averages, members: Collection[int]) -> None:
        if "none" in said or "gpus" in said:
            self._gpus = said.get("gpus") or []
            self._is_none = not self._gpus
            self._joules, self._lost = {}, set()
            if said.get("none"):
                self._note("none", f"GPUs are not measured: {said['none']}")
        if "lost" in said:
            number = said["lost"]
            self._lost.add(number)
            self._processes.pop(str(number), None)
            self._note(f"lost:{number}", f"GPU {number} does not answer any more: {said['why']}")
        self._processes.update(said.get("processes", {}))
        for number, values in said.get("rare", {}).items():
            self._rare.update({f"gpu.{number}.{name}": value for name, value in values.items()})
        for number, values in said.get("values", {}).items():
            self._add(number, values, averages, members)
        self._count_energy(said.get("joules", {}), members)

    def _add(self, number: str, values: dict[str, float], averages: Averages, members: Collection[int]) -> None:
        if "throttleReasons" in values:
            name = f"gpu.{number}.throttleReasons"
            self._reasons[name] = int(self._reasons.get(name, 0)) | int(values.pop("throttleReasons"))
        limit = self._rare.get(f"gpu.{number}.enforcedPowerLimitWatts")
        if limit and "powerWatts" in values:
            values["powerPercent"] = 100 * values["powerWatts"] / limit
        averages.add({f"gpu.{number}.{name}": value for name, value in values.items()})
        ours = self._ours(number, values, members)
        averages.add({f"gpu.process.{number}.{name}": value for name, value in ours.items()})

    def _ours(self, number: str, values: dict[str, float], members: Collection[int]) -> dict[str, float]:
        """What processes of the run have of a GPU; nothing when they are not there.

        In a container the driver may give other numbers than those that the processes have in here. There it
        counts which GPUs they have open, and such a GPU is theirs as a whole.
        """
        listed = self._processes.get(number, [])
        mine = [process for process in listed if process[0] in members]
        if not mine:
            return {name: values[name] for name in SHARED if name in values} if self._is_held(number) else {}
        total = self._describe(number).get("memory_bytes")
        found: dict[str, float] = {"memoryAllocatedBytes": sum(process[1] for process in mine)}
        if total:
            found["memoryAllocated"] = 100 * found["memoryAllocatedBytes"] / total
        busy = [process[2] for process in mine if process[2] >= 0]
        if len(mine) == len(listed) and "gpu" in values:
            found["gpu"] = values["gpu"]
        elif busy:
            found["gpu"] = min(100, sum(busy))
        return found

    def _describe(self, number: str) -> dict[str, Any]:
        return self._gpus[int(number)] if int(number) < len(self._gpus) else {}

    def _is_held(self, number: str) -> bool:
        return self._describe(number).get("minor") in self.held

    def _count_energy(self, joules: dict[str, float], members: Collection[int]) -> None:
        """Of a GPU while a process of the run is on it."""
        for number, now in joules.items():
            took = now - self._joules.get(number, 0.0)
            self._joules[number] = now
            is_ours = any(process[0] in members for process in self._processes.get(number, []))
            if is_ours or self._is_held(number):
                self.joules += max(0.0, took)

    def take_facts(self) -> dict[str, float]:
        """What hardly changes: all of it, as it is now; why clocks were held down: since the last time."""
        facts = {**self._rare, **self._reasons}
        self._reasons = {}
        return facts
