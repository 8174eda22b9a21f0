"""Copies of config files, without their secrets, and what stands in them."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
from contextlib import suppress

from wrapper.recorder.packages import reach_packages
from wrapper.recorder.paths import NotData, open_quietly, read_place
from wrapper.text.arguments import read_flags
from wrapper.text.config_files import NoSettings, Unreadable, read_config
from wrapper.text.masking import find_secrets, mask_source, mask_text, mask_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONFIGS_FOLDER = "files/configs"
CLOCKS_DIFFER_S = 2.0  # ours and the file server's
LARGEST_BYTES = 1 << 20
NOT_UTF_8 = re.compile("[\udc80-\udcff]")  # what `surrogateescape` makes of such bytes


def keep_config(path: str, name: str, kind: str, started_at: float) -> dict[str, Any]:
    """The facts of a config file, of which a copy is kept, in the part that is the current folder."""
    try:
        if os.stat(path).st_ctime > started_at + CLOCKS_DIFFER_S:
            return {"problem": "it was changed after the command had started, so it may not be what the command read"}
        data = read_small_file(path)
    except NotData:
        return {}
    except OSError as error:
        return {"problem": f"cannot be read: {os.strerror(error.errno or 0)}"}
    if data is None:
        return {"is_data": True}
    text = data.decode("utf-8", "surrogateescape")
    facts: dict[str, Any] = {"file": {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}}
    secrets: list[str] = []
    try:
        config = read_text(kind, text)
    except NoSettings:
        return {"is_data": True}
    except Unreadable as error:
        facts |= {"problem": str(error), "line": error.line}
    else:
        secrets = find_secrets("", config)
        facts |= {"config": mask_value("", config)} if kind else {}
    masked = mask_source(text) if path.endswith(".py") else mask_text(text, tuple(secrets))
    if masked != text:
        facts["file"]["masked"] = True
    try:
        facts["file"]["kept"] = keep(name, masked.encode("utf-8", "surrogateescape"))
    except OSError as error:
        facts |= {"problem": f"cannot be kept: {os.strerror(error.errno or 0)}", "line": 0}
    return facts


def read_small_file(path: str) -> bytes | None:
    """What is in it; None when that is too much for settings. Raises OSError, or NotData."""
    fd = open_quietly(path)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise NotData
        return read_place(fd, 0, LARGEST_BYTES) if status.st_size <= LARGEST_BYTES else None
    finally:
        os.close(fd)


def read_text(kind: str, text: str) -> dict[str, Any]:
    """The settings in a text of this kind; none in one that we do not understand. Raises Unreadable, NoSettings."""
    if not kind:
        return {}
    if found := NOT_UTF_8.search(text):
        raise Unreadable(text.count("\n", 0, found.start()) + 1, "this is not UTF-8")
    if kind == "flags":
        return read_flags([word for line in text.splitlines() for word in words_of(line)])
    reach_packages()
    return read_config(kind, text)


def words_of(line: str) -> list[str]:
    """The words of a line in a file of flags."""
    if line.lstrip().startswith(("#", "//")):
        return []
    with suppress(ValueError):  # A quote that is not closed is only a character.
        return shlex.split(line)
    return line.split()


def keep(name: str, data: bytes) -> str:
    """Write the copy, whole; where it is, from the part."""
    os.makedirs(CONFIGS_FOLDER, mode=0o700, exist_ok=True)
    path = f"{CONFIGS_FOLDER}/{name}"
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.replace(path + ".new", path)
    return path
