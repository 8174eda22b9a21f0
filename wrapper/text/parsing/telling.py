"""Tells whoever asked of each number that was looked at: what it was called, whether it was taken, and the rule."""

from collections.abc import Callable, Iterable

from wrapper.text.parsing.rows import Candidate, Row
from wrapper.text.parsing.shapes import Refused, Value


class Teller:
    """Tells `on_candidate`; without one it says nothing, and `is_asked` is false."""

    def __init__(self, on_candidate: Callable[[Candidate], None] | None) -> None:
        self._on_candidate = on_candidate
        self.is_asked = on_candidate is not None

    def tell(self, line: int, name: str, text: str, is_taken: bool, rule: str) -> None:
        """One number."""
        if self._on_candidate:
            self._on_candidate(Candidate(line, name, text, is_taken, rule))

    def tell_row(self, row: Row, is_taken: bool, rule: str) -> None:
        """Each number of a row."""
        for name, value in row.values.items() if self.is_asked else ():
            self.tell(row.line, name, repr(value), is_taken, rule)

    def tell_refused(self, line: int, refused: Iterable[Refused], numbers: list[str]) -> None:
        """What in a line is no metric."""
        for index, name, rule in refused if self.is_asked else ():
            self.tell(line, name, numbers[index] if index < len(numbers) else "", False, rule)

    def tell_values(self, line: int, values: Iterable[Value], numbers: list[str], is_taken: bool, rule: str) -> None:
        """What in a line may be a metric."""
        for value in values if self.is_asked else ():
            self.tell(line, value.name, numbers[value.nth], is_taken, f"{value.rule}, {rule}")
