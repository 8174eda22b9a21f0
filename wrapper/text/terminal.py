"""Bytes of output carried out on a grid, as a terminal does it."""

import re
from collections.abc import Callable

from wrapper.text import ansi
from wrapper.text.ansi import NUMBER_LIMIT, Unfinished
from wrapper.text.grid import Grid
from wrapper.text.line import Line
from wrapper.text.pen import Pen
from wrapper.text.settled import Settled
from wrapper.text.tabs import Tabs

MOST_TABS = 128  # at once

INSERTING = 4
ORIGIN, AUTOWRAP, SAVED_CURSOR, ALTERNATE_WITH_CURSOR = 6, 7, 1048, 1049  # after "?"
ALTERNATE_SCREENS = (47, 1047, ALTERNATE_WITH_CURSOR)


class Terminal:
    """Carries out what `read` is given on its `grid`."""

    def __init__(
        self,
        columns: int | None,
        height: int,
        newline_returns: bool = True,
        on_redraw: Callable[[Line], None] | None = None,
        settles: bool = False,
    ) -> None:
        self.grid = Grid(columns, height, on_redraw)
        self.settled = Settled(self.grid) if settles else None
        self.pen = Pen(self.grid)
        self.tabs = Tabs()
        self._newline_returns = newline_returns
        self._is_watched = on_redraw is not None
        self._unfinished: Unfinished | None = None

    def is_calm(self, at: int) -> bool:
        """Whether lines of nothing but text, if they follow from `at` on, will just stand one below the other."""
        return (
            self._newline_returns
            and self._unfinished is None
            and self.tabs.are_usual()
            and self.pen.is_ordinary()
            and self.grid.is_at_fresh_line(at)
        )

    def read(self, data: bytes, position: int, offset: int, stop: int) -> int:
        """Carry out `data` from `position` on, to its end or to a calm line after `stop`, and say how far.

        `offset` is where `data` begins in all that was fed.
        """
        while position < len(data):
            if self._unfinished:
                position = self._read_unfinished(self._unfinished, data, position, offset)
                continue
            for token in ansi.TOKEN.finditer(data, position):
                position = token.end()
                kind = token.lastindex
                if kind == ansi.TEXT:
                    self._write(token.group(), offset + token.start())
                elif kind == ansi.NEWLINE:
                    self.grid.at = offset + position
                    self._new_line()
                    if position > stop and self.is_calm(offset + position):
                        return position
                elif kind == ansi.UNFINISHED:
                    self._unfinished = Unfinished()
                    break
                else:
                    self._carry_out(token, offset + position)
        return position

    def _read_unfinished(self, unfinished: Unfinished, data: bytes, position: int, offset: int) -> int:
        position, found = unfinished.take(data, position)
        if unfinished.is_over:
            self._unfinished = None
        if token := ansi.TOKEN.fullmatch(found):
            self._carry_out(token, offset + position)
        return position

    def _write(self, data: bytes, offset: int) -> None:
        if self._is_watched and b"\r" in data:  # Each state is asked for, with its place.
            first, *others = data.split(b"\r")
            self._write(first, offset)
            offset += len(first)
            for part in others:
                self.grid.returned_at = offset + 1
                self.grid.carriage_return()
                self._write(part, offset + 1)
                offset += 1 + len(part)
        else:
            self.pen.write(ansi.strip_marks(data.decode("utf-8", "replace")))

    def _new_line(self) -> None:
        self.grid.line_feed()
        if self._newline_returns:
            self.grid.carriage_return()
        if self.settled:
            self.settled.new_line()

    def _carry_out(self, token: re.Match[bytes], at: int) -> None:
        kind, grid = token.lastindex, self.grid
        if kind == ansi.TEXT:
            self._write(token.group(), at - len(token.group()))
        elif kind == ansi.CSI:
            if len(token.group()) <= ansi.SEQUENCE_LIMIT:
                self._control(token, at)
        elif kind == ansi.ESCAPE:
            if escape := ESCAPES.get(token.group(ansi.ESCAPE)):
                grid.at = at
                if self.settled and token.group(ansi.ESCAPE) in VERTICAL_ESCAPES:
                    self.settled.recall()
                escape(self)
        elif kind != ansi.NOTHING:
            grid.at = at
            if kind == ansi.NEWLINE:
                self._new_line()
            elif kind == ansi.BACKSPACE:
                grid.go_back(len(token.group()))
            elif kind == ansi.TAB:
                self.tab(len(token.group()))
            else:
                grid.line_feed()

    def _control(self, token: re.Match[bytes], at: int) -> None:
        grid = self.grid
        parameters, intermediate, final = token.group(ansi.PARAMETERS, ansi.INTERMEDIATE, ansi.CSI)
        if parameters[:1] == b"?":
            given = ansi.numbers(parameters[1:])
            if final in b"hl" and given:
                self._set_private_modes(given, final == b"h", at)
            return
        given = ansi.numbers(parameters)
        if intermediate or given is None:
            if intermediate == b"!" and final == b"p":
                grid.at = at
                if self.settled:
                    self.settled.recall()
                self.reset()
            return
        if control := CONTROLS.get(final):
            grid.at = at
            if self.settled and final in VERTICAL:
                self.settled.recall()
                control(self, [*given, 0, 0])
                self.settled.go_on_if_blank()
            else:
                control(self, [*given, 0, 0])

    def reset(self) -> None:
        """All as when the terminal was switched on, except for what stands on it."""
        self.pen.reset()
        self.tabs = Tabs()
        self.grid.reset()

    def reset_and_clear(self) -> None:
        """All as when the terminal was switched on."""
        self.reset()
        self.grid.clear()

    def next_line(self) -> None:
        """To the beginning of the next row."""
        self.grid.carriage_return()
        self.grid.line_feed()

    def _set_private_modes(self, modes: list[int], on: bool, at: int) -> None:
        grid = self.grid
        for mode in modes:
            if mode == AUTOWRAP:
                self.pen.autowrap = on
            elif mode in (ORIGIN, SAVED_CURSOR, *ALTERNATE_SCREENS):
                grid.at = at
                if self.settled:
                    self.settled.recall()
                if mode == ORIGIN:
                    grid.set_origin(on)
                elif mode == SAVED_CURSOR:
                    grid.save_cursor() if on else grid.restore_cursor()
                elif on:
                    grid.show_alternate(saving=mode == ALTERNATE_WITH_CURSOR)
                else:
                    grid.show_main(restoring=mode == ALTERNATE_WITH_CURSOR)

    def set_modes(self, modes: list[int], on: bool) -> None:
        """Inserting is the only one of them that shows."""
        if INSERTING in modes:
            self.pen.inserting = on

    def set_tab(self) -> None:
        """A stop where the cursor is."""
        self.tabs.set(min(self.grid.x, self.grid.edge), self.grid.edge + 1)

    def tab(self, count: int) -> None:
        """To the right by so many stops."""
        x, edge = self.grid.x, self.grid.edge
        while count and x < edge:
            x = self.tabs.after(x, edge)
            count -= 1
        self.grid.skip_to(x)

    def tab_back(self, count: int) -> None:
        """To the left by so many stops."""
        x = min(self.grid.x, self.grid.edge)
        while count and x:
            x = self.tabs.before(x)
            count -= 1
        self.grid.skip_to(x)

    def clear_tabs(self, which: int) -> None:
        """The stop at the cursor (0), or all (3)."""
        if which == 0:
            self.tabs.clear(self.grid.x, self.grid.edge + 1)
        elif which == 3:
            self.tabs.clear_all()


def _counted(move: Callable[[Grid, int], None]) -> Callable[[Terminal, list[int]], None]:
    """A control whose number is a count or a place: none given, or 0, is 1."""
    return lambda terminal, given: move(terminal.grid, given[0] or 1)


def _to_place(terminal: Terminal, given: list[int]) -> None:
    terminal.grid.to_column((given[1] or 1) - 1)
    terminal.grid.to_row((given[0] or 1) - 1)


def _down_lines(grid: Grid, count: int) -> None:
    grid.carriage_return()
    grid.go_down(count)


def _up_lines(grid: Grid, count: int) -> None:
    grid.carriage_return()
    grid.go_up(count)


ESCAPES: dict[bytes, Callable[[Terminal], None]] = {
    b"7": lambda terminal: terminal.grid.save_cursor(),
    b"8": lambda terminal: terminal.grid.restore_cursor(),
    b"D": lambda terminal: terminal.grid.line_feed(),
    b"E": Terminal.next_line,
    b"H": Terminal.set_tab,
    b"M": lambda terminal: terminal.grid.reverse_line_feed(),
    b"c": Terminal.reset_and_clear,
}

VERTICAL_ESCAPES = (b"7", b"8", b"M", b"c")  # what may lead up, or change what is there, or needs to know where it is
VERTICAL = b"ABEFHJLMSTdefrsu"

CONTROLS: dict[bytes, Callable[[Terminal, list[int]], None]] = {
    b"@": _counted(Grid.insert),
    b"A": _counted(Grid.go_up),
    b"B": _counted(Grid.go_down),
    b"C": _counted(Grid.go_right),
    b"D": _counted(Grid.go_left),
    b"E": _counted(_down_lines),
    b"F": _counted(_up_lines),
    b"G": _counted(lambda grid, column: grid.to_column(column - 1)),
    b"H": _to_place,
    b"I": lambda terminal, given: terminal.tab(min(given[0] or 1, MOST_TABS)),
    b"J": lambda terminal, given: terminal.grid.erase_display(given[0]),
    b"K": lambda terminal, given: terminal.grid.erase_line(given[0]),
    b"L": _counted(Grid.insert_lines),
    b"M": _counted(Grid.delete_lines),
    b"P": _counted(Grid.delete),
    b"S": _counted(Grid.scroll_up),
    b"T": _counted(Grid.scroll_down),
    b"X": _counted(Grid.blank),
    b"Z": lambda terminal, given: terminal.tab_back(min(given[0] or 1, MOST_TABS)),
    b"`": _counted(lambda grid, column: grid.to_column(column - 1)),
    b"a": _counted(Grid.go_right),
    b"b": lambda terminal, given: terminal.pen.repeat(given[0] or 1),
    b"d": _counted(lambda grid, row: grid.to_row(row - 1)),
    b"e": _counted(Grid.go_down),
    b"f": _to_place,
    b"g": lambda terminal, given: terminal.clear_tabs(given[0]),
    b"h": lambda terminal, given: terminal.set_modes(given, True),
    b"l": lambda terminal, given: terminal.set_modes(given, False),
    b"r": lambda terminal, given: terminal.grid.set_margins((given[0] or 1) - 1, (given[1] or NUMBER_LIMIT) - 1),
    b"s": lambda terminal, _given: terminal.grid.save_cursor(),
    b"u": lambda terminal, _given: terminal.grid.restore_cursor(),
}
