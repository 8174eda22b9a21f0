"""What a process waits for to be read: told by the call that it sleeps in."""

from __future__ import annotations

import posix as os
import select
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Device = tuple[int, int]  # of the file system that it stands in, and its own number, as stat(2) has them

# The numbers of the calls that wait for input, by what their first arguments are.
READS = {"x86_64": (0, 19), "aarch64": (63, 65)}
POLLS = {"x86_64": (7, 271, 219), "aarch64": (73, 128)}  # The last is what poll(2) goes on as after a stop.
SELECTS = {"x86_64": (23, 270), "aarch64": (72,)}
EPOLLS = {"x86_64": (232, 281, 441), "aarch64": (22, 441)}
NONE = (0, 0)
POLLFD = struct.Struct("=ihh")
MOST_DESCRIPTORS = 1024
MOST_THREADS = 32
MOST_PROCESSES = 100


def awaited_devices(process: int) -> set[Device]:
    """The devices that the process and those that came of it sleep for."""
    return {device for pid in below(process) for device in devices_of(pid)}


def below(process: int) -> Iterator[int]:
    """The process, its children, theirs, and so on."""
    found = [process]
    for pid in found:
        yield pid
        if len(found) < MOST_PROCESSES:
            for thread in threads_of(pid):
                found += map(int, read(f"/proc/{pid}/task/{thread}/children").split())


def threads_of(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")[:MOST_THREADS]
    except OSError:  # It has ended.
        return []


def devices_of(pid: int) -> set[Device]:
    """Those that its threads sleep for."""
    found = set()
    for thread in threads_of(pid):
        words = read(f"/proc/{pid}/task/{thread}/syscall").split()
        if len(words) > 2 and words[0].isdigit():
            first, second = (int(word, 16) for word in words[1:3])
            found |= {device_of(pid, fd) for fd in awaited(pid, int(words[0]), first, second)}
    return found - {NONE}


def awaited(pid: int, number: int, first: int, second: int) -> list[int]:
    """The descriptors that a call with this number and these arguments waits to be readable."""
    machine = os.uname().machine
    if number in READS.get(machine, ()):
        return [first]
    if number in POLLS.get(machine, ()):
        data = peek(pid, first, POLLFD.size * min(second, MOST_DESCRIPTORS))
        return [fd for fd, events, _ in POLLFD.iter_unpack(data) if events & select.POLLIN]
    if number in SELECTS.get(machine, ()):
        data = peek(pid, second, (min(first, MOST_DESCRIPTORS) + 63) // 64 * 8) if second else b""
        return [8 * at + bit for at, byte in enumerate(data) for bit in range(8) if byte >> bit & 1]
    if number in EPOLLS.get(machine, ()):
        lines = [line.split() for line in read(f"/proc/{pid}/fdinfo/{first}").splitlines()]
        return [int(words[1]) for words in lines if words[0] == "tfd:" and int(words[3], 16) & select.EPOLLIN]
    return []


def device_of(pid: int, fd: int) -> Device:
    """Where a descriptor leads to: a container may have terminals of the same numbers in a file system of its own."""
    try:
        status = os.stat(f"/proc/{pid}/fd/{fd}")
    except OSError:
        return NONE
    return (status.st_dev, status.st_rdev) if status.st_rdev else NONE


def peek(pid: int, address: int, size_bytes: int) -> bytes:
    """What stands in its memory; nothing where we may not look."""
    try:
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        data = os.pread(memory, size_bytes, address) if size_bytes else b""
    except (OSError, OverflowError):  # It is no address.
        data = b""
    os.close(memory)
    return data[: len(data) // POLLFD.size * POLLFD.size]


def read(path: str) -> str:
    """What a file of /proc says; nothing where there is none, or we may not look."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
