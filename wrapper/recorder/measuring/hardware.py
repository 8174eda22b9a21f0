"""What the machine is: processors, memory, system, disks, container. From the kernel's tables."""

from __future__ import annotations

import os
import platform

from wrapper.recorder.measuring import counters, mounts
from wrapper.recorder.measuring.cgroup import find_cgroup
from wrapper.recorder.measuring.counters import read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
# Where a container says what it is: a file, and what it means.
MARKS = {"/.dockerenv": "docker", "/run/.containerenv": "podman", "/.singularity.d": "apptainer"}
WORDS = {"kubepods": "kubernetes", "docker": "docker", "libpod": "podman", "lxc": "lxc", "containerd": "containerd"}


def describe(command: int, folders: list[str]) -> dict[str, Any]:
    """All that can be known of it; what nobody tells is not there."""
    processors = read_processors(text("/proc/cpuinfo"))
    total, _ = counters.read_memory(read_file("/proc/meminfo"))
    facts = {
        "cpu": processors["name"] or board() or platform.machine(),
        "architecture": platform.machine(),
        "sockets": processors["sockets"],
        "cores": processors["cores"],
        "threads": os.cpu_count(),
        "usable": usable(command),
        "memory_bytes": total,
        "os": system_name(),
        "kernel": platform.release(),
        "container": container(),
        "cgroup": limits(command),
        "disks": disks(folders),
    }
    return {name: value for name, value in facts.items() if value}


def read_processors(cpuinfo: str) -> dict[str, Any]:
    """Name of the processor, and how many there are; 0 where the machine does not say."""
    names: list[str] = []
    cores: set[tuple[str, str]] = set()
    package = ""
    for line in cpuinfo.splitlines():
        key, _, value = (word.strip() for word in line.partition(":"))
        if key in ("model name", "cpu model", "Hardware"):
            names.append(value)
        elif key == "physical id":
            package = value
        elif key == "core id":
            cores.add((package, value))
    return {"name": names[0] if names else "", "sockets": len({package for package, _ in cores}), "cores": len(cores)}


def board() -> str:
    """What a machine without named processors is called, as small boards and ARM servers are."""
    return text("/sys/firmware/devicetree/base/model").strip("\0") or text("/sys/class/dmi/id/product_name").strip()


def usable(command: int) -> int | None:
    """On how many processors the command may run."""
    try:
        return len(os.sched_getaffinity(command))
    except OSError:  # It has ended.
        return None


def system_name() -> str:
    """Such as Debian GNU/Linux 12 (bookworm)."""
    for path in OS_RELEASE:
        for line in text(path).splitlines():
            name, _, value = line.partition("=")
            if name == "PRETTY_NAME":
                return value.strip("\"'")
    return platform.system()


def container() -> str:
    """The kind of container that this is; "" where it is none."""
    for path, kind in MARKS.items():
        if os.path.exists(path):
            return kind
    groups = text("/proc/1/cgroup") + text("/proc/self/cgroup")
    return next((kind for word, kind in WORDS.items() if word in groups), "")


def limits(command: int) -> dict[str, float]:
    """What the control groups of the command let it use; nothing where nothing is limited."""
    group = find_cgroup(f"/proc/{command}/cgroup")
    if group is None:
        return {}
    memory, processors = group.memory(), group.processors()
    found: dict[str, float] = {"memory_bytes": memory[1]} if memory else {}
    return found | ({"processors": processors} if processors else {})


def disks(folders: list[str]) -> list[dict[str, Any]]:
    """The file systems that the run touches, without asking them anything: they may hang."""
    found = []
    for mount in mounts.find_mounts(folders):
        device = mounts.device_name(mount)
        found.append({"path": mount.point, "type": mount.kind, **({"device": device} if device else {})})
    return found


def text(path: str) -> str:
    """What a file says; "" where it cannot be read."""
    try:
        return read_file(path).decode(errors="replace")
    except OSError:
        return ""
