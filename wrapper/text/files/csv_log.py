"""Logs in columns: a header, and a line of numbers for each step.

Keras, Lightning, YOLO and Stable-Baselines write such files, and many people by hand.
"""

import csv
import json
from dataclasses import replace

from wrapper.text.files.columns import Columns, Counting, know_columns, make_row
from wrapper.text.files.facts import Fact, Number, read_number

SEPARATORS = ",;\t"
MOST_COLUMNS = 2000
MOST_NAME = 120


class CsvLog:
    """Reads a file line by line; what it knows follows from the lines before."""

    def __init__(self) -> None:
        self._columns: Columns | None = None
        self._separator = ","
        self._counting = Counting()
        self._since: float | None = None

    def read(self, line: str) -> list[Fact]:
        """The facts of one line, without its newline."""
        line = line.rstrip("\r\n")
        if not line.strip():
            return []
        if line.startswith("#") and self._columns is None and not has_counter(line):
            self._read_comment(line)
            return []
        if self._columns is None:
            return self._begin(line)
        cells = split_cells(line, self._separator)
        if tuple(cells) == self._columns.names:
            return []  # Whoever appends to a file may begin with the header again.
        if self._is_header(cells):
            self._columns = know_columns(tuple(cells))
            return [Fact(warning="the columns are others from here on")]
        if len(cells) != len(self._columns.names):
            known = len(self._columns.names)
            return [Fact(warning=f"{len(cells)} cells under {known} columns; the line was left out")]
        values: dict[str, object] = {}
        for name, cell in zip(self._columns.names, cells, strict=True):
            number = read_cell(cell, self._separator)
            if number is not None:
                values[name] = number
            elif name == self._columns.split:
                values[name] = cell
        fact = make_row(values, self._columns, self._counting, self._since)
        return [fact] if fact else []

    def _begin(self, line: str) -> list[Fact]:
        found = read_header(line)
        if found is None:
            return [Fact(warning="there is no header before this line; it was left out")]
        names, self._separator = found
        self._columns = know_columns(names)
        if self._since is not None and "t" in names:
            self._columns = replace(self._columns, time="t")
        return []

    def _read_comment(self, line: str) -> None:
        """Stable-Baselines begins a monitor file with an object, which says when its clock started."""
        try:
            facts = json.loads(line[1:])
        except (ValueError, RecursionError):
            return
        start = facts.get("t_start") if isinstance(facts, dict) else None
        if isinstance(start, (int, float)):
            self._since = float(start)

    def _is_header(self, cells: list[str]) -> bool:
        has_numbers = any(read_cell(cell, self._separator) is not None for cell in cells)
        return not has_numbers and are_names(cells) and know_columns(tuple(cells)).has_counter


def split_cells(line: str, separator: str) -> list[str]:
    """The cells of a line, quoted or not, without the blanks around them."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    try:
        row = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:  # A cell beyond the csv module's limit.
        row = line.split(separator)
    return [cell.strip() for cell in row]


def read_header(line: str) -> tuple[tuple[str, ...], str] | None:
    """The names of the columns and what separates them; None when the line is no header."""
    line = line.lstrip("\ufeff").removeprefix("#")
    separator = max(SEPARATORS, key=line.count)
    cells = split_cells(line.strip(), separator)
    if line.count(separator) == 0 or not are_names(cells) or len(cells) > MOST_COLUMNS:
        return None
    return tuple(cells), separator


def has_counter(line: str) -> bool:
    """Whether a line is the header of a log, and no other remark."""
    found = read_header(line)
    return found is not None and know_columns(found[0]).has_counter


def are_names(cells: list[str]) -> bool:
    """Whether these may be the names of columns: words, each only once."""
    are_words = all(cell and len(cell) <= MOST_NAME and read_number(cell) is None for cell in cells)
    return are_words and len(set(cells)) == len(cells) and any(any(map(str.isalpha, cell)) for cell in cells)


def read_cell(cell: str, separator: str) -> Number | bool | None:
    """The number in a cell; None when it is empty or holds something else."""
    if separator == ";" and cell.count(",") == 1:
        cell = cell.replace(",", ".")
    if cell in ("True", "False"):
        return cell == "True"
    return read_number(cell)
