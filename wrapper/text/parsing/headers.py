"""What a table looks like: what separates its cells, the names in its header, what stands below which name."""

import itertools
import re
from functools import lru_cache
from typing import NamedTuple

from wrapper.text.parsing.numbers import NUMBER, read_number
from wrapper.text.parsing.words import is_section, role

FRAME = "|│┃║"
FRAMES = re.compile(f"[{FRAME}]")
IS_SPACED_FRAME = re.compile(rf"\s[{FRAME}]\s|[{FRAME}]\s*$")
WORD = re.compile(r"\S+")
PHRASE = re.compile(r"\S+(?: \S+)*")
TRAILING_BAR = re.compile(r"(?<!\s):?\s+\d{1,3}%\s*[|━╸─#=█].*")
UNIT = re.compile(r"(?: ?%|[A-Za-z]{1,3})?(?:/\d+)?")
MOST_COLUMNS = 200
NO_HEADER = re.compile(r"\bstd\.? err|\S\.(?:py|cc|cpp|c|h|go|rs|java|js|ts|jl|sh)(?:\s|$)|\s\[? ?\d+%", re.IGNORECASE)
SETTINGS = frozenset("hyperparameter parameter param argument option setting".split())


class Cell(NamedTuple):
    text: str
    start: int
    end: int


class Header(NamedTuple):
    """The columns of a table: their names, where they stand, and what separates them."""

    columns: tuple[Cell, ...]
    separator: str  # "|", "," or " "
    words: tuple[Cell, ...]

    def texts(self) -> list[str]:
        """Its names: a table that is drawn again has the same."""
        return [column.text for column in self.columns]


def find_separator(line: str) -> str:
    """What separates the cells of a line."""
    stripped = line.strip()
    if (stripped and stripped[0] in FRAME) or IS_SPACED_FRAME.search(line):
        return "|"
    if "," in stripped and " " not in stripped.replace(", ", ","):
        return ","
    return " "


def split_cells(line: str, separator: str) -> list[Cell]:
    """The cells of a line, each with its place."""
    if separator == " ":
        return [Cell(found.group(), found.start(), found.end()) for found in WORD.finditer(line)]
    cells, start = [], 0
    parts = FRAMES.split(line) if separator == "|" else line.split(separator)
    for part in parts:
        cells.append(Cell(part.strip(), start, start + len(part)))
        start += len(part) + 1
    if separator == "|" and len(cells) > 1:
        cells = cells[not cells[0].text and line.lstrip()[:1] in FRAME :]
        if cells and not cells[-1].text:
            del cells[-1]
    return cells


@lru_cache(64)
def read_cell(text: str) -> float | None:
    """The number in a cell, unit or percent sign left out; None when there is none."""
    found = NUMBER.match(text)
    return read_number(found[1]) if found and UNIT.fullmatch(text.removesuffix(":"), found.end()) else None


@lru_cache(64)
def read_header(line: str, above: str = "") -> Header | None:
    """The columns that a line names; None when it names none, or none that counts or measures.

    The line above belongs to it where each of its words stands over one of the columns.
    """
    line = TRAILING_BAR.sub("", line) if "%" in line else line
    separator = find_separator(line)
    words = split_cells(line, separator)
    columns = words
    if separator == " ":
        columns = [Cell(found.group(), found.start(), found.end()) for found in PHRASE.finditer(line)]
    if not 2 <= len(words) <= MOST_COLUMNS or any(read_cell(cell.text) is not None for cell in words):
        return None
    if separator == " " and len(columns) < 2:
        columns = words
    if (
        "=" in line
        or ": " in line
        or line.rstrip().endswith((":", "."))
        or NO_HEADER.search(line)
        or any(len(cell.text) > 40 for cell in columns)
    ):
        return None
    if any(cell.text.strip(FRAME).lower().rstrip("s") in SETTINGS for cell in (*columns, *words)):
        return None
    roles = {role(cell.text) for cell in (*columns, *words)}
    if not roles & {"metric", "step", "epoch"} and not all(is_section(cell.text) for cell in columns if cell.text):
        return None
    upper = split_cells(above, "|") if separator == "|" else []
    starts, names = [cell.start for cell in words], [cell.text for cell in words]
    if upper and [cell.start for cell in upper] == starts and [cell.text for cell in upper] != names:
        columns = [low._replace(text=f"{up.text} {low.text}".strip()) for up, low in zip(upper, words, strict=True)]
        words = columns if not any(read_cell(cell.text) for cell in upper) else words
        columns = words
    upper = split_cells(above, " ") if separator == " " and len(words) > 2 else []
    if len(upper) == len(words) and all(
        up.text.isalpha() and overlaps(up, low) for up, low in zip(upper, words, strict=True)
    ):
        words = [low._replace(text=f"{up.text} {low.text}") for up, low in zip(upper, words, strict=True)]
        columns = words
    return Header(tuple(columns), separator, tuple(words))


def cut_at(header: Header, cells: list[Cell]) -> tuple[Cell, ...]:
    """The columns of a header whose names begin just where the cells do; nothing where one does not.

    Where tabs separated them, a name may end one blank before the next begins.
    """
    starts = [cell.start for cell in cells]
    words = [word.start for word in header.words]
    if not words or starts[0] != words[0] or not set(starts) <= set(words):
        return ()
    columns = []
    for start, end in zip(starts, [*starts[1:], 1 << 30], strict=True):
        inside = [word for word in header.words if start <= word.start < end]
        columns.append(Cell(" ".join(word.text for word in inside), start, inside[-1].end))
    return tuple(columns)


def match_places(header: Header, cells: list[Cell]) -> list[tuple[Cell, Cell]]:
    """Each column with the one cell that stands below it; those with none or several are left out."""
    below: dict[int, list[Cell]] = {}
    column = 0
    for cell in cells:
        while column + 1 < len(header.columns) and header.columns[column].end <= cell.start:
            if header.columns[column + 1].start >= cell.end and header.columns[column].end + 1 >= cell.start:
                break
            column += 1
        overlap = [n for n in (column, column + 1) if n < len(header.columns) and overlaps(header.columns[n], cell)]
        if overlap:
            best = max(overlap, key=lambda n: overlaps(header.columns[n], cell))
            below.setdefault(best, []).append(cell)
    pairs: list[tuple[Cell, Cell]] = []
    first = header.columns[0]
    texts = list(itertools.takewhile(lambda cell: read_cell(cell.text) is None and cell.start < first.end, cells))
    if any(cell.end > first.start for cell in texts) and len(texts) > 1:
        below.pop(0, None)  # A name of several words, which only ends below its column.
    else:
        texts = [cell for cell in cells if cell.end <= first.start]
    if label := " ".join(cell.text for cell in texts):
        pairs.append((Cell("", 0, 0), Cell(label, 0, 0)))
    for number, found in below.items():
        words = [word for word in header.words if overlaps(header.columns[number], word)]
        if len(found) == 1:
            pairs.append((header.columns[number], found[0]))
        elif len(found) == len(words) and "&" not in header.columns[number].text:
            pairs += zip(words, found, strict=True)
    return pairs if len(pairs) * 2 >= len(header.columns) else []


def overlaps(one: Cell, other: Cell) -> int:
    """How many columns of the terminal two cells share."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))
