"""The reader of the environment: the interpreter and its packages, or the binary; CUDA, container, modules, variables.

What the command comes to may start later, as in `bash train.sh`. The position is 1 when the command itself is known,
and 2 when what it started is, or nothing more is waited for.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from wrapper.recorder.asking import Asker, NoAnswer
from wrapper.recorder.sources.programs import running
from wrapper.recorder.writers import read_mark

if TYPE_CHECKING:
    from wrapper.recorder.channel import Channel
    from wrapper.recorder.sources.programs.running import Program

SOURCE = "environment"
COMMAND, ALL = 1, 2
DEADLINE_S = 10.0  # of one question: a folder, a binary
FIRST_S, LONGEST_S = 0.1, 8.0
START_S = 2.0  # In this time the command has become itself.
PATIENCE_S = 60.0  # for what a shell or a launcher starts
SETTLED_S = 1.0  # What lives so long is no question to an interpreter.


def read(channel: Channel) -> None:
    """Say what the environment is, unless that was said."""
    if channel.positions.get(SOURCE, 0) < ALL:
        Waiting(channel).run()


class Waiting:
    """Looks at the processes of the command until what counts is there."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        part = channel.part
        self._folder, self._started = str(part.get("cwd") or "/"), str(part.get("path") or "")
        self._argv = [str(word) for word in part.get("argv") or []]

    def run(self) -> None:
        first = self._wait_for_start()
        if not first.is_launcher or self._channel.has_ended:
            self._say(ALL, first)
            return
        if self._channel.positions.get(SOURCE, 0) < COMMAND:
            self._say(COMMAND, first)
        self._say(ALL, self._wait_for_program() or first)

    def _wait_for_start(self) -> Program:
        """The command, when it is no longer the process of ours that becomes it."""
        until = time.monotonic() + START_S
        while not self._channel.has_ended and time.monotonic() < until:
            program = running.look_at(self._channel.command)
            if program and (read_mark(program.pid) or program.argv != self._wrappers_argv()):
                return program
            self._channel.wait(FIRST_S)
        program = None if self._channel.has_ended else running.look_at(self._channel.command)
        return program or running.as_started(self._started, self._argv, dict(os.environ), self._folder)

    def _wrappers_argv(self) -> tuple[str, ...]:
        """The words of `wandb run`, which the command has until it becomes itself."""
        wrapper = running.look_at(int(self._channel.part.get("pid") or 0))
        return wrapper.argv if wrapper else ()

    def _wait_for_program(self) -> Program | None:
        """What a launcher has started: what is still there at a second look, or was there last."""
        until = time.monotonic() + PATIENCE_S
        pause_s = FIRST_S
        found: Program | None = None
        seen_at = 0.0
        while not self._channel.has_ended and time.monotonic() < until:
            program = running.find_program(self._channel.command)
            if program and program.is_python and found and program.pid == found.pid:
                if time.monotonic() - seen_at >= SETTLED_S:
                    return program
            elif program and (program.is_python or not (found and found.is_python)):
                found, seen_at = program, time.monotonic()
            self._channel.wait(pause_s)
            pause_s = min(LONGEST_S, 1.5 * pause_s)
        return found

    def _say(self, position: int, program: Program) -> None:
        """One record. What does not answer is left out, and a warning says so."""
        facts: dict[str, Any] = {}
        problems: list[str] = []
        questions = {"all": self._describe, "around": self._describe_around}
        self._channel.begin(position)
        for name in ("all", "around") if position == ALL else ("around",):
            asker = Asker({name: lambda question=questions[name]: question(program)}, DEADLINE_S)
            try:
                if position not in self._channel.skips:
                    facts, found = asker.ask(name)
                    problems += found
                    break
            except NoAnswer:
                problems.append("not all that it consists of answered in time")
            finally:
                asker.close()
        for problem in problems:
            self._channel.send(SOURCE, self._channel.positions.get(SOURCE, 0), warning=f"environment: {problem}")
        self._channel.send(SOURCE, position, environment=facts)
        self._channel.flush()

    def _describe(self, program: Program) -> tuple[dict[str, Any], list[str]]:
        """In the asker's process, as the next one: what that takes is not in memory while we wait."""
        from wrapper.recorder.sources.programs.reading import Reading

        return Reading(self._started).describe(program)

    def _describe_around(self, program: Program) -> tuple[dict[str, Any], list[str]]:
        from wrapper.recorder.sources.programs.reading import Reading

        return Reading(self._started).describe_around(program)
