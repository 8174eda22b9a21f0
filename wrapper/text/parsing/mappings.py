"""Dictionaries of Python, JSON and JavaScript: `{'loss': 0.3}`, `{"eval": {"loss": 0.3}}`, `{ loss: 0.3 }`."""

import re

from wrapper.text.parsing.names import tidy
from wrapper.text.parsing.prefixes import MASK
from wrapper.text.parsing.shapes import Refused, Shape, Value
from wrapper.text.parsing.words import role, split, step_rank

TOKEN = re.compile(
    r"""(?P<open>[{\[(])|(?P<close>[}\])])|(?P<comma>,)|(?P<colon>:|=>)|'(?P<single>[^']*)'|"(?P<double>[^"]*)\""""
    r"|(?P<word>[^\s{}\[\](),:'\"]+)"
)
SETTINGS = frozenset(
    "params parameters param config configuration args arguments hparams hyperparameters settings options kwargs"
    " namespace space".split()
)
LABELS = frozenset("metric metric_name key name tag".split())  # {"metric": "loss", "value": 0.3}
DEEPEST = 8
NOT_VALUES = frozenset("level pid port timestamp ts rank local_rank world_size version seed lineno".split())


class Mapping:
    """Reads what stands between the braces of one line."""

    def __init__(self, first: int) -> None:
        self._index = first
        self._values: list[Value] = []
        self._refused: list[Refused] = []
        self._counters: list[tuple[int, int]] = []
        self._epoch: int | None = None
        self._keys: list[str] = []
        self._brackets: list[str] = []
        self._key = ""
        self._label = ""  # what another key calls the value
        self._is_value_next = False
        self.is_whole = False

    def read(self, text: str) -> None:
        """Read from the first brace on; `is_whole` tells whether each brace was closed."""
        last = ""
        for token in TOKEN.finditer(text):
            kind, part = token.lastgroup, token.group()
            if kind == "open":
                self._open(part)
            elif kind == "close":
                self._close()
            elif kind == "colon":
                self._key, self._is_value_next = last, True
            elif kind == "comma":
                self._is_value_next = self._is_value_next and self._in_list()
            else:
                last = token[kind or 0]
                self._read_part(last.strip())
            self._index += part.count(MASK)
        self.is_whole = not self._brackets

    def _in_list(self) -> bool:
        return bool(self._brackets) and self._brackets[-1] != "{"

    def _open(self, bracket: str) -> None:
        self._brackets.append(bracket)
        self._keys.append(self._key if bracket == "{" else "")
        if bracket == "{":
            self._key, self._is_value_next = "", False

    def _close(self) -> None:
        if self._brackets:
            self._brackets.pop()
            self._keys.pop()
        if not self._in_list():
            self._is_value_next = False

    def _read_part(self, part: str) -> None:
        if self._is_value_next and self._key in LABELS and MASK not in part and role(part) == "metric":
            self._label = self._label or tidy(part)
        if not self._is_value_next or MASK not in part:
            return
        self._is_value_next = False
        name = "/".join(filter(None, [*map(tidy, self._keys[:DEEPEST]), tidy(self._key)]))
        if part.rstrip("%") != MASK:
            self._refused.append(Refused(self._index, name, "in a text"))
        elif not name:
            self._refused.append(Refused(self._index, name, "no name"))
        else:
            self._add(name, role(tidy(self._key)))

    def _add(self, name: str, kind: str) -> None:
        if kind == "epoch" and self._epoch is None:
            self._epoch = self._index
        elif kind == "step" and "/" not in name and "per" not in split(name):
            self._counters.append((step_rank(name), self._index))
        elif SETTINGS & {*split(name)}:
            self._refused.append(Refused(self._index, name, "setting"))
        elif self._key.lower().strip("_") in NOT_VALUES or (kind == "time" and "runtime" not in name):
            self._refused.append(Refused(self._index, name, "time"))
        else:
            self._values.append(Value(self._index, name, "dict", kind))

    def shape(self) -> Shape:
        """All that was found."""
        step = min(self._counters)[1] if self._counters else None
        values = [
            value._replace(name=self._label, role="metric") if value.name == "value" and self._label else value
            for value in self._values
        ]
        return Shape(tuple(values), tuple(self._refused), step, self._epoch, is_clean=True, is_mapping=True)


def read_mapping(text: str, first: int) -> Shape | None:
    """The shape of the dict that begins with `text`; None when it is none, or not a whole one."""
    mapping = Mapping(first)
    mapping.read(text)
    return mapping.shape() if mapping.is_whole else None
