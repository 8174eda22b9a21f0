"""Exceptions of Python in the lines of an output: plain, in boxes, in groups, of several ranks at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wrapper.text.ending import Ending, Frame, cut, last_frames

HEAD = re.compile(r"Traceback \(most recent call last\)")
FRAME = re.compile(r'^[\s>]*File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
BOXED_FRAME = re.compile(r"^\s*[│|]\s*(?P<path>/?[^\s:]+\.py):(?P<line>\d+)(?: in (?P<function>[\w.<>]+))?")
RAISED = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)(?::(?: (?P<message>.*))?)?$")
OF_A_GROUP = "+ Exception Group "
# They only say that another one failed, whose own words stand elsewhere.
MESSENGERS = (
    "ChildFailedError",
    "CalledProcessError",
    "ProcessRaisedException",
    "ProcessExitedException",
    "SystemExit",
    "ExceptionGroup",
    "BaseExceptionGroup",
)


def find_traceback(lines: Sequence[str]) -> Ending | None:
    """The last exception of Python that is not only a message of another one."""
    found: list[Ending] = []
    for number, line in enumerate(lines):
        head = HEAD.search(line)
        if head and (ending := read_traceback(lines, number, line[: head.start()])):
            found.append(ending)
    own = [ending for ending in found if not is_messenger(ending)]
    if not own:
        return found[-1] if found else None
    return own[-1]._replace(is_reported=is_messenger(found[-1]))


def is_messenger(ending: Ending) -> bool:
    return ending.name.rpartition(".")[2] in MESSENGERS


def read_traceback(lines: Sequence[str], number: int, prefix: str) -> Ending | None:
    """The traceback that begins at a line; each of its lines may have the same prefix: a rank, a time."""
    is_boxed = "╭" in prefix or "+-" in prefix
    prefix = "" if is_boxed else prefix.replace(OF_A_GROUP, "| ")
    frames: list[Frame] = []
    for later in range(number + 1, len(lines)):
        line = lines[later]
        if not line.startswith(prefix):
            continue  # Another rank's.
        line = line[len(prefix) :]
        frame = (BOXED_FRAME if is_boxed else FRAME).match(line)
        if frame:
            frames.append(Frame(frame["path"], int(frame["line"]), frame["function"] or ""))
        elif line[:1] not in ("", " ", "\t", "│", "|", "╰", "+", "╭"):
            raised = RAISED.match(line)
            message = read_message(lines[later + 1 :], prefix, raised["message"] or "") if raised else ""
            return Ending("exception", raised["name"], message, last_frames(frames), later) if raised else None
    return None


def read_message(lines: Sequence[str], prefix: str, first: str) -> str:
    """A message that goes on over several lines, to the first that cannot belong to it."""
    message = [first]
    for line in lines[:5]:
        if not line.startswith(prefix) or not line[len(prefix) :].startswith((" ", "\t")):
            break
        message.append(line[len(prefix) :].strip())
    return cut("\n".join(message))
