"""The script of a command and the local files that it names, found by reading and not by running them."""

from __future__ import annotations

import ast
import os
import re
import stat
import warnings
from typing import TYPE_CHECKING

from wrapper.recorder.paths import read_place
from wrapper.text.launchers import find_program

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FILES = 1000
LARGEST_BYTES = 2 << 20
NOT_LOCAL = ("site-packages", "dist-packages", "node_modules", ".git", "conda-meta")
SYSTEM = (
    "/usr/",
    "/bin/",
    "/sbin/",
    "/lib/",
    "/lib64/",
    "/opt/",
    "/etc/",
    "/nix/",
    "/snap/",
    "/proc/",
    "/sys/",
    "/dev/",
)
NAMED = re.compile(rb"[\w./~+-]{1,300}\.(?:py|sh|bash|R|r|jl|lua|js|mjs|ts|pl|rb|m|ipynb)\b")


def find_script(argv: list[str], folder: str, program: str) -> str:
    """The file that holds the command's program, as a path from the folder or an absolute one; "" when there is none.

    `program` is what was started; where that is a script, it is its own, but for one that starts the interpreter.
    """
    name = find_program(argv).program
    own = [program] if argv and name == argv[0] and not is_shim(program) else []
    candidates = [name, *(f"{name.replace('.', '/')}{end}" for end in (".py", "/__main__.py"))] if name else []
    for candidate in [*candidates, *own]:
        if is_text(os.path.join(folder, candidate)):
            return candidate
    return ""


def is_shim(program: str) -> bool:
    """Whether a script of pyenv stands for the program: the same for all of them."""
    return os.path.basename(os.path.dirname(program)) == "shims"


def is_text(path: str) -> bool:
    """Whether it is a plain file of ours to read, and no binary."""
    return bool(read_text(path)) and not is_of_a_package(path)


def is_of_a_package(path: str) -> bool:
    real = os.path.realpath(path)
    return real.startswith(SYSTEM) or any(name in real.split("/") for name in NOT_LOCAL)


def find_local_files(script: str, folder: str, most: int = MOST_FILES) -> list[str]:
    """The script and all that it names, and what those name, as absolute paths; no more than so many."""
    roots = list(dict.fromkeys([os.path.dirname(script), folder]))
    found = {script: None}
    waiting = [script]
    while waiting and len(found) < most:
        path = waiting.pop()
        for other in names_in(path, roots):
            if other not in found and len(found) < most and is_text(other):
                found[other] = None
                waiting.append(other)
    return list(found)


def names_in(path: str, roots: list[str]) -> Iterator[str]:
    """Paths that a file may mean by its imports, or that it spells out."""
    data = read_text(path)
    roots = list(dict.fromkeys([os.path.dirname(path), *roots]))  # A script further down may have been started itself.
    if path.endswith(".py"):
        for level, module, names in imports_in(data):
            yield from places(path, level, module, names, roots)
        return
    for word in dict.fromkeys(NAMED.findall(data)):
        for root in roots:
            yield os.path.normpath(os.path.join(root, os.fsdecode(word)))


def read_text(path: str) -> bytes:
    """What is in a plain file that may be code; nothing of all others."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
            return b""
        data = read_place(fd, 0, LARGEST_BYTES)
    except OSError:
        return b""
    finally:
        os.close(fd)
    return b"" if b"\0" in data[:8192] else data or b"\n"


def imports_in(data: bytes) -> Iterator[tuple[int, str, list[str]]]:
    """Each import as (dots in front, module, names from it); none where it is no Python that we understand."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the user's code
        try:
            tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", [alias.name for alias in node.names]


def places(path: str, level: int, module: str, names: list[str], roots: list[str]) -> Iterator[str]:
    """Where a module may be: the packages on the way to it, itself, and what is imported from it."""
    if level:
        root = path
        for _ in range(level):
            root = os.path.dirname(root)
        roots = [root]
    parts = module.split(".") if module else []
    for root in roots:
        for count in range(1, len(parts) + 1):
            place = os.path.join(root, *parts[:count])
            yield from (f"{place}.py", f"{place}/__init__.py")
        for name in names:
            place = os.path.join(root, *parts, name)
            yield from (f"{place}.py", f"{place}/__init__.py")
