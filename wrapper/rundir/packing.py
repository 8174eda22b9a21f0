"""Files of a finished part are packed: `journal.jsonl` becomes `journal.jsonl.gz`, and is read as before."""

from __future__ import annotations

import errno
import io
import posix as os
import stat

from wrapper.rundir import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

SUFFIX = ".gz"
WORTH_BYTES = 1 << 16
BLOCK_BYTES = 1 << 20
LEVEL = 6


def open_packed(path: str) -> IO[bytes]:
    """The bytes of a file, packed or not, none of one that cannot be read; raises FileNotFoundError for none."""
    if trouble_with(path):
        return io.BytesIO()
    try:
        return open(path, "rb")
    except FileNotFoundError:
        if not paths.is_there(path + SUFFIX):
            raise
    from wrapper.rundir.unpacking import open_unpacked

    return open_unpacked(path + SUFFIX)


def trouble_with(path: str) -> str:
    """Why a file that is there cannot be read; "" for one that can, and for none."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return os.strerror(error.errno or 0)
    if not stat.S_ISREG(mode):
        return "it is no file"
    return "" if os.access(path, os.R_OK, effective_ids=True) else os.strerror(errno.EACCES)


def is_there(path: str) -> bool:
    """Whether the file can be read, packed or not."""
    return paths.is_there(path) or paths.is_there(path + SUFFIX)


def is_worth_packing(path: str) -> bool:
    """Whether the file is there, and not small."""
    return paths.is_there(path) and os.stat(path).st_size >= WORTH_BYTES


def pack(path: str) -> None:
    """Put the packed file in the place of one that nobody will write any more; not of one that is small.

    Whenever it is interrupted, one of the two is there, whole. Raises OSError, and then the file is as it was.
    """
    if not is_worth_packing(path):
        return
    import shutil
    from gzip import GzipFile

    beside = f"{path}{SUFFIX}.{os.getpid()}.new"
    try:
        with open(path, "rb") as source, open(beside, "xb", opener=private) as target:
            with GzipFile("", "wb", LEVEL, target, mtime=0) as packed:
                shutil.copyfileobj(source, packed, BLOCK_BYTES)
            target.flush()
            os.fsync(target.fileno())
        os.rename(beside, path + SUFFIX)
    except OSError:
        if paths.is_there(beside):
            os.unlink(beside)
        raise
    os.unlink(path)


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
