"""The reader of what the command line says: settings, config files that it names, and the data.

Its records come in the order in which they count: config files, then the arguments over them; data last. Each is
written once. The position of `arguments` is 1 when the settings are known, and 2 when all else is, too.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wrapper.recorder.asking import DEADLINE_S, Asker, NoAnswer
from wrapper.recorder.fingerprints import NotData, describe, is_of_the_system, open_quietly, read_place
from wrapper.recorder.packages import reach_packages
from wrapper.rundir.names import FOLDER
from wrapper.text.arguments import Arguments, read_arguments, read_flags
from wrapper.text.config_files import NoSettings, Unreadable, kind_of, read_config
from wrapper.text.masking import find_secrets, mask_source, mask_text, mask_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from wrapper.recorder.channel import Channel

CONFIGS_FOLDER = "files/configs"
LARGEST_BYTES = 1 << 20
MOST_PATHS = 50  # of config files, and of data
NOT_UTF_8 = re.compile("[\udc80-\udcff]")  # what `surrogateescape` makes of such bytes
SETTINGS_KNOWN, ALL_KNOWN = 1, 2


def read(channel: Channel) -> None:
    """Say what the command line says, as far as it has not been said."""
    if channel.positions.get("arguments", 0) < ALL_KNOWN:
        Reading(channel).run()


class Reading:
    """One pass over the command line of a part."""

    def __init__(self, channel: Channel, deadline_s: float = DEADLINE_S) -> None:
        self._channel = channel
        self._folder = str(channel.part.get("cwd") or ".")
        self._started_at = channel.part.get("started_at")
        questions: dict[str, Callable[..., Any]] = {
            "kind": find_kind,
            "config": keep_config,
            "data": self._describe_data,
        }
        self._asker = Asker(questions, deadline_s)
        self._silent: set[str] = set()
        self._begun = 0

    def run(self) -> None:
        argv = self._channel.part.get("argv")
        words = [word for word in argv if isinstance(word, str)] if isinstance(argv, list) else []
        found = read_arguments(words, self._find)
        self._read_files(found)
        data = found.data[:MOST_PATHS]
        if "arguments" not in self._channel.positions:
            self._say_arguments(found, SETTINGS_KNOWN if data else ALL_KNOWN)
        for path in data:
            if self._begin(f"data:{path}"):
                self._say_data(path)
        if data:
            self._channel.send("arguments", ALL_KNOWN)
        self._asker.close()

    def _find(self, path: str) -> str:
        try:
            kind: str = self._asker.ask("kind", self._place(path))
        except NoAnswer:
            self._silent.add(path)
            return ""
        return kind

    def _place(self, path: str) -> str:
        return os.path.join(self._folder, path)

    def _begin(self, source: str) -> bool:
        """Whether the next record is to be made: it is not there yet, and its making has not killed us before."""
        self._begun += 1
        if source in self._channel.positions or self._begun in self._channel.skips:
            return False
        self._channel.begin(self._begun)
        return True

    def _say_arguments(self, found: Arguments, upto: int) -> None:
        problems = [f"{path} did not answer, so nothing is known of it" for path in sorted(self._silent)]
        if found.left_out:
            problems.append(f"the last {found.left_out} words of the command line were not read as settings")
        if more := len(found.files[MOST_PATHS:]) + len(found.data[MOST_PATHS:]):
            problems.append(f"{more} of the paths on the command line were not looked at: there are too many")
        for problem in problems:
            self._channel.send("arguments", warning=f"arguments: {problem}")
        self._channel.send("arguments", upto, config=found.config)

    def _read_files(self, found: Arguments) -> None:
        """Say what stands in config files; one that holds something else is data."""
        paths = [*found.flag_files, *found.files][:MOST_PATHS]
        for path, kept in zip(paths, names_to_keep(paths), strict=True):
            if not self._begin(f"config:{path}"):
                continue
            kind = "flags" if path in found.flag_files else kind_of(path)
            try:
                facts = self._asker.ask("config", self._place(path), kept, kind)
            except NoAnswer:
                facts = {"problem": "it did not answer in time"}
            if facts.pop("is_data", False):
                found.data.append(path)
            elif facts:
                self._say_file(path, facts)

    def _say_file(self, path: str, facts: dict[str, Any]) -> None:
        problem, line = facts.pop("problem", ""), facts.pop("line", 0)
        if problem:
            facts["warning"] = f"{path} line {line}: {problem}" if line else f"{path}: {problem}"
        if "file" in facts:
            facts["file"] = {"path": path, **facts["file"]}
        self._channel.send(f"config:{path}", 1, **facts)

    def _say_data(self, path: str) -> None:
        try:
            facts = self._asker.ask("data", self._place(path))
        except NoAnswer:
            facts = {"problem": "it did not answer in time"}
        if "problem" in facts:
            self._channel.send(f"data:{path}", 1, warning=f"{path}: no fingerprint of this data: {facts['problem']}")
        elif facts:
            self._channel.send(f"data:{path}", 1, data={"path": path, **facts})

    def _describe_data(self, path: str) -> dict[str, Any]:
        """In a process that may hang: what is known of data; nothing of what is none."""
        try:
            if is_around(path, self._folder) or self._came_later(path):
                return {}
            return describe(path)
        except NotData:
            return {}
        except OSError as error:
            return {"problem": os.strerror(error.errno or 0)}

    def _came_later(self, path: str) -> bool:
        """Whether the command may have made it."""
        return isinstance(self._started_at, int | float) and os.stat(path).st_ctime >= self._started_at


def is_around(path: str, folder: str) -> bool:
    """Whether it is the folder where the command runs, or one above it, or a record of ours: those are no data."""
    real, here = os.path.realpath(path), os.path.realpath(folder)
    return here == real or here.startswith(real.rstrip("/") + "/") or FOLDER in real.split("/")


def find_kind(path: str) -> str:
    """ "file" or "folder", "" for all else and where nothing is: pipes, devices and what the kernel shows."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return ""
    if is_of_the_system(path):
        return ""
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else ""


def names_to_keep(paths: list[str]) -> list[str]:
    """A name for the copy of each file: its own, with a number where two are the same."""
    names: list[str] = []
    for path in paths:
        stem, ending = os.path.splitext(os.path.basename(path))
        name, number = stem + ending, 2
        while name in names:
            name, number = f"{stem}.{number}{ending}", number + 1
        names.append(name)
    return names


def keep_config(path: str, name: str, kind: str) -> dict[str, Any]:
    """In a process that may hang: the facts of a config file, of which a copy is kept without its secrets."""
    try:
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
