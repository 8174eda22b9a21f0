"""Lines of a file that grows, none of them longer than a line of a log is."""

from typing import NamedTuple

MOST_LINE_BYTES = 1 << 20


class Cut(NamedTuple):
    """Whole lines, each with the offset after it, and where the rest begins."""

    lines: list[tuple[bytes, int]]
    end: int


def cut_lines(data: bytes, start: int, is_final: bool) -> Cut:
    """Cut bytes that begin at the offset `start` into lines. At the very end a line needs no newline."""
    whole = len(data) if is_final else data.rfind(b"\n") + 1
    lines = []
    place = 0
    while place < whole:
        after = data.find(b"\n", place, whole) + 1 or whole
        lines.append((data[place:after], start + after))
        place = after
    return Cut(lines, start + whole)
