"""Finding the command and becoming it, as a shell would."""

from __future__ import annotations

import errno
import posix as os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

USUAL_PATH = b"/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
NOT_FOUND, NOT_RUNNABLE = 127, 126


class CannotStart(Exception):
    """The command cannot be run; `status` is what a shell would end with."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def as_text(name: bytes) -> str:
    """Any bytes, as Python has them in a string."""
    return name.decode("utf-8", "surrogateescape")


def as_bytes(text: str) -> bytes:
    """The same bytes again."""
    return text.encode("utf-8", "surrogateescape")


def get_variable(environment: list[bytes], name: bytes) -> bytes | None:
    """The value of the first entry with this name, as getenv(3) finds it."""
    start = name + b"="
    return next((entry[len(start) :] for entry in environment if entry.startswith(start)), None)


def with_variables(environment: list[bytes], changes: dict[bytes, bytes]) -> list[bytes]:
    """The same entries in the same order, these set anew at the end."""
    starts = tuple(name + b"=" for name in changes)
    kept = [entry for entry in environment if not entry.startswith(starts)] if starts else environment
    return kept + [name + b"=" + value for name, value in changes.items()]


def find_program(word: str, environment: list[bytes]) -> str:
    """The file that `word` would run. Raises CannotStart."""
    if "/" in word:
        _check_runnable(word, word)
        return word
    refused = None
    for directory in (get_variable(environment, b"PATH") or USUAL_PATH).split(b":"):
        folder = as_text(directory) or "."
        path = f"{folder}{'' if folder.endswith('/') else '/'}{word}" if word else ""
        try:
            _check_runnable(word, path)
            return path
        except CannotStart as error:
            if error.status == NOT_RUNNABLE:
                refused = refused or error
    raise refused or CannotStart(f"{word or repr(word)}: no such command on PATH", NOT_FOUND)


def _check_runnable(word: str, path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise CannotStart(f"{word}: no such file", NOT_FOUND) from None
    except OSError as error:
        raise CannotStart(f"{word}: {os.strerror(error.errno or 0)}", NOT_RUNNABLE) from error
    if stat.S_ISDIR(mode):
        raise CannotStart(f"{word}: is a directory", NOT_RUNNABLE)
    if not os.access(path, os.X_OK, effective_ids=True):  # As execve(2) asks: with our capabilities, too.
        raise CannotStart(f"{word}: is not executable (chmod +x makes it so)", NOT_RUNNABLE)


def become(path: str, argv: list[str], environment: list[bytes]) -> None:
    """Replace this process; comes back only with an OSError. A script without `#!` is one for sh."""
    try:
        _execve(path, argv, environment)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        _execve("/bin/sh", ["sh", path, *argv[1:]], environment)


def _execve(path: str, argv: list[str], environment: list[bytes]) -> None:
    names = {entry.partition(b"=")[0] for entry in environment}
    if len(names) == len(environment) and all(b"=" in entry[1:] for entry in environment):
        os.execve(path, argv, dict(_pairs(environment)))
    _execve_raw(as_bytes(path), [as_bytes(word) for word in argv], environment)


def _pairs(environment: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    for entry in environment:
        name, _, value = entry[1:].partition(b"=")
        yield entry[:1] + name, value


def _execve_raw(path: bytes, argv: list[bytes], environment: list[bytes]) -> None:
    """For an environment that no mapping can hold: a name twice, or an entry without "="."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    words = (ctypes.c_char_p * (len(argv) + 1))(*argv, None)
    entries = (ctypes.c_char_p * (len(environment) + 1))(*environment, None)
    library.execve(path, words, entries)
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))


def explain(word: str, number: int) -> CannotStart:
    """What execve(2) had against a file that looked runnable."""
    if number == errno.ENOENT:
        return CannotStart(f"{word}: the interpreter that its first line names does not exist", NOT_FOUND)
    return CannotStart(f"{word}: {os.strerror(number)}", NOT_RUNNABLE)
