"""Moving bytes inside the kernel, so that a process killed at any instruction loses none."""

from __future__ import annotations

import errno
import posix as os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NONBLOCK = 2  # SPLICE_F_NONBLOCK; os.SPLICE_F_* exists from Python 3.10 on where the C library has it.
WHOLE = 1 << 20

_library: list[Any] = []  # libc, once it is loaded


class CannotTee(Exception):
    """This system has no tee(2) for us; bytes must be copied through our memory."""


def load() -> None:
    """Get hold of tee(2), which Python does not have. Raises CannotTee.

    Done once, after the command has started: ctypes takes 2 ms.
    """
    if _library:
        return
    try:
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        library.tee.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_size_t, ctypes.c_uint]
        library.tee.restype = ctypes.c_ssize_t
    except (ImportError, OSError, AttributeError) as error:
        raise CannotTee(str(error)) from error
    if not hasattr(os, "splice"):
        raise CannotTee("this Python has no os.splice")
    _library.append(library)


def tee(source: int, target: int, size_bytes: int) -> int:
    """Repeat what waits in one pipe in another, without taking it out; returns how much.

    load() comes first.
    """
    copied: int = _library[0].tee(source, target, size_bytes, NONBLOCK)
    if copied < 0:
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return copied


def splice(source: int, target: int, size_bytes: int = WHOLE) -> int | None:
    """Move bytes from or into a pipe; returns how many, 0 at the end, None when it would have to wait."""
    try:
        return os.splice(source, target, size_bytes, flags=NONBLOCK)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno == errno.EIO:  # A PTY whose last slave was closed says so.
            return 0
        raise
