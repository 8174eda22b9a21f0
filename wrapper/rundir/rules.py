"""When to end a command: `loss is nan`, `val/loss > 10 for 3 rows`, `gpu.util < 5 for 10m`, `no output for 30m`.

    rule   = "no output" span | "no metrics" span | name test [span]
    test   = "is" ["not"] ("nan" | "inf" | "finite") | ("<" | "<=" | ">" | ">=" | "==" | "!=") number
    span   = "for" (duration | count "rows")
    name   = as it is shown; `*` stands for anything; between quotation marks where it would be read otherwise

They are read before the command starts, so that one that cannot work stops nobody's training in the middle, and
again by who watches it.
"""

from __future__ import annotations

from operator import eq, ge, gt, le, lt, ne
from typing import NamedTuple

from wrapper.rundir.durations import BadDuration, read_duration, spell_duration

SIGNS = ("<=", ">=", "==", "!=", "<", ">", "=")
STATES = ("nan", "inf", "finite")
QUOTES = "\"'"
OUTPUT, METRICS = "output", "metrics"
# What is measured, by a handy name. Of GPUs it is the highest among those that the run uses.
HANDY = {
    "cpu": "system.cpu",
    "memory": "system.memory_percent",
    "gpu.util": "gpu",
    "gpu.memory": "memoryAllocated",
    "gpu.temp": "temp",
    "gpu.power": "powerWatts",
}
PERCENT = ("cpu", "memory", "gpu.util", "gpu.memory")
MOST_ROWS = 1_000_000_000
LONGEST = 1000


class BadRule(ValueError):
    """A rule that cannot be understood; `place` is where, counted from 0."""

    def __init__(self, why: str, place: int) -> None:
        super().__init__(why)
        self.place = place


class Rule(NamedTuple):
    """What holds when the command is to be ended.

    `silent` is "output" or "metrics" where it is that nothing comes, and then there is no name. `test` is a sign, or
    a state such as "nan", "not finite". It is to hold for so many seconds, and for so many rows.
    """

    text: str
    silent: str = ""
    name: str = ""
    is_quoted: bool = False
    test: str = ""
    number: float = 0.0
    seconds: float = 0.0
    rows: int = 1

    @property
    def is_measured(self) -> bool:
        """Whether it is about the machine, and not about a metric."""
        return not self.silent and not self.is_quoted and (self.name in HANDY or self.name.startswith("system."))

    def holds(self, value: float) -> bool:
        """Whether a value is such that the rule asks for."""
        if self.test in TESTS:
            return bool(TESTS[self.test](value, self.number))
        return self.test.startswith("not ") != is_in_state(value, self.test.removeprefix("not "))

    @property
    def wording(self) -> str:
        """What follows the name, in words: "is nan", "> 5 for 3 rows"."""
        test = f"{self.test} {self.number:g}" if self.test in TESTS else f"is {self.test}"
        return test + self.span

    @property
    def span(self) -> str:
        if self.seconds:
            return f" for {spell_duration(self.seconds)}"
        return f" for {self.rows} rows" if self.rows > 1 else ""


TESTS = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}


def is_in_state(value: float, state: str) -> bool:
    is_nan = value != value
    is_inf = value in (float("inf"), float("-inf"))
    return {"nan": is_nan, "inf": is_inf, "finite": not is_nan and not is_inf}[state]


def read_rule(text: str) -> Rule:
    """The rule that `text` means. Raises BadRule."""
    if len(text) > LONGEST:
        raise BadRule(f"it is longer than {LONGEST} letters", LONGEST)
    reading = Reading(text)
    if rule := reading.silence():
        return rule
    name, is_quoted = reading.name()
    test, number = reading.test(name)
    rule = Rule(text, name=name, is_quoted=is_quoted, test=test, number=number)
    seconds, rows = reading.span()
    if reading.skip_percent and not (rule.is_measured and name in PERCENT):
        raise BadRule(
            "% is for cpu, memory, gpu.util and gpu.memory: write the number as the metric has it", reading.sign_at
        )
    return rule._replace(seconds=seconds, rows=rows)


class Reading:
    """Goes through a rule from its beginning."""

    def __init__(self, text: str) -> None:
        self._text, self._place = text, 0
        self.skip_percent = False
        self.sign_at = 0

    def _skip_blanks(self) -> None:
        while self._place < len(self._text) and self._text[self._place].isspace():
            self._place += 1

    def _word(self) -> str:
        """The next word, in small letters, and behind it; "" at the end."""
        self._skip_blanks()
        start = self._place
        while self._place < len(self._text) and not self._text[self._place].isspace():
            self._place += 1
        return self._text[start : self._place].lower()

    def silence(self) -> Rule | None:
        """The rule, where it is that nothing comes."""
        words = self._text.lower().split()[:2]
        if words[:1] != ["no"] or words[1:2] not in (["output"], ["metric"], ["metrics"]):
            return None
        self._word()
        what = self._word()
        begun = self._place
        seconds, _rows = self.span(may_count=False)
        if not seconds:
            raise BadRule(f"for how long? no {what} for 30m", begun)
        return Rule(self._text, silent=OUTPUT if what == "output" else METRICS, seconds=seconds)

    def name(self) -> tuple[str, bool]:
        """The name, and whether it stood between quotation marks."""
        self._skip_blanks()
        start = self._place
        if self._text[start : start + 1] in tuple(QUOTES):
            return self._quoted(), True
        end = len(self._text)
        for place in range(start, len(self._text)):
            if self._text[place] in "<>=!" or is_word(self._text, place, "is"):
                end = place
                break
        name = " ".join(self._text[start:end].split())
        if not name:
            raise BadRule("the name of a metric comes first, as in: loss is nan", start)
        if end == len(self._text):
            raise BadRule(f'what of {name}? "is nan", or < or > and a number', end)
        self._place = end
        return name, False

    def _quoted(self) -> str:
        start, mark, name = self._place, self._text[self._place], ""
        place = start + 1
        while place < len(self._text) and self._text[place] != mark:
            if self._text[place] == "\\" and place + 1 < len(self._text):
                place += 1
            name += self._text[place]
            place += 1
        if place >= len(self._text):
            raise BadRule(f"{mark} without its other half", start)
        if not name.strip():
            raise BadRule("there is no name between the quotation marks", start)
        self._place = place + 1
        return name

    def test(self, name: str) -> tuple[str, float]:
        """A sign and its number, or a state and 0."""
        self._skip_blanks()
        for sign in SIGNS:
            if self._text.startswith(sign, self._place):
                self._place += len(sign)
                return sign if sign != "=" else "==", self._number()
        start = self._place
        if self._word() != "is":
            raise BadRule(f'what of {name}? "is nan", or < or > and a number', start)
        self._skip_blanks()
        start, word = self._place, self._word()
        prefix = ""
        if word == "not":
            prefix = "not "
            self._skip_blanks()
            start, word = self._place, self._word()
        if word not in STATES:
            raise BadRule('"is" is followed by nan, inf or finite, or "not" and one of these', start)
        return prefix + word, 0.0

    def _number(self) -> float:
        self._skip_blanks()
        start, word = self._place, self._word()
        self.skip_percent = word.endswith("%")
        self.sign_at = self._place - 1
        digits = word.removesuffix("%")
        try:
            number = float(digits) if "_" not in digits else None
        except ValueError:
            number = None
        if number is None:
            raise BadRule("a number comes here" if not word else f'"{word}" is no number', start)
        if number != number or number in (float("inf"), float("-inf")):
            raise BadRule(f'for that, say "is {"nan" if number != number else "inf"}"', start)
        return number

    def span(self, may_count: bool = True) -> tuple[float, int]:
        """For how many seconds, and for how many rows; 0 and 1 where it does not say."""
        self._skip_blanks()
        start = self._place
        if start == len(self._text):
            return 0.0, 1
        if self._word() != "for":
            raise BadRule("only a time or a number of rows may follow: for 10m, for 3 rows", start)
        self._skip_blanks()
        start, rest = self._place, self._text[self._place :]
        words = rest.lower().split()
        if may_count and len(words) == 2 and words[1] in ("row", "rows"):
            return 0.0, read_count(words[0], start)
        try:
            seconds = read_duration(rest)
        except BadDuration as error:
            hint = ", or so many rows: for 3 rows" if may_count else ""
            raise BadRule(f"{error}{hint}", start + error.place) from None
        if not seconds:
            raise BadRule("that is no time at all", start)
        return seconds, 1


def read_count(word: str, place: int) -> int:
    if not (word.isascii() and word.isdigit()) or not 1 <= int(word[:12]) <= MOST_ROWS:
        raise BadRule(f'"{word}" is no number of rows', place)
    return int(word[:12])


def is_word(text: str, place: int, word: str) -> bool:
    """Whether this word stands there by itself, behind something."""
    end = place + len(word)
    is_alone = place > 0 and text[place - 1].isspace() and (end >= len(text) or text[end].isspace())
    return is_alone and text[place:end].lower() == word
