"""Rows made into lines, and wrapped anew."""

from itertools import accumulate

from wrapper.text.line import MAX_CHARACTERS, Line, Plain
from wrapper.text.row import RIGHT_HALF, Row


class Gone:
    """Takes rows in the order in which they go out of the window; `lines` are those that are complete."""

    def __init__(self) -> None:
        self.lines: list[Line | Plain] = []
        self.head: list[Row] = []  # of a line whose other rows are still in the window
        self._head_characters = 0
        self.before = 0  # where the last line ended
        self.is_settling = False  # lines are given that may come back
        self.is_repeating = False  # what comes was given as it is

    def add(self, row: Row, cleared: bool = False) -> None:
        """Take one more row, and the line that it ends."""
        if row.wrapped or self.head:
            self._add_to_head(row)
            if not row.wrapped:
                self.finish(cleared)
        else:
            self._add_line([row], cleared)

    def finish(self, cleared: bool = False) -> None:
        """The line that has begun is over: nothing continues it."""
        if self.head:
            self._add_line(self.head, cleared)
            self.head, self._head_characters = [], 0

    def followed_by(self, rows: list[Row], dirty: Row | None, at: int) -> list[Line]:
        """The lines that would come if `rows` went now; `dirty` is one that was being changed until `at`."""
        lines: list[Line] = []
        waiting, before = list(self.head), self.before
        for row in [*rows, None]:
            if row:
                waiting.append(row)
            if waiting and not (row and row.wrapped):
                line = marked(join(waiting, before), waiting[0])
                lines.append(line._replace(end=at) if dirty in waiting else line)
                waiting, before = [], lines[-1].end
        return lines

    def _add_to_head(self, row: Row) -> None:
        characters = len(row.characters())
        if self._head_characters < MAX_CHARACTERS:
            self._head_characters += characters or 1
            self.head.append(row)
        else:
            last = self.head[-1]
            last.left_out += characters + row.left_out
            last.redraws += row.redraws
            last.end = row.end

    def _add_line(self, rows: list[Row], cleared: bool) -> None:
        line = marked(join(rows, self.before, cleared), rows[0])
        self.before = line.end
        if self.is_settling:
            rows[0].given = line.text
        if not self.is_repeating:
            self.lines.append(line)


def marked(line: Line, first: Row) -> Line:
    """The line, which begins with the row `first`, marked where it was given just so."""
    return line._replace(again=True) if first.given == line.text else line


def join(rows: list[Row], before: int, cleared: bool = False) -> Line:
    """The line that `rows` make, each continuing the one above; the line before it ended at `before`."""
    first = rows[0]
    start = before if first.start is None else first.start
    text, end, redraws, left_out = first.characters(), first.end, first.redraws, first.left_out
    wraps: tuple[int, ...] = ()
    if len(rows) > 1:
        texts = [row.characters() for row in rows]
        text = "".join(texts)
        wraps = tuple(at for at in accumulate(map(len, texts[:-1])) if at <= MAX_CHARACTERS)
        end = max((row.end for row in rows if row.end is not None), default=None)
        redraws, left_out = sum(row.redraws for row in rows), sum(row.left_out for row in rows)
    if len(text) > MAX_CHARACTERS:
        left_out += len(text) - MAX_CHARACTERS
        text = text[:MAX_CHARACTERS]
    return Line(text.rstrip(" "), start, start if end is None else end, redraws, left_out, wraps, cleared)


def reflow(rows: list[Row], y: int, x: int, columns: int) -> tuple[list[Row], int, int]:
    """`rows` as they stand in a window of `columns`, and where a cursor at `y`, `x` is then."""
    new: list[Row] = []
    last = -1
    while last + 1 < len(rows):
        first = last = last + 1
        while rows[last].wrapped and last + 1 < len(rows):
            last += 1
        pieces = _split(rows[first : last + 1], columns)
        if first <= y <= last:
            cursor = len(new), sum(len(row.text) for row in rows[first:y]) + x, pieces
        new += pieces
    y, x, pieces = cursor
    while len(pieces) > 1 and x >= len(pieces[0].text):
        x -= len(pieces.pop(0).text)
        y += 1
    return new, y, x


def _split(rows: list[Row], columns: int) -> list[Row]:
    """Rows of one line, wrapped anew; what was known of the first is known of the first."""
    text = "".join(row.text for row in rows)
    starts = list(accumulate((len(row.text) for row in rows), initial=0))
    combined = {x + at: char for row, at in zip(rows, starts, strict=False) for x, char in row.combined.items()}
    new: list[Row] = []
    at = 0
    while at < len(text) or not new:
        end = at + columns
        if text[end : end + 1] == RIGHT_HALF and columns > 1:
            end -= 1
        row = Row(rows[0].start)
        row.text, row.end, row.wrapped = text[at:end], rows[-1].end, True
        row.given = None if at else rows[0].given
        row.combined = {x - at: char for x, char in combined.items() if at <= x < end}
        new.append(row)
        at = end
    new[-1].wrapped = rows[-1].wrapped
    new[0].redraws = sum(row.redraws for row in rows)
    new[-1].left_out = sum(row.left_out for row in rows)
    return new
