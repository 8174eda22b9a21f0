"""Rows whose names say nothing: kept until another one of the same names has other values."""

from wrapper.text.parsing.rows import Row
from wrapper.text.parsing.telling import Teller

KEPT = 256


class Held:
    """Holds the first row of each set of names; once such rows change they are let through."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._rows: dict[tuple[str, ...], Row] = {}
        self._changing: set[tuple[str, ...]] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def hold(self, row: Row, rule: str) -> list[Row]:
        """Keep a row until another one of its names has other values."""
        key = tuple(row.values)
        if key in self._changing:
            self._teller.tell_row(row, True, rule)
            return [row]
        before = self._rows.pop(key, None)
        if before is not None and before.values != row.values and has_fraction(before, row):
            if len(self._changing) < KEPT:
                self._changing.add(key)
            for found in (before, row):
                self._teller.tell_row(found, True, rule)
            return [before, row]
        if len(self._rows) >= KEPT:
            self._rows.pop(next(iter(self._rows)))
        self._rows[key] = before or row
        return []

    def refuse_all(self) -> None:
        """Nothing more comes."""
        for row in self._rows.values():
            self._teller.tell_row(row, False, "seen only once, or never changed")
        self._rows.clear()


def has_fraction(*rows: Row) -> bool:
    """Whether a value is no whole number: counts alone are no metrics."""
    return any(value != value or value % 1 for row in rows for value in row.values.values())
