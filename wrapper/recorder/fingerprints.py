"""Cheap fingerprints of data: which file or folder this was, without reading all of it.

A fingerprint is of what is in it, not of where it lies or how old it is: a copy elsewhere has the same one. Large
files are read at some places only and large folders at some of their files; `sampled` says so.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time

from wrapper.recorder.paths import NotData, is_of_the_system, open_quietly, read_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

PLACE_BYTES = 1 << 16  # at the beginning, in the middle and at the end
WHOLE_BYTES = 1 << 20  # Up to here a file is read whole.
MOST_ENTRIES = 50_000  # names that are listed
MOST_SIZES = 2_000  # files whose size and time are asked for: a server of files answers others, too
MOST_READ = 64  # files that are opened
READ_OF_EACH_BYTES = 1 << 14
BUDGET_S = 4.0
DIGEST_BYTES = 16


def describe(path: str, clock: Callable[[], float] = time.monotonic) -> dict[str, Any]:
    """Kind, size, newest time and fingerprint of a file or folder; raises NotData, or OSError."""
    if is_of_the_system(path):
        raise NotData
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        return describe_folder(path, status, clock)
    if not stat.S_ISREG(status.st_mode):
        raise NotData
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    is_sampled = add_file(digest, path, PLACE_BYTES, WHOLE_BYTES)
    return {
        "kind": "file",
        "bytes": status.st_size,
        "files": 1,
        "mtime": round(status.st_mtime, 3),
        "fingerprint": digest.hexdigest(),
        "sampled": is_sampled,
    }


def add_file(digest: hashlib.blake2b, path: str, place_bytes: int, whole_bytes: int) -> bool:
    """Add a file's length and content to a digest; whether only some places of it were read.

    A file that is no plain one any more when it is opened is not read: NotData.
    """
    fd = open_quietly(path)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise NotData
        size = status.st_size
        digest.update(f"{size}:".encode())
        if size <= whole_bytes:
            digest.update(read_place(fd, 0, size))
            return False
        for start in (0, (size - place_bytes) // 2, size - place_bytes):
            digest.update(read_place(fd, start, place_bytes))
        return True
    finally:
        os.close(fd)


def describe_folder(path: str, status: os.stat_result, clock: Callable[[], float]) -> dict[str, Any]:
    """The same of all that is in a folder; "cut" says when that was too much to look at.

    Within the bounds the same files give the same fingerprint: which of them are looked at depends on their names
    alone. A folder that was too slow has none.
    """
    until = clock() + BUDGET_S
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    names, cut = list_files(path, lambda: clock() >= until)
    for name in names:
        digest.update(os.fsencode(name) + b"\0")
    sizes: dict[str, int] = {}
    newest = status.st_mtime
    for name in spread(names, MOST_SIZES):
        found = stat_file(os.path.join(path, name)) if clock() < until else None
        if found:
            sizes[name], newest = found.st_size, max(newest, found.st_mtime)
            digest.update(f"{name}:{found.st_size},".encode("utf-8", "surrogateescape"))
    is_sampled = len(names) > MOST_READ or bool(cut)
    for name in spread(list(sizes), MOST_READ):
        if clock() < until:
            is_sampled |= add_file_if_it_can_be(digest, os.path.join(path, name))
    if clock() >= until:
        cut = "time"
    return {
        "kind": "folder",
        "bytes": sum(sizes.values()),
        "files": len(names),
        "mtime": round(newest, 3),
        "fingerprint": None if cut == "time" else digest.hexdigest(),
        "sampled": is_sampled or cut == "time",
        **({"cut": cut} if cut else {}),
    }


def add_file_if_it_can_be(digest: hashlib.blake2b, path: str) -> bool:
    """Add what may be read; its name and size count in any case."""
    try:
        return add_file(digest, path, READ_OF_EACH_BYTES // 2, 2 * READ_OF_EACH_BYTES)
    except (OSError, NotData):
        return True


def list_files(path: str, is_over: Callable[[], bool], most: int = MOST_ENTRIES) -> tuple[list[str], str]:
    """The names of all files below, sorted, and what cut the list short: "entries", "time" or "" for nothing."""
    names: list[str] = []
    for count, name in enumerate(walk(path)):
        if count >= most:
            return sorted(names), "entries"
        if count % 100 == 0 and is_over():
            return sorted(names), "time"
        if not name.endswith("/"):
            names.append(name)
    return sorted(names), ""


def walk(path: str) -> Iterator[str]:
    """Each file below, as its path from there, and each folder with a "/". Links to folders are not followed."""
    below = [""]
    while below:
        folder = below.pop()
        try:
            with os.scandir(os.path.join(path, folder)) as entries:
                for entry in entries:
                    name = folder + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        below.append(name + "/")
                        yield name + "/"
                    else:
                        yield name
        except OSError:  # It may not be read, or has just gone.
            continue


def spread(names: list[str], most: int) -> list[str]:
    """So many of them at most, evenly over the whole list."""
    if len(names) <= most:
        return names
    return [names[at * len(names) // most] for at in range(most)]


def stat_file(path: str) -> os.stat_result | None:
    """What the system says of a plain file, also one behind a link; None for all others."""
    try:
        found = os.stat(path)
        if os.path.islink(path) and is_of_the_system(path):
            return None
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None
