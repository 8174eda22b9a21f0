"""`wandb log` itself: a loop in a shell script calls it at every step, so it starts without click and the like."""

from __future__ import annotations

import os
import sys

from wrapper.launch.options import UsageError, nearest
from wrapper.rundir.lines import encode
from wrapper.text.values import Refused, read_value, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

USAGE = "wandb log NAME=VALUE... [OPTIONS]"
# Each option with what help calls its value, and what it means.
OPTIONS = {
    "--step": ("N", "The step of these values; without it, the next one."),
    "--epoch": ("N", "The epoch that they belong to."),
    "--config": ("NAME=VALUE...", "Settings of the training; opt.lr=0.1 is lr within opt."),
    "--summary": ("NAME=VALUE...", "Results of the run as a whole."),
    "--image": ("NAME=PATH...", "Pictures to show at this step."),
    "--tag": ("TAG", "A tag for the run. May be given several times."),
    "--note": ("TEXT", "What the run is about."),
    "--alert": ("TITLE", "Something that a person should hear of."),
}
PAIRS = ("--config", "--summary", "--image")

NO_RUN = (
    "there is no run to log to, because WANDB_METRICS_FILE is not set: put `wandb run` in front of the script,"
    " or say `wandb disabled` or WANDB_MODE=disabled, and then `wandb log` does nothing"
)


def main(args: list[str], site: str = "") -> int:
    """Append one line to the metrics file of the run that we are part of; the exit status.

    What cannot be taken or written is said and left out, and is no failure: with `set -e` that would end a training.
    `site` is where our dependencies are installed, for who has not made them importable.
    """
    path = os.environ.get("WANDB_METRICS_FILE")
    if not path and is_disabled(site):
        return 0
    try:
        data, complaints = read_words(args)
    except UsageError as error:
        return say(f"{error}\nusage: {USAGE}\n       wandb log --help says more", 2)
    if not path:
        return say(NO_RUN, 1)
    for complaint in complaints:
        say(complaint)
    if data:
        try:
            append(path, encode(data).encode("ascii") + b"\n")
        except OSError as error:
            say(f"this was not kept: {path}: {error.strerror}")
    return 0


def is_disabled(site: str) -> bool:
    """Whether a `wandb run` that was started here would keep nothing, by WANDB_MODE or by any of the settings."""
    from wrapper.launch.settings import resolve

    try:
        here = os.getcwd()
    except FileNotFoundError:
        here = "/"
    return resolve(None, os.environ, here, site).mode == "disabled"


def say(text: str, status: int = 0) -> int:
    """Tell the person; returns the status."""
    print(f"wandb: {text}", file=sys.stderr)
    return status


def append(path: str, line: bytes) -> None:
    """In one write, so that it stays whole beside what others append; the file is there already, or there is no run."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK)  # A pipe might have no reader.
    try:
        written = os.write(fd, line)
        if written < len(line):  # The disk is full: the second write says so.
            os.write(fd, line[written:])
    finally:
        os.close(fd)


def read_words(words: list[str]) -> tuple[dict[str, Any], list[str]]:
    """The line that the words ask for, and what could not be taken. Raises UsageError.

    What stands behind --config, --summary or --image belongs to that, up to the next option.
    """
    line = Words()
    place = ""
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        flag, equals, text = word.partition("=")
        if not flag.startswith("--"):
            line.put(place, word)
            continue
        if flag == "--" and not equals:
            place = ""
            continue
        if flag not in OPTIONS:
            raise UsageError(about_unknown(flag))
        if not equals:
            if index == len(words) or words[index].partition("=")[0] in OPTIONS:
                raise UsageError(f"{flag} needs a value: {flag} {OPTIONS[flag][0]}")
            text = words[index]
            index += 1
        place = flag if flag in PAIRS and not equals else ""
        line.set(flag, text)
    if not line.data and not line.complaints:
        raise UsageError("there is nothing to log")
    return line.data, line.complaints


def about_unknown(flag: str) -> str:
    meant = nearest(flag, OPTIONS)
    return f"log has no option {flag}" + (f"; did you mean {meant}?" if meant else "")


class Words:
    """The line, as it grows word by word."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.complaints: list[str] = []

    def set(self, flag: str, text: str) -> None:
        """What an option says."""
        if flag in PAIRS:
            self.put(flag, text)
        elif flag == "--tag":
            self.data.setdefault("$tag", []).append(text)
        elif flag in ("--note", "--alert"):
            self.data["$" + flag[2:]] = text
        else:
            self.data["_step" if flag == "--step" else "epoch"] = read_count(flag, text)

    def put(self, flag: str, word: str) -> None:
        """One NAME=VALUE of an option, or of the row when there is none."""
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise UsageError(f'"{word}" is no NAME=VALUE')
        if name.startswith("$"):
            raise UsageError(f'"{name}" is no name of a metric; what is not one has an option')
        try:
            value = self._read(flag, text)
        except Refused as refused:
            self.complaints.append(f"{shorten(name)} is left out: {refused}")
            return
        data = self.data.setdefault("$" + flag[2:], {}) if flag else self.data
        *outer, name = name.split(".") if flag in ("--config", "--summary") else [name]
        for part in outer:
            inner = data.setdefault(part, {})
            if not isinstance(inner, dict):
                inner = data[part] = {}
            data = inner
        data[name] = value

    def _read(self, flag: str, text: str) -> object:
        if not text:
            raise Refused("it has no value")
        if flag != "--image":
            return read_value(text)
        if not os.path.isfile(text):
            raise Refused(f"there is no file {text}")
        return {"path": os.path.abspath(text)}  # The command, and its other processes, may be elsewhere.


def read_count(flag: str, text: str) -> int | float:
    """A step is a whole number; an epoch may be a part of one."""
    try:
        value = read_value(text)
    except Refused:
        value = None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and value - value == 0
    if flag == "--step" and not (is_number and isinstance(value, int) and value >= 0):
        raise UsageError(f'--step is a whole number from 0 on, and not "{text}"')
    if not is_number or not isinstance(value, (int, float)):
        raise UsageError(f'{flag} is a number, and not "{text}"')
    return value
