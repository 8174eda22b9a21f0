"""What is compared: each way to run a command, and how to read what it kept of the output."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

OURS = "wandb run"
OURS_ON_PTY = "wandb run --pty"
LOG = "kept.log"


@dataclass(frozen=True)
class Kept:
    """What was kept of the output: with `lost_bytes`, so much is said to be missing."""

    size_bytes: int
    sha256: str
    lost_bytes: int = 0


@dataclass(frozen=True)
class Subject:
    """A way to run a command.

    `makes_terminal` says that output takes the way of a terminal wherever it goes; `most_mb` spares those that
    take minutes for what others do in a second; one that is `only_into` something is compared nowhere else.
    """

    name: str
    wrap: Callable[[list[str], Path], list[str]]
    kept: Callable[[Path], Kept | None] = lambda directory: None
    is_there: Callable[[], bool] = lambda: True
    makes_terminal: bool = False
    most_mb: float = math.inf
    only_into: str = ""


def make_subjects(wandb: str) -> list[Subject]:
    """Every subject that is installed, the bare command first and `wandb run` last."""
    subjects = [
        Subject("bare", lambda argv, directory: argv),
        Subject("script", wrap_in_script, read_script_log, has("script"), makes_terminal=True),
        Subject("tee", wrap_in_tee, read_log, has("tee")),
        Subject("unbuffer", wrap_in_unbuffer, read_terminal_log, has("unbuffer"), makes_terminal=True),
        Subject("asciinema", wrap_in_asciinema, is_there=has("asciinema"), most_mb=16),
        Subject("guild", wrap_in_guild, is_there=has("guild"), most_mb=4),
        Subject(
            OURS_ON_PTY,
            lambda argv, directory: [wandb, "run", "--pty", "--", *argv],
            read_ours_on_pty,
            makes_terminal=True,
            only_into="pipe",
        ),
        Subject(OURS, lambda argv, directory: [wandb, "run", "--", *argv], read_ours),
    ]
    return [subject for subject in subjects if subject.is_there()]


def has(program: str) -> Callable[[], bool]:
    return lambda: shutil.which(program) is not None


def wrap_in_script(argv: list[str], directory: Path) -> list[str]:
    return ["script", "-qfec", f"exec {shlex.join(argv)}", LOG]


def wrap_in_tee(argv: list[str], directory: Path) -> list[str]:
    return ["sh", "-c", f"{shlex.join(argv)} | tee {LOG}"]


def wrap_in_unbuffer(argv: list[str], directory: Path) -> list[str]:
    return ["sh", "-c", f"unbuffer {shlex.join(argv)} | tee {LOG}"]


def wrap_in_asciinema(argv: list[str], directory: Path) -> list[str]:
    return ["asciinema", "rec", "-q", "-c", shlex.join(argv), LOG]


def wrap_in_guild(argv: list[str], directory: Path) -> list[str]:
    (directory / "guild-home").mkdir()
    operation = {"bench": {"exec": shlex.join(argv), "sourcecode": False}}
    (directory / "guild.yml").write_text(json.dumps(operation))  # JSON is YAML, too.
    return ["guild", "-H", "guild-home", "run", "bench", "-y"]


def read_log(directory: Path) -> Kept | None:
    return describe((directory / LOG).read_bytes())


def read_terminal_log(directory: Path) -> Kept | None:
    """Without the carriage returns that the terminal added."""
    return describe((directory / LOG).read_bytes().replace(b"\r\n", b"\n"))


def read_script_log(directory: Path) -> Kept | None:
    """The same, without the lines in which script(1) says when it began and ended."""
    data = (directory / LOG).read_bytes()
    end = data.rfind(b"\nScript done on ")
    return describe(data[data.find(b"\n") + 1 : end if end >= 0 else None].replace(b"\r\n", b"\n"))


def describe(data: bytes) -> Kept:
    return Kept(len(data), hashlib.sha256(data).hexdigest())


def read_ours(directory: Path) -> Kept | None:
    """The output of the one run there, as FORMAT.md says; None without its end."""
    part = find_part(directory)
    end = read_end(part) if part else None
    if part is None or end is None:
        return None
    digest = hashlib.sha256()
    with (part / "output.log").open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return Kept(end["output_bytes"], digest.hexdigest(), end["lost_bytes"])


def read_ours_on_pty(directory: Path) -> Kept | None:
    """Without the carriage returns that the terminal added."""
    part = find_part(directory)
    end = read_end(part) if part else None
    if part is None or end is None:
        return None
    kept = describe((part / "output.log").read_bytes().replace(b"\r\n", b"\n"))
    return replace(kept, lost_bytes=end["lost_bytes"])


def find_part(directory: Path) -> Path | None:
    return next((directory / ".wandb-wrapper").glob("*/0-0"), None)


def read_end(part: Path) -> dict[str, Any] | None:
    """How the run ended; None when that is not known yet."""
    path = part / "end.json"
    if not path.exists():
        return None
    end: dict[str, Any] = json.loads(path.read_bytes())
    return end


def is_kept(directory: Path) -> bool:
    """Whether `wandb show` would have all of the run now."""
    part = find_part(directory)
    end = read_end(part) if part else None
    return bool(part and end and end["output_bytes"] == (part / "output.log").stat().st_size)
