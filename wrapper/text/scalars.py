"""From the text of a value to the value: numbers, booleans, nothing, text, and lists and maps of them.

What YAML 1.2 and Python agree on. Where text looks like a number but is a name, it stays text: "007", "1e10f",
a number that no double holds, a commit such as "5430e12".
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST = 10_000  # characters of a list or a map
DEEPEST = 20
LARGEST_INT = 2**53  # Beyond it a number is not the same everywhere: JavaScript has doubles.

WORDS: dict[str, Any] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "None": None, "~": None,
}  # fmt: skip
NOT_FINITE = re.compile(r"([-+]?)\.?(inf|infinity|nan)", re.I)
INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,15})", re.A)
FLOAT = re.compile(
    r"[-+]?(?:(?:(?:0|[1-9][0-9]{0,40})?\.[0-9]{1,60}|(?:0|[1-9][0-9]{0,40})\.)(?:[eE][-+]?[0-9]{1,3})?"
    r"|(?:0|[1-9][0-9]{0,40})[eE][-+]?[0-9]{1,3})",
    re.A,
)
LIKE_A_HASH = re.compile(r"[0-9]{4,}[eE][0-9]+", re.A)
NUMBERS_IN_A_ROW = re.compile(r"[-+.0-9eE]+(?:,[-+.0-9eE]+)+", re.A)
OPENERS = {"[": "]", "{": "}", "(": ")"}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def read_value(text: str) -> Any:
    """What the text means; the text itself where it means nothing else."""
    text = text.strip(" \t")
    if text[:1] in OPENERS and text[-1:] == OPENERS[text[0]] and len(text) <= LONGEST:
        return read_structure(text)
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]:
        return text[1:-1]
    if len(text) <= LONGEST and NUMBERS_IN_A_ROW.fullmatch(text):
        numbers = [read_scalar(word) for word in text.split(",")]
        return text if any(isinstance(number, str) for number in numbers) else numbers
    return read_scalar(text)


def read_scalar(text: str) -> Any:
    """The number, boolean or nothing that is written here; else the text."""
    if text in WORDS:
        return WORDS[text]
    if INT.fullmatch(text):
        return int(text) if abs(int(text)) <= LARGEST_INT else text
    if FLOAT.fullmatch(text) and not LIKE_A_HASH.fullmatch(text):
        number = float(text)
        return text if number in (float("inf"), float("-inf")) else number
    if NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def is_number(text: str) -> bool:
    """Whether it is one number, or several in a row with commas."""
    value = read_value(text)
    return (isinstance(value, int | float) and not isinstance(value, bool)) or (
        isinstance(value, list) and text[:1] not in OPENERS
    )


def read_structure(text: str) -> Any:
    """A list or map in JSON, Python's or YAML's way of writing; the text itself when it is none of them."""
    if is_too_deep(text):
        return text
    try:
        return json.loads(text)
    except ValueError:  # Not JSON; it may be one of the others.
        structure = Structure(text)
    try:
        return structure.read()
    except NotAStructure:
        return text


def is_too_deep(text: str) -> bool:
    """Whether brackets stand in more others than anybody writes by hand."""
    depth = deepest = 0
    for character in text:
        depth += (character in OPENERS) - (character in "]})")
        deepest = max(deepest, depth)
    return deepest > DEEPEST


class NotAStructure(ValueError):
    """The brackets, commas and colons do not make a list or a map."""


class Structure:
    """Reads `{'a': 1, b: [x, (1, 2)]}`: keys and texts with or without quotes. A tuple is a list."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def read(self) -> Any:
        """The value that is the whole text; raises NotAStructure."""
        value = self._value()
        if self._peek():
            raise NotAStructure
        return value

    def _peek(self) -> str:
        while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _value(self) -> Any:
        first = self._peek()
        if first == "{":
            return dict(self._items(self._pair))
        if first in OPENERS:
            return self._items(self._value)
        return self._quoted() if first in "\"'" else read_scalar(self._bare(",]})"))

    def _items(self, read: Any) -> list[Any]:
        closer = OPENERS[self._text[self._at]]
        self._at += 1
        items = []
        while (first := self._peek()) != closer:
            if not first:
                raise NotAStructure
            items.append(read())
            if self._peek() == ",":
                self._at += 1
            elif self._peek() != closer:
                raise NotAStructure
        self._at += 1
        return items

    def _pair(self) -> tuple[str, Any]:
        key = self._quoted() if self._peek() in "\"'" else self._bare(",]}:")
        if self._peek() != ":":
            raise NotAStructure
        self._at += 1
        return key, self._value()

    def _quoted(self) -> str:
        quote, text = self._text[self._at : self._at + 1], ""
        self._at += 1
        while (character := self._text[self._at : self._at + 1]) != quote:
            if not character:
                raise NotAStructure
            if character == "\\":
                self._at += 1
                character = self._text[self._at : self._at + 1]
                character = ESCAPES.get(character, character)
            text += character
            self._at += 1
        self._at += 1
        return text

    def _bare(self, enders: str) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in enders:
            if self._text[self._at] in "[{(\"'":
                raise NotAStructure
            self._at += 1
        if not (text := self._text[start : self._at].strip()):
            raise NotAStructure
        return text
