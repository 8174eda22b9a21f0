"""Why a program failed, as far as its last lines tell: exceptions of several languages, and memory that ran out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wrapper.text.ending import FAR_LINES, Ending, cut
from wrapper.text.other_endings import find_other
from wrapper.text.tracebacks import find_traceback, is_messenger

CUDA_MEMORY = re.compile(
    r"CUDA(?: error: | driver error: )?\s*out of memory|HIP out of memory"
    r"|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation"
    r"|RESOURCE_EXHAUSTED: .{0,40}[Oo]ut of memory|CUBLAS_STATUS_ALLOC_FAILED|OOM when allocating tensor.*GPU"
)
MEMORY = re.compile(
    r"^MemoryError\b|std::bad_alloc|java\.lang\.OutOfMemoryError|Cannot allocate memory|JavaScript heap out of memory"
    r"|DefaultCPUAllocator: can't allocate memory|memory allocation of \d+ bytes failed|cannot allocate vector of size"
    r"|oom[-_]kill event|OOM Killed|: Out Of Memory$|Out[Oo]fMemory|runtime: out of memory|OutOfMemoryError\(\)"
)


def find_ending(lines: Sequence[str]) -> Ending | None:
    """What went wrong, in the last lines of an output; None when they do not tell."""
    ending = choose(find_traceback(lines), find_other(lines))
    place = last_place(lines, CUDA_MEMORY)
    if place >= 0 and not is_over(place, ending):
        frames = ending.frames if ending else ()
        return Ending("cuda out of memory", "CUDA out of memory", after_name(lines[place].strip()), frames)
    if ending and ending.kind != "out of memory" and MEMORY.search(f"{ending.name}: {ending.message}"):
        ending = ending._replace(kind="out of memory")
    if ending is None:
        place = last_place(lines, MEMORY)
        return Ending("out of memory", "", cut(lines[place].strip())) if place >= 0 else None
    return ending._replace(lines_after=0 if ending.is_reported else len(lines) - 1 - ending.place)


def choose(traceback: Ending | None, other: Ending | None) -> Ending | None:
    """An exception of Python tells most, but one from long before may have been caught."""
    if traceback is None or other is None:
        return traceback or other
    if is_messenger(traceback):
        return other
    return other if is_over(traceback.place, other) and not traceback.is_reported else traceback


def is_over(place: int, ending: Ending | None) -> bool:
    """Whether the program went on for long after that line, before it came to its end."""
    return ending is not None and ending.place - place > FAR_LINES


def last_place(lines: Sequence[str], pattern: re.Pattern[str]) -> int:
    """The number of the last line with it; -1 when there is none."""
    return next((number for number in range(len(lines) - 1, -1, -1) if pattern.search(lines[number])), -1)


def after_name(text: str) -> str:
    """What a message says after the name of the error."""
    match = re.match(r"^(?:\S*(?:Error|Exception): )?(?:CUDA out of memory\.? ?)?(.*)$", text)
    return cut(match[1] if match else text)
