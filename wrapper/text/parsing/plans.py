"""What is to be done with a line: found out once for each shape, and remembered.

Lines that differ only in their digits have their numbers in the same places: where those are is remembered as well.
"""

import itertools
import re
from typing import NamedTuple

from wrapper.text.parsing.evidence import NEVER, Verdict, judge
from wrapper.text.parsing.headers import FRAME
from wrapper.text.parsing.listings import is_sign
from wrapper.text.parsing.messages import clean, find_glued, is_bracketed, read_shape
from wrapper.text.parsing.numbers import NUMBER, read_number
from wrapper.text.parsing.outlines import may_open
from wrapper.text.parsing.prefixes import MASK, Prefix, find_prefix
from wrapper.text.parsing.shapes import Refused, Shape
from wrapper.text.parsing.vetoes import TRACEBACK, VETOES, find_veto

DIGITS = re.compile(r"\d+")
HASH = re.compile(r"(?<![0-9A-Za-z])(?=[a-f]*[0-9])[0-9a-f]{7,}(?![0-9A-Za-z])")
ZEROS = str.maketrans("123456789", "000000000")
ROW = str.maketrans("", "", " \t,.%+-|│┃║/" + MASK)
KEPT = 2048
KEPT_CHARACTERS = 4_000_000
MOST_NUMBERS = 1000  # a line with more is data
LONGEST_HEADER = 1000


class Plan(NamedTuple):
    """What is to be done with the lines of one shape."""

    shape: Shape
    verdict: Verdict
    may_be_row: bool = False
    start: int = 0  # where the message begins in the masked line
    numbers: int = 0  # of the prefix
    may_be_header: bool = True


class Places(NamedTuple):
    """What lines have in common that differ only in their digits; `plan` is None where words with digits decide."""

    plan: Plan | None
    spans: tuple[tuple[int, int], ...]
    message: int  # where it begins
    is_plain: bool  # the plan is for the whole line
    is_inert: bool  # and there is nothing in it that the parser would notice


class Reading(NamedTuple):
    """One line, as far as its shape tells."""

    plan: Plan
    line: str
    numbers: list[str]
    message: int


TOO_MANY = Plan(Shape(), Verdict(NEVER, "too many numbers"))


class Plans:
    """Remembers the plans of the shapes that came."""

    def __init__(self) -> None:
        self.places: dict[str, Places] = {}  # by the line with zeros for its digits
        self._plans: dict[str, Plan] = {}
        self._empty: dict[str, Plan] = {}
        self._characters = 0

    def find(self, line: str) -> Reading:
        """What is to be done with a line, and its numbers."""
        zeros = line.translate(ZEROS)
        places = self.places.get(zeros)
        if places is None:
            cleaned = clean(line)
            if cleaned is not line:
                line, zeros = cleaned, cleaned.translate(ZEROS)
                places = self.places.get(zeros)
            if places is None:
                return self._learn(line, zeros)
        return self.read(line, places)

    def read(self, line: str, places: Places) -> Reading:
        """The same for a line of which it is known where its numbers are."""
        numbers = [line[start:end] for start, end in places.spans]
        plan = places.plan or self._find_plan(mask(line, places.spans), line)
        return Reading(plan, line, numbers, places.message)

    def _learn(self, line: str, zeros: str) -> Reading:
        spans = tuple(found.span(1) for found in NUMBER.finditer(line))
        if len(spans) > MOST_NUMBERS:
            return Reading(TOO_MANY, line, [], 0)
        masked = mask(line, spans)
        plan = self._find_plan(masked, line)
        skipped = sum(end - start - 1 for start, end in spans[: plan.numbers])
        is_empty = plan.verdict.when == NEVER and plan.shape.step is None and plan.shape.epoch is None
        is_plain = not is_bracketed(line) and find_glued(line) is None and MASK not in line
        is_plain = is_plain and TRACEBACK not in line and not is_sign(line) and not may_open(line)
        is_inert = is_plain and is_empty and not plan.may_be_row and line.lstrip()[:1] not in FRAME
        is_sure = is_empty or not DIGITS.search(masked)
        places = Places(plan if is_sure else None, spans, plan.start + skipped, is_plain, is_inert)
        self._make_room(zeros)
        self.places[zeros] = places
        return Reading(plan, line, [line[start:end] for start, end in spans], places.message)

    def _find_plan(self, masked: str, line: str) -> Plan:
        plan = self._plans.get(masked)
        if plan is None:
            # Of lines in which nothing is found, the digits within words (hashes, names of files) do not matter.
            alike = DIGITS.sub("0", HASH.sub("0", masked))
            plan = self._empty.get(alike) or make_plan(masked, line)
            if plan.verdict.when == NEVER and plan.shape.step is None and plan.shape.epoch is None:
                self._empty[alike] = plan
            self._make_room(masked)
            self._plans[masked] = plan
        return plan

    def _make_room(self, text: str) -> None:
        self._characters += len(text)
        if max(len(self.places), len(self._plans), len(self._empty)) >= KEPT or self._characters > KEPT_CHARACTERS:
            self._plans.clear()
            self._empty.clear()
            self.places.clear()
            self._characters = len(text)


def make_plan(masked: str, line: str) -> Plan:
    """The plan for a line, with its numbers masked and not."""
    prefix = find_prefix(masked)
    veto = find_veto(line) or (find_veto(line[find_message(line, prefix) :]) if prefix.end else "")
    may_be_header = veto not in VETOES and len(line) < LONGEST_HEADER
    if veto:
        return Plan(Shape(refused=(Refused(0, "", veto),)), Verdict(NEVER, veto), may_be_header=may_be_header)
    shape = read_shape(masked)
    text = masked[prefix.end :].strip()
    may_be_row = "=" not in text and (len(text.translate(ROW)) <= len(text) // 2 or "|" in masked or "│" in masked)
    return Plan(shape, judge(shape), may_be_row, prefix.end, prefix.numbers, may_be_header)


def find_message(line: str, prefix: Prefix) -> int:
    """Where the message begins in a line whose numbers are not masked."""
    spans = [found.span(1) for found in itertools.islice(NUMBER.finditer(line), prefix.numbers)]
    return prefix.end + sum(end - start - 1 for start, end in spans)


def read_rank(shape: Shape, numbers: list[str]) -> int | None:
    """The rank that the prefix names; None where it names none."""
    if shape.rank is None:
        return None
    if shape.rank < 0:
        return -1 - shape.rank
    number = read_number(numbers[shape.rank])
    return None if number is None or number != number or abs(number) > 1e9 else int(number)


def mask(line: str, spans: tuple[tuple[int, int], ...]) -> str:
    """The line with a sign for each of its numbers."""
    pieces, last = [], 0
    for start, end in spans:
        pieces.append(line[last:start])
        last = end
    return MASK.join([*pieces, line[last:]])
