"""Rows of metrics as a table, as CSV, as JSON lines, as Parquet."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Protocol

from wrapper.cli import look, words
from wrapper.cli.numbers import as_json, spell
from wrapper.rundir.metrics import Origin
from wrapper.rundir.rows import ShownRow

NUMBER_COLUMNS = 10
STEP_COLUMNS = 7
LONGEST_NAME = 24
LONGEST_SOURCE = 16
ROW_GROUP = 1 << 16


@dataclass(frozen=True)
class Columns:
    """Which columns there are. `counted` are the sources without any step, whose rows are numbered instead.

    `sources` is what the sources are called; of one alone nothing is said.
    """

    names: list[str]
    started_at: float
    has_epochs: bool
    sources: list[str]
    counted: set[Origin]
    has_steps: bool = True

    @property
    def has_sources(self) -> bool:
        return len(self.sources) > 1

    def step(self, shown: ShownRow) -> float | None:
        return shown.row.number if shown.origin in self.counted else shown.row.step

    def keys(self) -> list[str]:
        """What stands before the metrics, as W&B calls it."""
        return ["_step", *["_epoch"] * self.has_epochs, "_timestamp", *["_source"] * self.has_sources]

    def facts(self, shown: ShownRow) -> list[Any]:
        """Values for the keys."""
        row = shown.row
        facts: list[Any] = [self.step(shown)]
        if self.has_epochs:
            facts.append(row.epoch)
        facts.append(row.at)
        if self.has_sources:
            facts.append(shown.origin.label)
        return facts

    def widths(self) -> list[int]:
        """Of the columns before the metrics, and of the metrics that a terminal has room for."""
        is_narrow = look.is_narrow()
        longest, longest_source = (LONGEST_NAME, LONGEST_SOURCE) if is_narrow else (1 << 16, 1 << 16)
        source = min(longest_source, max(map(look.width, ["source", *self.sources])))
        before = [STEP_COLUMNS, *[NUMBER_COLUMNS - 2] * self.has_epochs, 7, *[source] * self.has_sources]
        widths = before + [max(NUMBER_COLUMNS, min(longest, look.width(words.visible(name)))) for name in self.names]
        if is_narrow:
            room = look.terminal_width()
            fitting, used = 0, -len(look.GAP)
            for width in widths:
                used += width + len(look.GAP)
                if used > room:
                    break
                fitting += 1
            widths = widths[: max(fitting, len(before) + 1)]
        return widths

    def left_out(self) -> list[str]:
        """The names for which there is no room."""
        return self.names[len(self.widths()) - len(self.keys()) :]


class Form(Protocol):
    def __init__(self, out: IO[Any], columns: Columns) -> None: ...

    def write(self, rows: Callable[[], Iterable[ShownRow]]) -> None:
        """Write all of them; each call of `rows` begins at the first."""


class Table:
    """For a person: numbers of few digits, under one another."""

    def __init__(self, out: IO[str], columns: Columns) -> None:
        self._out, self._columns = out, columns

    def write(self, rows: Callable[[], Iterable[ShownRow]]) -> None:
        columns = self._columns
        widths = columns.widths()
        heads = [
            "step" if columns.has_steps else "row",
            *["epoch"] * columns.has_epochs,
            "time",
            *["source"] * columns.has_sources,
        ]
        heads += [words.visible(name) for name in columns.names]
        names = columns.names[: len(widths) - len(columns.keys())]
        self._out.write(look.dim(line(heads[: len(widths)], widths)) + "\n")
        for shown in rows():
            values = shown.row.values
            if any(name in values for name in names):
                cells = [*self._facts(shown), *(spell(values[name]) if name in values else "" for name in names)]
                self._out.write(line(cells, widths) + "\n")

    def _facts(self, shown: ShownRow) -> list[str]:
        columns, row = self._columns, shown.row
        step = columns.step(shown)
        cells = ["" if step is None else plain(step)]
        if columns.has_epochs:
            cells.append("" if row.epoch is None else plain(row.epoch))
        cells.append(words.short_duration(row.at - columns.started_at))
        if columns.has_sources:
            cells.append(shown.origin.label)
        return cells


def line(cells: list[str], widths: list[int]) -> str:
    """The cells at the right edge of their columns; cut to them at a terminal."""
    if look.is_narrow():
        cells = [look.cut(cell, width) for cell, width in zip(cells, widths, strict=True)]
    padded = (" " * (width - look.width(cell)) + cell for cell, width in zip(cells, widths, strict=True))
    return look.GAP.join(padded).rstrip()


def plain(step: float) -> str:
    """A step or an epoch, without commas."""
    return str(int(step)) if float(step).is_integer() else f"{step:.6g}"


class Csv:
    """Lines that end in CR LF, and quotes where they are needed; what is not there is empty."""

    def __init__(self, out: IO[str], columns: Columns) -> None:
        self._columns = columns
        self._writer = csv.writer(out)

    def write(self, rows: Callable[[], Iterable[ShownRow]]) -> None:
        names = self._columns.names
        self._writer.writerow([*self._columns.keys(), *names])
        for shown in rows():
            values = shown.row.values
            facts = map(csv_cell, self._columns.facts(shown))
            self._writer.writerow([*facts, *(csv_cell(values[name]) if name in values else "" for name in names)])


def csv_cell(value: Any) -> Any:
    """A value as programs that read CSV expect it: NaN, inf, true, and JSON for what is no scalar."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value
    if value is None:
        return ""
    return value if isinstance(value, (str, int)) and not isinstance(value, bool) else json.dumps(value)


class JsonLines:
    """Objects with the keys that are known, one on each line."""

    def __init__(self, out: IO[str], columns: Columns) -> None:
        self._out, self._columns = out, columns

    def write(self, rows: Callable[[], Iterable[ShownRow]]) -> None:
        keys, names, encode = self._columns.keys(), self._columns.names, json.JSONEncoder().encode
        for shown in rows():
            facts = zip(keys, self._columns.facts(shown), strict=True)
            found = {key: value for key, value in facts if value is not None}
            values = shown.row.values
            found.update({name: as_json(values[name]) for name in names if name in values})
            self._out.write(encode(found) + "\n")


class Parquet:
    """A column for each metric, of the narrowest type that holds all its values; read twice, to find that type."""

    def __init__(self, out: IO[bytes], columns: Columns) -> None:
        self._out, self._columns = out, columns

    def write(self, rows: Callable[[], Iterable[ShownRow]]) -> None:
        import pyarrow
        from pyarrow import parquet

        kinds: dict[str, set[str]] = {name: set() for name in self._names()}
        for record in self._records(rows()):
            for name, value in record.items():
                kinds[name].add(kind_of(value))
        types = {name: narrowest(found) for name, found in kinds.items()}
        schema = pyarrow.schema([(name, getattr(pyarrow, kind)()) for name, kind in types.items()])
        records = self._records(rows())
        with parquet.ParquetWriter(self._out, schema, compression="zstd") as writer:
            while group := list(islice(records, ROW_GROUP)):
                fitting = {name: [fit(record.get(name), kind) for record in group] for name, kind in types.items()}
                writer.write_table(pyarrow.table(fitting, schema=schema))

    def _names(self) -> list[str]:
        return list(dict.fromkeys([*self._columns.keys(), *self._columns.names]))

    def _records(self, rows: Iterable[ShownRow]) -> Iterator[dict[str, Any]]:
        keys, names = self._columns.keys(), set(self._columns.names)
        for shown in rows:
            values = {name: value for name, value in shown.row.values.items() if name in names}
            yield {**dict(zip(keys, self._columns.facts(shown), strict=True)), **values}


def kind_of(value: Any) -> str:
    """What Arrow calls its type; "null" for none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return "int64" if -(1 << 63) <= value < 1 << 63 else "string"
    return {bool: "bool_", float: "float64", type(None): "null"}.get(type(value), "string")


def narrowest(kinds: set[str]) -> str:
    """The type that holds values of all these."""
    found = kinds - {"null"}
    if len(found) > 1:
        return "float64" if found == {"int64", "float64"} else "string"
    return found.pop() if found else "float64"


def fit(value: Any, kind: str) -> Any:
    """The value in that type."""
    if value is None:
        return None
    if kind == "float64":
        return float(value)
    return value if kind != "string" or isinstance(value, str) else json.dumps(value)
