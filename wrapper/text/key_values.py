"""`name=value` words, as a shell writes them: `loss=0.29 phase="warm up" done=true`."""

from __future__ import annotations

import re
from typing import Any

from wrapper.text.values import Refused, read_value, shorten

MOST_CHARACTERS = 1_000_000
QUOTED = r""""([^"\\]*(?:\\.[^"\\]*)*)"|'([^']*)'"""
TIGHT = re.compile(rf"([^\s=,\"']+)=(?:{QUOTED}|([^\s,\"']*))(?:[\s,]+|$)")
SPACED = re.compile(rf"([^\s=,\"']+)\s*=\s*(?:{QUOTED}|([^\s,=\"']+))(?:[\s,]+|$)")
ESCAPED = re.compile(r"\\(.)")
MEANS = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`"}
AS_TEXT = ("$tag", "$note", "$save", "$alert")


def read_pairs(text: str, complaints: list[str]) -> dict[str, Any]:
    """What the words say, `$config.opt.lr=0.1` as {"$config": {"opt": {"lr": 0.1}}}.

    Raises Refused when that is nothing. A name without a value, or with several, is complained about.
    """
    if len(text) > MOST_CHARACTERS:
        raise Refused("longer than 1 MB, which only a JSON object may be")
    found, rest = match_all(TIGHT, text)
    if rest < len(text):
        found, in_spaced = match_all(SPACED, text)
        if in_spaced < len(text):
            where = shorten(text[max(rest, in_spaced) :])
            raise Refused(f"neither a JSON object nor name=value words, from `{where}` on")
    data: dict[str, Any] = {}
    for name, double, single, bare in found:
        if bare == "":
            complaints.append(f"{shorten(name)} has no value")
            continue
        if name in data:
            complaints.append(f"{shorten(name)} stands in it more than once, and the last counts")
        put(data, name, read_written(double, single, bare, is_text=name in AS_TEXT))
    return data


def match_all(pattern: re.Pattern[str], text: str) -> tuple[list[tuple[str, str | None, str | None, str | None]], int]:
    """The groups of each match from the beginning on, and where the first thing stands that does not match."""
    found, at = [], 0
    while at < len(text) and (match := pattern.match(text, at)):
        found.append((match[1], match[2], match[3], match[4]))
        at = match.end()
    return found, at


def read_written(double: str | None, single: str | None, bare: str | None, is_text: bool) -> Any:
    """What is quoted is text, all else is what it looks like."""
    if double is not None:
        return ESCAPED.sub(lambda match: MEANS.get(match[1], match[0]), double)
    text = single if single is not None else bare or ""
    return text if is_text or single is not None else read_value(text)


def put(data: dict[str, Any], name: str, value: Any) -> None:
    """Under its name; in `$config` and `$summary`, as deep as it has dots."""
    path = name.split(".") if name.startswith(("$config.", "$summary.")) else [name]
    for part in path[:-1]:
        inner = data.setdefault(part, {})
        if not isinstance(inner, dict):
            inner = data[part] = {}
        data = inner
    data[path[-1]] = value
