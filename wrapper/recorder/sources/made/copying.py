"""Copies of files into the run: shared blocks where the file system can, else bytes, slowly.

Equal contents of all runs of a folder are one file, in its `saved/`, with a further link in each part. Nothing else
ever writes into that file.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wrapper.rundir import names

if TYPE_CHECKING:
    from wrapper.recorder.aside import Listener

STORE = "../../saved"  # in the folder of all runs, as seen from a part
FOLDER = "files/saved"
FICLONE = 0x40049409
PIECE_BYTES = 4 << 20
LARGEST_COPY_BYTES = 5 << 30  # Larger ones are kept where they take no room of their own.
LARGEST_HASHED_BYTES = 5 << 30
FREE_PART = 10  # of the disk stays free
IOPRIO_IDLE = 3 << 13
IOPRIO_CALLS = {"x86_64": 251, "aarch64": 30}
SAY_EVERY_S = 5.0


class Changed(Exception):
    """Somebody wrote into the file while it was copied."""


def copy_all(files: list[tuple[str, str]], listener: Listener, is_hasty: bool) -> None:
    """In a process aside: keep each of the files under its name, and say what became of it, one line for each."""
    give_way()
    pace = Pace(listener, is_hasty)
    for path, name in files:
        facts: dict[str, Any] = {"source": path}
        try:
            facts |= keep(path, name, pace)
        except Changed:
            facts["again"] = True
        except OSError as error:
            facts |= {"ns": modified_ns(path), "why": os.strerror(error.errno or 0)}
        listener.say(json.dumps(facts))


def give_way() -> None:
    """Behind everything else that wants the processor or the disk."""
    os.nice(19)
    number = IOPRIO_CALLS.get(os.uname().machine)
    if number:
        import ctypes

        ctypes.CDLL(None).syscall(number, 1, 0, IOPRIO_IDLE)


class Pace:
    """Half of the time is for others; now and then it is said that we live."""

    def __init__(self, listener: Listener, is_hasty: bool) -> None:
        self._listener, self._is_hasty = listener, is_hasty
        self._worked_at = self._said_at = time.monotonic()

    def rest(self) -> None:
        now = time.monotonic()
        self._listener.wait(0 if self._is_hasty else min(1.0, now - self._worked_at))
        self._worked_at = time.monotonic()
        if self._worked_at - self._said_at > SAY_EVERY_S:
            self._listener.say("{}")
            self._said_at = self._worked_at


def keep(path: str, name: str, pace: Pace) -> dict[str, Any]:
    """Keep one file; its facts, or why it is not kept. Raises Changed, OSError."""
    os.makedirs(FOLDER, mode=0o700, exist_ok=True)
    beside = f"{FOLDER}/{os.getpid()}.new"
    try:
        with open(path, "rb") as source, open(beside, "wb", opener=make_private) as target:
            before = os.fstat(source.fileno())
            facts: dict[str, Any] = {"ns": before.st_mtime_ns, "bytes": before.st_size, "at": round(before.st_mtime, 3)}
            is_clone = clone(source.fileno(), target.fileno())
            if not is_clone and (why := refusal(before.st_size)):
                return facts | {"why": why}
            sha256 = read_all(source.fileno(), None if is_clone else target.fileno(), before.st_size, pace)
            after = os.stat(path)
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise Changed
        kept = place(beside, name, sha256)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside)
    return facts | {"kept": kept, "how": "clone" if is_clone else "copy"} | ({"sha256": sha256} if sha256 else {})


def clone(source: int, target: int) -> bool:
    """Share the blocks of a file, which takes no time and no room; False where the file system cannot."""
    try:
        fcntl.ioctl(target, FICLONE, source)
    except OSError:
        return False
    return True


def refusal(size: int) -> str:
    """Why a file of this size is not copied; "" when it is."""
    if size > LARGEST_COPY_BYTES:
        return f"it is larger than {LARGEST_COPY_BYTES >> 30} GB, and the disk cannot share its blocks"
    disk = os.statvfs(FOLDER)
    if disk.f_bavail * disk.f_frsize - size < disk.f_blocks * disk.f_frsize // FREE_PART:
        return "the disk is too full for a copy"
    return ""


def read_all(source: int, target: int | None, size: int, pace: Pace) -> str | None:
    """Read the file, into the copy if there is one; its checksum, but of a clone that is too large for that."""
    if target is None and size > LARGEST_HASHED_BYTES:
        return None
    hashed = hashlib.sha256()
    position = 0
    while position < size and (piece := os.pread(source, min(PIECE_BYTES, size - position), position)):
        hashed.update(piece)
        if target is not None:
            write_all(target, piece)
        position += len(piece)
        pace.rest()
    if position < size:
        raise Changed
    return hashed.hexdigest()


def write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def place(beside: str, name: str, sha256: str | None) -> str:
    """Give the copy its name in the part; where it is, from there."""
    path = f"{FOLDER}/{name}"
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    before = inode(path)
    store_folder = store_of_files()
    if sha256 is None or not store_folder:
        os.replace(beside, path)
    else:
        store = f"{store_folder}/{sha256}"
        with suppress(FileExistsError):
            link_or_move(beside, store)
        fresh = f"{path}.{os.getpid()}.new"
        try:
            os.link(store, fresh)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOENT):
                raise
            os.replace(beside if os.path.exists(beside) else store, fresh)  # A file system without links.
        os.replace(fresh, path)
    if store_folder and before and before != inode(path):
        forget_unused(store_folder, before)
    return path


def link_or_move(beside: str, store: str) -> None:
    try:
        os.link(beside, store)
    except FileExistsError:
        raise
    except OSError:
        os.rename(beside, store)


def store_of_files() -> str:
    """Where the saved files of all runs of the folder meet; "" for a part that was moved out of it."""
    if os.path.basename(os.path.realpath(os.path.dirname(STORE))) != names.FOLDER:
        return ""
    os.makedirs(STORE, mode=0o700, exist_ok=True)
    return STORE


def forget_unused(folder: str, number: int) -> None:
    """Remove from the store what no part has any more: an earlier state of a file that was kept again."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.inode() == number and entry.stat().st_nlink == 1:
                os.unlink(entry.path)


def inode(path: str) -> int:
    """0 when there is no such file."""
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0


def modified_ns(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return -1


def make_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
