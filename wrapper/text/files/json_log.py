"""Logs with one JSON object in each line, as detectron2, mmdetection, DINO and fairseq keep them."""

import json

from wrapper.text.files.columns import Counting, know_columns, make_row
from wrapper.text.files.facts import Fact, read_number

MOST_DEPTH = 6
MOST_VALUES = 5000
MOST_NAME = 200
MOST_NUMBER = 1 << 1023  # beyond a double


class JsonLog:
    """Reads a file line by line; what it knows follows from the lines before."""

    def __init__(self) -> None:
        self._counting = Counting()

    def read(self, line: str) -> list[Fact]:
        """The facts of one line, without its newline."""
        if not line.strip():
            return []
        values = read_object(line)
        if values is None:
            return [Fact(warning="this is no JSON object; the line was left out")]
        if len(values) > MOST_VALUES or (len(line) > MOST_VALUES and max(map(len, values), default=0) > MOST_NAME):
            return [Fact(warning="it has too many values, or names too long; the line was left out")]
        columns = know_columns(tuple(values))
        fact = make_row(keep_numbers(values, columns.split), columns, self._counting)
        return [fact] if fact else []


def read_object(line: str) -> dict[str, object] | None:
    """The object that a line spells; None when it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def keep_numbers(values: dict[str, object], split: str | None, depth: int = 0) -> dict[str, object]:
    """What can be drawn: numbers, also those that are spelled as text, and objects of them."""
    kept: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < MOST_NUMBER):
            kept[name] = value
        elif isinstance(value, str):
            said = value if name == split else read_number(value)
            kept |= {} if said is None else {name: said}
        elif isinstance(value, dict) and depth < MOST_DEPTH and (inner := keep_numbers(value, None, depth + 1)):
            kept[name] = inner
    return kept
