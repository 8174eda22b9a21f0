"""How programs in other languages say that they failed, and shells that one of their programs did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile

from wrapper.text.ending import Ending, Frame, cut, last_frames
from wrapper.text.tracebacks import FRAME

SIGNALS = "Segmentation fault|Aborted|Bus error|Floating point exception|Illegal instruction|Killed|Terminated"
OTHERS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("signal", "", re.compile(r"^\s*traceback : Signal \d+ \((?P<name>SIG\w+)\) (?P<message>received by PID \d+)$")),
    (
        "signal",
        "",
        re.compile(r"^(?P<message>\w+ noticed that process rank \d+) .*exited on signal \d+ \((?P<name>[^)]+)\)"),
    ),
    ("exception", "panic", re.compile(r"^thread '[^']*'(?: \(\d+\))? panicked at '(?P<message>.*)', (?P<at>\S+)$")),
    ("exception", "panic", re.compile(r"^thread '[^']*'(?: \(\d+\))? panicked at (?P<at>\S+?):?(?P<message>)$")),
    ("exception", "", re.compile(r'^Exception in thread "[^"]*" (?P<name>[\w.$]+)(?:: (?P<message>.*))?$')),
    ("exception", "", re.compile(r"^terminate called after throwing an instance of '(?P<name>[^']+)'(?P<message>)$")),
    ("exception", "unhandled rejection", re.compile(r'^\[?Unhandled\w+: .*rejected with the reason "(?P<message>.*)"')),
    ("exception", "", re.compile(r"^(?:Uncaught )?(?P<name>[A-Z]\w*Error): (?P<message>.+)$")),
    ("exception", "panic", re.compile(r"^panic: (?P<message>.+)$")),
    ("exception", "fatal error", re.compile(r"^fatal error: (?P<message>.+)$")),
    (
        "exception",
        "",
        re.compile(r"^ERROR: (?:LoadError: )?(?P<name>[A-Z]\w+(?:Error|Exception))(?:: (?P<message>.*)| with .*)?$"),
    ),
    ("exception", "Error", re.compile(r"^Error(?: in .{1,200}?)? ?: ?(?P<message>.*)$")),
    ("crash", "assertion", re.compile(r"^.{0,200}: (?P<message>Assertion [`'].+' failed\.?)$")),
    ("crash", "stack smashing", re.compile(r"^\*\*\* (?P<message>stack smashing detected.*)$")),
    ("crash", "Fatal Python error", re.compile(r"^Fatal Python error: (?P<message>.+)$")),
    (
        "crash",
        "",
        re.compile(rf"^(?P<at>\S+: line \d+): +\d+ (?P<name>{SIGNALS}) +(?:\(core dumped\) +)?(?P<message>.+)$"),
    ),
    ("crash", "", re.compile(r"^(?P<message>.{0,120}\bSegmentation fault\b.*)$")),
    ("exception", "not found", re.compile(r"^\S+: (?:line )?\d+: (?P<message>\S+: (?:command )?not found)$")),
)
# A name of any kind, where a stack follows.
NAMED = re.compile(r"^(?:Uncaught )?(?P<name>[A-Za-z_$][\w.$]*)(?: \[\w+\])?: (?P<message>.+)$")
AT = re.compile(
    r"^\s+at (?:async )?(?:(?P<function>[^()]+?) ?\()?(?P<path>(?:\w+://)?[^\s:()]+):(?P<line>\d+)(?::\d+)?\)?$"
)
WHAT = re.compile(r"^  what\(\):  (?P<message>.*)$")
CAUSED = re.compile(r"^Caused by:(?: \S.*)?$")
OF_A_LIST = re.compile(r"^\d+: ")
RUST_PLACE = re.compile(r"^(?P<path>.+?):(?P<line>\d+)(?::\d+)?$")
SHELL_PLACE = re.compile(r"^(?P<path>.+): line (?P<line>\d+)$")
GO_FRAME = re.compile(r"^\t(?P<path>\S+\.go):(?P<line>\d+)")
FAULT_FRAME = re.compile(r'^  File "(?P<path>[^"]+)", line (?P<line>\d+) in (?P<function>.+)$')
IN_A_FILE = ("SyntaxError", "IndentationError", "TabError")
FATAL_SIGNALS = ("Killed", "Terminated")
LATER_LINES = 60


def find_other(lines: Sequence[str]) -> Ending | None:
    """The last line that says so in another language."""
    for number in range(len(lines) - 1, -1, -1):
        later = lines[number + 1 : number + 1 + LATER_LINES]
        if (
            later
            and later[0].lstrip().startswith("at ")
            and AT.match(later[0])
            and (found := NAMED.match(lines[number]))
        ):
            return Ending("exception", found["name"], cut(found["message"]), frames_at(later), number)
        for kind, name, pattern in OTHERS:
            if found := pattern.match(lines[number]):
                ending = Ending(kind, found.groupdict().get("name") or name, cut(found["message"] or ""), (), number)
                return complete(ending, found.groupdict().get("at") or "", lines[:number], later)
    return None


def complete(ending: Ending, at: str, earlier: Sequence[str], later: Sequence[str]) -> Ending:
    """With the message and the stack that stand in the lines around."""
    first = later[0] if later else ""
    if ending.name in FATAL_SIGNALS:
        ending = ending._replace(kind="signal")
    if ending.name == "Error" and "Execution halted" in later:
        ending = ending._replace(name="error in R")
    if found := WHAT.match(first):
        ending = ending._replace(message=cut(found["message"]))
    elif not ending.message and ending.name in ("panic", "Error", "error in R"):
        ending = ending._replace(message=cut(first.strip()))
    if cause := find_cause(later):
        ending = ending._replace(message=cut(f"{ending.message}; caused by {cause}".removeprefix("; ")))
    return ending._replace(frames=find_frames(ending, at, earlier, later))


def find_cause(later: Sequence[str]) -> str:
    """What Java, or anyhow of Rust, says to be behind it all; "" when they do not say."""
    found = [number for number, line in enumerate(later) if CAUSED.match(line)]
    if not found:
        return ""
    said = later[found[-1]].removeprefix("Caused by:").strip()
    numbered = [line.strip() for line in takewhile(str.strip, later[found[-1] + 1 :])]
    return said or (OF_A_LIST.sub("", numbered[-1]) if numbered else "")


def find_frames(ending: Ending, at: str, earlier: Sequence[str], later: Sequence[str]) -> tuple[Frame, ...]:
    """The stack, the innermost last; none where it is not told."""
    if found := RUST_PLACE.match(at) or SHELL_PLACE.match(at):
        return (Frame(found["path"], int(found["line"]), ""),)
    if ending.name in IN_A_FILE:
        found = next(filter(None, map(FRAME.match, reversed(earlier[-4:]))), None)
        return (Frame(found["path"], int(found["line"]), ""),) if found else ()
    if ending.name == "Fatal Python error":
        start = next((number for number, line in enumerate(later) if line.startswith("Current thread ")), len(later))
        return innermost_last(FAULT_FRAME.match(line) for line in later[start + 1 :])
    if ending.name in ("panic", "fatal error"):
        return frames_of_go(later)
    return frames_at(later)


def frames_at(lines: Sequence[str]) -> tuple[Frame, ...]:
    """The stack of Java or JavaScript that begins here."""
    return innermost_last(AT.match(line) for line in lines)


def frames_of_go(lines: Sequence[str]) -> tuple[Frame, ...]:
    """Without those of what raises it."""
    found = []
    for function, line in pairwise(lines):
        frame = GO_FRAME.match(line)
        if frame and not function.startswith(("panic(", "runtime.")):
            found.append(Frame(frame["path"], int(frame["line"]), function.partition("(")[0]))
        if found and not line.strip():
            break
    return last_frames(found[::-1])


def innermost_last(matches: Iterable[re.Match[str] | None]) -> tuple[Frame, ...]:
    """Those up to the first line that is none."""
    found = list(takewhile(lambda match: match is not None, matches))
    frames = [Frame(match["path"], int(match["line"]), match["function"] or "") for match in found if match]
    return last_frames(frames[::-1])
