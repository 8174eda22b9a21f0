"""The machine that figures were measured on, in words."""

import os
import platform
from pathlib import Path


def describe_machine(directory: Path) -> dict[str, object]:
    """Cores, processor, kernel, Python, the file system of the directory, and how busy it all is."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "file_system": file_system(directory),
        "load": load(),
    }


def load() -> float:
    """How many processes wanted to run, on average over the last minute."""
    return round(os.getloadavg()[0], 1)


def processor() -> str:
    """Its name as the kernel has it, or only its kind."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def file_system(directory: Path) -> str:
    """The kind of the file system that holds it."""
    kinds = {}
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _source, point, kind, *_options = line.split()
        kinds[point] = kind
    resolved = directory.resolve()
    return next((kinds[str(place)] for place in (resolved, *resolved.parents) if str(place) in kinds), "unknown")
