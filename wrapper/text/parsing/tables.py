"""Tables: a header once, then rows of numbers; or boxes, in which each line has one name and one number."""

import itertools
import re
from collections import deque
from functools import lru_cache

from wrapper.text.parsing.boxes import Box
from wrapper.text.parsing.headers import (
    FRAME,
    MOST_COLUMNS,
    PHRASE,
    TRAILING_BAR,
    Cell,
    Header,
    cut_at,
    find_separator,
    match_places,
    overlaps,
    read_cell,
    read_header,
    split_cells,
)
from wrapper.text.parsing.names import tidy
from wrapper.text.parsing.rows import Record
from wrapper.text.parsing.words import is_section, role, step_rank

RULE = re.compile(r"[\s\-=_+|:*~─━═┄┌┬┐├┼┤└┴┘╭╮╰╯╞╪╡┏┳┓┡╇┩┣╋┫┗┻┛╔╦╗╠╬╣╚╩╝│┃]*")
MISSING = frozenset(["N/A", "n/a", "NA", "-", "--", "None", "none", "null", "", "—", "nan"])
KEPT_LINES = 4
KEPT_ROWS = 4096  # of the rows seen, so that a table that is drawn again adds nothing
FORGOTTEN_AFTER = 400  # lines that are no rows
COUNT = re.compile(r"[2-9]|\d{2,}|\d{1,3}(?:,\d{3})+")  # as no share of a whole is
OF_CLASSES = "support"  # of a table with a row for each class, which may be a number
OF_DATA = frozenset("id uuid user_id item_id created_at updated_at email".split())  # columns of records

tidy_column = lru_cache(256)(tidy)


class Tables:
    """Follows the tables in a stream of lines."""

    def __init__(self) -> None:
        self._recent: deque[str] = deque(maxlen=KEPT_LINES)
        self._header: Header | None = None
        self._wide: list[Cell] = []
        self._found: list[Header] = []  # in the recent lines
        self._new_lines = False
        self._since = 0
        self._seen: dict[tuple[str, ...], None] = {}
        self._labels: dict[int, str] = {}
        self.box = Box()
        self._is_description = False  # of data: how many, their mean, their least

    def remember(self, line: str) -> None:
        """A line that was read before stands above what comes now: it may be its header."""
        if line and not line.isspace() and not RULE.fullmatch(line):
            self._recent.append(line)
            self._new_lines = True

    def pass_over(self, lines: list[str], count: int) -> None:
        """As `note` of so many lines, of which these are the last; there is no box."""
        self._since += count - len(lines)
        for line in lines:
            self.note(line)

    def note(self, line: str) -> Record | None:
        """Remember a line that is no row: it may be a header, or end a box."""
        if self.box.ends_at(line):
            return self.box.close()
        if self.box.follows(line, self._recent[-1] if self._recent else ""):
            return None
        if not line or line.isspace():
            return self.box.end()
        done = self.box.end() if self.box.values and (RULE.fullmatch(line) or find_separator(line) != "|") else None
        if not RULE.fullmatch(line):
            cells = split_cells(line, "|") if line.lstrip()[0] in FRAME else []
            if cells and cells[0].text.endswith("/") and not any(cell.text for cell in cells[1:]):
                self.box.group = cells[0].text
            self._recent.append(line)
            self._new_lines = True
        elif self._recent and len(PHRASE.findall(line)) > 1:
            self._note_groups(line)
        self._since += 1
        if self._since > FORGOTTEN_AFTER:
            self._header = None
        return done

    def read_row(self, line: str) -> Record | None:
        """What a row says; an empty record for one that is part of a box; None when the line is no row."""
        if self.box.edge:
            return Record({}) if self.box.read(line) else None
        if not self._header and not self._recent_headers() and line.isascii() and "|" not in line:
            return None
        line = TRAILING_BAR.sub("", line) if "%" in line else line
        separator = find_separator(line)
        cells = split_cells(line, separator)
        if separator == "|" and len(cells) == 2 and not self._is_in_table(cells) and self.box.add(cells):
            return Record({})
        numbers = sum(read_cell(cell.text) is not None for cell in cells)
        if not numbers or len(cells) > MOST_COLUMNS:
            return None
        for header in self._headers(separator):
            record = self._match(header, cells, line)
            if record:
                if self._header is None or header.texts() != self._header.texts():
                    self._seen, self._labels, self._is_description = {}, {}, cells[0].text == "count"
                self._header = header
                self._since = 0
                return self._once(tuple(cell.text for cell in cells), record)
        return None

    def _is_in_table(self, cells: list[Cell]) -> bool:
        """Whether a table is going on to which they belong: its header counts or measures in two columns."""
        header = self._header
        return bool(header and header.separator == "|" and self._since == 0 and len(header.columns) == len(cells))

    def _headers(self, separator: str) -> list[Header]:
        found = [self._header] if self._header and self._header.separator == separator else []
        if self._since or not found:
            found = [header for header in self._recent_headers() if header.separator == separator] + found
        return found

    def _recent_headers(self) -> list[Header]:
        """The headers among the last lines, the last one first."""
        if self._new_lines:
            lines = list(self._recent)[::-1]
            headers = [read_header(line, above) for line, above in zip(lines, [*lines[1:], ""], strict=False)]
            self._found, self._new_lines = [header for header in headers if header], False
        return self._found

    def _once(self, key: tuple[str, ...], record: Record) -> Record:
        if record.step is None and record.epoch is None:
            return record  # Two validations may well give the same.
        if key in self._seen:
            return Record({})
        if len(self._seen) >= KEPT_ROWS:
            self._seen.clear()
        self._seen[key] = None
        return record

    def _match(self, header: Header, cells: list[Cell], line: str) -> Record | None:
        """What the cells say below the header; None when they do not fit."""
        columns = header.columns
        if header.separator == " " and len(cells) > len(columns):
            columns = cut_at(header, cells) or columns
        if len(cells) == len(columns):
            pairs = list(zip(columns, cells, strict=True))
        elif len(cells) == len(columns) + 1 and (read_cell(cells[0].text) is None or columns[-1].text == OF_CLASSES):
            pairs = [(Cell("", 0, 0), cells[0]), *zip(columns, cells[1:], strict=True)]
        elif header.separator == " ":
            pairs = match_places(header, cells)
        else:
            return None
        if not pairs or not self._is_row(pairs):
            return None
        names = [column.text for column, _cell in pairs]
        twice = {name for name in names if name and names.count(name) > 1}
        if twice:
            pairs = [(self._with_group(column) if column.text in twice else column, cell) for column, cell in pairs]
        return self._read_pairs(pairs)

    def _is_row(self, pairs: list[tuple[Cell, Cell]]) -> bool:
        """Whether those cells that should be numbers are, or are missing."""
        measured = [
            cell
            for column, cell in pairs
            if role(column.text) in ("metric", "step", "epoch") and column.text != "Metric"
        ]
        labels = [cell for column, cell in pairs if read_cell(cell.text) is None and cell.text not in MISSING]
        if {"metric", "value"} <= {column.text.lower() for column, _cell in pairs}:
            return True
        return len(labels) * 2 <= len(pairs) and all(
            "/" in cell.text or read_cell(cell.text) is not None or cell.text in MISSING for cell in measured
        )

    def _note_groups(self, line: str) -> None:
        """Each phrase in the line before, as wide as the rule below it: it may be the head of several columns."""
        above = [Cell(found.group(), found.start(), found.end()) for found in PHRASE.finditer(self._recent[-1])]
        rules = [Cell("", found.start(), found.end()) for found in PHRASE.finditer(line)]
        wide = [(rule, [cell for cell in above if overlaps(rule, cell)]) for rule in rules]
        self._wide = [rule._replace(text=cells[0].text) for rule, cells in wide if len(cells) == 1]

    def _with_group(self, column: Cell) -> Cell:
        """The column with the name of its group before it, as a line above the header has it."""
        for group in self._wide:
            if group.start <= column.start and column.end <= group.end + 1 and column.text not in group.text:
                return column._replace(text=f"{group.text} {column.text}")
        for line in list(self._recent)[::-1]:
            groups = split_cells(line, find_separator(line))
            if find_separator(line) == " ":
                groups = [Cell(found.group(), found.start(), found.end()) for found in PHRASE.finditer(line)]
            if any(column.text in group.text for group in groups):
                continue
            for group in groups:
                if group.text and group.start <= column.start and column.end <= group.end + 1:
                    return column._replace(text=f"{group.text} {column.text}")
        return column

    def _read_pairs(self, pairs: list[tuple[Cell, Cell]]) -> Record:
        values: dict[str, float] = {}
        refused: list[tuple[str, str]] = []
        step: tuple[int, float] | None = None
        epoch: float | None = None
        has_metric = any(role(column.text) == "metric" for column, _cell in pairs)
        is_counted = any(role(column.text) in ("step", "epoch") for column, _cell in pairs)
        label = self._label(pairs)
        for number, (column, cell) in enumerate(pairs):
            value = read_cell(cell.text)
            kind, name = role(column.text), tidy_column(column.text)
            if value is not None and column.text == "#":
                step = (0, value)
            if value is None or not name:
                continue
            if kind == "epoch" and epoch is None:
                epoch = value
            elif value % 1 == 0 and (kind == "step" or (number == 0 and kind != "metric" and step_rank(name) < 99)):
                step = step or (step_rank(name), value)
            elif (
                kind in ("time", "rate")
                or (kind == "setting" and not is_counted)
                or (kind == "other" and name.lower() == "version")
            ):
                refused.append((name, kind))
            else:
                values[f"{label}/{name}" if label else name] = value
        if len(values) == 1 and pairs[-1][0].text == OF_CLASSES and role(label) == "metric":
            values = {label: next(iter(values.values()))}  # The row `accuracy`, which has no column of its own.
        long = self._read_long(pairs)
        if long is not None:
            return Record(long, rule="table of metrics and values")
        has_metric = has_metric or all(is_section(column.text) for column, _cell in pairs[1:])
        if not has_metric and step is None and epoch is None:
            return Record({}, refused=tuple((name, "no step and no metric") for name in values))
        if rule := self._why_no_metrics(pairs, has_metric, is_counted):
            return Record({}, refused=tuple((name, rule) for name in values))
        return Record(values, step[1] if step else None, epoch, tuple(refused))

    def _why_no_metrics(self, pairs: list[tuple[Cell, Cell]], has_metric: bool, is_counted: bool) -> str:
        """The rule by which a row tells of no training, or ""."""
        if not has_metric and read_cell(pairs[0][1].text) is None and pairs[0][1].text not in MISSING:
            return "a row with a name, and no metric"
        if is_counted:
            return ""
        if any(column.text.lower() in OF_DATA for column, _cell in pairs):
            return "a table of data"
        self._is_description = self._is_description or pairs[0][1].text == "count"
        if self._is_description:
            return "statistics of who knows what"
        measured = [cell.text for column, cell in pairs if role(column.text) == "metric"]
        return "counts" if measured and all(map(COUNT.fullmatch, measured)) else ""

    def _label(self, pairs: list[tuple[Cell, Cell]]) -> str:
        """What the first cell calls the row, where it is no step that tells one row from another."""
        texts = [
            cell.text for _column, cell in itertools.takewhile(lambda pair: read_cell(pair[1].text) is None, pairs)
        ]
        if any(column.text == "Metric" for column, _cell in pairs[: len(texts)]):
            return "/".join(map(tidy, texts))
        first = pairs[0][1]
        if not pairs[0][0].text and pairs[-1][0].text == OF_CLASSES:
            return first.text
        if read_cell(first.text) is not None or any(role(column.text) in ("step", "epoch") for column, _c in pairs):
            return ""
        return tidy(first.text)

    def _read_long(self, pairs: list[tuple[Cell, Cell]]) -> dict[str, float] | None:
        """Of a table with a column `metric` and one `value`, what the row says."""
        named = {column.text.lower(): number for number, (column, _cell) in enumerate(pairs)}
        if "metric" not in named or "value" not in named:
            return None
        if pairs[0][1].text:
            self._labels[0] = pairs[0][1].text
        value = read_cell(pairs[named["value"]][1].text)
        metric = tidy(pairs[named["metric"]][1].text)
        label = tidy(self._labels.get(0, "")) if named["metric"] else ""
        return {} if value is None or not metric else {f"{label}/{metric}" if label else metric: value}
