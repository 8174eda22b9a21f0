"""One row of a terminal: its cells, and what can be done to them."""

RIGHT_HALF = "\0"  # in a row's text, the second cell of a character that takes two
MAX_CELL_BYTES = 21  # of one cell with all that is combined in it: tmux's limit
MAX_SHIFTED = 1024  # cells of a row in which something combines; shifting more is slow, and nobody does it
NONE: dict[int, str] = {}  # shared by all rows in which nothing combines; nothing is ever put into it


class Row:
    """The text of a row, one character for each cell, up to the last one that was written.

    What combines with the character of a cell is kept beside the text, by its column.
    """

    __slots__ = ("combined", "end", "given", "left_out", "redraws", "start", "text", "wrapped")

    def __init__(self, start: int | None = None) -> None:
        self.text = ""
        self.combined = NONE
        self.start = start  # None until the cursor has been here
        self.end: int | None = None  # None until it has left
        self.redraws = 0
        self.left_out = 0
        self.wrapped = False  # the next row continues this one
        self.given: str | None = None  # the text of the line that begins here, if it was given early

    def write(self, x: int, cells: str) -> None:
        """Put `cells` at column `x`, over what is there."""
        text = self.text
        if x == len(text):
            self.text = text + cells
        elif x > len(text):
            self.text = text.ljust(x) + cells
        else:
            self._cut(x, x + len(cells))
            text = self.text
            self.text = text[:x] + cells + text[x + len(cells) :]

    def write_over(self, strokes: list[str]) -> str:
        """Put all of `strokes` at the left edge, one over the other, and say what was put last.

        That is done only with those of which something is left in the end.
        """
        uncovered: list[str] = []
        longest = 0
        for stroke in reversed(strokes):
            if len(stroke) > longest:
                longest = len(stroke)
                uncovered.append(stroke)
        for stroke in reversed(uncovered):
            self.write(0, stroke)
        return uncovered[0][-1]

    def combine(self, x: int, char: str) -> None:
        """Let `char` join the character left of column `x`; at the left edge there is none."""
        if x > len(self.text):
            self.text = self.text.ljust(x)
        x -= 2 if self.text[x - 1 : x] == RIGHT_HALF else 1
        if x < 0:
            return
        if self.combined is NONE:
            self.combined = {}
        combined = self.combined.get(x, "") + char
        if len((self.text[x] + combined).encode()) <= MAX_CELL_BYTES:
            self.combined[x] = combined

    def erase(self, x: int, end: int | None = None) -> None:
        """Blank the columns from `x` to before `end`, or to the right edge."""
        self._cut(x, len(self.text) if end is None else end)
        text = self.text
        if end is None:
            self.left_out = 0
        if end is None or end >= len(text):
            self.text = text[:x]
        else:
            self.text = text[:x] + " " * (end - x) + text[end:]

    def has_ink(self, x: int, end: int | None = None) -> bool:
        """Whether anything but blanks stands in these columns."""
        return bool(self.text[x:end].strip(" "))

    def insert(self, x: int, count: int, columns: int) -> None:
        """Move what is at column `x` and beyond to the right; what passes `columns` is lost."""
        if x >= len(self.text):
            return
        self._cut(x, x)
        self.text = self.text[:x] + " " * count + self.text[x:]
        self._shift(x, count)
        if len(self.text) > columns:
            self._cut(columns, len(self.text))
            self.text = self.text[:columns]

    def delete(self, x: int, count: int) -> None:
        """Take `count` columns out at `x`; what is beyond them moves to the left."""
        self._cut(x, x + count)
        self.text = self.text[:x] + self.text[x + count :]
        self._shift(x + count, -count)

    def characters(self) -> str:
        """What is to be read in the row, blanks at its end included."""
        text = self.text
        if self.combined:
            text = "".join([char + self.combined.get(x, "") for x, char in enumerate(text)])
        return text.replace(RIGHT_HALF, "")

    def _cut(self, x: int, end: int) -> None:
        """Blank the other halves of what is cut through where the columns from `x` to before `end` change."""
        text = self.text
        if RIGHT_HALF in text:
            if text[x : x + 1] == RIGHT_HALF:
                text = text[: x - 1] + "  " + text[x + 1 :]
                self.combined.pop(x - 1, None)
            if text[end : end + 1] == RIGHT_HALF:
                text = text[:end] + " " + text[end + 1 :]
                self.combined.pop(end - 1, None)
            self.text = text
        if self.combined:
            self._forget(x, end)

    def _forget(self, x: int, end: int) -> None:
        inside = range(x, end) if end - x < len(self.combined) else list(self.combined)
        for column in inside:
            if x <= column < end:
                self.combined.pop(column, None)

    def _shift(self, x: int, by: int) -> None:
        if len(self.combined) > MAX_SHIFTED:
            self.combined = NONE
        if self.combined:
            self.combined = {at + by if at >= x else at: char for at, char in self.combined.items()}
