"""Lines that are final at their newline, for as long as a program only prints downwards."""

from collections import deque

from wrapper.text.grid import Grid
from wrapper.text.row import Row
from wrapper.text.rows import join


class Settled:
    """Lets rows of a grid leave when the cursor goes below them, and brings them back when it goes up again.

    It holds from the beginning to the first movement upwards, and again when the screen was cleared, or when so
    much was printed since that nothing above can be reached.
    """

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._is_on = True
        self._newlines = 0  # since the last movement upwards
        self._left: deque[Row] = deque(maxlen=grid.window.height)

    def new_line(self) -> None:
        """The cursor has gone below a line: it is final, and may leave."""
        window = self._grid.window
        if not self._is_on:
            if window.gone is None or not window.scrolls_whole():
                return
            self._newlines += 1
            if self._newlines < window.height:
                return
            self._is_on = True
        self._leave()

    def recall(self) -> None:
        """The cursor is about to go up, or all to move: bring back what can be reached."""
        self._newlines = 0
        if not self._is_on:
            return
        self._is_on = False
        grid, window = self._grid, self._grid.window
        room = window.height - len(window.rows)
        rows = list(self._left)[-room:] if room > 0 else []
        self._left.clear()
        if rows and rows[0].given is None:  # The line begins further up than the window.
            end = next((y for y, row in enumerate(rows, 1) if not row.wrapped), len(rows))
            rows[0].given = join(rows[:end], 0).text
        window.rows[:0] = rows
        grid.y += len(rows)

    def go_on(self) -> None:
        """Nothing above can be reached any more."""
        self._is_on = True

    def go_on_if_blank(self) -> None:
        """The same where nothing is above, because the screen was cleared."""
        grid, window = self._grid, self._grid.window
        if not self._is_on and grid.y == 0 and window.gone is not None and window.scrolls_whole():
            self._is_on = not any(row.text for row in window.rows)

    def resize(self, columns: int | None, height: int) -> None:
        """Let the grid take another size, with the rows that have left."""
        was_on = self._is_on
        self.recall()
        self._grid.resize(columns, height)
        self._left = deque(maxlen=height)
        self._is_on = was_on
        if was_on:
            self._leave()

    def _leave(self) -> None:
        grid, window = self._grid, self._grid.window
        y = grid.y
        while y and window.rows[y - 1].wrapped:
            y -= 1
        if y and window.gone:
            self._left.extend(window.rows[:y])
            window.gone.is_settling = True
            window.leave_above(y)
            window.gone.is_settling = False
            grid.y -= y
