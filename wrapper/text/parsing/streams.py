"""What the lines of one stream have to do with one another."""

import re
from dataclasses import replace
from operator import itemgetter

from wrapper.text.line import Line, Plain
from wrapper.text.parsing.boxes import EDGE
from wrapper.text.parsing.evaluations import is_of_best
from wrapper.text.parsing.listings import Listing, is_sign
from wrapper.text.parsing.outlines import Outline, may_open
from wrapper.text.parsing.prefixes import find_prefix
from wrapper.text.parsing.rows import Record
from wrapper.text.parsing.tables import RULE, Tables
from wrapper.text.parsing.vetoes import TEST, TRACEBACK
from wrapper.text.parsing.words import is_section, split

# Letters that a number may have are "n"; others are "x", and what stands between words is a blank.
SHAPE = bytes(
    ord("n" if chr(byte) in "naifNAIF" else "x" if chr(byte).isalnum() and byte < 128 else " ") for byte in range(256)
)
NOT_FINITE = re.compile(rb"(?<![A-Za-z0-9])(?:nan|inf)(?![A-Za-z0-9])", re.IGNORECASE)
# What stands in each line with which a listing, an outline or a box begins. Their first character is found in no time.
SIGNS = {
    character: re.compile(sign, re.MULTILINE)
    for character, sign in {
        b"=": rb"=",
        b":": rb":[\s\a]*$",
        b"]": rb"\][\s\a]*$",
        b"}": rb"}[\s\a]*$",
        b"{": rb"{[\s\a]*$",
        b"-": rb"-\s+-",
        b"(": rb"library\(|def ",
        b"#": rb"#include",
        b">": rb"^>",
        b"\x1b": rb"\x1b",
    }.items()
}
KEPT_LINES = 5  # of a stretch without a digit: a header is not longer
LONGEST_WORDS = 200


class Stream:
    """The tables of a stream, the heading that holds, and whether code is being shown."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.listing = Listing()
        self.outline = Outline()
        self.section = ""
        self.is_best_next = False  # the line above says that the best row follows
        self.code = ""  # the beginning of the line that headed a stack trace
        self._place = 0  # of it, behind a prefix

    def read_words(self, line: str) -> Record | None:
        """A line without a digit: a header, the end of a box, or what follows is measured on."""
        if not line or line.isspace():
            return self.tables.note(line)
        self.follow_code(line)
        if len(line) > LONGEST_WORDS:
            return None
        self.is_best_next = is_of_best(line)
        message = line[find_prefix(line).end :]
        text = message.strip(" -=*#.[]<>")
        is_heading = text.endswith(":") and len(text) < 40 and is_section(text)
        self.section = split(text)[0] if is_heading and not text.lower().startswith("train") else ""
        return self.tables.note(message)

    def follow_code(self, line: str) -> None:
        """Notice where a stack trace begins and ends."""
        place = line.find(TRACEBACK)
        if place >= 0:
            self.code, self._place = TRACEBACK, place
        elif line.startswith(TEST):
            self.code, self._place = TEST, 0
        elif line[0] == "=" if self.code == TEST else not line[self._place : self._place + 1].isspace():
            self.code = ""


def is_of_words(data: bytes) -> bool:
    """Whether there is no number in it, and no head of a stack trace."""
    # Five times as fast as looking for one with a regular expression.
    shape = b" " + data.translate(SHAPE, b"0123456789")
    if len(shape) != 1 + len(data) or (b" nnn " in shape and NOT_FINITE.search(data)):
        return False
    return b"Traceback" not in data and TEST.encode() not in data


def is_counted(piece: Plain) -> bool:
    """Whether something may begin in a stretch of which every line counts: a listing, an outline, a box."""
    data = piece.data
    if b"import " not in data and not any(key in data and sign.search(data) for key, sign in SIGNS.items()):
        return False
    texts = map(itemgetter(0), piece)
    return any(is_sign(text) or may_open(text) or EDGE.fullmatch(text) for text in texts)


def tail(piece: Plain) -> list[Line]:
    """The last lines of a stretch: as many as may matter, and those without a word that stand between them."""
    count = KEPT_LINES
    while True:
        lines = last_lines(piece, count)
        if len(lines) < count or sum(map(is_kept, lines)) >= KEPT_LINES:
            return lines
        count *= 4


def is_kept(line: Line) -> bool:
    """Whether those above it matter less for it."""
    return len(line.text) <= LONGEST_WORDS and not RULE.fullmatch(line.text, find_prefix(line.text).end)


def last_lines(piece: Plain, count: int) -> list[Line]:
    """The last lines of a stretch, so many; all where it has fewer."""
    start = len(piece.data) - 1
    for _ in range(count):
        start = piece.data.rfind(b"\n", 0, start)
        if start < 0:
            return piece.lines()
    return replace(piece, data=piece.data[start + 1 :], start=piece.start + start + 1).lines()
