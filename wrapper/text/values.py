"""The value that a word spells, where nobody has said of what type it is: `lr=0.1`, `nesterov=true`, `name=adam`."""

from __future__ import annotations

LARGEST = int(1.7976931348623157e308)
INFINITY, MINUS_INFINITY, NOT_A_NUMBER = float("inf"), float("-inf"), float("nan")
MOST_DIGITS = 4000  # Python reads no more of an integer than 4,300, because that would take long.

# As C, Rust, Perl, Java, JavaScript and Python print them, in small letters.
WORDS: dict[str, float | bool | None] = {
    "true": True,
    "false": False,
    "null": None,
    "none": None,
    **dict.fromkeys(("nan", "+nan", "-nan"), NOT_A_NUMBER),
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), INFINITY),
    **dict.fromkeys(("-inf", "-infinity"), MINUS_INFINITY),
}
LONGEST_WORD = max(map(len, WORDS))


class Refused(ValueError):
    """What was written cannot be taken; the text says why, in words for a warning."""


def read_value(text: str) -> float | str | bool | None:
    """The number or truth that a word spells, None for null, else the text itself.

    Raises Refused for a number that a double cannot hold.
    """
    if len(text) <= LONGEST_WORD and text.lower() in WORDS:
        return WORDS[text.lower()]
    if text[:1] not in "+-.0123456789" or not text.isascii() or "_" in text or text[-1:].isspace():
        return text
    return read_number(text)


def read_number(text: str) -> float | str:
    digits = text[1:] if text[:1] in "+-" else text
    if digits.isdigit():
        if len(digits) > MOST_DIGITS or abs(number := int(text)) > LARGEST:
            raise Refused(f"{shorten(text)} is beyond what a double holds")
        return number
    try:
        value = float(text)
    except ValueError:
        return text
    if value in (INFINITY, MINUS_INFINITY):
        raise Refused(f"{shorten(text)} is beyond what a double holds")
    return value


def shorten(text: str) -> str:
    """So much of it that a message stays readable, without what would move a terminal's cursor."""
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    return "".join(letter if letter.isprintable() else "?" for letter in shown)
