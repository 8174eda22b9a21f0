"""Names with numbers in a line: `loss: 0.3`, `loss=0.3`, `loss 0.3`, `Epoch [3][10/500]`, `loss 0.4 (0.5)`."""

import re

from wrapper.text.parsing.names import CUT_WORDS, VERBS, Named, cut_sentence, read_name, read_twins, subject, tidy
from wrapper.text.parsing.prefixes import MASK
from wrapper.text.parsing.shapes import Refused, Shape, Value
from wrapper.text.parsing.units import SCALES, SIZE_UNITS, SPACED_UNIT, TIME_UNITS, UNITS
from wrapper.text.parsing.words import PROSE, has_section, is_section, role, split, step_rank

# A number, what is joined to it, and its unit.
TOKEN = re.compile(
    f"{MASK}(?P<joined>(?::{MASK})+|(?:x{MASK})+|[-/]{MASK}[-/]{MASK}|(?:[A-Za-z]{{1,2}})? */ *{MASK}|-{MASK}"
    f"| ?of {MASK})?"
    r"(?P<unit> ?%|[A-Za-zµ°%#][\w/%]*)?"
)
COUNTED = re.compile(r" (\w+)(?: [a-z ]{1,40})?:")
TRAILING = re.compile(rf"\s*([^|,;│\[\](){{}}{MASK}]{{1,60}})")
BEFORE_JUNK = tuple("/\\~$&@_-?")
FILE = re.compile(
    r"\.(?:py|cc|cpp|c|h|hpp|cu|go|rs|java|js|ts|jl|sh|csv|tsv|txt|json|jsonl|ya?ml|pth?|ckpt|log|bin|npz|npy|gz|zip)$"
)
GOES_ON = re.compile(r"[_\\@<:/]\S|-[^\s|>-]")
LEADING = re.compile(r": +[^\s]|:? +\[[A-Za-z]")
WEAK = ("name and number", "cell with name and number")
OPENED = re.compile(r"([A-Za-z_]\w{1,40})\[(\w{1,40})")
BAR_BRACKET = re.compile(rf"\[{MASK}:{MASK}[^][]*")
SEPARATORS = (" ", ",", ";", "|")
COMPARISON = re.compile(r"(?<![=<>!])[=<>!]=\s*$")
OPTION = re.compile(r"(?:^|\s)--[A-Za-z][\w-]{0,60}[ =]$")
FORMULA = re.compile(r" ?\* ?[A-Za-z_]\w{0,60} {0,2}(?:$|[-+*/()])")
COUNT = re.compile(rf" (?:errors|warnings|failures|problems|issues)\b(?!\s*[:={MASK}])")
CUT_OFF = "may be cut off at the edge"
STATEMENT = frozenset("is was were are".split())
NEXT_WORD = re.compile(r" ([A-Za-z]+)(?![\w:=])")
AFTER_RESULT = frozenset("on after at over for in with and percent".split())
SPREADS = frozenset(["+/-", "±", "+-", "+", "±+"])
LIST_GAPS = frozenset([", ", ",", " "])


class Pairs:
    """Reads one message; what it found is in the shape."""

    def __init__(self, text: str, first: int, section: str = "") -> None:
        self._text, self._first, self._index, self._end = text, first, first, 0
        self._end_of_name = 0
        self._values: list[Value] = []
        self._refused: list[Refused] = []
        self._counters: list[tuple[int, int]] = []  # how good as a step, which number
        self._epoch: int | None = None
        self._total: int | None = None
        self._epoch_total: int | None = None
        self._section, self._line_section, self._loose = section, section, 0
        self._subject = self._counted = self._list_name = self._group = ""
        self._open_bar = range(0)  # in the bracket of a bar that does not close
        self._last = ""  # what the number before was: its rule, or "value"

    def read(self) -> Shape:
        """The shape of the message."""
        self._open_bar = find_open_bar(self._text)
        for token in TOKEN.finditer(self._text):
            before = self._text[self._end : token.start()]
            self._end_of_name = token.start()
            self._end_of_token = token.end()
            unit = (token["unit"] or "").strip()
            if not unit:
                spaced = SPACED_UNIT.match(self._text, token.end())
                if spaced:
                    self._end_of_token, unit = spaced.end(), spaced.group()[1:]
            self._read_number(before, token, unit)
            self._end = self._end_of_token
            self._index += token.group().count(MASK)
        self._loose += len(split(re.sub(r"\([^)]*\)", "", self._text[self._end :])))
        self._drop_labels()
        step, other_step = ([number for _rank, number in sorted(self._counters)] + [None, None])[:2]
        return Shape(
            tuple(self._values),
            tuple(self._refused),
            step,
            self._epoch,
            total=self._total,
            epoch_total=self._epoch_total,
            is_clean=self._loose <= 0,
            is_step_nameless=bool(self._counters) and min(self._counters)[0] >= 50,
            has_section=bool(self._line_section),
            other_step=other_step,
        )

    def _drop_labels(self) -> None:
        """`Region 82 loss: 0.3`: where others have a sign, a number without one is a label."""
        if any(value.rule.startswith(("name:", "nameis", "nameof")) for value in self._values):
            labels = [value for value in self._values if value.rule in WEAK and value.role == "other"]
            self._values = [value for value in self._values if value not in labels]
            self._refused += [Refused(value.nth, value.name, "a label") for value in labels]

    def _read_number(self, before: str, token: re.Match[str], unit: str) -> None:
        named = self._in_group(read_name(before), before)
        if named.left_over:
            self._count_left_over(named.left_over)
        if named.section:
            self._set_section(named.section)
        joined = (token["joined"] or "").strip()
        rule = self._find_junk(before, named, joined, unit, token.end())
        kind = role(unit) if unit and unit not in SIZE_UNITS else ""
        is_glued = joined or before[-1:].isalnum() or "/" in unit or unit in TIME_UNITS
        if kind in ("step", "epoch") and not is_glued and rule != CUT_OFF:
            self._add_counter(unit)
        elif before.endswith("#") and role(named.name) not in ("step", "epoch"):
            if is_section(named.name.partition(" ")[0]):
                self._set_section(split(named.name)[0])
            self._refuse(named.name, "a label")
        elif rule:
            self._refuse(named.name, rule)
            self._subject = subject(named.lead + before) or named.subject or self._subject
        elif "/" in joined or "of " in joined:
            self._read_fraction(named, unit, before, token.end())
        else:
            self._read_plain(named, unit, before, token.end())

    def _in_group(self, named: Named, before: str) -> Named:
        """The name with that of the bracket that it stands in: `train[loss=0.3, acc=0.9]`."""
        if "]" in before:
            self._group = ""
        if named.joint != ":":
            return named
        opened = OPENED.fullmatch(named.name)
        if opened:
            self._group = "" if opened[1] == opened[2] else opened[1] + "/"
        return named._replace(name=self._group + (opened[2] if opened else named.name)) if named.name else named

    def _count_left_over(self, text: str) -> None:
        if is_section(text):
            self._set_section(split(text)[0])
        elif "(" not in text:
            self._loose += len(split(text))

    def _set_section(self, word: str) -> None:
        """What follows is measured on other data; on those of the training names stand bare."""
        self._section = self._line_section = "" if word.startswith("train") else word

    def _find_junk(self, before: str, named: Named, joined: str, unit: str, end: int) -> str:
        """The rule that says that it is no number of its own, or ""."""
        is_fraction = joined.count(MASK) == 1 and ("/" in joined or "of " in joined)
        is_fraction = is_fraction or (joined == f"/{MASK}/{MASK}" and role(named.name) == "step")
        if joined and not is_fraction:
            return "a time, a date or a range"
        if before.strip() in SPREADS:
            return "a spread"
        if before.endswith(BEFORE_JUNK) or (before[-1:].isalnum() and named.joint == ""):
            return "in a path, a word or an address"
        following = self._text[end : end + 2]
        if GOES_ON.match(following) or FILE.search(named.name):
            return "in a path, a word or an address"
        if "='" in named.name or '="' in named.name:
            return "in a text"
        if following[:1] in ("'", '"', "`") and before[-1:] == "=":
            return "in a text"
        if unit == "%" and re.match(r"\|| [█#]", self._text[end : end + 2]):
            return "progress"
        if len(following) > 1 and following[0] == "." and following[1].isalnum():
            return "a version, an address or a file"
        if following == ".." and self._text[end + 2 : end + 3].isdigit():
            return "a time, a date or a range"
        if COMPARISON.search(before):
            return "a comparison"
        if OPTION.search(before) or FORMULA.match(self._text, end):
            return "code or a command"
        if COUNT.match(self._text, end):
            return "a count"
        if self._end_of_name in self._open_bar and not self._text.startswith(SEPARATORS, self._end_of_token):
            return CUT_OFF
        is_unit = not unit or unit in UNITS or "/" in unit
        return "" if is_unit else "in a path, a word or an address"

    def _refuse(self, name: str, rule: str, offset: int = 0) -> None:
        self._refused.append(Refused(self._index + offset, name, rule))
        self._last = rule

    def _add_counter(self, name: str, offset: int = 0, has_total: bool = False) -> None:
        """The number is a step, or an epoch."""
        if role(name) == "epoch":
            if self._epoch is None:
                self._epoch = self._index + offset
                self._epoch_total = self._epoch + 1 if has_total else None
                self._refuse(name, "epoch", offset)
                return
            name = ""
        self._counters.append((step_rank(name) if name else 50 + len(self._counters), self._index + offset))
        if has_total and self._total is None:
            self._total = self._index + offset + 1
        self._refuse(name, "step", offset)

    def _read_fraction(self, named: Named, unit: str, before: str, end: int) -> None:
        kind = role(named.name)
        if named.bracket == "(" and not named.name and self._last == "value":
            return self._refuse("", "a part of a whole")
        if named.joint == ":" and kind in ("metric", "other") and self._text.startswith(f" = {MASK}", end):
            self._subject = named.name  # `score: 45/50 = 90%`
            return self._refuse(named.name, "a part of a whole")
        if twins := read_twins(before):
            for offset, name in enumerate(twins):
                self._values.append(Value(self._index + offset, name, "two names and numbers", role(name)))
            return None
        if kind == "metric" and named.joint in (":", "is"):
            following = self._text[end:].lstrip(" ")
            if not following.startswith(f"({MASK}%") and not following.startswith(f"({MASK} %"):
                self._take(named, "ratio", over=self._index + 1)
            return self._set_list(named.name)  # The percentage that follows stands for it.
        if unit in SIZE_UNITS or unit in TIME_UNITS or unit in SCALES or kind in ("setting", "time"):
            return self._refuse(named.name, "a part of a whole")
        following = tidy((TRAILING.match(self._text, end) or [""])[0])
        if named.bracket == "[" and self._text[end : end + 1] == ",":
            return self._refuse(named.name, "a part of a whole")
        if is_section(named.name):
            self._set_section(split(named.name)[0])
        self._loose -= len(split(following)) if len(split(following)) <= 2 else 0
        if not named.name and before in ("][", "] [", ", ") and self._last == "step" and self._epoch is None:
            self._epoch, self._epoch_total, self._total = self._counters.pop()[1], self._total, None  # [2/10][100/938]
        if kind in ("step", "epoch") or not named.name or named.bracket:
            name = named.name if kind in ("step", "epoch") and not (named.bracket and self._last == "epoch") else ""
            return self._add_counter(name or (following if role(following) == "step" else ""), has_total=True)
        if is_section(named.name) or named.lead == "|":
            return self._add_counter("", has_total=True)
        return self._refuse(named.name, "a part of a whole")

    def _set_list(self, name: str) -> None:
        self._list_name, self._last = name, "ratio"

    def _read_plain(self, named: Named, unit: str, before: str, end: int) -> None:
        kind = role(named.name) if named.name else ""
        if named.bracket == "(" and not named.name and self._last in ("value", "ratio"):
            if self._last == "ratio" and unit == "%" and self._list_name:
                return self._take(named._replace(name=self._list_name), "percentage of a ratio")
            return self._refuse("", "an average in brackets")
        if named.bracket == "[" and (not named.name or kind in ("step", "epoch") or is_section(named.name)):
            return self._read_bracket(named, kind, end)
        if self._last in ("value", "list") and before in LIST_GAPS and self._is_in_list():
            return self._refuse("", "list")
        if not named.name or (named.joint == " " and split(named.name)[-1] in VERBS):
            return self._read_nameless(named._replace(name=""), unit, before, end)
        if self._counted and before.startswith(f" {self._counted}") and named.joint == ":":
            return self._read_nameless(named._replace(name=""), unit, before, end)
        if after := self._find_counted(named, end):
            self._subject, self._counted = named.name.rpartition(" ")[0], after
            return self._add_counter(after)
        if kind in ("step", "epoch") and named.joint:
            if unit in TIME_UNITS:
                return self._refuse(named.name, "time")
            if named.joint == " " and (set(split(named.name)[:-1]) & PROSE) and "end" not in split(named.name):
                return self._refuse(named.name, "prose")
            self._subject = named.subject or self._subject
            return self._add_counter(named.name)
        if is_section(named.name) and self._text[end:].lstrip().startswith("[") and not self._values:
            self._set_section(split(named.name)[0])
            return self._add_counter("epoch")
        return self._read_value(named, kind, unit, before)

    def _find_counted(self, named: Named, end: int) -> str:
        """The counter behind a number: `epochs` in `loss after 3 epochs: 0.7`."""
        found = COUNTED.match(self._text, end) if named.name.endswith((" after", " at")) else None
        return found[1] if found and role(found[1]) in ("step", "epoch") else ""

    def _is_in_list(self) -> bool:
        opened = self._text.rfind("[", 0, self._end)
        return opened >= 0 and self._text.find("]", opened, self._end) < 0

    def _read_bracket(self, named: Named, kind: str, end: int) -> None:
        """`[3]`, `[1, 2000]`, `Epoch [3]`, `[ 25%]`."""
        following = self._text[end : end + 1]
        if following == "," and not named.name:
            self._epoch = self._index if self._epoch is None else self._epoch
            self._refuse("", "epoch")
        elif following not in "],":
            self._refuse("", "in brackets")
        else:
            words = split(named.name)
            if is_section(named.name) or (kind == "epoch" and len(words) > 1):
                self._set_section(words[-1] if kind == "epoch" else words[0])
            self._add_counter(named.name if kind in ("step", "epoch") else "")

    def _read_nameless(self, named: Named, unit: str, before: str, end: int) -> None:
        """`800.4 avg`, `at step 3: 0.7`, `[1, 2000]`, `3: …`."""
        is_first = not before.strip() and not unit and not self._counters and self._epoch is None
        if is_first and LEADING.match(self._text, end):
            return self._add_counter("")
        if before.strip() == "<" and self._text.startswith("> ", end) and not self._counters:
            return self._add_counter("")
        if self._last == "epoch" and before.strip() == "," and self._is_in_list():
            return self._add_counter("")
        if named.joint in (":", "is") and self._subject:
            name, self._subject = self._subject, ""
            return self._read_value(named._replace(name=name), role(name), unit, before)
        if "/" in unit:
            return self._refuse(unit, "rate")
        if unit in TIME_UNITS or unit in SIZE_UNITS:
            return self._refuse("", "time or size")
        following = TRAILING.match(self._text, end)
        is_named = following and not set(following[1].lstrip(" =")) & {"=", ":"}
        if is_first and following and self._text.startswith(MASK, following.end()):
            name = tidy(following[1])  # It is that of the next number.
            return self._add_counter("") if role(name) == "metric" else self._refuse("", "no name")
        name = cut_sentence(following[1]) if following and is_named else ""
        kind = role(name) if name else ""
        self._loose -= len(split(name)) if len(split(name)) <= 2 else 0
        if (
            name
            and (unit != "%" or kind == "metric")
            and kind in ("metric", "other")
            and len(name.split()) <= 4
            and not FILE.search(name)
            and not (following and following[1].startswith(("/", "./")))
        ):
            is_inside = self._is_in_list() or self._text.rfind("(", 0, end) > self._text.rfind(")", 0, end)
            is_pair = kind == "metric" or (named.lead.startswith((",", "|")) and not is_inside)
            if is_pair and not set(name.split()) & PROSE:
                return self._take(named._replace(name=name), "number, then its name")
        return self._refuse("", "no name")

    def _read_value(self, named: Named, kind: str, unit: str, before: str) -> None:
        name = named.name
        is_its_value = self._subject and kind != "metric" and named.joint == ":" and not named.lead.strip()
        if is_its_value and role(self._subject) == "metric":
            name, kind = self._subject, "metric"
        rule = self._why_no_value(name, kind, unit, named.joint, before)
        if rule == "prose":
            self._subject = (subject(f"{before.strip()} ") or self._subject) if kind == "metric" else self._subject
            self._loose += len(split(name))
        elif rule == "setting":
            self._loose += named.joint == " "
        if rule:
            self._refuse(name, rule)
        else:
            self._take(named._replace(name=self._continued(name)), self._rule(named), is_fraction=named.joint == "of")

    def _why_no_value(self, name: str, kind: str, unit: str, joint: str, before: str) -> str:
        """The rule by which a number with a name is no metric, or ""."""
        if kind in ("time", "setting"):
            return kind
        if unit in TIME_UNITS:
            return "time"
        if unit in SIZE_UNITS:
            return "size"
        if "/" in unit and kind != "rate":
            return "rate"
        if before.rstrip().endswith("|") and len([cell for cell in before.split("|") if cell.strip(" -:")]) > 1:
            return "a cell of a table"
        if joint == "of" and (kind != "metric" or unit not in ("", "%")):
            return "prose"
        if len(name) == 1 and name.isupper():
            return "a single letter"
        words = name.lower().split()
        if not STATEMENT.isdisjoint(words) or (joint in ("is", "of") and self._says_more()):
            return "prose"
        is_long = len(words) > 3 and not self._text[: self._end_of_name].endswith("  ")
        is_prose = joint == " " and (is_long or not (PROSE | CUT_WORDS).isdisjoint(words))
        return "prose" if not joint or is_prose else ""

    def _says_more(self) -> bool:
        """Whether the sentence goes on as none does that only gives a result: `is 0.3 lower than before`."""
        following = NEXT_WORD.match(self._text, self._end_of_token)
        return bool(following and following[1] not in AFTER_RESULT)

    def _continued(self, name: str) -> str:
        """`loss val` for the `val` in `loss train: 0.3, val: 0.4`."""
        if is_section(name) and self._values:
            words = self._values[-1].name.split()
            if len(words) > 1 and is_section(words[-1]):
                return " ".join([*words[:-1], name])
        return name

    def _rule(self, named: Named) -> str:
        if named.joint != " ":
            return f"name{named.joint}number"
        is_first = self._index == self._first and not named.is_phrase and not named.left_over
        is_cell = named.lead.strip() in ("|", ",", ";", "-") and named.lead != ""
        return "cell with name and number" if is_first or is_cell else "name and number"

    def _take(self, named: Named, rule: str, over: int | None = None, is_fraction: bool = False) -> None:
        name, words = named.name, split(named.name)
        if self._section and not has_section(name) and not {"lr", "learning"} & {*words}:
            if self._line_section or not named.lead.strip():
                name = f"{self._section}/{name}"
        elif named.is_phrase and named.joint == ":" and words and is_section(words[0]):
            self._section = words[0]  # `train Loss: 0.3 Acc: 0.9`
        if named.lead.strip():
            self._section = self._line_section
        self._values.append(Value(self._index, name, rule, role(named.name), over, is_fraction))
        self._last = "value"


def read_pairs(text: str, first: int, section: str = "") -> Shape:
    """The shape of a message whose first number is number `first` of the line."""
    return Pairs(text, first, section).read()


def find_open_bar(text: str) -> range:
    """Where a bar's bracket stands that does not close: the edge of the terminal has cut it, perhaps in a number."""
    found = BAR_BRACKET.search(text) if f"[{MASK}:{MASK}" in text else None
    return range(0) if found is None or text[found.end() : found.end() + 1] == "]" else range(*found.span())
