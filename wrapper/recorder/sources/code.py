"""The reader of the code: which commit, what was changed in it, and which files no commit has.

It looks once, as soon as the recorder lives. What has changed between the start of the command and then is said.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wrapper.recorder.asking import Asker, NoAnswer
from wrapper.recorder.sources.repository.git import DEADLINE_S, die_with_parent
from wrapper.recorder.sources.repository.reading import Reading

if TYPE_CHECKING:
    from wrapper.recorder.channel import Channel

SEEN, KNOWN = 0, 1
ANSWERS_OF_A_STEP = 2  # that may each take as long as they may
SAY_EVERY_S = 10.0


def read(channel: Channel) -> None:
    """Say what the code is, unless that was said. Of the parts of one attempt, the leading one says it."""
    if channel.positions.get("code", SEEN) >= KNOWN or channel.part.get("rank"):
        return
    keep_code(channel)


def keep_code(channel: Channel, deadline_s: float = DEADLINE_S) -> None:
    """Look at the code, and say what is known of it: early, and all of it at the end."""
    die_with_parent()
    began = said = time.monotonic()
    looking = Reading(channel.part, deadline_s).steps()
    asker = Asker({"next": lambda: next(looking, None)}, ANSWERS_OF_A_STEP * deadline_s)
    facts: dict[str, Any] = {}
    problems: list[str] = []
    try:
        while answer := asker.ask("next"):
            if not facts or time.monotonic() - said > SAY_EVERY_S:
                channel.send("code", SEEN, code=answer[0])
                said = time.monotonic()
            facts, problems = answer
            channel.wait(0)
    except NoAnswer:
        facts["exact"] = False
        problems = [*problems, "reading it did not come to an end; what is known of it is not all"]
    asker.close()
    started_at = channel.part.get("started_at")
    if isinstance(started_at, int | float):
        facts["seen_after_s"] = round(time.time() - started_at - (time.monotonic() - began), 3)
    facts["took_s"] = round(time.monotonic() - began, 3)
    for problem in problems:
        channel.send("code", SEEN, warning=f"code: {problem}")
    channel.send("code", KNOWN, code=facts)
