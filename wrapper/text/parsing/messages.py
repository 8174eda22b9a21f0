"""A line, prefix and message, read for its shape."""

import re

from wrapper.text.names import tidy_name
from wrapper.text.parsing.mappings import read_mapping
from wrapper.text.parsing.numbers import read_number
from wrapper.text.parsing.pairs import read_pairs
from wrapper.text.parsing.prefixes import MASK, find_label, find_prefix
from wrapper.text.parsing.shapes import Refused, Shape
from wrapper.text.parsing.words import is_section, role, split

BAR = re.compile(r"[━╸╺─█▉▊▋▌▍▎▏▐░▒▓■□▁-▇⠀-⣿]+|(?<=\[)[#=>.*-]{2}[ #=>.*-]*(?=\])|(?<=\|) *[#=>][#=> .-]*(?=\|)")
GLUED = re.compile(r"(?<=\])(?=\d{2,4}[-/:]|[A-Z`\[{])")
IS_BAR = re.compile(r"\d%\|")
SETTINGS = frozenset("params parameters config args hparams arguments options event settings".split())
# A name whose brackets say how it was measured, with numbers of their own; it is the only one in its line.
BRACKETED = re.compile(
    r"\s*(?P<name>[A-Za-z][\w ()./@-]{0,80}\[(?P<inside>[^][]{1,120})\])\s?[=:]\s?(?P<number>\S{1,40})\s*"
)


def is_bracketed(line: str) -> bool:
    """Whether it may be one."""
    return "] =" in line or "]:" in line or "]=" in line


def find_glued(line: str) -> int | None:
    """Where a line begins that was written behind a bar."""
    found = GLUED.search(line) if IS_BAR.search(line) else None
    return found.start() if found else None


def read_bracketed(line: str) -> tuple[str, float] | None:
    """`AP @[ IoU=0.50:0.95 | area=all ] = 0.374`: the name as it stands there, and its number."""
    found = BRACKETED.fullmatch(line)
    if not found or "=" not in found["inside"] or role(found["name"].partition("[")[0]) != "metric":
        return None
    number = read_number(found["number"])
    return None if number is None else (tidy_name(found["name"]), number)


def clean(line: str) -> str:
    """The line, with one sign for what a bar is drawn of."""
    if not line.isascii():
        return BAR.sub("█", line)
    return BAR.sub("#", line) if "[" in line or "|" in line else line


def read_shape(masked: str) -> Shape:
    """The shape of a line, prefix and all."""
    prefix = find_prefix(masked)
    end, rank = prefix.end, prefix.rank
    label = find_label(masked, end)
    text = masked[label:]
    if label > end:
        shape = read_message(text, masked.count(MASK, 0, label), "")
        inner = find_prefix(text)
        if shape.step is not None or shape.epoch is not None or inner.end:
            rest = read_message(text[inner.end :], masked.count(MASK, 0, label + inner.end), "")
            return rest._replace(rank=prefix.numbers)
    section = split(prefix.logger)[0] if prefix.logger and is_section(prefix.logger) else ""
    section = "" if section.startswith("train") else section
    message = masked[end:].removesuffix('"') if masked[:end].endswith('"') else masked[end:]
    shape = read_message(message, prefix.numbers, section)
    return shape._replace(rank=rank) if rank is not None else shape


def read_message(text: str, first: int, section: str) -> Shape:
    """The shape of what follows the prefix, from number `first` of the line on."""
    opening = text.find("{")
    if opening >= 0 and (opening == 0 or text[opening - 1] in " =:"):
        before, count = text[:opening], text.count(MASK, 0, opening)
        inner = read_mapping(text[opening:], first + count)
        if inner is not None and (inner.values or inner.refused):
            outer = read_pairs(before, first, section)
            return join(outer, inner, before)
    return read_pairs(text, first, section)


def join(outer: Shape, inner: Shape, before: str) -> Shape:
    """The shape of a line with a dict at its end."""
    if not SETTINGS.isdisjoint(split(before)):
        refused = tuple(Refused(value.nth, value.name, "setting") for value in inner.values)
        return outer._replace(refused=outer.refused + inner.refused + refused)
    return Shape(
        outer.values + inner.values,
        outer.refused + inner.refused,
        inner.step if inner.step is not None else outer.step,
        inner.epoch if inner.epoch is not None else outer.epoch,
        is_clean=True,
        is_mapping=True,
        has_section=outer.has_section,
    )
