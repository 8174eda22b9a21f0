"""What a screen gives back: lines, and stretches of output whose lines are as they were printed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain, repeat
from typing import NamedTuple

from wrapper.text.ansi import strip_marks
from wrapper.text.width import NOT_KNOWN, NOT_NARROW

MAX_CHARACTERS = 65_536  # of one line; what is beyond is counted and left out


class Line(NamedTuple):
    """A line as it was last seen, without the blanks at its end; what the terminal wrapped is one line.

    `start` and `end` are offsets in the bytes fed: of the line's first byte, and after the last byte that was
    read while it was being written, its newline included. `start` stays what it is when the line is redrawn,
    so it also tells one line from another. Of a line that was only skipped over, both are the `end` of the
    line before it.
    """

    text: str
    start: int
    end: int
    redraws: int = 0  # how often something that stood in it was overwritten or erased
    left_out: int = 0  # characters beyond MAX_CHARACTERS
    wraps: tuple[int, ...] = ()  # where in `text` another row of the terminal began
    cleared: bool = False  # it stood on the screen when that was cleared
    again: bool = False  # it was given before, and has not changed since

    def rows(self) -> list[str]:
        """The rows that the line took on the terminal, each without the blanks at its end."""
        ends = (*self.wraps, len(self.text))
        return [self.text[a:b].rstrip(" ") for a, b in zip((0, *self.wraps), ends, strict=True)]


@dataclass(frozen=True)
class Plain:
    """Complete lines that nothing was drawn over: `data` has their text, tabs, bells, colours, links, newlines.

    Making lines of it costs more than finding out that none is of interest, so a reader in a hurry looks at
    `data` first. No line in it is longer than MAX_CHARACTERS.
    """

    data: bytes
    start: int
    columns: int | None
    draw: Callable[[bytes, int | None], Line]  # for the lines of which the text does not say how they look

    def __len__(self) -> int:
        return self.data.count(b"\n")

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines())

    def texts(self) -> list[str] | None:
        """The text of every line, where all are as they stand in `data`."""
        text = self._text()
        texts = text.expandtabs().split("\n")
        del texts[-1]  # what is after the last newline: nothing
        longest = len(max(texts, key=len, default=""))
        if not self._is_simple(text) or ("\t" in text and longest > (self.columns or MAX_CHARACTERS)):
            return None
        return list(map(str.rstrip, texts, repeat(" ", len(texts))))

    def ends(self) -> list[int]:
        """Where every line ends, after where the first begins."""
        raw = self.data.split(b"\n")
        del raw[-1]
        return list(accumulate((len(line) + 1 for line in raw), initial=self.start))

    def lines(self) -> list[Line]:
        """Every line of it."""
        raw = self.data.split(b"\n")
        del raw[-1]
        ends = self.ends()
        shown = self.texts()
        text = self._text()
        if shown is None:
            return list(map(self._line, raw, text.split("\n"), ends, ends[1:]))
        texts = text.expandtabs().split("\n")[:-1]
        longest = len(max(texts, key=len, default=""))
        if self.columns is None or longest <= self.columns:
            return list(map(Line, shown, ends, ends[1:]))
        wraps = [tuple(range(self.columns, len(text), self.columns)) for text in texts]
        return list(map(Line, shown, ends, ends[1:], repeat(0), repeat(0), wraps))

    def _text(self) -> str:
        return strip_marks(self.data.decode("utf-8", "replace").replace("\r", ""))

    def _line(self, raw: bytes, text: str, start: int, end: int) -> Line:
        columns = self.columns or MAX_CHARACTERS
        shown = text.expandtabs()
        if not self._is_simple(text) or ("\t" in text and len(shown) > columns):
            return self.draw(raw, self.columns)._replace(start=start, end=end)
        return Line(shown.rstrip(" "), start, end, wraps=tuple(range(columns, len(shown), columns)))

    def _is_simple(self, text: str) -> bool:
        """Whether `text` is what is seen: a tab or a right edge needs characters of one column."""
        if text.isascii():
            return True
        is_narrow_needed = "\t" in text or (self.columns is not None and 2 * len(text) > self.columns)
        return not (NOT_NARROW if is_narrow_needed else NOT_KNOWN).search(text)


@dataclass(frozen=True)
class Lines:
    """Finished lines, in order, in pieces: a `Line` each, and many at a time where nothing was drawn."""

    pieces: list[Line | Plain]

    def __iter__(self) -> Iterator[Line]:
        return chain.from_iterable(piece if isinstance(piece, Plain) else (piece,) for piece in self.pieces)

    def __len__(self) -> int:
        return sum(len(piece) if isinstance(piece, Plain) else 1 for piece in self.pieces)
