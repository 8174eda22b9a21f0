"""The GPUs of the machine, as NVIDIA's driver tells: in a process of its own, because the driver may hang.

Each line that it says is a JSON object: first what there is ("gpus", "driver", "cuda"), or why there is nothing to
tell ("none"); then one for each sample ("values" of each GPU by its number, "joules" since the beginning, now and
then "rare" values and "processes"); and "lost" when a GPU does not answer any more.
"""

from __future__ import annotations

import ctypes
import json
import os
import time

from wrapper.recorder.packages import reach_packages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wrapper.recorder.aside import Listener

LIBRARY = "libnvidia-ml.so.1"
SIGNS_OF_A_DRIVER = ("/dev/nvidiactl", "/proc/driver/nvidia/version")
RARELY = 5  # Every so many samples the dear and the slow things are asked for.
FAILURES_OF_A_LOST = 5
GONE = (9, 11, 15, 16)  # No driver, an interrupt that does not come, lost, to be reset.
NEVER = (2, 3, 4, 13, 25)  # Not supported, not allowed, no such function: asked once.
NOTHING_NEW = (0, 6)  # An empty list comes as an error of one of these numbers.
# What holds a clock down so that somebody should know: power, heat, brakes.
HARMFUL = 0x4 | 0x8 | 0x20 | 0x40 | 0x80


def watch(listener: Listener, interval_s: float) -> None:
    """Say what there is, and then a sample every so often, until nobody listens."""
    described = open_driver()
    listener.say(json.dumps(described))
    if not described.get("gpus"):
        return
    gpus = [Gpu(index) for index in range(len(described["gpus"]))]
    turn = 0
    while gpus:
        listener.say(json.dumps(sample(gpus, turn % RARELY == 0), separators=(",", ":")))
        for gpu in [gpu for gpu in gpus if gpu.lost]:
            listener.say(json.dumps({"lost": gpu.index, "why": gpu.lost}))
            gpus.remove(gpu)
        turn += 1
        listener.wait(interval_s)


def describe(listener: Listener) -> None:
    """Say what there is, and no more."""
    listener.say(json.dumps(open_driver()))


def open_driver() -> dict[str, Any]:
    """What GPUs there are; or "none", with why, when that is not just because there are none."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        has_driver = any(map(os.path.exists, SIGNS_OF_A_DRIVER))
        return {"none": f"there is no {LIBRARY} beside the GPU driver" if has_driver else ""}
    reach_packages()
    try:
        import pynvml
    except ImportError as error:
        return {"none": f"pynvml cannot be imported: {error}"}
    try:
        pynvml.nvmlInit()
        gpus = [describe_gpu(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount())]
        return {"gpus": gpus, "driver": ask(pynvml.nvmlSystemGetDriverVersion), "cuda": cuda_version(pynvml)}
    except pynvml.NVMLError as error:
        return {"none": str(error)}


def describe_gpu(pynvml: Any, index: int) -> dict[str, Any]:
    """What does not change; nothing of what it does not tell."""
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    except pynvml.NVMLError as error:
        return {"name": "unknown", "error": str(error)}
    facts = {
        "name": ask(pynvml.nvmlDeviceGetName, handle),
        "uuid": ask(pynvml.nvmlDeviceGetUUID, handle),
        "memory_bytes": getattr(ask(pynvml.nvmlDeviceGetMemoryInfo, handle), "total", None),
        "minor": ask(pynvml.nvmlDeviceGetMinorNumber, handle),
    }
    return {name: value for name, value in facts.items() if value is not None}


def cuda_version(pynvml: Any) -> str | None:
    number = ask(pynvml.nvmlSystemGetCudaDriverVersion_v2)
    return f"{number // 1000}.{number % 1000 // 10}" if number else None


def ask(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the driver answers, None when that is an error."""
    import pynvml

    try:
        return function(*arguments)
    except pynvml.NVMLError:
        return None


class Gpu:
    """One GPU. What it cannot tell is asked once; `lost` says why it tells nothing any more."""

    def __init__(self, index: int) -> None:
        import pynvml

        self.index, self.lost = index, ""
        self._nvml = pynvml
        self._failures = 0
        self._unknown: set[str] = set()
        self._joules, self._counted_mj, self._at = 0.0, 0, time.monotonic()
        self._seen_us = 0
        try:
            self._handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        except pynvml.NVMLError as error:
            self.lost = str(error)

    def ask(self, name: str, *arguments: Any) -> Any:
        """The answer of a function of the driver; None when it has none, or the GPU is lost."""
        if self.lost or name in self._unknown:
            return None
        try:
            answer = getattr(self._nvml, name)(self._handle, *arguments)
        except self._nvml.NVMLError as error:
            if error.value in NEVER:
                self._unknown.add(name)
            elif error.value in GONE or self._failures >= FAILURES_OF_A_LOST:
                self.lost = str(error)
            else:
                self._failures += error.value not in NOTHING_NEW
            return None
        self._failures = 0
        return answer

    def usual(self) -> dict[str, float]:
        """What changes from moment to moment."""
        nvml, values = self._nvml, {}
        if used := self.ask("nvmlDeviceGetUtilizationRates"):
            values["gpu"], values["memory"] = used.gpu, used.memory
        if memory := self.ask("nvmlDeviceGetMemoryInfo"):
            values["memoryAllocatedBytes"] = memory.used
            values["memoryAllocated"] = 100 * memory.used / memory.total if memory.total else 0.0
        values["temp"] = self.ask("nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU)
        values["smClock"] = self.ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM)
        milliwatts = self.ask("nvmlDeviceGetPowerUsage")
        values["powerWatts"] = None if milliwatts is None else milliwatts / 1000
        reasons = self.ask("nvmlDeviceGetCurrentClocksThrottleReasons")
        values["throttled"] = None if reasons is None else 100.0 * bool(reasons & HARMFUL)
        values["throttleReasons"] = reasons
        self._count_energy(values["powerWatts"])
        return {name: value for name, value in values.items() if value is not None}

    def rare(self) -> dict[str, float]:
        """What hardly ever changes."""
        nvml = self._nvml
        limit = self.ask("nvmlDeviceGetEnforcedPowerLimit")
        values = {
            "enforcedPowerLimitWatts": None if limit is None else limit / 1000,
            "memoryClock": self.ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
            "fanSpeed": self.ask("nvmlDeviceGetFanSpeed"),
            "correctedMemoryErrors": self._errors(nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED),
            "uncorrectedMemoryErrors": self._errors(nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED),
            "pcieLinkGen": self.ask("nvmlDeviceGetCurrPcieLinkGeneration"),
            "pcieLinkWidth": self.ask("nvmlDeviceGetCurrPcieLinkWidth"),
        }
        return {name: value for name, value in values.items() if value is not None}

    def _errors(self, kind: int) -> int | None:
        count: int | None = self.ask("nvmlDeviceGetTotalEccErrors", kind, self._nvml.NVML_AGGREGATE_ECC)
        return count

    def processes(self) -> list[tuple[int, int, int]]:
        """Pid, bytes, and percent of the time that it kept the GPU busy, of every process that computes on it."""
        found = self.ask("nvmlDeviceGetComputeRunningProcesses") or []
        busy: dict[int, int] = {}
        for seen in self.ask("nvmlDeviceGetProcessUtilization", self._seen_us) or []:
            busy[seen.pid] = seen.smUtil
            self._seen_us = max(self._seen_us, seen.timeStamp)
        return [(process.pid, process.usedGpuMemory or 0, busy.get(process.pid, -1)) for process in found]

    def _count_energy(self, watts: float | None) -> None:
        """By the GPU's own counter; where it has none, from its power."""
        now = time.monotonic()
        counted_mj = self.ask("nvmlDeviceGetTotalEnergyConsumption")
        if counted_mj is not None:
            if self._counted_mj and counted_mj > self._counted_mj:
                self._joules += (counted_mj - self._counted_mj) / 1000
            self._counted_mj = counted_mj
        elif watts is not None:
            self._joules += watts * (now - self._at)
        self._at = now

    def joules(self) -> float:
        """The energy that it took since it was first asked."""
        return round(self._joules, 1)


def sample(gpus: list[Gpu], is_rare: bool) -> dict[str, Any]:
    """One moment of all of them."""
    line: dict[str, Any] = {"values": {gpu.index: gpu.usual() for gpu in gpus}}
    if is_rare:
        line["rare"] = {gpu.index: gpu.rare() for gpu in gpus}
        line["processes"] = {gpu.index: gpu.processes() for gpu in gpus}
    line["joules"] = {gpu.index: gpu.joules() for gpu in gpus}
    return line
