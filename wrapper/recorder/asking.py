"""Questions to paths that may never answer: on a disk that hangs, or is slow.

They are put to a process of its own, one after the other. When an answer does not come in time, that process is
left behind and the next question goes to another one.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time

from wrapper.recorder.forking import fork_with_pipes
from wrapper.recorder.readers import close_all_but

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DEADLINE_S = 5.0
SHORT_DEADLINE_S = 1.0
MANY_HANGS = 3  # From here on only the short deadline is waited for.
LONGEST_LIFE_S = 600  # of a process that nobody asks any more


class NoAnswer(Exception):
    """The path did not answer in time, or the question ended its process."""


class Asker:
    """Puts questions by their names; each is a function from texts to something that JSON knows."""

    def __init__(self, questions: dict[str, Callable[..., Any]], deadline_s: float = DEADLINE_S) -> None:
        self._questions, self._deadline_s = questions, deadline_s
        self._pid = 0
        self._hangs = 0

    def ask(self, question: str, *about: str) -> Any:
        """The answer; raises NoAnswer."""
        if not self._pid:
            self._start()
        message = json.dumps([question, about]).encode("ascii") + b"\n"
        try:
            while message:
                message = message[os.write(self._questions_end, message) :]
        except BrokenPipeError:  # It has died since the last answer.
            self.close()
            raise NoAnswer from None
        return json.loads(self._wait_for_line())

    def close(self) -> None:
        """Leave the process behind: one that hangs in the kernel cannot be waited for."""
        if not self._pid:
            return
        os.close(self._questions_end)
        os.close(self._answers_end)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0 if not self._hangs else os.WNOHANG)
        self._pid = 0

    def _start(self) -> None:
        self._pid, [(questions, self._questions_end), (self._answers_end, answers)] = fork_with_pipes(2)
        if not self._pid:
            try:
                self._answer(questions, answers)
            finally:
                os._exit(1)
        os.close(questions)
        os.close(answers)

    def _wait_for_line(self) -> bytes:
        deadline_s = self._deadline_s if self._hangs < MANY_HANGS else min(SHORT_DEADLINE_S, self._deadline_s)
        until = time.monotonic() + deadline_s
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._answers_end], [], [], max(0.0, until - time.monotonic()))
            piece = os.read(self._answers_end, 1 << 16) if ready else b""
            if not piece:
                self._hangs += not ready
                self.close()
                raise NoAnswer
            line += piece
        return line

    def _answer(self, questions: int, answers: int) -> None:
        """In the other process: it ends when nobody asks any more, even where it hangs."""
        signal.alarm(LONGEST_LIFE_S)
        close_all_but({questions, answers})
        with os.fdopen(questions, "rb") as lines:
            for line in lines:
                question, about = json.loads(line)
                answer = json.dumps(self._questions[question](*about)).encode("ascii") + b"\n"
                while answer:
                    answer = answer[os.write(answers, answer) :]
        os._exit(0)
