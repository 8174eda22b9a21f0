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
from collections.abc import Callable, Iterable
from math import isfinite
from operator import itemgetter

from wrapper.text.line import Line, Lines
from wrapper.text.names import fold_name
from wrapper.text.parsing.bars import Bars, State
from wrapper.text.parsing.evaluations import Evaluations
from wrapper.text.parsing.evidence import AT_ONCE, NEVER
from wrapper.text.parsing.held import Held
from wrapper.text.parsing.messages import find_glued, is_bracketed, read_bracketed
from wrapper.text.parsing.numbers import WITHOUT_DIGITS, is_whole, read_number
from wrapper.text.parsing.patterns import NOTHING, Pattern, find_all
from wrapper.text.parsing.plans import LONGEST_HEADER, TOO_MANY, ZEROS, Plan, Plans, Reading, read_rank
from wrapper.text.parsing.prefixes import MASK
from wrapper.text.parsing.progress import NO_BAR, Counters, Seen
from wrapper.text.parsing.rows import Candidate, Record, Row
from wrapper.text.parsing.shapes import Shape
from wrapper.text.parsing.steps import Steps
from wrapper.text.parsing.streams import Stream, is_counted, is_of_words, tail
from wrapper.text.parsing.telling import Teller
from wrapper.text.parsing.vetoes import TRACEBACK, is_binary
from wrapper.text.parsing.words import first_word, is_section

DIGIT = re.compile(r"[0-9]")
LONGEST = 16_384  # characters; a longer line is data
MOST_SEEN = 8  # of the lines that are passed over: those that may head a table are among them


class Parser:
    """Takes the final lines of a screen, in order, and gives back rows of metrics."""

    def __init__(
        self,
        patterns: Iterable[Pattern] = (),
        ignored: Iterable[str] = (),
        on_candidate: Callable[[Candidate], None] | None = None,
    ) -> None:
        self.counters = Counters()
        self._patterns = tuple(patterns)
        self._ignored = frozenset(map(fold_name, ignored))
        self._teller = Teller(on_candidate)
        self._plans = Plans()
        self._held = Held(self._teller)
        self._bars = Bars()
        self._steps = Steps()
        self._evaluations = Evaluations()
        self._streams: dict[int, Stream] = {}
        self.turn_to(1)
        self._found = NOTHING  # by the patterns, in this line
        self._covered: frozenset[int] = frozenset()  # which numbers of the line that are
        self._line = 0
        self._step: float | None = None
        self._epoch: float | None = None
        self._end = 0  # of the line, in the output
        self._is_redrawn = False  # something else stood in the line before
        self._epoch_before: tuple[int, float | None] = (0, None)  # up to where there was another epoch, and which
        self._rank: int | None = None

    def turn_to(self, stream: int) -> None:
        """What comes from here on is of this stream."""
        self._stream = self._streams.setdefault(stream, Stream())

    def feed(self, line: str, end: int | None = None) -> list[Row]:
        """The rows that are certain now: of this line, and of those before it that only this one confirms.

        `end` is how much of the output had been read when the line was complete, if bars are seen, too.
        """
        return self._steps.give(self._feed_next(line, end), self._line)

    def read(self, lines: Lines, place: Callable[[int], int] = int) -> list[Row]:
        """The rows of what a screen gave back; a stretch without a digit costs next to nothing.

        `place` is where an offset of the screen is in all of the output.
        """
        rows: list[Row] = []
        for piece in lines.pieces:
            if isinstance(piece, Line):
                if piece.again:
                    self._stream.tables.remember(piece.text)
                else:
                    self._is_redrawn = piece.redraws > 0
                    rows += self._feed_next(piece.text, place(piece.end))
                    self._is_redrawn = False
            elif is_of_words(piece.data) and not self._is_busy() and not is_counted(piece):
                last = tail(piece)
                self._line += len(piece) - len(last)
                self._stream.tables.pass_over([], len(piece) - len(last))
                rows += self._read_lines(last, place)
            elif self._patterns or self._teller.is_asked or (texts := piece.texts()) is None:
                rows += self._read_lines(piece.lines(), place)
            else:
                rows += self._read_stretch(texts, piece.ends(), place)
        return self._steps.give(rows, self._line)

    def _feed_next(self, line: str, end: int | None) -> list[Row]:
        self._line += 1
        rows = self._follow(end)
        return rows + self._feed(line) if rows else self._feed(line)

    def _read_lines(self, lines: Iterable[Line], place: Callable[[int], int]) -> list[Row]:
        return [row for line in lines for row in self._feed_next(line.text, place(line.end))]

    def _read_stretch(self, texts: list[str], ends: list[int], place: Callable[[int], int]) -> list[Row]:
        """As `feed` of each line; those of which the shape says all cost little."""
        rows: list[Row] = []
        known, shapes = self._plans.places, "\n".join(texts).translate(ZEROS).split("\n")
        is_busy, first = self._is_busy(), 0
        for index, shape in enumerate(shapes):
            places = known.get(shape)
            if places is None or is_busy or not places.is_plain:
                self._pass_over(texts[first:index], place(ends[index]))
                rows += self._feed_next(texts[index], place(ends[index + 1]))
                is_busy = self._is_busy()
            elif places.is_inert:
                continue
            else:
                self._pass_over(texts[first:index], place(ends[index]))
                self._line += 1
                rows += self._follow(place(ends[index + 1]))
                rows += self._read_planned(self._plans.read(texts[index], places))
                is_busy = self._is_busy()
            first = index + 1
        self._pass_over(texts[first:], place(ends[-1]))
        return rows

    def _is_busy(self) -> bool:
        """Whether what comes next has to be looked at line by line, even where nothing is in it."""
        stream = self._stream
        is_inside = bool(stream.code) or stream.outline.is_open or stream.listing.is_open
        return is_inside or stream.tables.box.is_open or self._bars.is_waiting()

    def _pass_over(self, texts: list[str], end: int) -> None:
        """Read lines in which nothing is but what may head a table."""
        if not texts:
            return
        self._line += len(texts)
        self._end = end
        headers = [line for line in map(self._plans.find, texts[-MOST_SEEN:]) if line.plan.may_be_header]
        self._stream.tables.pass_over([line.line[line.message :] for line in headers], len(texts))

    def see(self, line: str, end: int = 0) -> tuple[list[Row], dict[str, float]]:
        """Look at a line that is about to be redrawn: a bar tells how far the program has come.

        Gives back the rows of a bar that has gone on for long, and all values that stand in it.
        """
        seen = self.look(line)
        if seen.total is None or seen.step is None:
            return [], {}
        seen.tell(self.counters)
        row = Row(seen.values, seen.step, seen.epoch, None, self._line) if seen.values else None
        is_full = seen.step == seen.total
        state = State(end, seen.step, seen.total, seen.epoch, row if is_full else None)
        is_due = self._bars.see(state, self.counters.times(seen.total))
        self._steps.see(end, seen.step, seen.total, self._line)
        rows: list[Row] = []
        if is_due and row and not any(is_section(name) for name in map(first_word, seen.values)):
            rows = [row._replace(epoch=self._epoch_at(end) if seen.epoch is None else seen.epoch)]
        return self._steps.give(rows, self._line), seen.values

    def look(self, line: str) -> Seen:
        """What a bar says that stands on the screen; nothing where the line is none."""
        if "/" not in line or not DIGIT.search(line) or len(line) > LONGEST_HEADER or is_binary(line):
            return NO_BAR
        reading = self._plans.find(line)
        shape, numbers = reading.plan.shape, reading.numbers
        if shape.step is None or shape.total is None:
            return NO_BAR
        step, total = read_number(numbers[shape.step]), read_number(numbers[shape.total])
        if step is None or total is None:
            return NO_BAR
        if self._evaluations.is_other(reading.plan, total):
            return NO_BAR
        epoch = None if shape.epoch is None else read_number(numbers[shape.epoch])
        epochs = None if shape.epoch_total is None else read_number(numbers[shape.epoch_total])
        is_taken = reading.plan.verdict.when == AT_ONCE
        return Seen(step, total, epoch, epochs, self._read_values(shape, numbers) if is_taken else {})

    def _follow(self, end: int | None) -> list[Row]:
        rows = self._bars.follow(end, self._epoch_at, self._pass_by) if self._bars.is_waiting() else []
        self._end = self._end if end is None else end
        return rows

    def _pass_by(self, state: State) -> None:
        self._steps.pass_by(state.end, state.step, state.total, self._line)

    def _feed(self, line: str) -> list[Row]:
        outline = self._stream.outline
        if not self._patterns and outline.takes(line, self._line):  # A pattern is for the line as it stands.
            return []
        return self._end_outline() + self._feed_line(line) if outline.lines else self._feed_line(line)

    def _end_outline(self) -> list[Row]:
        """What it says as a whole, if it has a step; else what each of its lines says."""
        outline, now, rows = self._stream.outline, self._line, list[Row]()
        lines, text = outline.lines, outline.close()
        for self._line, line in lines if not text else ():
            rows += self._feed_line(line)
        if text:
            self._line = lines[-1][0]
            rows = self._read(text)
        self._line = now
        return rows

    def _feed_line(self, line: str) -> list[Row]:
        is_listed = self._stream.listing.holds(line)
        if not DIGIT.search(line) and not WITHOUT_DIGITS.search(line):
            return self._take_record(self._stream.read_words(line))
        if self._stream.code or TRACEBACK in line:
            self._stream.follow_code(line)
        if len(line) > LONGEST:
            return self._refuse_line(line[:80], "too long")
        if is_binary(line):
            return self._refuse_line(line[:80], "no text")
        line = line.replace(MASK, " ")
        if self._patterns:
            rows = self._read_patterns(line) + self._read(line, is_listed)
            self._found, self._covered = NOTHING, frozenset()
            return rows
        glued = None if is_listed else find_glued(line)
        if glued is None:
            return self._read(line, is_listed)
        self._is_redrawn = False  # What was written behind the bar did not wipe it away.
        return self._read(line[:glued]) + self._read(line[glued:])

    def finish(self) -> list[Row]:
        """What is left when nothing more comes."""
        rows = self._bars.follow(None, self._epoch_at, self._pass_by)
        streams = sorted(self._streams.items(), key=itemgetter(0))
        for number, _stream in streams:
            self.turn_to(number)
            rows += self._end_outline()
        self._steps.finish()
        self._held.refuse_all()
        for number, stream in streams:
            self.turn_to(number)
            rows += self._take_record(stream.tables.box.end())
        return self._steps.give(rows, self._line)

    def _read(self, line: str, is_listed: bool = False) -> list[Row]:
        if is_listed:
            return self._refuse_line(line[:80], "in a program or in settings")
        if is_bracketed(line) and (found := read_bracketed(line)):
            return self._take_record(Record(dict([found]), rule="name with brackets"))
        reading = self._plans.find(line)
        if reading.plan is TOO_MANY:
            return self._refuse_line(line[:80], reading.plan.verdict.rule)
        if self._found.spans:
            self._cover(reading)
        return self._read_planned(reading)

    def _read_planned(self, reading: Reading) -> list[Row]:
        plan, line, numbers, start = reading
        if plan.shape.total is not None and "%|" in line:
            self._note_bar(plan.shape, numbers)
        if plan.may_be_row or self._stream.tables.box.edge:
            record = self._stream.tables.read_row(line[start:])
            if record is not None:
                return self._take_record(record)
        rows = self._take(plan, numbers)
        if rows:
            return rows
        if not plan.may_be_header:
            self._stream.tables.pass_over([], 1)
            return []
        return self._take_record(self._stream.tables.note(line[start:]))

    def _cover(self, reading: Reading) -> None:
        """Find out which numbers the patterns have taken."""
        place, covered = 0, []
        for index, number in enumerate(reading.numbers):
            place = reading.line.index(number, place)
            if self._found.covers(place, place + len(number)):
                covered.append(index)
            place += len(number)
        self._covered = frozenset(covered)

    def _take(self, plan: Plan, numbers: list[str]) -> list[Row]:
        shape, teller = plan.shape, self._teller
        step = None if shape.step is None else read_number(numbers[shape.step])
        epoch = None if shape.epoch is None else read_number(numbers[shape.epoch])
        epoch = None if epoch is None or not isfinite(epoch) else epoch
        if step is not None and step % 1:
            step = None if shape.other_step is None else read_number(numbers[shape.other_step])
        rank = read_rank(shape, numbers)
        teller.tell_refused(self._line, shape.refused, numbers)
        if rank is not None and not self._is_leading(rank):
            teller.tell_values(self._line, shape.values, numbers, False, "another rank")
            return []
        if self._stream.is_best_next and self._evaluations.is_known(step) and shape.values:
            self._stream.is_best_next = False
            teller.tell_values(self._line, shape.values, numbers, False, "the best one again")
            return []
        section = "" if shape.total is None or self._epoch is None else self._evaluations.find(plan, numbers)
        step = None if section else step
        if epoch is not None or (step is not None and (shape.values or not shape.is_step_nameless)):
            self._enter(step, epoch)
        if shape.epoch_total is not None:
            self._evaluations.begin_epoch()
        if shape.total is not None or shape.epoch_total is not None:
            self._note_progress(shape, numbers, step, epoch)
        if plan.verdict.when == NEVER or self._stream.code:
            teller.tell_values(self._line, shape.values, numbers, False, plan.verdict.rule)
            return []
        values = self._read_values(shape, numbers, section)
        if not values:
            return []
        if step is None and epoch is None:
            step = self._step
        row = Row(values, step, self._epoch if epoch is None else epoch, rank, self._line)
        guess = self._steps.guess(epoch) if step is None and epoch is not None else step
        self._bars.forget(row._replace(step=guess))
        if plan.verdict.when == AT_ONCE:
            teller.tell_values(self._line, shape.values, numbers, True, plan.verdict.rule)
            return [self._steps.ask(row, self._end, self._is_redrawn) if epoch is not None and step is None else row]
        return self._held.hold(row, plan.verdict.rule)

    def _read_values(self, shape: Shape, numbers: list[str], section: str = "") -> dict[str, float]:
        values: dict[str, float] = {}
        if not shape.has_section and shape.step is None and shape.epoch is None:
            section = self._stream.section
        for index, name, _rule, _role, over, is_fraction in shape.values:
            number = read_number(numbers[index])
            if number is None or index in self._covered or (is_fraction and is_whole(numbers[index])):
                continue
            if over is not None:
                whole = read_number(numbers[over])
                is_ratio = whole and numbers[index].isdecimal() and numbers[over].isdecimal()
                number = number / whole if whole and is_ratio else number
            if section:
                name = f"{section}/{name}"
            if name not in values:
                values[name] = number
        return self._without_ignored(values) if self._ignored or self._found.names else values

    def _without_ignored(self, values: dict[str, float]) -> dict[str, float]:
        """The values but for those that are not wanted, or that a pattern has found already."""
        left_out = self._ignored | self._found.names
        return {name: value for name, value in values.items() if fold_name(name) not in left_out}

    def _note_bar(self, shape: Shape, numbers: list[str]) -> None:
        """A bar that stays is a draw like any other."""
        step = None if shape.step is None else read_number(numbers[shape.step])
        total = None if shape.total is None else read_number(numbers[shape.total])
        if step is not None and total is not None:
            self._steps.pass_by(self._end, step, total, self._line)

    def _note_progress(self, shape: Shape, numbers: list[str], step: float | None, epoch: float | None) -> None:
        if epoch is not None and shape.epoch_total is not None:
            total = read_number(numbers[shape.epoch_total])
            if total is not None:
                self.counters.note_epoch(epoch, total, bool(shape.values) and shape.total is None)
        if step is not None and shape.total is not None:
            total = read_number(numbers[shape.total])
            if total is not None:
                self.counters.note_step(step, total)

    def _enter(self, step: float | None, epoch: float | None) -> None:
        """A line that counts is what the lines after it belong to."""
        if epoch is not None and epoch != self._epoch:
            self._epoch_before = self._end, self._epoch
            self._epoch = epoch
            self._step = None
            self._evaluations.begin_epoch()
        if step is not None:
            self._step = step
            self._evaluations.steps.append(step)
        self._stream.section = ""

    def _epoch_at(self, end: int) -> float | None:
        """The epoch when so much had been read: a bar on another stream is seen later than it was there."""
        return self._epoch_before[1] if end < self._epoch_before[0] else self._epoch

    def _is_leading(self, rank: int) -> bool:
        """Whether no lower rank has printed before: several print the same."""
        if self._rank is None or rank < self._rank:
            self._rank = rank
        return rank == self._rank

    def _read_patterns(self, line: str) -> list[Row]:
        rows = []
        self._found = find_all(self._patterns, line)
        for pattern, values, step, epoch in self._found.matches:
            if step is not None or epoch is not None:
                self._enter(step, epoch)
            if values:
                row = Row(values, self._step if step is None else step, self._epoch if epoch is None else epoch)
                rows.append(row._replace(line=self._line))
                self._teller.tell_row(rows[-1], True, f"pattern {pattern}")
        return rows

    def _take_record(self, record: Record | None) -> list[Row]:
        if record is None:
            return []
        for name, rule in record.refused if self._teller.is_asked else ():
            self._teller.tell(self._line, name, "", False, rule)
        if record.step is not None or record.epoch is not None:
            self._enter(record.step, record.epoch)
        values = self._without_ignored(record.values)
        if not values:
            return []
        step = record.step if record.step is not None or record.epoch is not None else self._step
        row = Row(values, step, self._epoch if record.epoch is None else record.epoch, None, self._line)
        self._teller.tell_row(row, True, record.rule)
        return [row]

    def _refuse_line(self, line: str, rule: str) -> list[Row]:
        self._teller.tell(self._line, "", line, False, rule)
        return []
