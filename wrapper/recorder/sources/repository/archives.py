"""Files of code that no commit has, as one archive; equal archives of a folder of runs take the room of one."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import re
import stat
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wrapper.text.masking import Switch
from wrapper.text.patches import mask_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

LARGEST_FILE_BYTES = 10 << 20
LARGEST_BYTES = 50 << 20
MOST_FILES = 5_000
LARGEST_MASKED_BYTES = 2 << 20
MOST_NAMED = 100
NO_FILE = "no plain file"
STORE = "archives"
HOLDS_SECRETS = re.compile(
    r"\.env(?:\.(?!example$|sample$|template$).*)?|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.htpasswd|kaggle\.json"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|kdbx|keystore|jks)|(?:service[-_]account|credentials).*\.json",
    re.I,
)


@dataclass
class Leftovers:
    """What was left out of the record of the code, and why."""

    named: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def add(self, path: str, why: str, size_bytes: int | None = None) -> None:
        self.count += 1
        if len(self.named) < MOST_NAMED:
            self.named.append({"path": path, "why": why, **({"bytes": size_bytes} if size_bytes is not None else {})})


@dataclass(frozen=True)
class Member:
    """A file that may go into the archive: its name there, and where it is."""

    name: str
    path: str
    status: os.stat_result


def look(name: str, path: str, left_out: Leftovers) -> Member | None:
    """What is there; None for what is no code, or cannot be read."""
    try:
        status = os.lstat(path)
    except OSError as error:
        left_out.add(name, error.strerror or "")
        return None
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
        left_out.add(name, NO_FILE)
    elif Switch.is_on and HOLDS_SECRETS.fullmatch(os.path.basename(name)):
        left_out.add(name, "it may hold secrets", status.st_size)
    elif status.st_size > LARGEST_FILE_BYTES:
        left_out.add(name, f"larger than {LARGEST_FILE_BYTES >> 20} MB", status.st_size)
    else:
        return Member(name, path, status)
    return None


class Archive:
    """Files in the order of their names, with their modes; the same files make the same archive."""

    def __init__(self, path: str, left_out: Leftovers) -> None:
        self._path, self._left_out = path, left_out
        self._digest = hashlib.sha256()
        self.files, self.bytes = 0, 0
        self.masked: list[dict[str, Any]] = []

    def write(self, members: Iterable[Member], store: str, free_bytes: int | None = None) -> dict[str, Any] | None:
        """Write all of them that there is room for; None when that is none. Raises OSError when the disk is full."""
        kept = self._choose(members, find_free_bytes() if free_bytes is None else free_bytes)
        if not kept:
            return None
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        with open(self._path + ".new", "wb") as file:
            self._pack(kept, file)
        if not self.files:
            os.unlink(self._path + ".new")
            return None
        share(self._path + ".new", store, self._digest.hexdigest())
        os.replace(self._path + ".new", self._path)
        return {
            "path": self._path,
            "files": self.files,
            "bytes": self.bytes,
            "sha256": self._digest.hexdigest(),
            "masked": self.masked,
        }

    def _choose(self, members: Iterable[Member], free_bytes: int) -> list[Member]:
        """The small ones first, where there is not room for all. A training may need what is free of the disk."""
        kept: list[Member] = []
        room = min(LARGEST_BYTES, free_bytes // 20)
        is_scarce = room < LARGEST_BYTES
        for member in sorted(members, key=lambda member: (member.status.st_size, member.name)):
            if len(kept) >= MOST_FILES:
                self._left_out.add(member.name, f"more than {MOST_FILES} files", member.status.st_size)
            elif member.status.st_size > room:
                why = "the disk is nearly full" if is_scarce else f"more than {LARGEST_BYTES >> 20} MB in all"
                self._left_out.add(member.name, why, member.status.st_size)
            else:
                kept.append(member)
                room -= member.status.st_size
        return sorted(kept, key=lambda member: member.name)

    def _pack(self, members: list[Member], file: BinaryIO) -> None:
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
            tarfile.open(
                fileobj=packed, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
            ) as tar,
        ):
            for member in members:
                self._add(member, tar)

    def _add(self, member: Member, tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(member.name)
        info.mode, info.mtime = stat.S_IMODE(member.status.st_mode), int(member.status.st_mtime)
        data = b""
        try:
            if stat.S_ISLNK(member.status.st_mode):
                info.type, info.linkname = tarfile.SYMTYPE, os.readlink(member.path)
            else:
                data = self._mask(member.name, read_file(member.path))
        except OSError as error:
            self._left_out.add(member.name, error.strerror or "", member.status.st_size)
            return
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
        head = info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
        self._digest.update(head + data)
        self.files, self.bytes = self.files + 1, self.bytes + len(data)

    def _mask(self, name: str, data: bytes) -> bytes:
        if len(data) > LARGEST_MASKED_BYTES or b"\0" in data[:8192]:
            return data
        text, lines = mask_file(name, data.decode("utf-8", "surrogateescape"))
        if lines:
            self.masked.append({"path": name, "lines": lines})
        return text.encode("utf-8", "surrogateescape")


def find_free_bytes() -> int:
    """What is free where the part is, the current directory."""
    found = os.statvfs(".")
    return found.f_bavail * found.f_frsize


def read_file(path: str, most: int = LARGEST_FILE_BYTES) -> bytes:
    """What is in a plain file, even when it was exchanged for something else; no more than so much."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.ENOTSUP, NO_FILE)
        return file.read(most)


def share(path: str, store: str, digest: str) -> None:
    """Let the file and an equal one of another run be the same on the disk, where it has hard links.

    The store keeps one link of each. What no run has any more goes when the next one is added.
    """
    if not store:
        return
    try:
        os.makedirs(store, mode=0o700, exist_ok=True)
        for name in os.listdir(store):
            if os.stat(os.path.join(store, name)).st_nlink == 1:
                os.unlink(os.path.join(store, name))
        kept = os.path.join(store, f"{digest}.tar.gz")
        if os.path.exists(kept):
            if os.path.exists(path + ".same"):
                os.unlink(path + ".same")
            os.link(kept, path + ".same")
            os.replace(path + ".same", path)
        else:
            os.link(path, kept)
    except OSError:  # No hard links here, or another recorder was quicker: then it takes its room twice.
        return
