"""Which file system a path is on, and which device stores it; asks the kernel's tables, never the disk."""

from __future__ import annotations

import os
import re

from wrapper.recorder.measuring.counters import is_disk, read_file

OCTAL = re.compile(rb"\\([0-7]{3})")


class Mount:
    """A file system: where it stands, its kind, and the number of its device."""

    def __init__(self, point: str, kind: str, device: str) -> None:
        self.point, self.kind, self.device = point, kind, device


def read_mounts() -> list[Mount]:
    """All file systems that can be seen from here; the later ones cover the earlier."""
    try:
        return list(map(read_mount, read_file("/proc/self/mountinfo").splitlines()))
    except OSError:
        return []


def read_mount(line: bytes) -> Mount:
    """A line of /proc/self/mountinfo."""
    first, _, last = line.partition(b" - ")
    words = first.split(b" ")
    point = OCTAL.sub(lambda found: bytes([int(found[1], 8)]), words[4])
    return Mount(os.fsdecode(point), os.fsdecode(last.split(b" ")[0]), words[2].decode())


def find_mount(path: str, mounts: list[Mount]) -> Mount | None:
    """The file system that an absolute path is on."""
    holding = [mount for mount in mounts if path == mount.point or path.startswith(mount.point.rstrip("/") + "/")]
    return max(reversed(holding), key=lambda mount: len(mount.point), default=None)


def find_mounts(paths: list[str]) -> list[Mount]:
    """The file systems of these paths, each once."""
    mounts = read_mounts()
    found = {mount.point: mount for path in paths if (mount := find_mount(path, mounts))}
    return list(found.values())


def device_name(mount: Mount) -> str | None:
    """vda1, nvme0n1p2; None for what is no block device, such as NFS or the layers of a container."""
    try:
        return os.path.basename(os.readlink(f"/sys/dev/block/{mount.device}"))
    except OSError:
        return None


def devices(mounts: list[Mount]) -> set[str]:
    """The devices that store them; all disks of the machine where the kernel does not tell."""
    found = {name for mount in mounts if (name := device_name(mount))}
    if found:
        return found
    try:
        return set(filter(is_disk, os.listdir("/sys/block")))
    except OSError:
        return set()
