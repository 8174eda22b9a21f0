"""What a line of the metrics file says beside its metrics: the names that begin with `$`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wrapper.text.values import INFINITY, LARGEST, MINUS_INFINITY, Refused, shorten

DEEPEST = 64
FILE_KINDS = ("image", "video", "audio")
SUMMARIES = ("min", "max", "mean", "best", "first", "last", "copy", "none")
GOALS = ("minimize", "maximize")
LEVELS = ("INFO", "WARN", "ERROR")
Facts = list[tuple[str, Any]]


def take_facts(data: dict[str, Any], complaints: list[str]) -> Facts:
    """Remove every `$` name, and return what they say, in order; what is wrong with one is complained about.

    Media of all kinds come as one fact: {"samples": {"type": "image", "path": "out.png"}}.
    """
    facts: Facts = []
    media: dict[str, Any] = {}
    for name in [name for name in data if name.startswith("$")]:
        value = data.pop(name)
        try:
            check_tree(name, value)
            if name[1:] in MEDIA:
                media.update(read_media(name, value))
            elif name in READ:
                facts += READ[name](name, value)
            else:
                raise Refused(f"there is no {shorten(name)}; there are {', '.join([*READ, *map('${}'.format, MEDIA)])}")
        except Refused as refused:
            complaints.append(str(refused))
    return [*facts, ("media", media)] if media else facts


def check_tree(name: str, value: Any, depth: int = 0) -> None:
    """Raise Refused where something is nested too deep, or a number is beyond a double."""
    if depth > DEEPEST:
        raise Refused(f"{shorten(name)} is nested deeper than {DEEPEST} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            check_tree(key, item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_tree(name, item, depth + 1)
    elif is_beyond(value):
        raise Refused(f"{shorten(name)} is beyond what a double holds")


def is_beyond(value: object) -> bool:
    """Whether it is a number that was written as one and that a double cannot hold.

    The infinities that stand for the word Infinity are those of values.py, and are no others.
    """
    if type(value) is int:
        return not -LARGEST <= value <= LARGEST
    return (
        type(value) is float
        and value in (INFINITY, MINUS_INFINITY)
        and value is not INFINITY
        and value is not MINUS_INFINITY
    )


def read_tree(name: str, value: Any) -> Facts:
    if not isinstance(value, dict):
        raise Refused(f'{name} is an object: {{"{name}": {{"name": value}}}}')
    return [(name[1:], value)]


def read_text(name: str, value: Any) -> Facts:
    if not isinstance(value, str) or not value:
        raise Refused(f"{name} is a text")
    return [(name[1:], value)]


def read_texts(name: str, value: Any) -> Facts:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(text, str) and text for text in values):
        raise Refused(f"{name} is a text, or a list of texts")
    return [(name[1:], text) for text in values]


def read_alert(name: str, value: Any) -> Facts:
    alert = {"title": value} if isinstance(value, str) else value
    if not isinstance(alert, dict) or not isinstance(alert.get("title"), str) or not alert["title"]:
        raise Refused(f'{name} has a title: {{"{name}": {{"title": "…", "text": "…", "level": "WARN"}}}}')
    level = alert.get("level", "INFO")
    if level not in LEVELS:
        raise Refused(f"the level of {name} is one of {', '.join(LEVELS)}")
    if not isinstance(alert.get("text", ""), str):
        raise Refused(f"the text of {name} is a text")
    return [(name[1:], {"title": alert["title"], "text": alert.get("text", ""), "level": level})]


def read_defines(name: str, value: Any) -> Facts:
    return [(name[1:], read_define(name, each)) for each in (value if isinstance(value, list) else [value])]


def read_define(name: str, value: Any) -> dict[str, Any]:
    """How a metric, or all that a pattern such as val/* names, is to be shown."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        raise Refused(f'{name} names a metric: {{"{name}": {{"name": "val/*", "step": "epoch", "summary": "max"}}}}')
    if not isinstance(value.get("step", ""), str):
        raise Refused(f"the step of {name} is the name of a metric")
    if value.get("goal") not in (None, *GOALS):
        raise Refused(f"the goal of {name} is one of {', '.join(GOALS)}")
    summary = value.get("summary")
    wanted = summary.split(",") if isinstance(summary, str) else summary
    if wanted is not None:
        if not isinstance(wanted, list) or not all(isinstance(word, str) and word in SUMMARIES for word in wanted):
            raise Refused(f"the summary of {name} is one of {', '.join(SUMMARIES)}, or several")
        return {**value, "summary": ",".join(wanted)}
    return value


READ: dict[str, Callable[[str, Any], Facts]] = {
    "$config": read_tree,
    "$summary": read_tree,
    "$define": read_defines,
    "$save": read_texts,
    "$tag": read_texts,
    "$note": read_text,
    "$alert": read_alert,
}


def read_media(name: str, value: Any) -> dict[str, Any]:
    """Each medium under the name that it was given, with its type."""
    kind = name[1:]
    if not isinstance(value, dict) or not value:
        raise Refused(f'{name} is an object of names: {{"{name}": {{"name": {MEDIA[kind]}}}}}')
    found = {}
    for key, medium in value.items():
        read = read_medium(kind, medium)
        if read is None:
            raise Refused(f'{shorten(key)} is no {kind}; one is written {{"{name}": {{"name": {MEDIA[kind]}}}}}')
        found[key] = {**read, "type": kind}
    return found


# What each kind looks like.
MEDIA = {
    "image": '{"path": "out.png", "caption": "…"}',
    "video": '{"path": "out.mp4"}',
    "audio": '{"path": "out.wav"}',
    "histogram": "[0.1, 0.5, 0.7]",
    "table": '{"columns": ["a", "b"], "data": [[1, 2]]}',
    "html": '"<b>…</b>"',
    "plot": '{"path": "plot.json"}',
}


def read_medium(kind: str, value: Any) -> dict[str, Any] | None:
    """What describes one medium, None when it is nothing of the kind."""
    if kind in FILE_KINDS:
        return read_files(value)
    if kind == "html" and isinstance(value, str) and "<" in value:
        return {"html": value}
    if isinstance(value, str):
        return {"path": value} if value else None
    if kind == "histogram":
        return read_histogram(value)
    if not isinstance(value, dict):
        return None
    if kind == "table":
        return value if is_table(value) or is_path(value) else None
    if kind == "html":
        return value if isinstance(value.get("html"), str) or is_path(value) else None
    return value if is_path(value) else {"spec": value}


def read_files(value: Any) -> dict[str, Any] | None:
    """A file, or several that are shown side by side."""
    if isinstance(value, list) and value:
        items = [read_files(item) for item in value if not isinstance(item, list)]
        return {"items": items} if len(items) == len(value) and None not in items else None
    if isinstance(value, str):
        return {"path": value} if value else None
    return value if is_path(value) else None


def is_path(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("path"), str) and value["path"] != ""


def read_histogram(value: Any) -> dict[str, Any] | None:
    """Samples that are still to be counted, or counts between edges, of which there is one more."""
    if are_numbers(value):
        return {"samples": value}
    if isinstance(value, dict) and are_numbers(value.get("values")) and are_numbers(value.get("bins")):
        counts, edges = value["values"], value["bins"]
        return {"values": counts, "bins": edges} if len(edges) == len(counts) + 1 else None
    return None


def are_numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(item) in (int, float) for item in value)


def is_table(value: dict[str, Any]) -> bool:
    columns, rows = value.get("columns"), value.get("data")
    if not isinstance(columns, list) or not isinstance(rows, list):
        return False
    return all(isinstance(row, list) and len(row) == len(columns) for row in rows)
