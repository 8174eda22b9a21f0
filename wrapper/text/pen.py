"""Text put into a grid: what wraps, what takes two columns, what joins the character before it."""

from wrapper.text.grid import FREE_COLUMNS, Grid
from wrapper.text.row import RIGHT_HALF
from wrapper.text.width import NOT_NARROW, PIECES, ZERO_WIDTH_JOINER, width


class Pen:
    """Writes at the cursor of a grid, as the modes of the terminal say."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._last = ""  # the character that `repeat` repeats
        self.reset()

    def reset(self) -> None:
        """Take the modes of a terminal that was just switched on."""
        self.autowrap, self.inserting = True, False
        self._is_joining = False  # the next character joins the one before it

    def is_ordinary(self) -> bool:
        """Whether text does no more than follow what is there."""
        return self.autowrap and not self.inserting and not self._is_joining

    def write(self, text: str) -> None:
        """Put `text`, in which there is no control but carriage returns."""
        if "\r" in text:
            self._write_strokes(text)
        elif _is_narrow(text):
            self._write_narrow(text)
        else:
            self._write_pieces(text)

    def repeat(self, count: int) -> None:
        """Put the last character again, as often as there is room in the row."""
        grid = self._grid
        room = (grid.columns or grid.x + FREE_COLUMNS) - grid.x
        if _is_narrow(self._last):
            self._write_narrow(self._last * min(count, room))

    def _write_strokes(self, text: str) -> None:
        """Write over one row again and again; what later strokes cover is only counted."""
        grid = self._grid
        before, *strokes = text.split("\r")
        if before:
            self.write(before)
        grid.carriage_return()
        longest = len(max(strokes, key=len))
        if len(strokes) == 1 or longest >= grid.limit or not self.is_ordinary() or not _is_narrow(text):
            self._write_each(strokes)
        elif longest:
            grid.part()
            self._last = grid.draw_over(strokes)

    def _write_each(self, strokes: list[str]) -> None:
        self.write(strokes[0])
        for stroke in strokes[1:]:
            self._grid.carriage_return()
            self.write(stroke)

    def _write_narrow(self, cells: str) -> None:
        if not cells:
            return
        grid = self._grid
        self._last = cells[-1]
        self._is_joining = False
        if not grid.x:
            grid.part()
        if grid.x + len(cells) < grid.limit and not self.inserting:
            grid.draw(cells)
        else:
            self._write_to_edge(cells)

    def _write_to_edge(self, cells: str) -> None:
        grid, place, end = self._grid, 0, len(cells)
        while place < end:  # By place: what is left of a megabyte is not copied for each row.
            room = grid.limit - grid.x
            if room > 0:
                self._draw(cells[place : place + room])
                place += room
            elif grid.columns is None:
                grid.leave_out(end - place)
                return
            elif self.autowrap:
                grid.wrap()
            else:  # Each is put over the one in the last column: of many, the first and the last tell it all.
                grid.x -= 1
                if end - place > 1:
                    cells, place, end = cells[place] + cells[end - 1], 0, 2
                if not grid.x:
                    grid.part()
        self._stay_inside()

    def _draw(self, cells: str) -> None:
        if self.inserting:
            self._grid.insert(len(cells))
        self._grid.draw(cells)

    def _stay_inside(self) -> None:
        grid = self._grid
        if not self.autowrap and grid.x == grid.columns:
            grid.x -= 1

    def _write_pieces(self, text: str) -> None:
        for narrow, wide, other in PIECES.findall(text):
            if narrow:
                self._write_narrow(narrow)
            elif wide:
                self._write_wide(wide)
            else:
                self._write_odd(other)

    def _write_wide(self, text: str) -> None:
        grid = self._grid
        if self._is_joining:
            self._write_odd(text[0])
            text = text[1:]
        if self.inserting or grid.x + 2 * len(text) >= grid.limit:
            for char in text:
                self._write_double(char)
        elif text:
            if not grid.x:
                grid.part()
            grid.draw(RIGHT_HALF.join(text) + RIGHT_HALF)
            self._last = text[-1]

    def _write_odd(self, char: str) -> None:
        if char == ZERO_WIDTH_JOINER:
            self._is_joining = True
            return
        columns = width(char)
        if columns is None:
            return
        joins, self._is_joining = self._is_joining, False
        if columns == 0:
            self._grid.combine(char)
        elif joins and self._grid.x:
            self._grid.combine(ZERO_WIDTH_JOINER + char)
        elif columns == 1:
            self._write_narrow(char)
        else:
            self._write_double(char)

    def _write_double(self, char: str) -> None:
        grid = self._grid
        self._last = char
        if grid.limit - grid.x >= 2:
            if not grid.x:
                grid.part()
        elif grid.columns is None:
            grid.leave_out(1)
            return
        elif self.autowrap and grid.limit >= 2:
            grid.wrap()
        else:
            return
        self._draw(char + RIGHT_HALF)
        self._stay_inside()


def _is_narrow(text: str) -> bool:
    return text.isascii() or not NOT_NARROW.search(text)
