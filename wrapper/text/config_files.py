"""From the text of a config file to nested settings: YAML, JSON (with comments), TOML and INI.

Whatever is in a file, it takes bounded time and memory: who calls bounds its length, and what it may become is
bounded here. A tag of YAML is dropped and its value kept; a file that repeats itself (`&a`, `*a`) is written out, as
far as the bounds allow. Numbers and truth are those of the command line.
"""

from __future__ import annotations

import configparser
import datetime
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wrapper.text.arguments import nest
from wrapper.text.scalars import LARGEST_INT, read_scalar, read_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_VALUES = 2000  # Beyond it a file is data rather than settings.
LONGEST_TEXT = 4000
LONGEST_KEY = 200
LONGEST_INT_BITS = 4000
DEEPEST = 20
DEEPEST_BRACKETS = 50
MOST_EVENTS = 20_000  # of YAML; also those behind which nothing new comes

ENDINGS = {
    ".yaml": "YAML", ".yml": "YAML", ".json": "JSON", ".jsonc": "JSON", ".toml": "TOML", ".ini": "INI", ".cfg": "INI",
    ".conf": "INI",
}  # fmt: skip
# A string, or a comment outside of strings.
# What is not closed goes on to the end, so that nothing is read twice.
BRACKET = re.compile(r"[\[\]{}]")
STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.S)
COMMA_AT_THE_END = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|,(?=\s{0,1000}[\]}])', re.S)
PLACE_IN_TOML = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


class Unreadable(ValueError):
    """The text is not of its kind; `line` is where, 0 when it is nowhere in particular."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class NoSettings(ValueError):
    """The file is in order, and holds something else: a list, one value, or more values than settings have."""


def kind_of(path: str) -> str:
    """YAML, JSON, TOML or INI; "" for a file that is none by its name."""
    return ENDINGS.get("." + path.rpartition(".")[2].lower(), "")


def read_config(kind: str, text: str) -> dict[str, Any]:
    """The settings in a file of this kind; none in an empty one. Raises Unreadable, or NoSettings."""
    readers = {"YAML": read_yaml, "JSON": read_json, "TOML": read_toml, "INI": read_ini}
    try:
        value = readers[kind](text.removeprefix("\ufeff"))
    except RecursionError:
        raise Unreadable(0, f"this {kind} is nested too deeply") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NoSettings
    tidy = Tidying().tidy(value)
    assert isinstance(tidy, dict)
    return tidy


def read_json(text: str) -> Any:
    """JSON, or JSON with comments and a comma behind the last item; nothing for an empty text."""
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        first = error
    plain = STRING_OR_COMMENT.sub(_blank_comment, text)
    plain = COMMA_AT_THE_END.sub(lambda found: found[0] if found[0] != "," else " ", plain)
    try:
        return json.loads(plain)
    except ValueError:
        line, why = (first.lineno, first.msg) if isinstance(first, json.JSONDecodeError) else (0, str(first))
        raise Unreadable(line, f"this is not JSON: {why}") from None


def _blank_comment(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else "\n" * found[0].count("\n")


def read_toml(text: str) -> Any:
    """TOML, where a reader of it is at hand: from Python 3.11 on, or with `tomli`."""
    loads = _find_toml()
    try:
        return loads(text)
    except ValueError as error:
        place = PLACE_IN_TOML.search(str(error))
        line = int(place[1]) if place and place[1] else text.count("\n") + 1 if place else 0
        raise Unreadable(line, f"this is not TOML: {PLACE_IN_TOML.sub('', str(error))}") from None


def _find_toml() -> Callable[[str], Any]:
    for module in ("tomllib", "tomli"):
        try:
            loads: Callable[[str], Any] = import_module(module).loads
        except ModuleNotFoundError:
            continue
        return loads
    raise Unreadable(0, "TOML is read from Python 3.11 on, or with the package tomli")


def read_ini(text: str) -> Any:
    """Sections as objects; a section that comes twice is one. Options before the first section stand by themselves."""
    parser = configparser.RawConfigParser(strict=False, default_section="", inline_comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    first = "\0"  # No file has a section of that name.
    try:
        parser.read_string(f"[{first}]\n{text}")
    except configparser.ParsingError as error:
        line, words = error.errors[0] if error.errors else (1, "")
        raise Unreadable(line - 1, f"this is not INI: {words[:100]}") from None
    except (configparser.Error, AttributeError) as error:  # A line that goes on where nothing has begun.
        raise Unreadable(0, f"this is not INI: {error}") from None
    sections = {name: nest({key: read_value(value) for key, value in parser[name].items()}) for name in parser}
    return {**sections.pop(first), **{name: items for name, items in sections.items() if name}}


def read_yaml(text: str) -> Any:
    """The first document in it; nothing when there is none."""
    import yaml

    refuse_depth(text)
    try:
        return YamlReading(yaml.parse(text, Loader=yaml.SafeLoader)).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = error.problem or error.context or "it cannot be understood"
        raise Unreadable(mark.line + 1 if mark else 0, f"this is not YAML: {why}") from None
    except yaml.YAMLError as error:  # A character that must not be in it.
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 0
        raise Unreadable(line, f"this is not YAML: {getattr(error, 'reason', error)}") from None


def refuse_depth(text: str) -> None:
    """Brackets within brackets take PyYAML the square of their number. Raises Unreadable where there are too many."""
    depth = 0
    for bracket in BRACKET.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > DEEPEST_BRACKETS:
            raise Unreadable(text.count("\n", 0, bracket.start()) + 1, "this is nested too deep")


class YamlReading:
    """Makes values of PyYAML's events, which no tag can turn into anything else.

    `*a` is the very object that `&a` named, even where it stands in itself: who goes through it has to stop somewhere.
    """

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._named: dict[str, Any] = {}
        self._open: list[Any] = []  # lists and maps that are not complete, innermost last
        self._keys: list[Any] = []  # for each of them the key that waits for its value; NO_KEY when none does
        self._made = 0
        self._whole: Any = None

    def read(self) -> Any:
        """The first document; raises NoSettings when it becomes too much."""
        for event in self._events:
            kind = type(event).__name__.removesuffix("Event")
            if kind in ("MappingStart", "SequenceStart"):
                self._begin({} if kind == "MappingStart" else [], event.anchor)
            elif kind in ("MappingEnd", "SequenceEnd"):
                self._keys.pop()
                self._add(self._open.pop())
            elif kind == "Scalar":
                self._add(self._name(event.anchor, read_yaml_scalar(event)))
            elif kind == "Alias":
                if event.anchor not in self._named:
                    raise Unreadable(event.start_mark.line + 1, f"this is not YAML: nothing is called &{event.anchor}")
                self._add(self._named[event.anchor])
            elif kind == "DocumentEnd":
                break
        return self._whole

    def _name(self, anchor: str | None, value: Any) -> Any:
        if anchor is not None:
            self._named[anchor] = value
        return value

    def _begin(self, value: Any, anchor: str | None) -> None:
        self._open.append(self._name(anchor, value))
        self._keys.append(NO_KEY)

    def _add(self, value: Any) -> None:
        self._made += 1
        if self._made > MOST_EVENTS:
            raise NoSettings
        if not self._open:
            self._whole = value
        elif isinstance(self._open[-1], list):
            self._open[-1].append(value)
        elif self._keys[-1] is NO_KEY:
            self._keys[-1] = value
        else:
            self._put(self._open[-1], self._keys[-1], value)
            self._keys[-1] = NO_KEY

    def _put(self, values: dict[str, Any], key: Any, value: Any) -> None:
        if key != "<<":
            values[key_text(key)] = value
            return
        for part in value if isinstance(value, list) else [value]:  # What stands here itself wins over it.
            for name, item in part.items() if isinstance(part, dict) and part is not values else ():
                values.setdefault(name, item)


NO_KEY = object()


def read_yaml_scalar(event: Any) -> Any:
    """Quoted text is text, and what has no quotes may be a number; unless a tag says otherwise."""
    tag = str(event.tag or "").rpartition(":")[2]
    if tag in ("int", "float", "bool", "null") or (event.style is None and tag not in ("str", "!")):
        return read_scalar(event.value) if event.value else None
    return event.value


def key_text(key: Any) -> str:
    """A key as a name: what is neither text nor a number is shortened."""
    if isinstance(key, str):
        return key[:LONGEST_KEY]
    if key is None or isinstance(key, bool):
        return json.dumps(key)
    return str(key) if isinstance(key, int | float) else "?"


class Tidying:
    """Copies nested settings, as far as they are some: with text for keys and for what JSON does not know."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def tidy(self, value: Any, depth: int = 0) -> Any:
        """Raises NoSettings when it is too much."""
        self._left -= 1
        if self._left < 0:
            raise NoSettings
        if isinstance(value, dict | list) and depth >= DEEPEST:
            return "…"
        if isinstance(value, dict):
            return {key_text(key): self.tidy(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tidy(item, depth + 1) for item in value]
        if isinstance(value, datetime.date | datetime.time):
            return value.isoformat()
        if isinstance(value, int) and abs(value) > LARGEST_INT:
            return str(value) if value.bit_length() < LONGEST_INT_BITS else "…"
        return value[:LONGEST_TEXT] + "…" if isinstance(value, str) and len(value) > LONGEST_TEXT else value
