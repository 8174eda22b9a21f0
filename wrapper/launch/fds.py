"""Descriptors: ours stand high and are closed on exec, the caller's are left as they are."""

from __future__ import annotations

import fcntl
import posix as os
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LOWEST_OF_OURS = 20
WIDE_PIPE_BYTES = 1 << 20
F_SETPIPE_SZ = 1031
F_GETPIPE_SZ = 1032


def lift(fd: int) -> int:
    """Move a descriptor of ours out of the numbers that a command may expect to be free."""
    if fd >= LOWEST_OF_OURS:
        return fd
    try:
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, LOWEST_OF_OURS)
    except OSError:  # RLIMIT_NOFILE is that low; anywhere above 2 will do.
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(fd)
    return high


def duplicate(fd: int) -> int:
    """Another descriptor of the same open file, for us alone."""
    return lift(os.dup(fd))


def make_pipe() -> tuple[int, int]:
    """The reading and the writing end."""
    reader, writer = os.pipe()
    return lift(reader), lift(writer)


def widen(fd: int, size_bytes: int = WIDE_PIPE_BYTES) -> int:
    """Give a pipe more room where the system allows it; returns the room that it has."""
    try:
        return fcntl.fcntl(fd, F_SETPIPE_SZ, size_bytes)
    except OSError:  # Beyond what this user may have in pipes; the usual size is slower, no more.
        return room_of(fd)


def room_of(fd: int) -> int:
    """How many bytes fit into a pipe."""
    return fcntl.fcntl(fd, F_GETPIPE_SZ)


def queued_bytes(fd: int) -> int:
    """How much waits in a pipe."""
    return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), "little")


def park_closed() -> list[int]:
    """Put /dev/null on each of 0, 1, 2 that is closed, so that nothing of ours lands there; which they were."""
    closed = [fd for fd in (0, 1, 2) if not is_open(fd)]
    for _ in closed:  # Each time the lowest number that is free, which is one of them.
        os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    return closed


def is_open(fd: int) -> bool:
    try:
        fcntl.fcntl(fd, fcntl.F_GETFD)
    except OSError:
        return False
    return True


def is_inherited(fd: int) -> bool:
    """Whether a program that we become would have it; false for what is closed."""
    try:
        return not fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
    except OSError:
        return False


def close_quietly(fd: int) -> None:
    """Close a descriptor that may be closed already."""
    try:
        os.close(fd)
    except OSError:  # It was; that is what we wanted.
        return


def let_go_of_callers(ours: Iterable[int]) -> None:
    """Close what the caller gave to the command, so that the command alone decides when it is closed.

    0, 1 and 2 become /dev/null: whoever reads the other end of a pipe must not wait for us.
    """
    null = lift(os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC))
    for fd in (0, 1, 2):
        os.dup2(null, fd, inheritable=False)
    keep = {0, 1, 2, *ours}
    for fd in open_descriptors():
        if fd not in keep:
            close_quietly(fd)


def open_descriptors() -> list[int]:
    """All that are open in this process."""
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:  # No /proc here.
        return list(range(min(os.sysconf("SC_OPEN_MAX"), 4096)))


def set_nonblocking(fd: int) -> None:
    """For descriptors of ours alone: on a shared one it would stay for everybody."""
    os.set_blocking(fd, False)
