"""A program of machine code: its checksum, and the libraries that it names."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import time
from typing import Any

PATIENCE_S = 3.0
PIECE_BYTES = 1 << 20
MOST_LIBRARIES = 200
LARGEST_TABLE = 1 << 20
LOAD, DYNAMIC, INTERPRETER, NOTE = 1, 2, 3, 4
NEEDED, STRINGS, STRINGS_BYTES, RUN_PATH, OLD_RUN_PATH = 1, 5, 10, 29, 15
BUILD_ID = 3
LIBRARY = re.compile(r".*/[^/]+\.so(\.[\w.]+)?")


class NotElf(ValueError):
    """It is no program of this kind, or a damaged one."""


def describe(path: str, patience_s: float = PATIENCE_S) -> dict[str, Any]:
    """What is known of the program at a path; nothing when it cannot be read."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            facts: dict[str, Any] = {"path": path, "bytes": size}
            facts |= {"sha256": checksum} if (checksum := hash_file(file.fileno(), size, patience_s)) else {}
            try:
                return facts | Elf(file.fileno()).describe()
            except (ValueError, struct.error, IndexError, OverflowError):
                return facts
    except OSError:
        return {}


def hash_file(fd: int, size: int, patience_s: float) -> str | None:
    """The SHA-256 of a file; None when that takes too long."""
    until = time.monotonic() + patience_s
    hashed = hashlib.sha256()
    for start in range(0, size, PIECE_BYTES):
        if time.monotonic() > until:
            return None
        hashed.update(os.pread(fd, PIECE_BYTES, start))
    return hashed.hexdigest()


def loaded_libraries(pid: int) -> list[str]:
    """The libraries that a process has in its memory; none when it is gone."""
    found: dict[str, None] = {}
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                words = line.rstrip("\n").split(None, 5)
                if len(words) == 6 and "x" in words[1] and LIBRARY.fullmatch(words[5]):
                    found[words[5]] = None
    except OSError:
        return []
    return list(found)[:MOST_LIBRARIES]


class Elf:
    """The tables of a program. For what is none: NotElf, or any ValueError, struct.error, IndexError, OverflowError."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        head = os.pread(fd, 64, 0)
        if head[:4] != b"\x7fELF":
            raise NotElf
        self._wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
        self._order = order
        header = struct.unpack_from(f"{order}HHIQQQIHHH" if self._wide else f"{order}HHIIIIIHHH", head, 16)
        start, entry_bytes, count = header[4], header[8], header[9]
        table = os.pread(fd, min(entry_bytes * count, LARGEST_TABLE), start)
        self._segments = [self._segment(table, index * entry_bytes) for index in range(count)]

    def _segment(self, table: bytes, at: int) -> tuple[int, int, int, int]:
        """Its type, offset, address and size."""
        if self._wide:
            kind, _flags, offset, address, _, size = struct.unpack_from(f"{self._order}IIQQQQ", table, at)
        else:
            kind, offset, address, _, size = struct.unpack_from(f"{self._order}IIIII", table, at)
        return kind, offset, address, size

    def describe(self) -> dict[str, Any]:
        dynamic = self._dynamic()
        strings = self._strings(dynamic)
        needed = [text_at(strings, value) for tag, value in dynamic if tag == NEEDED]
        paths = [text_at(strings, value) for tag, value in dynamic if tag in (RUN_PATH, OLD_RUN_PATH)]
        facts = {
            "interpreter": self._read(INTERPRETER).rstrip(b"\0").decode(errors="replace"),
            "needed": needed[:MOST_LIBRARIES],
            "run_path": ":".join(paths),
            "build_id": self._build_id(),
        }
        return {name: value for name, value in facts.items() if value}

    def _read(self, kind: int) -> bytes:
        for its, offset, _address, size in self._segments:
            if its == kind:
                return os.pread(self._fd, min(size, LARGEST_TABLE), offset)
        return b""

    def _dynamic(self) -> list[tuple[int, int]]:
        entry = struct.Struct(f"{self._order}qQ" if self._wide else f"{self._order}iI")
        table = self._read(DYNAMIC)
        return [entry.unpack_from(table, at) for at in range(0, len(table) - entry.size + 1, entry.size)]

    def _strings(self, dynamic: list[tuple[int, int]]) -> bytes:
        tags = dict(reversed(dynamic))
        if STRINGS not in tags:
            return b""
        place = self._offset_of(tags[STRINGS])
        return os.pread(self._fd, min(tags.get(STRINGS_BYTES, 0), LARGEST_TABLE), place)

    def _offset_of(self, address: int) -> int:
        for kind, offset, start, size in self._segments:
            if kind == LOAD and start <= address < start + size:
                return address - start + offset
        raise NotElf

    def _build_id(self) -> str:
        for kind, offset, _address, size in self._segments:
            notes = os.pread(self._fd, min(size, LARGEST_TABLE), offset) if kind == NOTE else b""
            at = 0
            while at + 12 <= len(notes):
                name_bytes, content_bytes, its = struct.unpack_from(f"{self._order}III", notes, at)
                name_at = at + 12
                content_at = name_at + (name_bytes + 3) // 4 * 4
                if its == BUILD_ID and notes[name_at : name_at + name_bytes] == b"GNU\0":
                    return notes[content_at : content_at + content_bytes].hex()
                at = content_at + (content_bytes + 3) // 4 * 4
        return ""


def text_at(strings: bytes, start: int) -> str:
    return strings[start : strings.index(b"\0", start)].decode(errors="replace") if b"\0" in strings[start:] else ""
