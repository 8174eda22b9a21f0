"""Output in which lines only follow one another: it is kept as it came, and drawn when that matters."""

from wrapper.text.ansi import DRAWING, PRINTABLE
from wrapper.text.line import MAX_CHARACTERS


class Undrawn:
    """The last lines of what was read, at least as many as stand in a window of `height` rows above the cursor."""

    def __init__(self, start: int, height: int) -> None:
        self.data = b""
        self.start = start
        self._above = height - 1
        self._lines = 0

    def add(self, data: bytes) -> bytes:
        """Take more, and give back the lines that are out of reach by now; `start` is where they ended."""
        self.data += data
        self._lines += data.count(b"\n")
        return self.cut() if self._lines > 2 * self._above else b""

    def cut(self) -> bytes:
        """Give back all lines but the last ones."""
        if self._lines <= self._above:
            return b""
        size = len(self.data.rsplit(b"\n", self._above + 1)[0]) + 1
        gone, self.data = self.data[:size], self.data[size:]
        self.start += size
        self._lines = self._above
        return gone

    def complete(self, data: bytes) -> tuple[int, bytes]:
        """The lines that `data`, when it is added, makes complete, and where they begin."""
        end = data.rfind(b"\n") + 1
        partial = self.partial_bytes()
        start = self.start + len(self.data) - partial
        return start, self.data[len(self.data) - partial :] + data[:end] if end else b""

    def partial_bytes(self) -> int:
        """How long the line is that has no newline yet."""
        return len(self.data) - 1 - self.data.rfind(b"\n")


def find_drawing(data: bytes, position: int, before: int = 0) -> int:
    """Where in `data`, from `position` on, there is more than lines of text; its length when there is not.

    That is a control, or the beginning of a line that is too long to be kept. `before` bytes of the line at
    `position` came earlier.
    """
    if position or not _is_text(data):
        found = DRAWING.search(data, position)
        end = found.start() if found else len(data)
    else:
        end = len(data)
    line = position - before
    while end - line > MAX_CHARACTERS:
        begun = max(line, position)
        newline = data.rfind(b"\n", begun, max(0, line + MAX_CHARACTERS + 1))
        if newline < 0:
            return begun
        line = newline + 1
    return end


def _is_text(data: bytes) -> bool:
    controls = data.translate(None, PRINTABLE)
    lines = controls.count(b"\n")
    return len(controls) == lines or len(controls) == 2 * lines == 2 * data.count(b"\r\n")
