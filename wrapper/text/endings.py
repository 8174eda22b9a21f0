"""Why a program failed, as far as its last lines tell: exceptions of several languages, and memory that ran out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

MOST_FRAMES = 8
LONGEST_TEXT = 500


class Frame(NamedTuple):
    """One level of a stack."""

    path: str
    line: int | None
    function: str


class Ending(NamedTuple):
    """What the last lines say went wrong."""

    kind: str  # cuda out of memory, out of memory, exception, crash
    name: str  # what the language calls it: ValueError, std::bad_alloc, panic
    message: str
    frames: tuple[Frame, ...] = ()

    @property
    def text(self) -> str:
        """In one line."""
        said = ": ".join(filter(None, (self.name, self.message.partition("\n")[0])))
        if not self.frames:
            return said
        frame = self.frames[-1]
        place = frame.path.rpartition("/")[2] + (f", line {frame.line}" if frame.line else "")
        return f"{said} ({place}{f', in {frame.function}' if frame.function else ''})"


HEAD = re.compile(r"Traceback \(most recent call last\)")
FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
BOXED_FRAME = re.compile(r"^\s*[│|]\s*(?P<path>/?[^\s:]+\.py):(?P<line>\d+)(?: in (?P<function>[\w.<>]+))?")
RAISED = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$")
# They only say that another process failed, whose own words come first.
MESSENGERS = (
    "ChildFailedError",
    "CalledProcessError",
    "ProcessRaisedException",
    "ProcessExitedException",
    "SystemExit",
)

CUDA_MEMORY = re.compile(
    r"CUDA(?: error: | driver error: )?\s*out of memory|HIP out of memory"
    r"|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation"
    r"|RESOURCE_EXHAUSTED: .{0,40}[Oo]ut of memory|CUBLAS_STATUS_ALLOC_FAILED|OOM when allocating tensor.*GPU"
)
MEMORY = re.compile(
    r"^MemoryError\b|std::bad_alloc|java\.lang\.OutOfMemoryError|Cannot allocate memory|JavaScript heap out of memory"
    r"|DefaultCPUAllocator: can't allocate memory|memory allocation of \d+ bytes failed|cannot allocate vector of size"
    r"|oom-kill event|Out[Oo]fMemory|runtime: out of memory|OutOfMemoryError\(\)"
)
OTHERS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("exception", "", re.compile(r"^thread '[^']*'(?: \(\d+\))? panicked at (?P<message>.+)$")),
    ("exception", "", re.compile(r'^Exception in thread "[^"]*" (?P<name>[\w.$]+)(?:: (?P<message>.*))?$')),
    ("exception", "", re.compile(r"^terminate called after throwing an instance of '(?P<name>[^']+)'")),
    ("exception", "", re.compile(r"^(?:Uncaught )?(?P<name>[A-Z]\w*Error): (?P<message>.+)$")),
    ("exception", "panic", re.compile(r"^panic: (?P<message>.+)$")),
    (
        "exception",
        "",
        re.compile(r"^ERROR: (?:LoadError: )?(?P<name>[A-Z]\w+(?:Error|Exception))(?:: (?P<message>.*))?$"),
    ),
    ("exception", "error in R", re.compile(r"^Error(?: in .{1,200}?)? ?: ?(?P<message>.+)$")),
    ("crash", "assertion", re.compile(r"^.{0,200}: (?P<message>Assertion [`'].+' failed\.?)$")),
    ("crash", "stack smashing", re.compile(r"^\*\*\* (?P<message>stack smashing detected.*)$")),
    ("crash", "segmentation fault", re.compile(r"^(?P<message>.{0,120}\bSegmentation fault\b.*)$")),
    ("exception", "not found", re.compile(r"^\S+: (?:line )?\d+: (?P<message>\S+: (?:command )?not found)$")),
)


def find_ending(lines: Sequence[str]) -> Ending | None:
    """What went wrong, in the last lines of an output; None when they do not tell."""
    ending = find_traceback(lines) or find_other(lines)
    memory = next((line.strip() for line in reversed(lines) if CUDA_MEMORY.search(line)), None)
    if memory is not None:
        frames = ending.frames if ending else ()
        return Ending("cuda out of memory", "CUDA out of memory", after_name(memory), frames)
    if ending and ending.kind != "out of memory" and MEMORY.search(f"{ending.name}: {ending.message}"):
        return ending._replace(kind="out of memory")
    if ending is None:
        text = next((line.strip() for line in reversed(lines) if MEMORY.search(line)), None)
        return Ending("out of memory", "", cut(text)) if text else None
    return ending


def find_traceback(lines: Sequence[str]) -> Ending | None:
    """The last exception of Python that is not only a message of another one."""
    found: list[Ending] = []
    for number, line in enumerate(lines):
        head = HEAD.search(line)
        if head and (ending := read_traceback(lines, number, line[: head.start()])):
            found.append(ending)
    own = [ending for ending in found if ending.name.rpartition(".")[2] not in MESSENGERS]
    return own[-1] if own else found[-1] if found else None


def read_traceback(lines: Sequence[str], number: int, prefix: str) -> Ending | None:
    """The traceback that begins at a line; each of its lines may have the same prefix: a rank, a time."""
    is_boxed = "╭" in prefix or "+-" in prefix
    prefix = "" if is_boxed else prefix
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
            return Ending("exception", raised["name"], message, tuple(frames[-MOST_FRAMES:])) if raised else None
    return None


def read_message(lines: Sequence[str], prefix: str, first: str) -> str:
    """A message that goes on over several lines, to the first that cannot belong to it."""
    message = [first]
    for line in lines[:5]:
        if not line.startswith(prefix) or not line[len(prefix) :].startswith((" ", "\t")):
            break
        message.append(line[len(prefix) :].strip())
    return cut("\n".join(message))


def find_other(lines: Sequence[str]) -> Ending | None:
    """The last line that says so in another language."""
    for line in reversed(lines):
        for kind, name, pattern in OTHERS:
            if found := pattern.match(line):
                words = found.groupdict()
                return Ending(kind, words.get("name") or name or "panic", cut(words.get("message") or ""))
    return None


def after_name(text: str) -> str:
    """What a message says after the name of the error."""
    match = re.match(r"^(?:\S*(?:Error|Exception): )?(?:CUDA out of memory\.? ?)?(.*)$", text)
    return cut(match[1] if match else text)


def cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
