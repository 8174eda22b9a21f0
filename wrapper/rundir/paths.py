"""What os.path does, for modules that a command's start waits for: to import that takes a millisecond."""

from __future__ import annotations

import posix
import stat


def join(folder: str, name: str) -> str:
    """`name` in this folder; a name that begins at the root stays as it is."""
    if name.startswith("/") or not folder:
        return name
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def parent(path: str) -> str:
    """The folder of a path; that of the root is the root."""
    before, slash, _name = path.rpartition("/")
    return before.rstrip("/") or slash


def without_detours(path: str) -> str:
    """An absolute path without "." and doubled slashes."""
    return "/" + "/".join(word for word in path.split("/") if word not in ("", "."))


def mode(path: str) -> int:
    """What stat(2) says of its kind and rights; 0 where nothing is, or nothing that we may see."""
    try:
        return posix.stat(path).st_mode
    except (OSError, ValueError):  # A NUL in the path.
        return 0


def is_there(path: str) -> bool:
    return mode(path) != 0


def is_file(path: str) -> bool:
    return stat.S_ISREG(mode(path))


def is_folder(path: str) -> bool:
    return stat.S_ISDIR(mode(path))
