"""Paths that somebody has named: what lies there, without waiting for a pipe or waking what the kernel shows."""

from __future__ import annotations

import os
import stat

OF_THE_SYSTEM = ("/proc", "/sys")  # Reading may do something there, or never end.
NO_ATIME = getattr(os, "O_NOATIME", 0)  # Linux has it.


class NotData(ValueError):
    """There is nothing here to be read: it is gone, or a device, a pipe, a socket."""


def find_kind(path: str) -> str:
    """ "file" or "folder", "" for all else and where nothing is: pipes, devices and what the kernel shows."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return ""
    if is_of_the_system(path):
        return ""
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else ""


def is_of_the_system(path: str) -> bool:
    """Whether it lies where the kernel shows itself, or is everything."""
    real = os.path.realpath(path)
    return real == "/" or any(real == place or real.startswith(place + "/") for place in OF_THE_SYSTEM)


def list_folder(path: str | os.PathLike[str]) -> list[str]:
    """The names in a folder; none where there is no folder, or it is not ours to look into."""
    try:
        return os.listdir(path)
    except OSError:
        return []


def open_quietly(path: str) -> int:
    """Open for reading: a pipe does not make us wait, and where it is allowed the time of access stays as it is."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        return os.open(path, flags | NO_ATIME)
    except PermissionError:  # Somebody else's file.
        return os.open(path, flags)


def read_place(fd: int, start: int, size: int) -> bytes:
    """So many bytes from there on; fewer when the file has become shorter."""
    data = b""
    while len(data) < size and (piece := os.pread(fd, size - len(data), start + len(data))):
        data += piece
    return data
