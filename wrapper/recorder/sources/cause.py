"""Why the command ended as it did: asked once, when it has, and all that it printed is kept."""

from __future__ import annotations

import os
import pwd
from itertools import takewhile
from pathlib import Path
from typing import Any

from wrapper.recorder.channel import Channel
from wrapper.recorder.last_lines import read_last_lines
from wrapper.recorder.memory import count_kills, find_kills
from wrapper.recorder.slurm import Job, Undecided, find_end, sent_by_slurm, was_hit
from wrapper.rundir.journal import read_records
from wrapper.rundir.names import END_FILE, JOURNAL_FILE, OUTPUT_FILE
from wrapper.rundir.processes import boot_id, signal_name
from wrapper.rundir.reading import read_small, read_time
from wrapper.text.ending import Ending, cut
from wrapper.text.endings import find_ending
from wrapper.text.masker import mask_lines

SEARCHED_LINES = 400
KEPT_LINES = 20
LONGEST_LINE = 400
LONGEST_LAST = 200
SIGKILL, SIGPIPE, SIGHUP = 9, 13, 1
# Signals of a command's own making: nobody sent them.
OF_ITS_OWN = {
    4: "an illegal instruction",
    6: "it aborted",
    7: "a bus error",
    8: "a division by zero",
    11: "a bad address",
}
LIMITS = {24: "its limit of CPU time", 25: "its limit of file size"}
TIMED_OUT = 124  # what timeout(1) ends with
TIMED_OUT_TEXT = "timeout ended it: its time was over"


def read(channel: Channel) -> None:
    """Give the channel what is known."""
    journal = Journalled()
    lines = last_lines(channel.part)
    if channel.part.get("redact") is not False:
        lines = mask_lines(lines)
    cause = find_cause(journal, channel.part, lines)
    if cause["kind"] != "stopped" and (journal.status != 0 or sent_by_slurm(journal.signals)):
        cause = of_slurm(channel, journal, cause, lines)
    if cause["kind"] == "none":
        return
    facts: dict[str, Any] = {"last_lines": [line[:LONGEST_LINE] for line in lines[-KEPT_LINES:]], **cause}
    channel.send("cause", 1, cause=facts)


class Journalled:
    """What the journal says of the end."""

    def __init__(self) -> None:
        self.started: dict[str, Any] = {}
        self.ended: dict[str, Any] = {}
        self.signals: list[dict[str, Any]] = []
        self.stop: dict[str, Any] = {}
        for record in read_records(JOURNAL_FILE):
            if isinstance(record.get("started"), dict):
                self.started = self.started or record["started"]
            elif isinstance(record.get("ended"), dict):
                self.ended = record["ended"]
            elif record["source"] == "watch" and isinstance(record.get("stop"), dict):
                self.stop = record["stop"]
            elif record["source"] == "signals" and isinstance(record.get("sender"), dict):
                self.signals.append(record)

    @property
    def status(self) -> int | None:
        """The wait status; None when nobody could learn it."""
        status = self.ended.get("status")
        return status if isinstance(status, int) else None


def last_lines(part: dict[str, Any]) -> list[str]:
    """The last lines of the output, as they stood there in the end; none when there is none."""
    try:
        return read_last_lines(Path(OUTPUT_FILE), part)[-SEARCHED_LINES:]
    except FileNotFoundError:
        return []


def find_cause(journal: Journalled, part: dict[str, Any], lines: list[str]) -> dict[str, Any]:
    """What is known of the cause: its kind, a line for a person, what it was learned from."""
    status = journal.status
    if status is None:
        return {"kind": "unknown", "text": "nobody saw the end", "from": None}
    if journal.stop:
        return {
            "kind": "stopped",
            "text": str(journal.stop.get("why")),
            "from": "rule",
            "signal": journal.stop.get("signal"),
        }
    ending = find_ending(lines)
    memory = find_memory(journal, status)
    if memory and (ending is None or ending.kind != "cuda out of memory"):
        return memory
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) == SIGKILL and is_timeout_that_kills(part):
            return {"kind": "timeout", "text": TIMED_OUT_TEXT, "from": "signal", "signal": "SIGKILL"}
        return of_signal(os.WTERMSIG(status), journal, ending)
    return of_exit(os.WEXITSTATUS(status), part, ending, lines)


def first_word(part: dict[str, Any]) -> str:
    """The name of the program that was started."""
    argv = part.get("argv")
    return os.path.basename(str(argv[0])) if isinstance(argv, list) and argv else ""


def is_timeout_that_kills(part: dict[str, Any]) -> bool:
    """Whether timeout(1) was asked to kill, which it then does to itself, too."""
    if first_word(part) != "timeout":
        return False
    options = takewhile(lambda word: word.startswith("-"), map(str, part["argv"][1:]))
    return any(word.startswith(("-k", "--kill-after", "-s", "--signal")) for word in options)


def of_slurm(channel: Channel, journal: Journalled, cause: dict[str, Any], lines: list[str]) -> dict[str, Any]:
    """The cause, as Slurm knows it where it was Slurm's doing.

    Of many ranks only the first asks, and only who reads the rest waits until the job is gone: the recorder is one of
    those that the job waits for.
    """
    facts, end = channel.part.get("slurm"), read_small(Path(END_FILE))[0] or {}
    ended_at = read_time(end.get("ended_at"))
    if not isinstance(facts, dict) or channel.part.get("rank") or ended_at is None:
        return cause
    if cause["kind"] == "out of memory" or not was_hit(journal.status, journal.signals):
        return cause
    is_recorder = channel.command != 0
    try:
        return {**cause, **(find_end(Job(facts, ended_at), lines, journal.signals, not is_recorder) or {})}
    except Undecided:
        return {**cause, "awaits": "slurm"}


def find_memory(journal: Journalled, status: int) -> dict[str, Any] | None:
    """Whether the kernel killed the command, or one of its processes, because memory ran out."""
    command = journal.started.get("command")
    began = journal.started.get("command_ticks")
    since = began / os.sysconf("SC_CLK_TCK") if isinstance(began, int) else float("inf")
    killed = find_kills(since) if journal.started.get("boot") in (None, boot_id()) else {}
    if command in killed:
        text = f"the kernel killed it because memory ran out ({killed[command]})"
        return {"kind": "out of memory", "text": text, "from": "kernel"}
    was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == SIGKILL
    if not was_killed and not os.WEXITSTATUS(status):
        return None
    before, now = journal.started.get("oom_kills"), count_kills(os.getpid())
    if isinstance(before, int) and now is not None and now > before:
        text = "the kernel killed a process of its control group because memory ran out"
        return {"kind": "out of memory", "text": text, "from": "cgroup"}
    return None


def of_signal(signum: int, journal: Journalled, ending: Ending | None) -> dict[str, Any]:
    """Who or what made it die of a signal."""
    name = signal_name(signum)
    facts: dict[str, Any] = {"kind": "signal", "signal": name, "from": "signal"}
    sent = [record for record in journal.signals if record.get("signal") == signum]
    if sent:
        sender = sent[-1]["sender"]
        kind = "timeout" if sender.get("command") == "timeout" else "signal"
        return {**facts, "kind": kind, "text": f"{name} {by_whom(sender)}", "sender": sender}
    if signum in OF_ITS_OWN:
        said = f": {ending.text}" if ending else ""
        return {**facts, **in_full(ending), "kind": "crash", "text": f"{name}, {OF_ITS_OWN[signum]}{said}"}
    if signum in LIMITS:
        return {**facts, "kind": "limit", "text": f"{name}: it reached {LIMITS[signum]}"}
    if signum == SIGKILL:
        return {**facts, "text": f"{name}: nobody can know by whom; nothing tells that memory ran out"}
    if signum == SIGPIPE:
        return {**facts, "text": f"{name}: who read its output has gone"}
    return {**facts, "text": f"{name}; who sent it is not known"}


def by_whom(sender: dict[str, Any]) -> str:
    """Who sent a signal, in words."""
    pid, uid, command = (sender.get(key) for key in ("pid", "uid", "command"))
    if pid == 0:
        return "from the terminal: a key, or its end"
    try:
        user = pwd.getpwuid(int(uid or 0)).pw_name
    except (KeyError, OverflowError, ValueError):
        user = f"user {uid}"
    return f"sent by process {pid}{f' ({command})' if command else ''} of {user}"


def of_exit(code: int, part: dict[str, Any], ending: Ending | None, lines: list[str]) -> dict[str, Any]:
    """What an exit code and the last lines tell together."""
    if code == 0:
        return {"kind": "none", "text": "it ended well", "from": None}
    if code == TIMED_OUT and first_word(part) == "timeout":
        return {"kind": "timeout", "text": TIMED_OUT_TEXT, "from": "exit code"}
    if ending:
        return {"kind": ending.kind, "text": ending.text, "from": "output", **in_full(ending)}
    if code > 128 and code - 128 < 65:
        name = signal_name(code - 128)
        return {"kind": "signal", "signal": name, "text": f"a process of it died of {name}", "from": "exit code"}
    return {"kind": "unknown", "text": f"exit code {code}{last_words(lines, part)}", "from": "exit code"}


def in_full(ending: Ending | None) -> dict[str, Any]:
    """What the last lines said, taken apart."""
    if ending is None:
        return {}
    frames = [list(frame) for frame in ending.frames]
    return {"name": ending.name, "message": ending.message, "frames": frames}


def last_words(lines: list[str], part: dict[str, Any]) -> str:
    """What it said last: most programs give a reason, in words of their own."""
    last = next((line.strip() for line in reversed(lines) if any(map(str.isalnum, line))), "")
    if last:
        return f'; it said last: "{cut(last, LONGEST_LAST)}"'
    told = part.get("streams")
    kinds = {stream.get("kind") for stream in (told if isinstance(told, list) else ()) if isinstance(stream, dict)}
    return ", and its output is not kept" if kinds and kinds <= {"device", "closed"} else ", and it said nothing"
