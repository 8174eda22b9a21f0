"""Boxes: tables of names and numbers, one below the other, that are one row together."""

import re

from wrapper.text.parsing.headers import MOST_COLUMNS, PHRASE, Cell, read_cell
from wrapper.text.parsing.names import tidy
from wrapper.text.parsing.rows import Record
from wrapper.text.parsing.words import role, step_rank

EDGE = re.compile(r"\s*-{3,}\s{2,}-{3,}\s*")  # above and below a box without a frame
LONGEST_NAME = 60


class Box:
    """Gathers the lines of a box: one with a frame, or one between two rules of equal length."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.group = ""
        self.edge = ""  # of one without a frame that is open

    @property
    def is_open(self) -> bool:
        """Whether one has begun."""
        return bool(self.values or self.edge)

    def ends_at(self, line: str) -> bool:
        """Whether it is the rule below one without a frame."""
        return bool(self.edge) and line.strip() == self.edge

    def follows(self, line: str, above: str) -> bool:
        """Whether a line opens or goes on in one without a frame; any other line says that it was none."""
        if self.edge and len(PHRASE.findall(line)) == 2:
            return True
        if self.edge:
            self.edge, self.values = "", {}
        if not EDGE.fullmatch(line) or len(PHRASE.findall(above)) == 2:
            return False  # In the second case it is the rule below a header.
        self.edge, self.values = line.strip(), {}
        return True

    def read(self, line: str) -> bool:
        """Add a line to the one without a frame that is open; False where it is none of it."""
        found = list(PHRASE.finditer(line))
        if len(found) != 2:
            self.edge, self.values = "", {}
            return False
        return self.add([Cell(part.group(), part.start(), part.end()) for part in found])

    def add(self, cells: list[Cell]) -> bool:
        """Add a line `| name | number |`; False where it is none."""
        name, value = cells[0].text, read_cell(cells[1].text)
        if value is None or not any(map(str.isalpha, name)) or read_cell(name) is not None:
            return False
        if len(name) > LONGEST_NAME:
            return False
        if len(self.values) < MOST_COLUMNS:
            self.values[self.group + tidy(name)] = value
        return True

    def close(self) -> Record | None:
        """What the one without a frame said."""
        self.edge = ""
        return self.end()

    def end(self) -> Record | None:
        """What the box said that is complete now."""
        if not self.values:
            return None
        box, self.values, self.group = self.values, {}, ""
        steps = sorted(
            (step_rank(name.rpartition("/")[2]), name) for name in box if role(name.rpartition("/")[2]) == "step"
        )
        step = next((name for _rank, name in steps if name.startswith(("time/", "total", "step"))), None)
        step = step or (steps[0][1] if steps and steps[0][0] < 99 and "/" not in steps[0][1] else None)
        epoch = next((name for name in box if role(name) == "epoch"), None)
        kinds = {role(name.rpartition("/")[2]) for name in box}
        if step is None and epoch is None and "metric" not in kinds:
            return Record({}, refused=tuple((name, "no step and no metric") for name in box))
        values, refused = {}, []
        for name, value in box.items():
            if name in (step, epoch):
                continue
            if role(name) == "time" or name.startswith("time/") or (step is None and role(name) == "setting"):
                refused.append((name, role(name)))
            else:
                values[name] = value
        found_step, found_epoch = box.get(step) if step else None, box.get(epoch) if epoch else None
        return Record(values, found_step, found_epoch, tuple(refused), "box")
