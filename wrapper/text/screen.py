"""What a person would have seen in the end, from the bytes that a command wrote to a terminal or a pipe.

    screen = Screen(columns=80, rows=24)
    for data in chunks:                        # cut anywhere, within a character or an escape sequence too
        for line in screen.feed(data):         # those that nothing can change any more, in order
            print(line.text)
    for line in screen.finish():               # those that stood on the screen at the end
        print(line.text)

A line is final when the cursor cannot reach it any more: it has scrolled out of the window, or the program
has cleared the screen. `feed` gives it then, or some lines later. Until it does, `pending()` has it as it is
now. Whoever wants numbers while they are fresh looks at `pending()` from time to time, and knows by `start`
which lines it has seen before. Whoever wants every state of a progress bar gives `on_redraw`: it is called
with a line just before something in it is overwritten or erased. With `rows=1` a line is final at its
newline, and what would change it later comes as another line.

What only follows what was there before costs next to nothing: in `feed(data).pieces` it is a `Plain`
stretch, which becomes lines for whoever iterates over it. Redrawing costs something for each redraw, and
nothing for each character; to be told of each costs several times as much.

Followed are carriage returns, backspaces and tabs, movements of the cursor, erasing, inserting, deleting,
scrolling, margins, the alternate screen (nothing of it is a line), characters that take two columns or
combine, and wrapping at the right edge. Colours, titles, links, images and modes of the keyboard are
skipped. A newline returns to the left edge, because output is recorded before the terminal's driver has
added the carriage return; with `newline_returns=False` it only goes down. Bytes that are not UTF-8 become
U+FFFD.

It is bounded whatever comes: of a line MAX_CHARACTERS are kept and the others counted. Where the size is
not known nothing wraps, the cursor can be sent 1,024 columns to the right, and a line is out of reach when
fifty others stand below it.

Where terminals differ: what stood on a screen that is cleared becomes lines, marked as `cleared`, as tmux
keeps it; what has scrolled out cannot be cleared. C1 controls are ignored. Backspaces lead from the second
row of what wrapped back into the first, as in tmux. What wraps is one line, until the program writes over the
beginning of the second row: then it is two.
"""

from collections.abc import Callable

from wrapper.text.ansi import CUT_BYTES, CUT_SHORT
from wrapper.text.line import Line, Lines, Plain
from wrapper.text.terminal import Terminal
from wrapper.text.undrawn import Undrawn, find_drawing

ROWS = 50  # of a window whose size is not known
SLICE_BYTES = 1 << 20  # read at once: what is looked for is not looked for further
KEPT_BYTES = 256 << 10  # of what is not drawn yet


class Screen:
    """Takes the bytes a command wrote, in any cut, and gives back the lines that were seen."""

    def __init__(
        self,
        columns: int | None = None,
        rows: int | None = None,
        *,
        newline_returns: bool = True,
        on_redraw: Callable[[Line], None] | None = None,
        at_newline: bool = False,
    ) -> None:
        self._columns, self._rows = columns or None, rows or ROWS
        self._terminal = Terminal(self._columns, self._rows, newline_returns, on_redraw, at_newline)
        self._at = 0  # how much has been read
        self._rest = b""  # what cannot be read yet: the first bytes of something
        # While lines only follow one another, those still in the window are not drawn but kept as they came.
        self._undrawn: Undrawn | None = Undrawn(0, self._rows) if newline_returns else None

    def feed(self, data: bytes) -> Lines:
        """Read on, and say which lines are final now."""
        for position in range(0, len(data), SLICE_BYTES):
            self._read(self._without_rest(data[position : position + SLICE_BYTES]))
        return self.take()

    def take(self) -> Lines:
        """The lines that have become final since they were last asked for: `feed` has not given them yet."""
        gone = self._terminal.grid.gone
        lines, gone.lines = Lines(gone.lines), []
        return lines

    def pending(self) -> list[Line]:
        """The lines that no `feed` has given yet, as they are now, to the last one in which something stands."""
        self._draw_all()
        grid = self._terminal.grid
        return [line for line in [*Lines(grid.gone.lines), *grid.pending(self._at)] if not line.again]

    def finish(self) -> Lines:
        """The lines that are left when nothing more comes; `feed` is not to be called again."""
        self._read(self._rest)
        self._draw_all()
        grid = self._terminal.grid
        grid.gone.lines += grid.pending(self._at)
        return self.take()

    def resize(self, columns: int | None, rows: int | None) -> None:
        """The window has another size from here on; what that pushes out comes with the next `feed`."""
        self._draw_all()
        self._columns, self._rows = columns or None, rows or ROWS
        if self._terminal.settled:
            self._terminal.settled.resize(self._columns, self._rows)
        else:
            self._terminal.grid.resize(self._columns, self._rows)

    def _without_rest(self, data: bytes) -> bytes:
        data = self._rest + data
        cut = CUT_SHORT.search(data, max(0, len(data) - CUT_BYTES))
        data, self._rest = (data[: cut.start()], cut.group()) if cut else (data, b"")
        return data

    def _read(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            undrawn = self._undrawn
            position = self._keep(undrawn, data, position) if undrawn else self._draw(data, position)
        self._at += len(data)

    def _keep(self, undrawn: Undrawn, data: bytes, position: int) -> int:
        """Keep the lines up to the first in which something is drawn: then they have to be drawn, too."""
        drawing = find_drawing(data, position, undrawn.partial_bytes())
        end = drawing if drawing == len(data) else data.rfind(b"\n", position, drawing) + 1
        if end > position:
            given = undrawn.start
            if self._terminal.settled:
                given, complete = undrawn.complete(data[position:end])
                self._give(complete, given)
                undrawn.add(data[position:end])
            else:
                self._give(undrawn.add(data[position:end]), given)
        if drawing < len(data) or len(undrawn.data) > KEPT_BYTES:
            self._draw_all()
        return max(position, end)

    def _draw(self, data: bytes, position: int) -> int:
        """Draw, up to where enough lines follow in which nothing is drawn."""
        terminal = self._terminal
        while position < len(data):
            drawing = position
            if terminal.is_calm(self._at + position):
                drawing = find_drawing(data, position)
                if data.count(b"\n", position, drawing) > self._rows:  # They push out all that is in the window.
                    terminal.grid.leave_above()
                    if terminal.settled:
                        terminal.settled.go_on()
                    self._undrawn = Undrawn(self._at + position, self._rows)
                    break
            position = terminal.read(data, position, self._at, drawing)
        return position

    def _draw_all(self) -> None:
        """Draw what has been kept undrawn."""
        if undrawn := self._undrawn:
            gone_by, gone = undrawn.start, undrawn.cut()
            grid, is_given = self._terminal.grid, self._terminal.settled is not None
            if not is_given:
                self._give(gone, gone_by)
            self._undrawn = None
            grid.start_anew(undrawn.start)
            grid.gone.is_repeating = is_given
            self._terminal.read(undrawn.data, 0, undrawn.start, len(undrawn.data))
            grid.gone.is_repeating = False

    def _give(self, data: bytes, start: int) -> None:
        if data:
            self._terminal.grid.gone.lines.append(Plain(data, start, self._columns, draw_line))


def draw_line(data: bytes, columns: int | None) -> Line:
    """The line that `data`, in which there is no newline, makes on an empty screen."""
    terminal = Terminal(columns, ROWS)
    terminal.read(data + b"\n", 0, 0, len(data) + 1)
    (line,) = [*Lines(terminal.grid.gone.lines), *terminal.grid.pending(len(data) + 1)]
    return line
