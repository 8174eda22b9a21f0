"""Naming a process for good: its pid, when it began, and which start of which machine that was."""

from __future__ import annotations

import os


def boot_id() -> str | None:
    """Which start of this machine it is; None where the kernel does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return None


def start_ticks(pid: int) -> int | None:
    """When a process began, in the kernel's ticks; with the pid and the boot it names a process for good."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b") ")[2].split()[19])
    except OSError:
        return None


def pid_namespace() -> str | None:
    """Which numbering of processes the pids belong to: a container has its own."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return None


def is_running(pid: int, ticks: int) -> bool:
    """Whether that very process is there: a pid alone may have been given to another since."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b") ")[2].split()
    except OSError:
        return False
    return fields[0] not in (b"Z", b"X") and int(fields[19]) == ticks
