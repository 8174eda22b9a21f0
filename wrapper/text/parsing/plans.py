"""What is to be done with a line: found out once for each shape, and remembered."""

import re
from typing import NamedTuple

from wrapper.text.parsing.evidence import NEVER, Verdict, judge
from wrapper.text.parsing.messages import read_shape
from wrapper.text.parsing.numbers import NUMBER
from wrapper.text.parsing.prefixes import MASK, find_prefix
from wrapper.text.parsing.shapes import Refused, Shape
from wrapper.text.parsing.vetoes import find_veto

DIGITS = re.compile(r"\d+")
ROW = str.maketrans("", "", " \t,.%+-|│┃║/" + MASK)
KEPT = 2048
KEPT_CHARACTERS = 4_000_000
MOST_PARTS = 2 * 1000 + 1  # a line with more numbers is data


class Plan(NamedTuple):
    """What is to be done with the lines of one shape."""

    shape: Shape
    verdict: Verdict
    may_be_row: bool = False
    start: int = 0  # where the message begins in the masked line
    numbers: int = 0  # of the prefix


TOO_MANY = Plan(Shape(), Verdict(NEVER, "too many numbers"))


class Plans:
    """Remembers the plans of the shapes that came."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._empty: dict[str, Plan] = {}
        self._characters = 0

    def find(self, line: str) -> tuple[Plan, list[str]]:
        """What is to be done with a line, and the line cut at its numbers."""
        parts = NUMBER.split(line)
        masked = MASK.join(parts[::2])
        plan = self._plans.get(masked)
        if plan is None:
            if len(parts) > MOST_PARTS:
                return TOO_MANY, parts
            # Of lines in which nothing is found, the digits within words (hashes, names of files) do not matter.
            alike = DIGITS.sub("0", masked)
            plan = self._empty.get(alike) or self._make(masked, line)
            if plan.verdict.when == NEVER and plan.shape.step is None and plan.shape.epoch is None:
                self._empty[alike] = plan
        return plan, parts

    def _make(self, masked: str, line: str) -> Plan:
        veto = find_veto(line)
        if veto:
            plan = Plan(Shape(refused=(Refused(0, "", veto),)), Verdict(NEVER, veto))
        else:
            shape = read_shape(masked)
            prefix = find_prefix(masked)
            rest = masked[prefix.end :].translate(ROW)
            may_be_row = "=" not in masked and (len(rest) <= len(masked) // 2 or "|" in masked or "│" in masked)
            plan = Plan(shape, judge(shape), may_be_row, prefix.end, prefix.numbers)
        self._characters += len(masked)
        if len(self._plans) >= KEPT or len(self._empty) >= KEPT or self._characters > KEPT_CHARACTERS:
            self._plans.clear()
            self._empty.clear()
            self._characters = len(masked)
        self._plans[masked] = plan
        return plan


def message(line: str, plan: Plan, parts: list[str]) -> str:
    """What follows the prefix of a line."""
    return line[plan.start + sum(map(len, parts[1 : 2 * plan.numbers : 2])) - plan.numbers :] if plan.start else line
