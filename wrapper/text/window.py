"""The rows that a terminal shows, and those that leave it."""

from collections.abc import Callable

from wrapper.text.line import Line
from wrapper.text.row import Row
from wrapper.text.rows import Gone, join, reflow


class Window:
    """At most `height` rows, down to the lowest that was reached; those from `top` to `bottom` scroll.

    What leaves goes to `gone`; where that is None (the alternate screen) it is lost, and nobody is told of
    what is redrawn.
    """

    def __init__(self, height: int, gone: Gone | None, on_redraw: Callable[[Line], None] | None = None) -> None:
        self.height, self.gone = height, gone
        self.rows: list[Row] = []
        self.top, self.bottom = 0, height - 1
        self._on_redraw = on_redraw

    def scrolls_whole(self) -> bool:
        """Whether there are no margins."""
        return self.top == 0 and self.bottom == self.height - 1

    def row(self, y: int) -> Row:
        """The row at `y`, of which the window may have had none yet."""
        while len(self.rows) <= y:
            self.rows.append(Row())
        return self.rows[y]

    def part(self, y: int) -> None:
        """The row at `y` does not continue the one above it any more."""
        if y:
            self.rows[y - 1].wrapped = False
        elif self.gone:
            self.gone.finish()

    def note_redraw(self, y: int, dirty: Row | None, at: int) -> None:
        """Something in the row at `y` is about to go: count it, and tell; `dirty` was changed until `at`."""
        if self.gone is None:
            return
        if self._on_redraw:
            self._on_redraw(self._line_at(y, self.gone, dirty, at))
        self.rows[y].redraws += 1

    def _line_at(self, y: int, gone: Gone, dirty: Row | None, at: int) -> Line:
        first = last = y
        while first and self.rows[first - 1].wrapped:
            first -= 1
        while self.rows[last].wrapped and last + 1 < len(self.rows):
            last += 1
        rows = self.rows[first : last + 1]
        line = join(rows if first else gone.head + rows, gone.before)
        return line._replace(end=at) if dirty in rows else line

    def scroll_up(self, count: int) -> None:
        """Scroll; what goes out at the top has left, also when it is not the top of the window."""
        for _ in range(min(count, self.bottom + 1 - self.top)):
            self.row(self.bottom)
            if self.top:  # What stands above stays, and is not continued by what comes up.
                self.part(self.top)
                self.part(0)
            self._leave(self.rows.pop(self.top))
            self.rows.insert(self.bottom, Row())

    def next_row(self, at: int) -> Row:
        """What `scroll_up` does by one row without margins, and the new row."""
        row = Row(at)
        self.rows.append(row)
        self._leave(self.rows.pop(0))
        return row

    def insert(self, y: int, count: int) -> None:
        """Move the rows from `y` on down; what goes out at the bottom is lost."""
        self.row(self.bottom)
        for _ in range(min(count, self.bottom + 1 - y)):
            del self.rows[self.bottom]
            self.rows.insert(y, Row())
        self.rows[self.bottom].wrapped = False
        self.part(y)

    def delete(self, y: int, count: int) -> None:
        """Take rows out at `y`; those below move up."""
        self.row(self.bottom)
        for _ in range(min(count, self.bottom + 1 - y)):
            del self.rows[y]
            self.rows.insert(self.bottom, Row())
        self.part(y)

    def erase(self, first: int, end: int, at: int) -> None:
        """Blank the rows from `first` to before `end`."""
        for y in range(first, end):
            row = self.rows[y]
            if row.has_ink(0):
                self.note_redraw(y, None, at)
                row.end = at
            row.erase(0)
            row.wrapped = False

    def clear(self) -> None:
        """Blank all; what stood there has left, as in tmux: nothing that was printed is lost."""
        used = max((y + 1 for y, row in enumerate(self.rows) if row.text), default=0)
        for row in self.rows[:used]:
            self._leave(row, cleared=True)
        if self.gone:
            self.gone.finish(cleared=True)
        self.rows = []

    def leave_above(self, y: int) -> None:
        """Let the rows above `y` leave; so much follows that nothing can reach them again."""
        for row in self.rows[:y]:
            self._leave(row)
        del self.rows[:y]

    def lines(self, y: int, dirty: Row | None, at: int) -> list[Line]:
        """The lines that are still here, with the cursor at `y`, and `dirty` changed until `at`."""
        used = len(self.rows)
        while used and not self.rows[used - 1].text and (used > y or self.rows[used - 1].start is None):
            used -= 1
        return self.gone.followed_by(self.rows[:used], dirty, at) if self.gone else []

    def resize(self, columns: int | None, height: int, y: int, x: int) -> tuple[int, int]:
        """Wrap anew if `columns` is given, and say where a cursor at `y`, `x` is then."""
        if columns:
            self.rows, y, x = reflow(self.rows, y, x, columns)
        self.height, self.top, self.bottom = height, 0, height - 1
        while len(self.rows) > height:
            if y < len(self.rows) - 1 and not self.rows[-1].text:
                del self.rows[-1]
            else:
                self._leave(self.rows.pop(0))
                y = max(0, y - 1)
        return min(y, height - 1), x

    def _leave(self, row: Row, cleared: bool = False) -> None:
        if self.gone:
            self.gone.add(row, cleared)
