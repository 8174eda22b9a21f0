"""The reader of what the command line says: settings, config files that it names, and the data.

Its records come in the order in which they count: config files, then the arguments over them; data last. Each is
written once. The position of `arguments` is 1 when the settings are known, and 2 when all else is, too.
"""

from __future__ import annotations

import os

from wrapper.recorder.asking import DEADLINE_S, Asker, NoAnswer
from wrapper.recorder.paths import NotData, find_kind
from wrapper.rundir.names import FOLDER
from wrapper.text.arguments import Arguments, read_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wrapper.recorder.channel import Channel

MOST_PATHS = 50  # of config files, and of data
MOST_SILENT = 5  # Where so many paths do not answer, no other will.
WORDS = 0  # the first piece; the others are the paths, counted from 1
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
        started_at = channel.part.get("started_at")
        self._started_at = started_at if isinstance(started_at, int | float) else float("inf")
        questions: dict[str, Callable[..., Any]] = {
            "kind": find_kind,
            "config": self._keep_config,
            "flags": self._keep_flags,
            "data": self._describe_data,
        }
        self._asker = Asker(questions, deadline_s)
        self._silent: list[str] = []
        self._begun = WORDS

    def run(self) -> None:
        """Say all of it, whatever of it is not in the journal yet."""
        argv = self._channel.part.get("argv")
        words = [word for word in argv if isinstance(word, str)] if isinstance(argv, list) else []
        self._channel.begin(WORDS)
        if WORDS in self._channel.skips:
            self._say("arguments", ALL_KNOWN, warning="arguments: they could not be read as settings")
            return
        found = read_arguments(words, self._find)
        self._read_files(found)
        # A thousand ranks would ask the server of the files the same at the same moment.
        data = found.data[:MOST_PATHS] if not self._channel.part.get("rank") else []
        if "arguments" not in self._channel.positions:
            self._say_arguments(found, SETTINGS_KNOWN if data else ALL_KNOWN)
        for path in data:
            if self._begin(f"data:{path}"):
                self._say_data(path)
        if data:
            self._say("arguments", ALL_KNOWN)
        self._asker.close()

    def _say(self, source: str, upto: int, **facts: Any) -> None:
        """Send a record now: what comes next may take long."""
        self._channel.send(source, upto, **facts)
        self._channel.wait(0)

    def _find(self, path: str) -> str:
        if len(self._silent) >= MOST_SILENT:
            return ""
        try:
            kind: str = self._asker.ask("kind", self._place(path))
        except NoAnswer:
            self._silent.append(path)
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
        problems = [f"{path} did not answer, so nothing is known of it" for path in self._silent]
        if found.left_out:
            problems.append(f"the last {found.left_out} words of the command line were not read")
        if more := len(found.files[MOST_PATHS:]) + len(found.data[MOST_PATHS:]):
            problems.append(f"{more} of the paths were not looked at: there are too many")
        warning = {"warning": f"arguments: {'; '.join(problems)}"} if problems else {}
        self._say("arguments", upto, config=found.config, **warning)

    def _read_files(self, found: Arguments) -> None:
        """Say what stands in config files; one that holds something else is data."""
        paths = [*found.flag_files, *found.files][:MOST_PATHS]
        for path, kept in zip(paths, names_to_keep(paths), strict=True):
            if not self._begin(f"config:{path}"):
                continue
            question = "flags" if path in found.flag_files else "config"
            try:
                facts = self._asker.ask(question, self._place(path), kept)
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
        self._say(f"config:{path}", 1, **facts)

    def _say_data(self, path: str) -> None:
        try:
            facts = self._asker.ask("data", self._place(path))
        except NoAnswer:
            facts = {"problem": "it did not answer in time"}
        if "problem" in facts:
            self._say(f"data:{path}", 1, warning=f"{path}: no fingerprint of this data: {facts['problem']}")
        elif facts:
            self._say(f"data:{path}", 1, data={"path": path, **facts})

    def _describe_data(self, path: str) -> dict[str, Any]:
        """In the asker's process: what is known of data; nothing of what is none."""
        from wrapper.recorder.fingerprints import describe

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
        return os.stat(path).st_ctime >= self._started_at

    def _keep_config(self, path: str, name: str) -> dict[str, Any]:
        """In the asker's process: the facts of a config file."""
        from wrapper.recorder.copies import keep_config
        from wrapper.text.config_files import kind_of

        return keep_config(path, name, kind_of(path), self._started_at)

    def _keep_flags(self, path: str, name: str) -> dict[str, Any]:
        """The same of a file with further options."""
        from wrapper.recorder.copies import keep_config

        return keep_config(path, name, "flags", self._started_at)


def is_around(path: str, folder: str) -> bool:
    """Whether it is the folder where the command runs, or one above it, or a record of ours: those are no data."""
    real, here = os.path.realpath(path), os.path.realpath(folder)
    return here == real or here.startswith(real.rstrip("/") + "/") or FOLDER in real.split("/")


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
