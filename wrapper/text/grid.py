"""The cursor of a terminal, and what control sequences do where it is."""

from collections.abc import Callable
from typing import NamedTuple

from wrapper.text.line import MAX_CHARACTERS, Line
from wrapper.text.rows import Gone
from wrapper.text.window import Window

FREE_COLUMNS = 1_024  # how far the cursor can be sent where no width is known


class Place(NamedTuple):
    """Where a cursor was put aside."""

    x: int = 0
    y: int = 0
    origin: bool = False


class Hidden(NamedTuple):
    """The window that an alternate screen hides."""

    window: Window
    y: int
    columns: int | None


class Grid:
    """A window, and a cursor that moves in it and changes it; `gone` has the lines that have left it.

    `at` is how far the bytes fed have been read: whoever calls what may move the cursor sets it first.
    Carriage returns are the exception, there are so many: `returned_at` is set for them if anyone wants to be
    told of redraws.
    """

    def __init__(self, columns: int | None, height: int, on_redraw: Callable[[Line], None] | None = None) -> None:
        self.at = 0
        self.returned_at = 0
        self.columns, self.limit = columns, columns or MAX_CHARACTERS
        self.gone = Gone()
        self.window = Window(height, self.gone, on_redraw)
        self.x = self.y = 0
        self._origin = False
        self._hidden: Hidden | None = None
        self._saved = Place()
        self._saved_by_main: Place | None = None
        self._arrive()

    @property
    def edge(self) -> int:
        """The last column."""
        return self.limit - 1

    def is_at_fresh_line(self, at: int) -> bool:
        """Whether the cursor came here by a newline that ended at `at`, and there is nothing below."""
        row, rows = self.row, self.window.rows
        return (
            self.x == 0
            and self.y == len(rows) - 1
            and not row.text
            and row.end is None
            and row.start == at
            and self._hidden is None
            and self.window.scrolls_whole()
            and not (rows[self.y - 1].wrapped if self.y else self.gone.head)
        )

    def start_anew(self, at: int) -> None:
        """Begin with an empty window at `at`."""
        self.at = self.gone.before = at
        self.window.rows = []
        self.x = self.y = 0
        self._arrive()

    def leave_above(self) -> None:
        """Let the rows above the cursor leave."""
        self.window.leave_above(self.y)
        self.y = 0

    def pending(self, at: int) -> list[Line]:
        """The lines that are in the window, when the bytes have been read up to `at`."""
        window, y, _columns = self._hidden or Hidden(self.window, self.y, None)
        return window.lines(y, self.row if self._is_dirty else None, at)

    # Changes in the row of the cursor.

    def draw(self, cells: str) -> None:
        """Put `cells` where the cursor is, and the cursor behind them; there must be room for them."""
        if self.x < len(self.row.text) and not self._is_stroke:
            self._note_redraw()
        self.row.write(self.x, cells)
        self.x += len(cells)
        self._is_dirty = True

    def draw_over(self, strokes: list[str]) -> str:
        """As `draw` of each, with a carriage return between any two, and say what was put last.

        None may reach the right edge, and one at least has to be something.
        """
        overwriting = len(strokes) - strokes.count("") - (not self.row.text)
        if self._hidden is None:
            self.row.redraws += overwriting
        last = self.row.write_over(strokes)
        self.x = len(strokes[-1])
        self._is_stroke = bool(strokes[-1] and overwriting)
        self._is_dirty = True
        return last

    def combine(self, char: str) -> None:
        """Let `char` join the one left of the cursor."""
        self.row.combine(self.x, char)
        self._is_dirty = True

    def leave_out(self, characters: int) -> None:
        """Count characters for which there is no room where nothing wraps."""
        self.row.left_out += characters
        self._is_dirty = True

    def part(self) -> None:
        """The row of the cursor does not continue the one above it any more."""
        self.window.part(self.y)

    def insert(self, count: int) -> None:
        """Make room for `count` columns at the cursor."""
        if self.x < self.limit:
            room = (self.columns or FREE_COLUMNS) - self.x
            self._change(self.x, None)
            self.row.insert(self.x, max(1, min(count, room)), self.limit)

    def delete(self, count: int) -> None:
        """Take `count` columns out at the cursor."""
        if self.x < self.limit:
            self._change(self.x, None)
            self.row.delete(self.x, count)

    def blank(self, count: int) -> None:
        """Blank `count` columns from the cursor on."""
        if self.x < self.limit:
            self._erase(self.x, self.x + count)

    def erase_line(self, which: int) -> None:
        """Blank the row of the cursor: from it (0), up to it (1), all (2)."""
        if which == 0 and self.x < self.limit:  # Behind the last column there is nothing to erase, as in tmux.
            self._erase(self.x, None)
        elif which == 1 and self.x < self.edge:
            self._erase(0, self.x + 1)
        elif which in (1, 2):
            self._erase(0, None)
        if which == 2 or (which == 0 and self.x == 0):
            self.part()

    def _erase(self, x: int, end: int | None) -> None:
        self._change(x, end)
        self.row.erase(x, end)
        if end is None:
            self.row.wrapped = False

    def _change(self, x: int, end: int | None) -> None:
        if self.row.has_ink(x, end) and not self._is_stroke:
            self._note_redraw()
        self._is_dirty = True

    def _note_redraw(self) -> None:
        self._is_stroke = True
        at = max(self.at, self.returned_at)
        self.window.note_redraw(self.y, self.row if self._is_dirty else None, at)

    # Changes of whole rows.

    def erase_display(self, which: int) -> None:
        """Blank the window: from the cursor (0), up to it (1), all (2). What has scrolled out stays (3)."""
        if which == 2 or (which == 0 and self.x == self.y == 0):
            self.clear()
        elif which == 0:
            self._erase(min(self.x, self.limit), None)
            self.window.erase(self.y + 1, len(self.window.rows), self.at)
        elif which == 1:
            self.window.erase(0, self.y, self.at)
            self._erase(0, self.x + 1 if self.x < self.limit else None)

    def clear(self) -> None:
        """Blank the window."""
        self._depart()
        self.window.clear()
        self._arrive()

    def scroll_up(self, count: int) -> None:
        """Scroll what is between the margins."""
        self._depart()
        self.window.scroll_up(count)
        self._arrive()

    def scroll_down(self, count: int) -> None:
        """Scroll what is between the margins, the other way."""
        self._depart()
        self.window.insert(self.window.top, count)
        self._arrive()

    def insert_lines(self, count: int) -> None:
        """Move the row of the cursor and those below down, between the margins."""
        if self.window.top <= self.y <= self.window.bottom:
            self._depart()
            self.window.insert(self.y, count)
            self._arrive()

    def delete_lines(self, count: int) -> None:
        """Take rows out from the cursor on, between the margins."""
        if self.window.top <= self.y <= self.window.bottom:
            self._depart()
            self.window.delete(self.y, count)
            self._arrive()

    def set_margins(self, top: int, bottom: int) -> None:
        """Scroll only the rows from `top` to `bottom`; the cursor goes to the top left."""
        bottom = min(bottom, self.window.height - 1)
        if top < bottom:
            self.window.top, self.window.bottom = top, bottom
            self.x = 0
            self._go(0)

    def show_alternate(self, saving: bool) -> None:
        """Hide the window behind an empty one, of which nothing is kept."""
        if self._hidden is None:
            self._depart()
            if saving:
                self._saved_by_main = Place(self.x, self.y)
            self._hidden = Hidden(self.window, self.y, self.columns)
            self._change_window(Window(self.window.height, None))
            self._arrive()

    def show_main(self, restoring: bool) -> None:
        """Back to the window that was hidden, and to where its cursor was, if that was saved."""
        self._depart()
        if self._hidden:
            window, y, columns = self._hidden
            height = self.window.height
            if (window.height, columns) != (height, self.columns):
                saved = self._saved_by_main or Place(0, y)
                y, x = window.resize(self.limit if columns != self.columns else None, height, saved.y, saved.x)
                self._saved_by_main = Place(x, y)
            self._hidden = None
            self._change_window(window)
        if restoring and self._saved_by_main:
            self.x, self.y, _origin = self._saved_by_main
        self.x, self.y = min(self.x, self.edge), min(self.y, self.window.height - 1)
        self._arrive()

    def _change_window(self, window: Window) -> None:
        window.top, window.bottom = self.window.top, self.window.bottom
        self.window = window

    def resize(self, columns: int | None, height: int) -> None:
        """Take another size; lines that wrapped, or now have to, are wrapped anew."""
        self._depart()
        is_same_width = columns == self.columns
        self.columns, self.limit = columns, columns or MAX_CHARACTERS
        self.y, x = self.window.resize(None if is_same_width else self.limit, height, self.y, self.x)
        self.x = min(x, self.limit)
        self._arrive()

    def reset(self) -> None:
        """No margins, no saved cursor, and the cursor at the top left of the main window."""
        self.show_main(restoring=False)
        self._saved = Place()
        self.window.top, self.window.bottom = 0, self.window.height - 1
        self.set_origin(False)

    # Moves of the cursor.

    def carriage_return(self) -> None:
        """To the left edge."""
        self.x = 0
        self._is_stroke = False

    def to_column(self, x: int) -> None:
        """To column `x`, or as near to it as the cursor gets."""
        edge = self.columns or max(FREE_COLUMNS, self.x + 1)
        self.skip_to(max(0, min(x, edge - 1)))

    def skip_to(self, x: int) -> None:
        """To column `x`, which there is."""
        self.x = x
        self._is_stroke = False

    def to_row(self, y: int) -> None:
        """To row `y` of the window, or of what is between the margins when the program counts from there."""
        window = self.window
        highest, lowest = (window.top, window.bottom) if self._origin else (0, window.height - 1)
        self._go(max(highest, min(highest + y, lowest)))

    def set_origin(self, on: bool) -> None:
        """Count rows from the upper margin, or from the top; the cursor goes to the first."""
        self._origin = on
        self.x = 0
        self.to_row(0)

    def go_up(self, count: int) -> None:
        """Up, but not over the upper margin."""
        self._leave_edge()
        self._go(max(self.y - count, self.window.top if self.y >= self.window.top else 0))

    def go_down(self, count: int) -> None:
        """Down, but not below the lower margin."""
        window = self.window
        self._leave_edge()
        self._go(min(self.y + count, window.bottom if self.y <= window.bottom else window.height - 1))

    def go_left(self, count: int) -> None:
        """To the left, within the row."""
        self._leave_edge()
        self.to_column(self.x - count)

    def go_back(self, count: int) -> None:
        """Back by so many characters, into the row above where that wrapped.

        The latter is what tmux does, and few others. But it is what programs mean that take back as many
        characters as they wrote: a bar of Keras that is wider than the window.
        """
        end = self.at
        while count and (self.x or (self.y and self.window.rows[self.y - 1].wrapped)):
            if self.x:
                step = min(self.x, count)
                self.skip_to(self.x - step)
            else:
                step = 1
                self.at = end - count + 1
                self._go(self.y - 1)
                self.x = self.edge
            count -= step
        self.at = end

    def go_right(self, count: int) -> None:
        """To the right, within the row."""
        self.to_column(self.x + count)

    def line_feed(self) -> None:
        """To the next row, scrolling at the lower margin."""
        window = self.window
        if self.y < window.height - 1 and self.y != window.bottom:
            self._go(self.y + 1)
        elif self.y == window.bottom:
            self._depart()
            if window.scrolls_whole():
                self.row = window.next_row(self.at)
                self._is_dirty = self._is_stroke = False
            else:
                window.scroll_up(1)
                self._arrive()

    def reverse_line_feed(self) -> None:
        """To the row above, scrolling at the upper margin."""
        if self.y == self.window.top:
            self.scroll_down(1)
        elif self.y:
            self._go(self.y - 1)

    def wrap(self) -> None:
        """To the next row, which continues this one."""
        row = self.row
        row.wrapped = True
        self.line_feed()
        self.x = 0
        if self.row is row:  # Below the lower margin there is none, and the row is written over.
            row.wrapped = False

    def save_cursor(self) -> None:
        """Remember where the cursor is."""
        self._saved = Place(self.x, self.y, self._origin)

    def restore_cursor(self) -> None:
        """Back to where the cursor was saved, or to the top left."""
        x, y, self._origin = self._saved
        self.to_column(x)
        self._go(min(y, self.window.height - 1))

    def _leave_edge(self) -> None:
        if self.x == self.columns:  # Behind the last column the cursor waits to wrap, and shows on that column.
            self.x -= 1

    def _go(self, y: int) -> None:
        if y != self.y:
            self._depart()
            self.y = y
            self._arrive()
        self._is_stroke = False

    def _depart(self) -> None:
        if self._is_dirty or self.row.end is None:
            self.row.end = self.at

    def _arrive(self) -> None:
        self.row = self.window.row(self.y)
        if self.row.start is None:
            self.row.start = self.at
        self._is_dirty = False  # nothing in the row was changed since the cursor came
        self._is_stroke = False  # the cursor was not moved since it began to overwrite
