"""What a program printed, without the secrets in it: many lines at a time, fast.

Programs print names of secrets all day ("tokens: 512", "password: required"), so a value has to look like a secret,
too. What is one by its shape goes wherever it stands.
"""

from __future__ import annotations

import re

from wrapper.text.masking import is_password_name, is_secret_name
from wrapper.text.shapes import KEY_BEGINS, KEY_ENDS, KEY_MARK, LONGEST_KEY, MASK, mask_shapes

# What every secret name has in it, in small letters; then the rest of the name, and no plain number.
NUMBER = r"""(?![-+\d.,:e%x]{1,40}(?:[\s"',;)}\]]|\Z))"""
REST = rf"""[\w.-]{{0,40}}["']?[ \t]{{0,8}}[=:][ \t]{{0,8}}(?![ \t]){NUMBER}"""
WORDS = tuple(
    re.compile(word + REST) for word in ("pass", "pwd", "secret", "token", "key", "credential", "authorization")
)
OF_A_NAME = re.compile(r"[\w.-]{0,40}")
BEFORE = re.compile(r"[\w.-]{0,80}\Z")
VALUE = re.compile(
    r"""[\w.-]{0,40}["']?(?P<sign>[ \t]{0,8}[=:][ \t]{0,8})(?:(?:[Bb]earer|[Bb]asic|[Tt]oken|[Dd]igest)[ \t]+)?"""
    r"""(?P<value>"[^"\n]{1,4096}"|'[^'\n]{1,4096}'|[^\s"',;(){}\[\]<>]{1,4096})"""
)
PLAIN = re.compile(r"[\d.,:eE+%x-]+|[A-Za-z]?[a-z_.-]+|[A-Z_.-]+|\*+|[$%].*|.*…|none|None|null|true|false")
SHORTEST_PASSWORD, SHORTEST_TOKEN = 4, 12
LONGEST_NAME = 80


class Masker:
    """Masks text after text, each of whole lines; `count` is how many secrets there were."""

    def __init__(self) -> None:
        self.count = 0
        self._left_of_key = 0  # letters that may still be of a private key which began earlier

    def mask(self, text: str) -> str:
        """The text with "***" for every secret."""
        if self._left_of_key:
            text = self._end_key(text)
        if KEY_MARK in text:
            self._note_key(text)
        text, count = mask_shapes(text)
        self.count += count
        return self._mask_names(text)

    def _end_key(self, text: str) -> str:
        end = KEY_ENDS.search(text)
        if end:
            self._left_of_key = 0
            return text[end.end() :]
        taken = min(len(text), self._left_of_key)
        self._left_of_key -= taken
        return text[taken:]

    def _note_key(self, text: str) -> None:
        """Remember one that goes on in the next text."""
        begin = text.rfind("-----BEGIN ")
        if begin >= 0 and KEY_BEGINS.match(text, begin) and not KEY_ENDS.search(text, begin):
            self._left_of_key = max(0, LONGEST_KEY - (len(text) - begin))

    def _mask_names(self, text: str) -> str:
        """Without what stands behind the name of a secret."""
        small = text.lower()
        if len(small) != len(text):  # Letters that are two when they are small: places would differ.
            small = "".join(letter.lower() if letter.isascii() else letter for letter in text)
        places = [found.start() for word in WORDS for found in word.finditer(small)]
        if not places:
            return text
        kept, done = [], 0
        for place in sorted(places):
            found = VALUE.match(text, place) if place >= done else None
            if found and is_secret(name_at(text, place), found["sign"], found["value"]):
                kept += [text[done : found.start("value")], mask_quoted(found["value"])]
                done = found.end()
                self.count += 1
        return "".join([*kept, text[done:]]) if kept else text


def mask_lines(lines: list[str]) -> list[str]:
    """The lines without the secrets in them; fewer, when a private key went over several."""
    return Masker().mask("\n".join(lines)).split("\n") if lines else []


def name_at(text: str, place: int) -> str:
    """The whole name that has something of it at this place."""
    before = BEFORE.search(text[max(0, place - LONGEST_NAME) : place])
    behind = OF_A_NAME.match(text, place)
    return (before[0] if before else "") + (behind[0] if behind else "")


def is_secret(name: str, sign: str, value: str) -> bool:
    """Whether this is a secret: its name says so, and it is no plain number or word."""
    inner = value.strip("\"'")
    if not is_secret_name(name) or not inner or MASK in inner:
        return False
    is_password = is_password_name(name)
    is_assigned = value != inner or sign.strip(" \t") == sign == "="
    if PLAIN.fullmatch(inner):
        return is_password and is_assigned and inner.isalpha() and len(inner) > 2 * SHORTEST_PASSWORD
    return len(inner) >= (SHORTEST_PASSWORD if is_password else SHORTEST_TOKEN)


def mask_quoted(value: str) -> str:
    quote = value[0] if value[0] in "\"'" else ""
    return f"{quote}{MASK}{quote}"
