"""Results that are printed name by name, one to a line and deeper by deeper, as YAML has them.

Their step is one of the names, and as a rule not the first. So the lines are kept back until the last has come, and
are read as the dict that was printed.
"""

import re
from typing import NamedTuple

from wrapper.text.parsing.words import role

ITEM = re.compile(r"( *)([A-Za-z_][\w./@-]{0,80}):(?: +(\S.*))?$")
OF_A_LIST = re.compile(r" *- ")
HEAD = re.compile(r"Results? for [^:]{1,200}:$")
EMPTY = ("{}", "[]")
ENDS = (":", "}", "]")
NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.(?:nan|inf))$")
MOST_LINES = 1000


class Item(NamedTuple):
    """A name, and what it has behind it; "" where others are below it."""

    depth: int
    name: str
    value: str


class Outline:
    """Keeps the lines of one back.

    It opens where two names stand one below the other, where one has nothing in it, and below a head that says what
    the results are of. It goes on as long as the lines are names, none is at the top twice, and none is further left.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []  # with their numbers
        self._items: list[Item] = []
        self._above: Item | None = None  # the line before, where it is a heading
        self._at_top: set[str] = set()

    @property
    def is_open(self) -> bool:
        """Whether the next line may belong to one."""
        return bool(self.lines or self._above)

    def takes(self, line: str, number: int) -> bool:
        """Whether the line belongs to one."""
        if not self.is_open and not line.endswith(ENDS):
            return False
        if not (self._goes_on(line) if self.lines else self._opens(line)):
            return False
        self.lines.append((number, line))
        return True

    def _opens(self, line: str) -> bool:
        above, self._above = self._above, None
        if HEAD.match(line):
            self._above = Item(0, "", "")
            return False
        item = read_item(line)
        if item is None:
            return False
        is_below = above is not None and above.depth < item.depth
        if item.value in EMPTY or (above and is_below and not (above.name and item.value)):
            self._items = [above, item] if above and is_below and above.name else [item]
            self._at_top = {self._items[0].name}
            return True
        self._above = None if item.value else item
        return False

    def _goes_on(self, line: str) -> bool:
        item, top = read_item(line), self._items[0].depth
        if len(self.lines) >= MOST_LINES:
            return False
        if item is None:
            return bool(OF_A_LIST.match(line))
        if item.depth < top or (item.depth == top and item.name in self._at_top):
            return False
        if item.depth == top:
            self._at_top.add(item.name)
        self._items.append(item)
        return True

    def close(self) -> str:
        """All of it as a dict, in one line; "" where it does not count, as settings do not."""
        items, self._items, self.lines = self._items, [], []
        top = items[0].depth if items else 0
        counters = (item.name for item in items if item.depth == top and item.value.isdigit())
        if not any(role(name) in ("step", "epoch") and not name.endswith("s") for name in counters):
            return ""
        return as_dict(items)


def may_open(line: str) -> bool:
    """Whether an outline may begin here, or below."""
    return line.endswith(ENDS) and bool(HEAD.match(line) or ITEM.match(line))


def read_item(line: str) -> Item | None:
    """What a line of an outline says; None where it is none."""
    found = ITEM.match(line)
    return Item(len(found[1]), found[2], (found[3] or "").rstrip()) if found else None


def as_dict(items: list[Item]) -> str:
    """The names that have numbers, each in the one that it stands below."""
    pieces, depths = ["{"], list[int]()
    for depth, name, value in items:
        while depths and depths[-1] >= depth:
            depths.pop()
            pieces.append("}, ")
        if not value:
            depths.append(depth)
            pieces.append(f"'{name}': {{")
        elif NUMBER.match(value):
            pieces.append(f"'{name}': {value.replace('.nan', 'nan').replace('.inf', 'inf')}, ")
    return "".join([*pieces, "}" * (len(depths) + 1)])
