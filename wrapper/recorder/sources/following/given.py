"""Which rows of a source stand in the journal, for files that are written anew with all that they held."""

from __future__ import annotations

import json
from array import array
from typing import Any

from wrapper.rundir.lines import encode, read_lines
from wrapper.rundir.names import JOURNAL_FILE

MOST_REMEMBERED = 1 << 20  # rows, 8 bytes each


class Given:
    """Remembers what was given, in little room; what readers before this one gave is read when somebody asks."""

    def __init__(self, source: str, has_records: bool) -> None:
        self._source, self._has_records = source, has_records
        self._fresh = array("q")
        self._known: set[int] | None = None

    def add(self, row: dict[str, Any], step: object) -> None:
        """The row is given now."""
        if len(self._fresh) < MOST_REMEMBERED:
            self._fresh.append(mark_of(row, step))

    def has(self, row: dict[str, Any], step: object) -> bool:
        """Whether it was given."""
        if self._known is None:
            self._known = read_given(self._source) if self._has_records else set()
        self._known.update(self._fresh)
        del self._fresh[:]
        return mark_of(row, step) in self._known


def mark_of(row: dict[str, Any], step: object) -> int:
    """What tells one row from another; the same for one that comes back from the journal."""
    return hash(repr((step, sorted(row.items()))))


def read_given(source: str) -> set[int]:
    """The marks of all rows of a source in the journal."""
    given = set()
    wanted = f'"source": {encode(source)}'.encode()
    for line, _end in read_lines(JOURNAL_FILE):
        if wanted in line and b'"row": ' in line:
            try:
                record = json.loads(line)
                given.add(mark_of(record["row"], record.get("step")))
            except (ValueError, KeyError, TypeError, AttributeError):  # Damaged: then it is given again.
                continue
    return given
