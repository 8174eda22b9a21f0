"""YAML as people write settings: read here when it is plain, by PyYAML when it is not.

PyYAML takes as long to import as `wandb run` may take to start, so what settings files nearly always
hold is read without it, line by line:

    # a comment
    project: mnist
    tags: [baseline, "a b"]     or, on lines of their own: - baseline
    model:                      a key of somebody else's
      layers: 3

A document is taken only where PyYAML is sure to agree; a test with generated documents holds it to that.
Every value stays text, as it was written: `name: 1.10` is "1.10".
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    import yaml

NULLS = ("", "~", "null", "Null", "NULL")
LONGEST_KEY = 64
HARMLESS_IN_BRACKETS = {ord(letter): "a" for letter in " _./+-"}


class Unreadable(ValueError):
    """The text is not YAML, or holds no settings; `line` is where, 0 when it is nowhere in particular."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class NotPlain(Exception):
    """It takes PyYAML to be sure what this text means."""


class Value:
    """What a key has: text, a list of texts, None for nothing, or a dict for whatever is deeper than that."""

    def __init__(self, content: str | list[str] | dict[str, str] | None, line: int) -> None:
        self.content, self.line = content, line


def read_settings(text: str, site: str = "") -> dict[str, Value]:
    """The keys of the document's top level; none when it is empty. `site` is where PyYAML may have to be found.

    Raises Unreadable.
    """
    try:
        return read_plain(text)
    except NotPlain:
        return read_with_pyyaml(text, site)


def read_plain(text: str) -> dict[str, Value]:
    """The same without PyYAML; raises NotPlain for any text that is not plain."""
    values: dict[str, Value] = {}
    block: Block | None = None
    for number, indent, words in _lines_with_words(text):
        if indent or words.startswith("- "):
            if block is None:
                raise NotPlain
            block.add(indent, words)
            continue
        key, rest = _split_pair(words)
        values[key] = Value(_read_value(rest), number)
        block = Block(values[key]) if _without_comment(rest) == "" else None
    return values


class Block:
    """The lines under a key without a value of its own: all items of a list, or all pairs of a map."""

    def __init__(self, value: Value) -> None:
        self._value = value
        self._indent = -1

    def add(self, indent: int, words: str) -> None:
        """Take one more line; raises NotPlain when it is not like the one before."""
        if self._indent not in (-1, indent):
            raise NotPlain
        self._indent = indent
        is_item = words.startswith("- ")
        if self._value.content is None:
            self._value.content = [] if is_item else {}
        if is_item and isinstance(self._value.content, list):
            self._value.content.append(_read_item(words[2:].lstrip(" ")))
        elif not is_item and isinstance(self._value.content, dict):
            _read_value(_split_pair(words)[1])
        else:
            raise NotPlain


def _lines_with_words(text: str) -> Iterator[tuple[int, int, str]]:
    """(line number, indentation, the rest) of each line that says something; a first "---" does not."""
    has_begun = False
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not line.isprintable():
            raise NotPlain
        words = line.lstrip(" ")
        if not words or words.startswith("#") or (line == "---" and not has_begun):
            has_begun = has_begun or line == "---"
            continue
        has_begun = True
        yield number, len(line) - len(words), words


def _split_pair(words: str) -> tuple[str, str]:
    """The key, and what follows its colon."""
    key, colon, rest = words.partition(":")
    letters = key.replace("_", "a").replace("-", "0")
    is_key = letters.isascii() and letters.isalnum() and key[0] != "-" and len(key) <= LONGEST_KEY
    if not colon or not is_key or not (rest == "" or rest.startswith(" ")):
        raise NotPlain
    return key, rest.strip(" ")


def _without_comment(rest: str) -> str:
    return "" if rest.startswith("#") else rest


def _read_value(rest: str) -> str | list[str] | None:
    if not rest.startswith("["):
        return _read_scalar(rest)
    inside, bracket, behind = rest[1:].partition("]")
    if not bracket or "#" in inside or not _is_comment(behind):
        raise NotPlain
    items = inside.split(",") if inside.strip(" ") else []
    return [_read_item_in_brackets(item.strip(" ")) for item in items]


def _read_item_in_brackets(text: str) -> str:
    if text[:1] not in ('"', "'") and not text.translate(HARMLESS_IN_BRACKETS).isalnum():
        raise NotPlain
    return _read_item(text)


def _read_item(text: str) -> str:
    """An item of a list; one that is nothing, or begins something deeper, is not plain."""
    item = _read_scalar(text)
    if item is None:
        raise NotPlain
    return item


def _read_scalar(text: str) -> str | None:
    text = _without_comment(text)
    if text[:1] in ('"', "'"):
        inside, quote, behind = text[1:].partition(text[0])
        if not quote or "\\" in inside or not _is_comment(behind):
            raise NotPlain
        return inside
    text = text.partition(" #")[0].rstrip(" ")
    if text in NULLS:
        return None
    if not (text[0].isalnum() or text[0] in "_./~$+") or ": " in text or text.endswith(":"):
        raise NotPlain
    return text


def _is_comment(behind: str) -> bool:
    """Whether nothing but a comment stands behind a value."""
    return behind.strip(" ") == "" or (behind.startswith(" ") and behind.lstrip(" ").startswith("#"))


def read_with_pyyaml(text: str, site: str = "") -> dict[str, Value]:
    """The same by PyYAML, for every document there is; raises Unreadable, also where there is no PyYAML."""
    if site:
        from wrapper.launch.packages import open_site

        open_site(site)
    try:
        import yaml
    except ImportError:
        raise Unreadable(0, "it takes PyYAML to read this file, and it cannot be imported") from None
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 0, error.problem or str(error)) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(0, str(error).partition("\n")[0]) from None
    if node is None or (isinstance(node, yaml.ScalarNode) and node.value == ""):
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise Unreadable(node.start_mark.line + 1, "settings are lines such as `project: mnist`")
    return {
        key.value: Value(_node_content(value), key.start_mark.line + 1)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode)
    }


def _node_content(node: yaml.Node) -> str | list[str] | dict[str, str] | None:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in NULLS else str(node.value)
    if isinstance(node, yaml.SequenceNode) and all(isinstance(item, yaml.ScalarNode) for item in node.value):
        return [str(item.value) for item in node.value]
    return {}
