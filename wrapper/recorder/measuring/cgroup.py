"""The control groups that a process is in: what they let it use, and what they use."""

from __future__ import annotations

import os

from wrapper.recorder.measuring.counters import read_file

ROOT = "/sys/fs/cgroup"
NO_LIMIT_BYTES = 1 << 60  # The first version says "none" with a number near 2^63.


class Cgroup:
    """Where the kernel keeps the accounts of a process's group: of its memory and of its processors."""

    def __init__(self, memory: list[str], processors: list[str], is_second: bool) -> None:
        self._memory, self._processors, self._is_second = memory, processors, is_second
        self._usage = "memory.current" if is_second else "memory.usage_in_bytes"
        self._limit = "memory.max" if is_second else "memory.limit_in_bytes"

    def memory(self) -> tuple[int, int] | None:
        """Bytes used in the group that is limited most, and its limit; None where nothing is limited."""
        limits = [(limit, path) for path in self._memory if (limit := _number(os.path.join(path, self._limit)))]
        limits = [(limit, path) for limit, path in limits if limit < NO_LIMIT_BYTES]
        if not limits:
            return None
        limit, path = min(limits)
        used = _number(os.path.join(path, self._usage))
        return None if used is None else (used, limit)

    def processors(self) -> float | None:
        """How many processors' time it may use; None where that is not limited."""
        found = [quota for path in self._processors if (quota := self._quota(path))]
        return min(found, default=None)

    def _quota(self, path: str) -> float | None:
        if self._is_second:
            quota, _, period = _text(os.path.join(path, "cpu.max")).partition(" ")
        else:
            quota = _text(os.path.join(path, "cpu.cfs_quota_us"))
            period = _text(os.path.join(path, "cpu.cfs_period_us"))
        if not quota.isdigit() or not period.isdigit() or not int(period):
            return None
        return int(quota) / int(period)


def find_cgroup(file: str) -> Cgroup | None:
    """The group that a /proc/PID/cgroup names, with those around it; None when it is gone or names none."""
    text = _text(file)
    paths = {name: path for line in text.splitlines() for name, path in _read_line(line)}
    first = {name: _folders(os.path.join(ROOT, name), paths[name]) for name in ("memory", "cpu") if name in paths}
    if any(first.values()):
        return Cgroup(first.get("memory", []), first.get("cpu", []), is_second=False)
    if "" in paths:
        folders = _folders(ROOT, paths[""])
        return Cgroup(folders, folders, is_second=True)
    return None


def _read_line(line: str) -> list[tuple[str, str]]:
    """Each controller with the path of its group; the controller is "" in the second version."""
    _number, _, rest = line.partition(":")
    names, _, path = rest.partition(":")
    return [(name, path) for name in names.split(",")]


def _folders(root: str, path: str) -> list[str]:
    """The folders of a group and of those around it, as far as they can be seen from here."""
    found = []
    while True:
        folder = os.path.join(root, path.lstrip("/"))
        if ".." not in path and os.path.isdir(folder):
            found.append(folder)
        if path in ("/", ""):
            return found
        path = os.path.dirname(path)


def _text(path: str) -> str:
    """What a file says; "" where there is none."""
    try:
        return read_file(path).decode().strip()
    except OSError:
        return ""


def _number(path: str) -> int | None:
    text = _text(path)
    return int(text) if text.isdigit() else None
