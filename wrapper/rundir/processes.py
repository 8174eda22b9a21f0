"""Naming a process for good: its pid, when it began, and which start of which machine that was."""

from __future__ import annotations

import _signal
import fcntl
import posix as os
import select
import struct

# struct pidfd_info: mask, cgroup, eleven ids, exit code. Linux 6.15 on fills in the last, also after the
# process was reaped by somebody else.
INFO = struct.Struct("=QQ11Ii")
PIDFD_GET_INFO = 3 << 30 | INFO.size << 16 | 0xFF << 8 | 11
PIDFD_INFO_EXIT = 1 << 3

OLD_NAMES = ("SIGIOT", "SIGCLD", "SIGPOLL")  # of SIGABRT, SIGCHLD and SIGIO


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


def command_name(pid: int) -> str | None:
    """What the kernel calls a process; None when it is gone, or was the kernel itself."""
    try:
        with open(f"/proc/{pid}/comm", errors="surrogateescape") as file:
            return file.read().rstrip("\n")
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


def exit_status(process: int, pid: int) -> int | None:
    """The wait status of a process, whoever was its parent; None while it runs, or where the kernel does not tell.

    `process` is its pidfd, which knows once somebody has reaped it; until then /proc does.
    """
    try:
        info = fcntl.ioctl(process, PIDFD_GET_INFO, INFO.pack(PIDFD_INFO_EXIT, *[0] * 12, 0))
    except OSError:  # An older kernel.
        return _zombie_status(pid)
    mask, *_, status = INFO.unpack(info)
    return status if mask & PIDFD_INFO_EXIT else _zombie_status(pid)


def _zombie_status(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b") ")[2].split()
    except OSError:
        return None
    return int(fields[49]) if fields[0] == b"Z" else None


def process_state(pid: int | str) -> str:
    """The letter that /proc has for a process: T is stopped; "" when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1].decode()
    except OSError:
        return ""


def is_at_work(pid: int) -> bool | None:
    """Whether any thread of a process runs, or waits for a disk; None where it is gone, or not to be seen from here."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return None
    states = [process_state(f"{pid}/task/{thread}") for thread in threads]
    return None if set(states) <= {"", "Z", "X"} else "R" in states or "D" in states


def watch_process(pid: int) -> int | None:
    """A descriptor that can be read once the process has ended; None where the kernel has no such thing."""
    try:
        return os.pidfd_open(pid)
    except OSError:  # Gone already, or Linux before 5.3.
        return None


def is_alive(pid: int, process: int | None) -> bool:
    """Whether a process still runs."""
    if process is not None:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        return not poll.poll(0)
    return process_state(pid) not in ("", "Z", "X")


def signal_name(signum: int) -> str:
    """SIGTERM for 15, SIGRTMIN+1 for 35, "signal 99" for what has no name."""
    for name, value in vars(_signal).items():
        if value == signum and name.startswith("SIG") and not name.startswith("SIG_") and name not in OLD_NAMES:
            return str(name)
    first = int(_signal.SIGRTMIN)
    return f"SIGRTMIN+{signum - first}" if first < signum <= _signal.SIGRTMAX else f"signal {signum}"
