"""Which program a command comes to: not the shell, and not the launcher, but what they start."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from wrapper.recorder.sources.following.processes import children, working_directory

MOST_PROCESSES = 500
LONGEST_FILE = 1 << 20
PYTHON = re.compile(r"(python|pypy)[\d.]*[td]*")
SHELLS = frozenset("sh bash dash ash zsh ksh mksh fish tcsh csh busybox".split())
# Programs that start another one, which counts; those of them that are written in Python run as a script.
LAUNCHERS = SHELLS | frozenset(
    "env nice ionice chrt timeout time stdbuf nohup setsid xargs make gmake ninja just uv uvx poetry pipenv conda mamba"
    " micromamba pixi pdm rye hatch tox nox srun mpirun mpiexec orterun prterun prun prted orted hydra_pmi_proxy"
    " mpiexec.hydra numactl taskset strace ltrace gdb script unbuffer sudo doas tini dumb-init catchsegv apptainer"
    " singularity docker podman enroot nsys ncu watch tee flock parallel choom prlimit systemd-run unshare".split()
)
VALUED_OPTIONS = ("-W", "-X", "-Q")


@dataclass(frozen=True)
class Program:
    """A process, or a command that was one: the file of its program, its words and its surroundings."""

    exe: str
    argv: tuple[str, ...]
    environ: dict[str, str]
    folder: str
    pid: int = 0

    @property
    def is_python(self) -> bool:
        return PYTHON.fullmatch(os.path.basename(self.exe)) is not None

    @property
    def is_launcher(self) -> bool:
        """Whether what it starts is what counts."""
        name = script_name(self.argv) if self.is_python else os.path.basename(self.exe)
        return name in LAUNCHERS


def script_name(argv: tuple[str, ...]) -> str:
    """The name of what an interpreter runs: of a file or, behind -m, a module; "" when it is neither."""
    words = iter(argv[1:])
    for word in words:
        if word in VALUED_OPTIONS:
            next(words, None)
        elif word == "-m":
            return next(words, "").partition(".")[0]
        elif word.startswith("-c") or word == "-":
            return ""
        elif not word.startswith("-"):
            return os.path.basename(word)
    return ""


def look_at(pid: int) -> Program | None:
    """A process as it is now; None when it is gone, or another user's."""
    try:
        exe = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
        argv = split(read_some(f"/proc/{pid}/cmdline"))
        environ = split(read_some(f"/proc/{pid}/environ"))
    except OSError:
        return None
    return Program(exe, tuple(argv), as_mapping(environ), working_directory(pid) or "/", pid)


def find_program(command: int) -> Program | None:
    """The first process below the command, or the command, that is what it was started for; None while there is none.

    An interpreter of Python goes before all others: a shell may start `tee` first.
    """
    waiting, seen = [command], 0
    other: Program | None = None
    while waiting and seen < MOST_PROCESSES:
        pid = waiting.pop(0)
        seen += 1
        program = look_at(pid)
        if program and not program.is_launcher:
            if program.is_python:
                return program
            other = other or program
        waiting.extend(sorted(children(pid)))
    return other


def read_some(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(LONGEST_FILE)


def split(data: bytes) -> list[str]:
    return [os.fsdecode(word) for word in data.removesuffix(b"\0").split(b"\0")]


def as_mapping(entries: list[str]) -> dict[str, str]:
    """Environment entries by their names; the first of a name counts."""
    pairs = (entry.partition("=") for entry in reversed(entries))
    return {name: value for name, sign, value in pairs if sign}


def search(name: str, program: Program) -> str | None:
    """Where a program of this name is found from there, links in it left as they are; None when it is not."""
    if "/" in name:
        return os.path.normpath(os.path.join(program.folder, name))
    for folder in program.environ.get("PATH", "").split(":"):
        path = os.path.join(program.folder, folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


def read_shebang(path: str) -> list[str]:
    """The words of the line that names a script's interpreter; none when there is no such line."""
    try:
        with open(path, "rb") as file:
            line = file.readline(512)
    except OSError:
        return []
    if not line.startswith(b"#!"):
        return []
    return os.fsdecode(line[2:].strip()).split(None, 1)


def as_started(part_path: str, argv: list[str], environ: dict[str, str], folder: str) -> Program:
    """What a command that is over has been, as far as its files tell: a script is what its first line names."""
    words = read_shebang(part_path)
    program = Program(part_path, tuple(argv), environ, folder)
    if not words:
        return program
    if os.path.basename(words[0]) == "env" and len(words) > 1:
        name = next((word for word in words[1].split() if not word.startswith("-") and "=" not in word), "")
        words = [search(name, program) or name]
    return Program(words[0], (words[0], part_path, *argv[1:]), environ, folder)
