"""Lines and small files: written so that a crash can tear nothing but a last line."""

from __future__ import annotations

import posix as os

from wrapper.rundir.packing import open_packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
SEEK_END = 2


def encode(value: object) -> str:
    """`value` as JSON on one line, as `json.dumps` writes it.

    The json package is 5 ms of start-up, which is a third of what the wrapper may take before
    the command runs; its C encoder for strings costs nothing.
    """
    from _json import encode_basestring_ascii

    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{encode(str(key))}: {encode(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(encode, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _encode_float(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


class Appender:
    """Adds whole lines to a file that other processes are reading.

    Each record is one write in append mode, so a crash can tear only the last
    line, and a reader can tell: a torn line has no newline yet.
    """

    def __init__(self, path: str) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o600)
        self._length = os.fstat(self._fd).st_size

    def append(self, record: object) -> None:
        """Add one record; when the disk does not take it whole, nothing is added, and OSError raised."""
        self.append_text(encode(record) + "\n")

    def append_text(self, text: str) -> None:
        """Add whole lines of ASCII, all or, when the disk does not take them, none: then OSError is raised."""
        line = text.encode("ascii")
        rest = line
        try:
            while rest:  # One write, unless the disk is full; the second then says so.
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            if len(rest) < len(line):
                os.ftruncate(self._fd, self._length)
            raise
        self._length += len(line)

    def sync(self) -> None:
        os.fsync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


def read_lines(path: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
    """Yield each complete line after `offset`, and the offset that follows it.

    A last line without its newline is still being written; it is left for the
    next call. A file that was packed is read as it was before.
    """
    with open_packed(path) as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield line, offset


def complete_length(path: str) -> int:
    """How much of the file is whole lines: the offset after its last newline."""
    with open(path, "rb") as file:
        end = file.seek(0, SEEK_END)
        while end > 0:
            start = max(0, end - BLOCK_BYTES)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            end = start
    return 0


def replace_whole(path: str, value: object) -> None:
    """Replace the file at once, so that no reader ever sees half of it."""
    beside = f"{path}.{os.getpid()}.new"
    write_new(beside, value)
    os.replace(beside, path)


def write_new(path: str, value: object) -> None:
    """Write a small file in one go; what was there is lost."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        rest = encode(value).encode("ascii") + b"\n"
        while rest:
            rest = rest[os.write(fd, rest) :]
    finally:
        os.close(fd)


def sync_path(path: str) -> None:
    """Have the kernel put a file or directory on the disk, which may take long."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
