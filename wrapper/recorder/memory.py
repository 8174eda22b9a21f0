"""Memory that ran out: what the kernel counts for the command's control group, and what it says in its log."""

from __future__ import annotations

import os

KILLED = rb"^\d+,\d+,(?P<us>\d+),[^;]*;.*?[Kk]illed process (?P<pid>\d+) \((?P<name>[^)]*)\)"
LONGEST_LOG = 1 << 22


def count_kills(pid: int) -> int | None:
    """How many processes the kernel has killed in the control group of a process, for want of memory.

    None where it does not count them.
    """
    try:
        with open(f"/proc/{pid}/cgroup") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return None
    for _number, controllers, path in groups:
        if "memory" in controllers.split(","):
            return read_count(f"/sys/fs/cgroup/memory{path}/memory.oom_control")
    for number, _controllers, path in groups:
        if number == "0" and path != "/":
            return read_count(f"/sys/fs/cgroup{path}/memory.events")
    return None


def read_count(path: str) -> int | None:
    """The number behind `oom_kill`; None where there is none."""
    try:
        with open(path) as file:
            words = [line.split() for line in file]
    except OSError:
        return None
    return next((int(line[1]) for line in words if line[0] == "oom_kill"), None)


def find_kills(since_s: float) -> dict[int, str]:
    """Pid and name of each process that the kernel says it has killed, since a moment of the clock that starts at boot.

    Empty where its log is not ours to read.
    """
    import re  # Not in the recorder itself, which only counts.

    is_kill = re.compile(KILLED).match
    found = {}
    for line in read_kernel_log():
        if (killed := is_kill(line)) and int(killed["us"]) / 1e6 >= since_s:
            found[int(killed["pid"])] = killed["name"].decode(errors="replace")
    return found


def read_kernel_log() -> list[bytes]:
    """What is left of the kernel's log, a message a line."""
    lines: list[bytes] = []
    try:
        log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return lines
    try:
        size = 0
        while size < LONGEST_LOG:
            try:
                lines.append(os.read(log, 8192))
            except BrokenPipeError:  # Overwritten while we read: the next is there.
                continue
            except OSError:  # Nothing more.
                break
            size += len(lines[-1])
    finally:
        os.close(log)
    return lines
