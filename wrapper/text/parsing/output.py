"""The whole way from the bytes that a command wrote to rows of metrics.

    parser = OutputParser(columns=80, rows=24)
    rows = parser.feed(1, data)     # as they come, cut anywhere
    rows = parser.finish()

Two streams have a screen each and one parser: what one of them counts is the step of what the other prints,
but a bar on one does not end a table on the other.
"""

from collections.abc import Callable, Iterable
from functools import partial

from wrapper.text.line import Line
from wrapper.text.parsing.parser import Parser
from wrapper.text.parsing.patterns import Pattern
from wrapper.text.parsing.progress import Progress
from wrapper.text.parsing.rows import Candidate, Row
from wrapper.text.screen import Screen


class OutputParser:
    """Takes what a command wrote, and gives back the rows that are certain; how it is cut makes no difference.

    `columns` and `rows` are those of the terminal, None where there is none.
    """

    def __init__(
        self,
        columns: int | None = None,
        rows: int | None = None,
        patterns: Iterable[Pattern] = (),
        ignored: Iterable[str] = (),
        on_candidate: Callable[[Candidate], None] | None = None,
    ) -> None:
        self._size = columns, rows
        self._parser = Parser(patterns, ignored, on_candidate)
        self._screens: dict[int, Screen] = {}

    def feed(self, stream: int, data: bytes) -> list[Row]:
        """Read on in what came on a stream: 1 or 2."""
        screen = self._screens.get(stream)
        if screen is None:
            columns, rows = self._size
            screen = self._screens[stream] = Screen(columns, rows, on_redraw=partial(self._see, stream))
        return list(self._parser.read(screen.feed(data)))

    def resize(self, columns: int | None, rows: int | None) -> None:
        """The terminal has another size from here on."""
        self._size = columns, rows
        for screen in self._screens.values():
            screen.resize(columns, rows)

    def finish(self) -> list[Row]:
        """The rows that are left when nothing more comes; `feed` is not to be called again."""
        rows: list[Row] = []
        for screen in self._screens.values():
            rows += self._parser.read(screen.finish())
        return rows + self._parser.finish()

    @property
    def progress(self) -> Progress | None:
        """How far the program has come, as it counts itself; None where it does not say of how much."""
        return self._parser.counters.outermost()

    def live(self) -> dict[str, float]:
        """The last values of each name, of bars that are being redrawn, too."""
        return dict(self._parser.live)

    def _see(self, stream: int, line: Line) -> None:
        self._parser.see(line.text, line.end)
