"""Finds the metrics in the lines that a program printed.

    parser = Parser()
    for line in screen.feed(data):
        for row in parser.feed(line.text):     # values by name, with their step and epoch
            ...
    rows = parser.finish()                     # what only the end can tell

A line is read by its shape: the text between its numbers. What the text says is found out once for each
shape and remembered, so that the next line of it costs little more than splitting it.

Whoever gives `on_candidate` is told of each number that was looked at: what it was called, whether it was
taken, and the rule. It never raises, and takes time in proportion to the length of a line.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from wrapper.text.line import Line, Lines, Plain
from wrapper.text.parsing.bars import Bars, State
from wrapper.text.parsing.evidence import AT_ONCE, NEVER, Verdict, judge
from wrapper.text.parsing.messages import clean, read_shape
from wrapper.text.parsing.numbers import NUMBER, read_number
from wrapper.text.parsing.patterns import Pattern
from wrapper.text.parsing.prefixes import MASK, find_prefix
from wrapper.text.parsing.progress import Counters
from wrapper.text.parsing.rows import Candidate, Row
from wrapper.text.parsing.shapes import Refused, Shape
from wrapper.text.parsing.tables import Record, Tables
from wrapper.text.parsing.vetoes import TEST, TRACEBACK, VETOES, find_veto
from wrapper.text.parsing.words import is_section, split

DIGIT = re.compile(r"[0-9]")
DIGITS = re.compile(r"\d+")
GLUED = re.compile(r"(?<=\])(?=\d{2,4}[-/:]|[A-Z`\[])")  # a line that was written behind a bar
IS_BAR = re.compile(r"\d%\|")
ROW = str.maketrans("", "", " \t,.%+-|│┃║/" + MASK)
LONGEST_HEADER = 1000
LONGEST = 16_384  # characters; a longer line is data
KEPT_LINES = 5  # of a stretch without a digit: a header is not longer
KEPT_SHAPES = 2048
KEPT_HELD = 256
KEPT_LIVE = 1024
MOST_PARTS = 2 * 1000 + 1  # a line with more numbers is data


class Plan(NamedTuple):
    """What is to be done with the lines of one shape."""

    shape: Shape
    verdict: Verdict
    may_be_row: bool = False
    start: int = 0  # where the message begins in the masked line
    numbers: int = 0  # of the prefix


NOTHING = Plan(Shape(), Verdict(NEVER, "too many numbers"))


class Parser:
    """Takes the final lines of a screen, in order, and gives back rows of metrics."""

    def __init__(
        self,
        patterns: Iterable[Pattern] = (),
        ignored: Iterable[str] = (),
        on_candidate: Callable[[Candidate], None] | None = None,
    ) -> None:
        self._patterns, self._ignored = tuple(patterns), frozenset(ignored)
        self._on_candidate = on_candidate
        self._plans: dict[str, Plan] = {}
        self._empty: dict[str, Plan] = {}
        self._held: dict[tuple[str, ...], Row] = {}
        self._changing: set[tuple[str, ...]] = set()
        self._tables = Tables()
        self._bars = Bars()
        self.counters = Counters()
        self.live: dict[str, float] = {}  # the last values of each name
        self._line = 0
        self._step: float | None = None
        self._epoch: float | None = None
        self._rank: int | None = None
        self._section = ""
        self._code = ""  # the beginning of the line that headed a stack trace

    def feed(self, line: str, end: int | None = None) -> list[Row]:
        """The rows that are certain now: of this line, and of those before it that only this one confirms.

        `end` is how much of the output had been read when the line was complete, if bars are seen, too.
        """
        self._line += 1
        rows = self._bars.follow(end)
        return rows + self._feed(line) if rows else self._feed(line)

    def read(self, lines: Lines) -> Iterator[Row]:
        """The rows of what a screen gave back; a stretch without a digit costs next to nothing."""
        for piece in lines.pieces:
            if isinstance(piece, Plain) and is_of_words(piece.data):
                self._line += len(piece)
                last = tail(piece)
                self._line -= len(last)
            else:
                last = [piece] if isinstance(piece, Line) else piece.lines()
            for line in last:
                yield from self.feed(line.text, line.end)

    def see(self, line: str, end: int = 0) -> None:
        """Look at a line that is about to be redrawn: a bar tells how far the program has come."""
        if "/" not in line or not DIGIT.search(line) or len(line) > LONGEST_HEADER:
            return
        plan, parts = self._plan_of(clean(line))
        if plan.shape.step is None or plan.shape.total is None:
            return
        step, total = (read_number(parts[2 * index + 1]) for index in (plan.shape.step, plan.shape.total))
        if step is None or total is None:
            return
        epoch = None if plan.shape.epoch is None else read_number(parts[2 * plan.shape.epoch + 1])
        epoch = self._epoch if epoch is None else epoch
        row = None
        self.counters.note_step(step, total)
        if plan.verdict.when == AT_ONCE:
            values = self._read_values(plan.shape, parts)
            self._note_live(values)
            row = Row(values, step, epoch, None, self._line) if values and step == total else None
        self._bars.see(State(end, step, total, epoch, row))

    def _feed(self, line: str) -> list[Row]:
        if not DIGIT.search(line):
            return self._read_words(line)
        if self._code:
            self._follow_code(line)
        if len(line) > LONGEST:
            return self._refuse_line(line[:80], "too long")
        line = line.replace(MASK, " ")
        rows = self._read_patterns(line) if self._patterns else []
        glued = GLUED.search(line) if IS_BAR.search(line) else None
        if glued:
            return [*rows, *self._read(line[: glued.start()]), *self._read(line[glued.start() :])]
        return rows + self._read(line) if rows else self._read(line)

    def finish(self) -> list[Row]:
        """What is left when nothing more comes."""
        rows = self._bars.follow(None)
        for row in self._held.values():
            self._tell_values(row, False, "seen only once, or never changed")
        self._held.clear()
        return rows + self._take_record(self._tables.end_box())

    def _read_words(self, line: str) -> list[Row]:
        """A line without a digit: a header, the end of a box, or what follows is measured on."""
        if not line or line.isspace():
            return self._take_record(self._tables.note(line))
        self._follow_code(line)
        if len(line) <= 200:
            record = self._tables.note(line)
            text = line[find_prefix(line).end :].strip(" -=*#.[]<>")
            is_heading = text.endswith(":") and len(text) < 40 and is_section(text)
            self._section = split(text)[0] if is_heading and not text.lower().startswith("train") else ""
            return self._take_record(record) if record else []
        return []

    def _follow_code(self, line: str) -> None:
        """Notice where a stack trace begins and ends."""
        if line.startswith((TRACEBACK, TEST)):
            self._code = line[:4]
        elif line[0] == "=" if self._code == TEST else not line[0].isspace():
            self._code = ""

    def _read(self, line: str) -> list[Row]:
        line = clean(line)
        plan, parts = self._plan_of(line)
        if len(parts) > MOST_PARTS:
            return self._refuse_line(line[:80], "too many numbers")
        if plan.may_be_row:
            record = self._tables.read_row(message(line, plan, parts))
            if record is not None:
                return self._take_record(record)
        rows = self._take(plan, parts)
        if not rows and len(line) < LONGEST_HEADER and plan.verdict.rule not in VETOES:
            record = self._tables.note(message(line, plan, parts))
            return self._take_record(record) if record else []
        return rows

    def _plan_of(self, line: str) -> tuple[Plan, list[str]]:
        """What is to be done with a line, and the line cut at its numbers."""
        parts = NUMBER.split(line)
        masked = MASK.join(parts[::2])
        if len(parts) > MOST_PARTS:
            return NOTHING, parts
        plan = self._plans.get(masked)
        if plan is None:
            # Of lines in which nothing is found, the digits within words (hashes, names of files) do not matter.
            alike = DIGITS.sub("0", masked)
            plan = self._empty.get(alike) or self._make_plan(masked, line)
            if plan.verdict.when == NEVER and plan.shape.step is None and plan.shape.epoch is None:
                self._empty[alike] = plan
        return plan, parts

    def _make_plan(self, masked: str, line: str) -> Plan:
        veto = find_veto(line)
        if veto:
            plan = Plan(Shape(refused=(Refused(0, "", veto),)), Verdict(NEVER, veto))
        else:
            shape = read_shape(masked)
            prefix = find_prefix(masked)
            rest = masked[prefix.end :].translate(ROW)
            may_be_row = "=" not in masked and (len(rest) <= len(masked) // 2 or "|" in masked or "│" in masked)
            plan = Plan(shape, judge(shape), may_be_row, prefix.end, prefix.numbers)
        if len(self._plans) >= KEPT_SHAPES:
            self._plans.clear()
        if len(self._empty) >= KEPT_SHAPES:
            self._empty.clear()
        self._plans[masked] = plan
        return plan

    def _take(self, plan: Plan, parts: list[str]) -> list[Row]:
        shape = plan.shape
        step = None if shape.step is None else read_number(parts[2 * shape.step + 1])
        epoch = None if shape.epoch is None else read_number(parts[2 * shape.epoch + 1])
        rank = self._read_rank(shape, parts)
        if rank is not None and not self._is_leading(rank):
            self._explain(plan, parts, "another rank")
            return []
        if epoch is not None or (step is not None and (shape.values or not shape.is_step_nameless)):
            self._enter(step, epoch)
        if shape.total is not None or shape.epoch_total is not None:
            self._note_progress(shape, parts, step, epoch)
        if self._on_candidate:
            self._explain_refused(plan, parts)
        if plan.verdict.when == NEVER or self._code:
            if self._on_candidate:
                self._explain_values(plan, parts, False, plan.verdict.rule)
            return []
        values = self._read_values(shape, parts)
        if not values:
            return []
        if step is None:
            step = self._step if epoch is None else self._bars.step_at(epoch)
        row = Row(values, step, self._epoch if epoch is None else epoch, rank, self._line)
        self._bars.forget(row)
        if plan.verdict.when == AT_ONCE:
            if self._on_candidate:
                self._explain_values(plan, parts, True, plan.verdict.rule)
            return [row]
        return self._hold(row, plan.verdict.rule)

    def _note_progress(self, shape: Shape, parts: list[str], step: float | None, epoch: float | None) -> None:
        if epoch is not None and shape.epoch_total is not None:
            total = read_number(parts[2 * shape.epoch_total + 1])
            if total is not None:
                self.counters.note_epoch(epoch, total, bool(shape.values) and shape.total is None)
        if step is not None and shape.total is not None:
            total = read_number(parts[2 * shape.total + 1])
            if total is not None:
                self.counters.note_step(step, total)

    def _note_live(self, values: dict[str, float]) -> None:
        if len(self.live) < KEPT_LIVE:
            self.live.update(values)

    def _read_values(self, shape: Shape, parts: list[str]) -> dict[str, float]:
        values: dict[str, float] = {}
        section = self._section if not shape.has_section and shape.step is None and shape.epoch is None else ""
        for index, name, _rule, _role, over in shape.values:
            number = read_number(parts[2 * index + 1])
            if number is None:
                continue
            if over is not None:
                whole = read_number(parts[2 * over + 1])
                is_ratio = whole and parts[2 * index + 1].isdecimal() and parts[2 * over + 1].isdecimal()
                number = number / whole if whole and is_ratio else number
            if section:
                name = f"{section}/{name}"
            if name not in values and name not in self._ignored:
                values[name] = number
        return values

    def _hold(self, row: Row, rule: str) -> list[Row]:
        """Keep a row until another one of its names has other values."""
        key = tuple(row.values)
        if key in self._changing:
            self._tell_values(row, True, rule)
            return [row]
        before = self._held.pop(key, None)
        if before is not None and before.values != row.values and has_fraction(before, row):
            if len(self._changing) < KEPT_HELD:
                self._changing.add(key)
            for found in (before, row):
                self._tell_values(found, True, rule)
            return [before, row]
        if len(self._held) >= KEPT_HELD:
            self._held.pop(next(iter(self._held)))
        self._held[key] = before or row
        return []

    def _enter(self, step: float | None, epoch: float | None) -> None:
        """A line that counts is what the lines after it belong to."""
        if epoch is not None and epoch != self._epoch:
            self._epoch = epoch
            self._step = None
        if step is not None:
            self._step = step
        self._section = ""

    def _read_rank(self, shape: Shape, parts: list[str]) -> int | None:
        if shape.rank is None:
            return None
        if shape.rank < 0:
            return -1 - shape.rank
        number = read_number(parts[2 * shape.rank + 1])
        return None if number is None or number != number or abs(number) > 1e9 else int(number)

    def _is_leading(self, rank: int) -> bool:
        """Whether no lower rank has printed before: several print the same."""
        if self._rank is None or rank < self._rank:
            self._rank = rank
        return rank == self._rank

    def _read_patterns(self, line: str) -> list[Row]:
        rows = []
        for pattern in self._patterns:
            found = pattern.find(line)
            numbers = {name: read_number(text) for name, text in found.items()} if found else {}
            values = {name: number for name, number in numbers.items() if number is not None}
            step, epoch = values.pop("step", None), values.pop("epoch", None)
            if step is not None or epoch is not None:
                self._enter(step, epoch)
            if values:
                row = Row(values, self._step if step is None else step, self._epoch if epoch is None else epoch)
                rows.append(row._replace(line=self._line))
                self._tell_values(rows[-1], True, f"pattern {pattern.text}")
        return rows

    def _take_record(self, record: Record | None) -> list[Row]:
        if record is None:
            return []
        if self._on_candidate:
            for name, rule in record.refused:
                self._on_candidate(Candidate(self._line, name, "", False, rule))
        if record.step is not None or record.epoch is not None:
            self._enter(record.step, record.epoch)
        values = {name: value for name, value in record.values.items() if name not in self._ignored}
        if not values:
            return []
        step = record.step if record.step is not None or record.epoch is not None else self._step
        row = Row(values, step, self._epoch if record.epoch is None else record.epoch, None, self._line)
        self._tell_values(row, True, record.rule)
        return [row]

    def _refuse_line(self, line: str, rule: str) -> list[Row]:
        if self._on_candidate:
            self._on_candidate(Candidate(self._line, "", line, False, rule))
        return []

    def _tell_values(self, row: Row, is_taken: bool, rule: str) -> None:
        if self._on_candidate:
            for name, value in row.values.items():
                self._on_candidate(Candidate(row.line, name, repr(value), is_taken, rule))

    def _explain(self, plan: Plan, parts: list[str], rule: str = "") -> None:
        if self._on_candidate:
            self._explain_refused(plan, parts)
            self._explain_values(plan, parts, False, rule or plan.verdict.rule)

    def _explain_refused(self, plan: Plan, parts: list[str]) -> None:
        assert self._on_candidate
        for index, name, rule in plan.shape.refused:
            text = parts[2 * index + 1] if 2 * index + 1 < len(parts) else ""
            self._on_candidate(Candidate(self._line, name, text, False, rule))

    def _explain_values(self, plan: Plan, parts: list[str], is_taken: bool, rule: str) -> None:
        assert self._on_candidate
        for value in plan.shape.values:
            how = f"{value.rule}, {rule}"
            self._on_candidate(Candidate(self._line, value.name, parts[2 * value.nth + 1], is_taken, how))


def is_of_words(data: bytes) -> bool:
    """Whether there is no digit in it, and no head of a stack trace."""
    # Five times as fast as looking for one with a regular expression.
    without = data.translate(None, b"0123456789")
    return len(without) == len(data) and b"Traceback" not in data and TEST.encode() not in data


def tail(piece: Plain) -> list[Line]:
    """The last lines of a stretch."""
    start = len(piece.data) - 1
    for _ in range(KEPT_LINES):
        start = piece.data.rfind(b"\n", 0, start)
        if start < 0:
            return piece.lines()
    return replace(piece, data=piece.data[start + 1 :], start=piece.start + start + 1).lines()


def message(line: str, plan: Plan, parts: list[str]) -> str:
    """What follows the prefix of a line."""
    return line[plan.start + sum(map(len, parts[1 : 2 * plan.numbers : 2])) - plan.numbers :] if plan.start else line


def has_fraction(*rows: Row) -> bool:
    """Whether a value is no whole number: counts alone are no metrics."""
    return any(value != value or value % 1 for row in rows for value in row.values.values())
