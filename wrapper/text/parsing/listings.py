"""Programs and settings that are printed: what stands in them as `lr = 0.1` was set, and not measured."""

import re

from wrapper.text.parsing.words import EPOCHS, SECTIONS, is_section, role, split

NAME = r"[A-Za-z_$][\w.$]{0,60}(?:\[[^\]=]{1,40}\])?"
TARGET = rf"{NAME}(?:, ?{NAME}){{0,4}}(?:: ?[\w.\[\], |]{{1,60}})?"
HEADER = re.compile(r"\[{1,2}([A-Za-z][\w. -]{0,60})\]{1,2}\s*$")  # of TOML and INI
PROMPT = r"\s*(?:(?:[>+]|>>>|\.\.\.) {1,8})?"
STATEMENT = re.compile(
    rf"{PROMPT}(?:import [\w., ]+$|from [\w.]+ import |(?:async )?def \w+ ?\(|class [A-Z]\w*(?:\(.{{0,200}}\))?:$"
    rf"|library\(\w+\)|#include [<\"]|{NAME} <- |for .{{1,100}} in .{{1,200}}[:{{]$|with .{{1,200}}\).{{0,60}}:$"
    r"|(?:if|elif|while) .{0,100}[<>=!(].{0,200}[:{]$|return [\w.][\w.,()\[\] ]*;?$|(?:else|try|finally) ?[:{]$)"
)
ASSIGNED = re.compile(rf"{PROMPT}(?P<name>{TARGET}) ?[-+*/%|&@]?= ?(?P<value>[^=\s{{][^=]*(?:\(.*)?)$")
NUMBERS = r"(?:tensor|array|Array|np\.\w+|numpy\.\w+|jnp\.\w+|float\d{0,3}|Decimal|mx\.array)\("
# A text, a truth value, a list of names, or what a function gives back, but for those that only wrap a number.
NO_NUMBER = re.compile(
    rf"[\"']|(?:true|false|True|False|TRUE|FALSE|None|NULL|null)\b|\[\s*[\"'A-Za-z]|(?!{NUMBERS})[A-Za-z_][\w.]*\("
)
OTHER_LINE = re.compile(
    r"\s*(?:[>+] )?(?:#|//|;|@\w|[\])}]|[\"'].*,?$|[A-Za-z_][\w.]{0,60}\(|(?:break|continue|pass|end|else)\b)"
)
BEGINNINGS = tuple("[ > import from def async class library( #include for with if while".split())
RESULTS = frozenset(
    "result results summary metric metrics performance scores stats statistics report final best".split()
)
COUNTED = frozenset("fold round step iter iteration episode trial generation".split())
TRAINING = frozenset(["train", "training"])  # `Training details` are set
MEASURED = RESULTS | COUNTED | EPOCHS | SECTIONS  # so is what is below a header of such words
SET = frozenset("setting config configuration parameter param hyperparameter option argument arg setup".split())
PATIENCE = 8  # lines that may only be numbers
KEPT = 64  # headers


class Listing:
    """Tells where one is being printed: line upon line that no program says of its training.

    A header with a setting below it is enough, or two statements of a program. Whoever prints the same header twice
    is measuring something, and so is who prints no more than names with numbers.
    """

    def __init__(self) -> None:
        self.is_open = False
        self._headers: set[str] = set()
        self._begin_anew()

    def holds(self, line: str) -> bool:
        """Take the next line, and say whether it is in a listing."""
        if not self.is_open and "=" not in line and not line.startswith(BEGINNINGS):
            return False  # As nearly all lines; it costs next to nothing.
        if not line or line.isspace():
            return False
        if (header := HEADER.match(line)) and is_of_settings(header[1]):
            self._head(header[1])
        elif STATEMENT.match(line):
            self._statements += 1
            self._note_sign()
        elif is_setting(line):
            self._settings += 1
            self._note_sign()
        elif self.is_open and self._since < PATIENCE and (ASSIGNED.match(line) or OTHER_LINE.match(line)):
            self._since += 1
        elif self.is_open:
            self._begin_anew()
        return self.is_open and self._is_sure()

    def _head(self, header: str) -> None:
        if header in self._headers:
            self._begin_anew()
            return
        if len(self._headers) < KEPT:
            self._headers.add(header)
        self._is_headed = True
        self._note_sign()

    def _note_sign(self) -> None:
        self.is_open, self._since = True, 0

    def _is_sure(self) -> bool:
        if self._is_headed:
            return bool(self._statements or self._settings)
        return self._statements > 0 and self._statements + self._settings > 1

    def _begin_anew(self) -> None:
        self.is_open = self._is_headed = False
        self._statements = self._settings = self._since = 0


def is_of_settings(header: str) -> bool:
    """Whether what is below a header may be settings: it has no number of its own, and no word of results."""
    if is_section(header) or any(word[0].isdecimal() for word in header.split()):
        return False
    words = [word.rstrip("0123456789") for word in split(header)]
    is_nested = "." in header  # between a table and the one in it
    if is_nested or not SET.isdisjoint(word.rstrip("s") for word in words):
        return True
    if " " in header.strip() and not (MEASURED - TRAINING).isdisjoint(words):
        return False
    return not MEASURED.issuperset(filter(None, words))


def is_sign(line: str) -> bool:
    """Whether a line can be the first of a listing."""
    return bool(HEADER.match(line) or STATEMENT.match(line)) or is_setting(line)


def is_setting(line: str) -> bool:
    """Whether it gives a name to what is no number, or a number to what only a person sets."""
    found = ASSIGNED.match(line) if "=" in line else None
    return bool(found and (NO_NUMBER.match(found["value"]) or role(found["name"]) == "setting"))
