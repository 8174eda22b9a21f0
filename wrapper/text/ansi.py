"""How bytes written to a terminal divide into text, controls and escape sequences (ECMA-48)."""

import re

STRING_LIMIT = 16 << 20  # An image may be megabytes; beyond this it was no string, and hides no more output.
SEQUENCE_LIMIT = 256
NUMBER_LIMIT = 65_535

# Changes nothing that a line would show: colours, the cursor's visibility, character sets, hyperlinks and their end.
MARK = (
    r"\x1b(?:\\|\[[0-9;:]*m|\[\?25[hl]|\[\?2026[hl]|[()][0-9A-Za-z]"
    r"|\]8;[^\x00-\x1f\x7f]{0,2000}(?:\x07|\x1b\\))"
)
MARKS = re.compile(MARK)

TOKEN = re.compile(
    rb"((?:[\r -~\x80-\xff]+|" + MARK.encode() + rb"){1,500})"
    rb"|(\n)"
    rb"|\x1b\[([0-?]*)([ -/]*)([@-~])"
    rb"|(\x08+)"
    rb"|(\t+)"
    rb"|([\x0b\x0c])"
    rb"|\x1b([0-OQ-WYZ\\`-jl-~])"
    rb"|([\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]+|\x1b[ -/]+[0-~]"
    rb"|\x1b\][^\x07\x18\x1a\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_k][^\x18\x1a\x1b]*\x1b\\)"
    rb"|(\x1b)"
)
TEXT, NEWLINE, PARAMETERS, INTERMEDIATE, CSI, BACKSPACE, TAB, FEED, ESCAPE, NOTHING, UNFINISHED = range(1, 12)

# Anything that is not text, a tab, a mark, a bell, or the end of a line.
DRAWING = re.compile(
    rb"[\x00-\x06\x08\x0b-\x1f\x7f](?:(?<=\r)(?!\r{0,2}\n)|(?<=\x1b)(?!"
    + MARK.encode().removeprefix(rb"\x1b")
    + rb")|(?<![\r\x1b]))"
)
PRINTABLE = bytes(code for code in range(256) if code >= 0x20 and code != 0x7F) + b"\t"
# What a cut may have left incomplete at the end: a line's end, a character, a short sequence.
CUT_SHORT = re.compile(rb"(?:\r+|\x1b(?:\[[?0-9;:]*)?|[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})\Z")
CUT_BYTES = 40

ESC, DEL, CANCEL = 0x1B, 0x7F, (0x18, 0x1A)
PARAMETER_BYTES = re.compile(rb"[0-?]+")
STRINGS = (b"]", b"P", b"X", b"^", b"_", b"k")
END_OF_OSC = re.compile(rb"[\x07\x18\x1a\x1b]")
END_OF_STRING = re.compile(rb"[\x18\x1a\x1b]")


def strip_marks(text: str) -> str:
    """`text` without the colours and links in it, nor the bell that some of these end with."""
    return MARKS.sub("", text).replace("\x07", "") if "\x1b" in text or "\x07" in text else text


def numbers(parameters: bytes) -> list[int] | None:
    """The numbers of a control sequence, 0 where one was left out; None when they are something else."""
    if not parameters:
        return []
    try:
        return [min(int(part or b"0"), NUMBER_LIMIT) for part in parameters.split(b";")]
    except ValueError:  # "38:5:1", "?25"
        return None


class Unfinished:
    """An escape sequence of which only the beginning has been seen.

    `take` is given the bytes that follow, until `is_over`. It keeps no more of them than a sequence may
    sensibly have, however many there are.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._restart()

    def _restart(self) -> None:
        self._bytes = bytearray(b"\x1b")
        self._is_too_long = False
        self._end: re.Pattern[bytes] | None = None  # of a string
        self._room = STRING_LIMIT

    def take(self, data: bytes, position: int) -> tuple[int, bytes]:
        """How far `data` was read, and what is to be done: a sequence, a control within it, or nothing."""
        if self._end:
            return self._take_string(data, position, self._end), b""
        code = data[position]
        if code >= 0x80 or code in CANCEL:
            self.is_over = True  # What is not ASCII is no part of a sequence: it is text, and stays to be read.
            return position + (code < 0x80), b""
        if code == ESC:
            self._restart()
            return position + 1, b""
        if code < 0x20 or code == DEL:
            return position + 1, bytes([code])
        return self._take_sequence(data, position)

    def _take_sequence(self, data: bytes, position: int) -> tuple[int, bytes]:
        kind = self._bytes[1:2]
        run = PARAMETER_BYTES.match(data, position) if kind == b"[" else None
        taken = run.group() if run else data[position : position + 1]
        position += len(taken)
        if not kind and taken in STRINGS:
            self._end = END_OF_OSC if taken == b"]" else END_OF_STRING
            return position, b""
        if len(self._bytes) + len(taken) > SEQUENCE_LIMIT:
            self._is_too_long = True
        else:
            self._bytes += taken
        if kind:
            self.is_over = taken >= (b"@" if kind == b"[" else b"0")
        else:
            self.is_over = taken >= b"0" and taken != b"["
        return position, bytes(self._bytes) if self.is_over and not self._is_too_long else b""

    def _take_string(self, data: bytes, position: int, end: re.Pattern[bytes]) -> int:
        found = end.search(data, position, position + self._room)
        if found is None:
            taken = min(len(data) - position, self._room)
            self._room -= taken
            self.is_over = not self._room
            return position + taken
        if found.group() == b"\x1b":  # Of the terminator, or of a sequence that breaks the string off.
            self._restart()
        else:
            self.is_over = True
        return found.end()
