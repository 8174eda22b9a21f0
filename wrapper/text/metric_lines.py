"""One line of the metrics file. Any program may write it, in any language, so any bytes may stand in it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from wrapper.text.key_values import read_pairs
from wrapper.text.metric_facts import DEEPEST, is_beyond, take_facts
from wrapper.text.names import tidy_name
from wrapper.text.values import INFINITY, LARGEST, MINUS_INFINITY, NOT_A_NUMBER, Refused, shorten

MOST_BYTES = 10_000_000
MOST_STEPS = 1 << 63
LAST_TIME = 32_503_680_000.0  # The year 3000.
LONG_DIGITS = re.compile(r"(?:^|[^0-9])[0-9]{4000}")
# What printf and its like make of a number that is none; JSON has no word for it, and Python's json has others.
LONGEST_MENDED = 1_000_000
BARE_WORD = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[-+]?\b(?:nan|inf|infinity)\b', re.IGNORECASE)

Value = float | str | bool


class Line(NamedTuple):
    """What a line says.

    `row` is None where the line has no metrics. `facts` are what its `$` names say: ("config", {…}), ("tag", "…").
    `step`, `epoch` and `time` are None where it does not say. `complaints` tell what was not taken, and why.
    """

    row: dict[str, Value] | None = None
    step: int | None = None
    epoch: float | None = None
    time: float | None = None
    facts: tuple[tuple[str, Any], ...] = ()
    complaints: tuple[str, ...] = ()


NOTHING = Line()


def read_line(line: bytes) -> Line:
    """What one line says, whatever its bytes; nothing for a blank one."""
    try:
        return understand(line)
    except Refused as refused:
        return Line(complaints=(str(refused),))
    except RecursionError:
        return Line(complaints=(f"nested deeper than {DEEPEST} levels",))


def understand(line: bytes) -> Line:
    text = decode(line)
    if not text:
        return NOTHING
    complaints: list[str] = []
    data = read_json(text, complaints) if text[0] in "{[" else read_pairs(text, complaints)
    facts = tuple(take_facts(data, complaints)) if "$" in text or "\\u0024" in text else ()
    step, epoch, time = take_step(data, complaints), take_epoch(data), take_time(data, complaints)
    row: dict[str, Value] = {}
    fill(row, "", data, complaints, 0)
    has_row = bool(row) or not (facts or complaints)
    return Line(row if has_row else None, step, epoch, time, facts, tuple(dict.fromkeys(complaints)))


def decode(line: bytes) -> str:
    """The text of a line without what stands around it."""
    if len(line) > MOST_BYTES:
        raise Refused("longer than 10 MB")
    try:
        return line.decode().lstrip("\ufeff").strip()
    except UnicodeDecodeError as error:
        raise Refused(f"byte {error.start + 1} is not UTF-8") from None


class Doubled(Exception):
    """A name stands twice in an object."""


def refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise Doubled
    return data


# The very objects, so that a number which is too large for a double can be told from the word Infinity.
CONSTANTS = {"NaN": NOT_A_NUMBER, "Infinity": INFINITY, "-Infinity": MINUS_INFINITY}
DECODER = json.JSONDecoder(object_pairs_hook=refuse_doubles, parse_constant=CONSTANTS.__getitem__)


def read_json(text: str, complaints: list[str]) -> dict[str, Any]:
    """The object that a text spells; raises Refused when it spells none."""
    if len(text) > 4000 and LONG_DIGITS.search(text):
        raise Refused("a number has more than 4,000 digits")
    try:
        data = decode_json(DECODER, text)
    except Doubled:
        data = decode_json(lenient_decoder(complaints), text)
    if not isinstance(data, dict):
        raise Refused("a list; each line is one object of its own")
    return data


def decode_json(decoder: json.JSONDecoder, text: str) -> Any:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        if len(text) > LONGEST_MENDED or text[error.pos : error.pos + 1] not in tuple("nNiI+-"):
            raise Refused(about(error)) from None
    try:
        return decoder.decode(BARE_WORD.sub(mend, text))
    except json.JSONDecodeError as error:
        raise Refused(about(error)) from None


def mend(match: re.Match[str]) -> str:
    """`-nan` as NaN, `+inf` as Infinity; a string as it is."""
    word = match[0].lower()
    if word[0] == '"':
        return match[0]
    if word.endswith("nan"):
        return "NaN"
    return "-Infinity" if word[0] == "-" else "Infinity"


def about(error: json.JSONDecodeError) -> str:
    what = error.msg[:1].lower() + error.msg[1:]
    return f"no JSON: {what.removesuffix(' at')} at character {error.pos + 1}"


def lenient_decoder(complaints: list[str]) -> json.JSONDecoder:
    """Of a name that stands in an object twice, the last value counts, and there is a complaint."""

    def complain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, value in pairs:
            if name in data:
                complaints.append(f"{shorten(name)} stands in it more than once, and the last counts")
            data[name] = value
        return data

    return json.JSONDecoder(object_pairs_hook=complain, parse_constant=CONSTANTS.__getitem__)


def take_step(data: dict[str, Any], complaints: list[str]) -> int | None:
    """`_step` says it, else `step` where that is a whole number; another `step` is a metric like any other."""
    if "_step" in data:
        value = data.pop("_step")
        if is_step(value):
            return int(value)
        complaints.append(f"_step is a whole number from 0 on, and not {shorten(str(value))}")
    elif is_step(data.get("step")):
        return int(data.pop("step"))
    return None


def is_step(value: object) -> bool:
    if type(value) is float:
        return 0 <= value < MOST_STEPS and value.is_integer()
    return type(value) is int and 0 <= value < MOST_STEPS


def take_epoch(data: dict[str, Any]) -> float | None:
    """`epoch` where that is a number."""
    value: object = data.get("epoch")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -LARGEST <= value <= LARGEST:
        return None
    del data["epoch"]
    return value


def take_time(data: dict[str, Any], complaints: list[str]) -> float | None:
    """`_timestamp`, the Unix time in seconds."""
    value = data.pop("_timestamp", None)
    if value is None:
        return None
    if type(value) in (int, float) and 0 < value < LAST_TIME:
        return float(value)
    complaints.append(f"_timestamp is a Unix time in seconds, and not {shorten(str(value))}")
    return None


# A program writes the same few names again and again.
tidy = lru_cache(4096)(tidy_name)


def fill(row: dict[str, Value], above: str, data: dict[str, Any], complaints: list[str], depth: int) -> None:
    """Put every value into the row, those of nested objects as `outer.inner`; null is no value."""
    for name, value in data.items():
        kind = type(value)
        full = tidy(above + name)
        if not name or not full:
            complaints.append("a value has no name")
        elif kind is float or kind is int:
            if not -LARGEST <= value <= LARGEST and is_beyond(value):
                raise Refused(f"{shorten(full)} is beyond what a double holds")
            row[full] = value
        elif kind is str or kind is bool:
            row[full] = value
        elif kind is dict and depth < DEEPEST:
            fill(row, f"{above}{name}.", value, complaints, depth + 1)
        elif value is not None:
            what = "a list" if kind is list else "nested too deep"
            complaints.append(f"{shorten(full)} is {what}, and a metric is a number, a text, true or false")
