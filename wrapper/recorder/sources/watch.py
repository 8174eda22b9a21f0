"""Watching from outside: reads the journal as it grows, and ends the command when a rule of the user's holds.

Nothing else of ours ever ends a command. The positions of the journal tell a successor how far that has come:

    watch             1: it is decided; 2: SIGTERM was sent; 3: SIGKILL, too
    watch:warned:RULE that a person was told of this one
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from wrapper.recorder.channel import Channel
from wrapper.recorder.judging import Judge
from wrapper.recorder.stopping import Processes
from wrapper.rundir.durations import spell_duration
from wrapper.rundir.names import JOURNAL_FILE, METRICS_FILE
from wrapper.rundir.processes import is_running
from wrapper.rundir.rules import OUTPUT, BadRule, Rule, read_rule
from wrapper.rundir.tail import Tail

SOURCE = "watch"
DECIDED, TERMINATED, KILLED = 1, 2, 3
LOOK_EVERY_S = 0.25
LOOK_AT_PROCESSES_EVERY_S = 0.2
WRITTEN_WITHIN_S = 1.0
LEFT_BEHIND_S = 5.0  # what the command leaves may take so long to end, when it has itself
HUNG_S = 3.0  # A recorder that lives and is not stuck takes a turn every second.
UNKNOWN_AFTER_S = 600.0
NOT_KEPT = ("device", "closed")
TICKS = os.sysconf("SC_CLK_TCK")
SHOWN_NAMES = 8


def read(channel: Channel) -> None:
    """Look until a rule holds, or the command has ended."""
    watch = Watch(channel)
    why = watch.look()
    while not why and not channel.has_ended:
        channel.wait(LOOK_EVERY_S)
        why = watch.look()
    if why:
        watch.end_command(why)


class Watch:
    """The rules of one run, and what is known by now."""

    def __init__(self, channel: Channel) -> None:
        said = channel.part.get("watch")
        said = said if isinstance(said, dict) else {}
        rules = read_rules(said.get("stop_if"))
        self._channel = channel
        self._after_s = read_number(said.get("stop_after"), 0.0)
        self._grace_s = read_number(said.get("stop_grace"), 30.0)
        stats = channel.part.get("stats")
        average_s = read_number(stats.get("average") if isinstance(stats, dict) else None, 30.0)
        self._judges = [Judge(rule, average_s) for rule in rules if not rule.silent]
        self._silences = [rule for rule in rules if rule.silent and self._can_be_heard(rule)]
        self._tail = Tail(Path(JOURNAL_FILE), ("row", "sample", "stop", "command_ticks"))
        self._count = 0
        self._names: dict[str, None] = {}
        self._began: int | None = None  # the command, in the kernel's ticks
        self._decided: dict[str, Any] = {}
        self._decided_at = 0.0

    def look(self) -> str:
        """Why the command is to be ended; "" while it is not. What was decided before is not decided anew."""
        why = ""
        for records in self._tail.read():
            for record in records:
                self._take_facts(record)
                self._count += 1
                for judge in self._judges:
                    why = why or judge.take(record, self._count, self._rank)
        if self._decided:
            return str(self._decided.get("why"))
        if self._channel.has_ended or self._began is None:
            return ""
        self._warn_of_unknown()
        why = why or self._why_by_time()
        return why if why and is_running(self._channel.command, self._began) else ""

    def _take_facts(self, record: dict[str, Any]) -> None:
        if isinstance(started := record.get("started"), dict) and self._began is None:
            self._began = started.get("command_ticks")
        if record["source"] == SOURCE and isinstance(record.get("stop"), dict) and not self._decided:
            self._decided, self._decided_at = record["stop"], record["at"]
        if isinstance(row := record.get("row"), dict) and len(self._names) < SHOWN_NAMES:
            self._names.update(dict.fromkeys(row))

    @property
    def _rank(self) -> int:
        rank = self._channel.part.get("rank")
        return rank if isinstance(rank, int) else 0

    def _runs_s(self) -> float:
        """How long the command has been running."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - (self._began or 0) / TICKS

    def _why_by_time(self) -> str:
        runs_s = self._runs_s()
        if self._after_s and runs_s >= self._after_s:
            return f"it ran for {spell_duration(self._after_s)}"
        for rule in self._silences:
            if min(runs_s, self._silent_s(rule.silent)) >= rule.seconds:
                return f"no {rule.silent}{rule.span}"
        return ""

    def _silent_s(self, what: str) -> float:
        """For how long the recorder has heard nothing of the output or of metrics; 0 while it hangs itself."""
        board, now_ns = self._channel.board, time.monotonic_ns()
        if board is None or now_ns - board.turned_at_ns > HUNG_S * 1e9:
            return 0.0
        return (now_ns - (board.output_at_ns if what == OUTPUT else board.metric_at_ns)) / 1e9

    def _can_be_heard(self, rule: Rule) -> bool:
        """Whether silence means anything: output may go where nobody hears it."""
        streams = self._channel.part.get("streams")
        kinds = {
            fd: stream.get("kind")
            for stream in (streams if isinstance(streams, list) else [])
            for fd in stream.get("fds", ())
        }
        if rule.silent != OUTPUT or kinds.get(1) not in NOT_KEPT:
            return True
        self._warn(rule, f"--stop-if '{rule.text}' has no effect: the output is not kept, so nobody can tell")
        return False

    def _warn_of_unknown(self) -> None:
        """A rule with a name that never comes would be no rule: say so while there is time."""
        unknown = [judge.rule for judge in self._judges if not judge.has_matched]
        if not unknown or self._runs_s() < UNKNOWN_AFTER_S:
            return
        known = f"; there are {', '.join(self._names)}" if self._names else ""
        for rule in unknown:
            about = "is measured here" if rule.is_measured else "has come so far"
            among = "" if rule.is_measured else known
            self._warn(rule, f"--stop-if '{rule.text}': nothing called {rule.name} {about}{among}")

    def _warn(self, rule: Rule, text: str) -> None:
        """Once in a run."""
        key = f"watch:warned:{rule.text}"
        if key not in self._channel.positions:
            self._channel.positions[key] = 1
            self._say(self._channel.positions.get(SOURCE, 0), {key: 1}, warning=text)

    def _say(self, upto: int, also: dict[str, int] | None = None, **facts: object) -> None:
        self._channel.positions[SOURCE] = upto
        self._channel.send(SOURCE, upto, also, **facts)

    def end_command(self, why: str) -> None:
        """SIGTERM, what is left of its time, SIGKILL; where another has begun that, go on with it."""
        mark = os.fsencode(f"WANDB_METRICS_FILE={os.path.abspath(METRICS_FILE)}")
        processes = Processes(self._channel.command, self._began, mark)
        if self._channel.board:
            self._channel.board.note_stop(why)  # For the last line of `wandb run`.
        if self._channel.positions.get(SOURCE, 0) < DECIDED:
            self._decided_at = time.time()
            self._say(DECIDED, stop={"why": why, "signal": "SIGTERM", "grace": self._grace_s})
            self._wait_until_written()
        if self._channel.positions[SOURCE] < TERMINATED:
            told = processes.living()
            count = processes.send(signal.SIGTERM)
            processes.find_orphans()
            count += processes.send(signal.SIGTERM, but=told)
            self._say(TERMINATED, sent={"signal": "SIGTERM", "processes": count})
        else:
            processes.find_orphans()
        if self._wait_for_end(processes) or self._channel.positions[SOURCE] >= KILLED:
            return
        left = len(processes.living())
        processes.send(signal.SIGKILL)
        self._say(KILLED, stop={"why": why, "signal": "SIGKILL", "processes": left})
        if processes.refused:
            text = f"{why}, but {len(processes.refused)} of its processes are another user's, and could not be ended"
            self._say(KILLED, warning=text)

    def _wait_until_written(self) -> None:
        """First the journal, then the signal: else a successor would not know, and end the command once more.

        A disk that takes nothing more does not save the command.
        """
        until = time.monotonic() + WRITTEN_WITHIN_S
        while not self._decided and time.monotonic() < until:
            self._sleep(0.01)
            for records in self._tail.read():
                for record in records:
                    self._take_facts(record)

    def _sleep(self, seconds: float) -> None:
        """Does not come back when the recorder is gone: the next one's watch goes on."""
        if self._channel.has_ended:
            self._channel.flush()
            time.sleep(seconds)
        else:
            self._channel.wait(seconds)

    def _wait_for_end(self, processes: Processes) -> bool:
        """Whether all of them are gone before their time is over."""
        left_s = max(0.0, min(self._grace_s, self._decided_at + self._grace_s - time.time()))
        until = time.monotonic() + left_s
        has_ended = False
        orphans_at = time.monotonic() + 1.0
        while processes.living():
            now = time.monotonic()
            if not has_ended and not is_running(self._channel.command, self._began or 0):
                has_ended = True
                until = min(until, now + LEFT_BEHIND_S)
            if now >= until:
                return False
            if now >= orphans_at:
                processes.find_orphans()
                orphans_at = now + LEFT_BEHIND_S / 2
            self._sleep(min(LOOK_AT_PROCESSES_EVERY_S, until - now))
        return True


def read_rules(texts: object) -> list[Rule]:
    """They were looked at before the command started; one of another version that cannot be read is left out."""
    rules = []
    for text in texts if isinstance(texts, list) else []:
        try:
            rules.append(read_rule(str(text)))
        except BadRule:
            continue
    return rules


def read_number(value: object, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default
