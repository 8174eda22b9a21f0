"""The ways in which output is shown: as bytes, as the lines that were seen, as JSON."""

from __future__ import annotations

import codecs
import json
import re
from typing import IO, Protocol

from wrapper.rundir.reading import Part, read_edge
from wrapper.rundir.stretches import Stretch
from wrapper.text.line import Line, Lines
from wrapper.text.masker import Masker
from wrapper.text.screen import Screen

LONGEST_HELD = 1 << 16
MAY_BE_SECRET = re.compile("pass|secret|token|key|credential|authorization|bearer|login", re.I)


class View(Protocol):
    def show(self, stretch: Stretch) -> None: ...

    def catch_up(self) -> None:
        """Let everything be seen that is certain by now."""

    def finish(self, goes_on: bool = False) -> None:
        """Write what is left; with `goes_on`, so that another view can take over in mid-line."""


class Raw:
    """The bytes as they were written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def show(self, stretch: Stretch) -> None:
        self._file.write(stretch.data)

    def catch_up(self) -> None:
        self._file.flush()

    def finish(self, goes_on: bool = False) -> None:
        self._file.flush()


class Held:
    """Keeps the end of a text that goes on in mid-line, where a secret may be cut. Nobody waits for it for long.

    That is the last word, or all of the line when it names something that may be a secret.
    """

    def __init__(self) -> None:
        self._text = ""
        self._is_old = False

    def take(self, text: str) -> str:
        """What there is now that is certain to hold no piece of a secret."""
        text, self._text = self._text + text, ""
        end = max(text.rfind("\n"), text.rfind("\r")) + 1
        if not MAY_BE_SECRET.search(text, end):
            end = max(end, text.rfind(" ") + 1)
        if len(text) - end > LONGEST_HELD:
            return text
        self._text, self._is_old = text[end:], False
        return text[:end]

    def release(self, at_once: bool = True) -> str:
        """What is kept; unless `at_once`, only when that was asked for before."""
        if not at_once and not self._is_old:
            self._is_old = True
            return ""
        text, self._text = self._text, ""
        return text


class Live:
    """The bytes as they come, without their secrets."""

    def __init__(self, file: IO[bytes], masker: Masker) -> None:
        self._file, self._masker, self._held = file, masker, Held()

    def show(self, stretch: Stretch) -> None:
        self._write(self._held.take(stretch.data.decode("latin-1")))

    def _write(self, text: str) -> None:
        self._file.write(self._masker.mask(text).encode("latin-1"))

    def catch_up(self) -> None:
        self._write(self._held.release(at_once=False))
        self._file.flush()

    def finish(self, goes_on: bool = False) -> None:
        self._write(self._held.release())
        self._file.flush()


class Seen:
    """The lines that a person would have seen in the end.

    Each stream has a screen of its own. Where there are several, or somebody waits for each line, a
    screen is one row high: then a line is there at its newline, and all stay in their order.
    """

    def __init__(
        self, file: IO[bytes], part: Part, kinds: dict[int, str], is_awaited: bool, masker: Masker | None = None
    ) -> None:
        self._file, self._masker = file, masker
        self._is_low = is_awaited or len(kinds) > 1
        self._on_terminal = {stream for stream, kind in kinds.items() if kind in ("terminal", "pty")}
        self._size = read_edge(part.facts.get("columns")), read_edge(part.facts.get("rows"))
        self._screens: dict[int, Screen] = {}
        self._last = Stretch(None, 0)

    def show(self, stretch: Stretch) -> None:
        if stretch.size:
            self._size = stretch.size
            for stream in self._on_terminal & self._screens.keys():
                self._screens[stream].resize(*self._window(stream))
        if stretch.data:
            self._write(self._screen(stretch.stream).feed(stretch.data))
            self._last = stretch

    def _screen(self, stream: int) -> Screen:
        if stream not in self._screens:
            self._screens[stream] = Screen(*self._window(stream))
        return self._screens[stream]

    def _window(self, stream: int) -> tuple[int | None, int | None]:
        """Columns and rows, None for what nobody knows: a pipe has no edge."""
        columns, rows = self._size if stream in self._on_terminal else (None, None)
        return columns, 1 if self._is_low else rows

    def _write(self, lines: Lines, end: str = "\n") -> None:
        text = "".join(f"{line.text}\n" if not line.left_out else cut_line(line) for line in lines)
        text = self._masker.mask(text) if self._masker else text
        if text:
            self._file.write((text.removesuffix("\n") + end).encode())

    def catch_up(self) -> None:
        self._file.flush()

    def finish(self, goes_on: bool = False) -> None:
        is_open = goes_on and not self._last.data.endswith(b"\n")
        for screen in self._screens.values():
            self._write(screen.finish(), end="" if is_open else "\n")
        self._file.flush()


def cut_line(line: Line) -> str:
    """What there is of a line that is too long to be had whole, and how much there is not."""
    return f"{line.text} … ({line.left_out:,} more characters)\n"


class Json:
    """An object for each line, or piece of one: put together, the texts of a stream are what it printed.

    A byte that is not UTF-8 is a lone surrogate, as everywhere in a run directory.
    """

    def __init__(self, file: IO[bytes], masker: Masker | None = None) -> None:
        self._file, self._masker = file, masker
        self._decoders: dict[int, codecs.IncrementalDecoder] = {}
        self._held: dict[int, Held] = {}
        self._last_at: float | None = None

    def show(self, stretch: Stretch) -> None:
        self._last_at = stretch.at
        if stretch.gap:
            self._write(stretch.at, stretch.stream, gap=stretch.gap)
        if stretch.data:
            self._say(stretch.at, stretch.stream, self._whole_lines(stretch.stream, self._decode(stretch)))

    def _decode(self, stretch: Stretch) -> str:
        return self._decoder(stretch.stream).decode(stretch.data)

    def _whole_lines(self, stream: int, text: str) -> str:
        return self._held.setdefault(stream, Held()).take(text) if self._masker else text

    def _say(self, at: float | None, stream: int, text: str) -> None:
        *lines, rest = (self._masker.mask(text) if self._masker else text).split("\n")
        for line in [f"{line}\n" for line in lines] + [rest] * bool(rest):
            self._write(at, stream, text=line)

    def catch_up(self) -> None:
        for stream, held in self._held.items():
            self._say(self._last_at, stream, held.release(at_once=False))
        self._file.flush()

    def _decoder(self, stream: int) -> codecs.IncrementalDecoder:
        if stream not in self._decoders:
            self._decoders[stream] = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        return self._decoders[stream]

    def _write(self, at: float | None, stream: int, **what: object) -> None:
        self._file.write(json.dumps({"at": at, "stream": stream, **what}).encode() + b"\n")

    def finish(self, goes_on: bool = False) -> None:
        for stream, decoder in self._decoders.items():
            rest = decoder.decode(b"", final=True)
            held = self._held[stream].release() if stream in self._held else ""
            self._say(self._last_at, stream, held + rest)
        self._file.flush()
