"""The whole way from the bytes that a command wrote to rows of metrics.

    parser = OutputParser(columns=80, rows=24)
    rows = parser.feed(1, data)     # as they come, cut anywhere
    rows = parser.finish()

Two streams have a screen each and one parser: what one of them counts is the step of what the other prints,
but a bar on one does not end a table on the other.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import itemgetter

from wrapper.text.line import Line
from wrapper.text.parsing.parser import Parser
from wrapper.text.parsing.patterns import Pattern
from wrapper.text.parsing.places import Places
from wrapper.text.parsing.progress import Progress, Seen
from wrapper.text.parsing.rows import Candidate, Row
from wrapper.text.screen import Screen

KEPT_LIVE = 1024  # names
SEEN_LINES = 10  # from the bottom of a screen


class OutputParser:
    """Takes what a command wrote, and gives back the rows that are certain; how it is cut makes no difference.

    `columns` and `rows` are those of the terminal, None where there is none. A line is read at its newline, until
    the program moves the cursor upwards: then when it has scrolled out of the window.
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
        self._places: dict[int, Places] = {}
        self._fed = 0
        self._rows: list[Row] = []  # that have been found since they were last given
        self._live: dict[str, float] = {}

    def feed(self, stream: int, data: bytes) -> list[Row]:
        """Read on in what came on a stream: 1 or 2."""
        screen = self._screens.get(stream)
        if screen is None:
            columns, rows = self._size
            screen = Screen(columns, rows, on_redraw=partial(self._see, stream), at_newline=True)
            self._screens[stream], self._places[stream] = screen, Places()
        self._places[stream].add(self._fed, len(data))
        self._fed += len(data)
        self._parser.turn_to(stream)
        self._take(self._parser.read(screen.feed(data), self._places[stream].find))
        return self._given()

    def resize(self, columns: int | None, rows: int | None) -> None:
        """The terminal has another size from here on."""
        self._size = columns, rows
        for screen in self._screens.values():
            screen.resize(columns, rows)

    def finish(self) -> list[Row]:
        """The rows that are left when nothing more comes; `feed` is not to be called again."""
        for stream, screen in sorted(self._screens.items(), key=itemgetter(0)):
            self._parser.turn_to(stream)
            self._take(self._parser.read(screen.finish(), self._places[stream].find))
        self._take(self._parser.finish())
        return self._given()

    @property
    def progress(self) -> Progress | None:
        """How far the program has come, as it counts itself; None where it does not say of how much."""
        counters = self._parser.counters.copy()
        for seen in self._look():
            seen.tell(counters)
        return counters.outermost()

    def live(self) -> dict[str, float]:
        """The last value of each name, also of those that stand in a bar that is being redrawn."""
        for seen in self._look():
            self._note_live(seen.values)
        return dict(self._live)

    def _see(self, stream: int, line: Line) -> None:
        lines = self._screens[stream].take()
        find = self._places[stream].find
        if lines.pieces:  # What was final before is read before: how the bytes are cut must not matter.
            self._take(self._parser.read(lines, find))
        rows, values = self._parser.see(line.text, find(max(0, line.end - 1)))  # before what redraws it
        self._take(rows)
        self._note_live(values)

    def _look(self) -> Iterator[Seen]:
        """The bars that stand on the screens just now; no row comes of it."""
        for screen in self._screens.values():
            for line in screen.pending()[-SEEN_LINES:]:
                yield self._parser.look(line.text)

    def _take(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._rows.append(row)
            self._note_live(row.values)

    def _note_live(self, values: dict[str, float]) -> None:
        if len(self._live) + len(values) > KEPT_LIVE:
            values = {name: value for name, value in values.items() if name in self._live}
        self._live.update(values)

    def _given(self) -> list[Row]:
        rows, self._rows = self._rows, []
        return rows
