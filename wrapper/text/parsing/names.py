"""The name of a number, from the text before it."""

import re
from typing import NamedTuple

from wrapper.text.names import tidy_name
from wrapper.text.parsing.words import is_section, role, split

WRAPPER = re.compile(
    r"\b(?:tensor|array|Array|np\.\w{1,20}|numpy\.\w{1,20}|jnp\.\w{1,20}|float\d{0,3}|Decimal|mx\.array)\(\[?$"
)
CELL = re.compile(
    r"\|(?!\w{1,12}\||$)|[,;│┃║•\]{}\t]| [-–—/] |(?<!\bof)(?<! )  +|(?<![Aa]vg)[.!?] |\.{3,}"
    r"|[\"'] |(?:^|\s)[-*>#]+(?=\s)"
)
COLON = re.compile(r"(?<!\s)\s*:\s+")
UNITS = re.compile(r"(?<!\s)\s*[(\[](?:s|sec|secs|ms|us|min|%|GB|MB|KB|B|GiB|MiB)[)\]]$")
ENDS = " \t'\"`-*>:.!?~=,;<(–—|"
ORNAMENTS = re.compile(r"^[\s\ufffd←-⇿⌀-⏿■-➿⬀-⯿️‍\U0001f000-\U0001faff]+|[\s←-⇿■-➿️\U0001f000-\U0001faff]+$")
VERB = re.compile(r"(?:^|(?<=\s))(is|was|were|of)$")
TUPLE = re.compile(r"\(\s?['\"]([\w ./@-]{1,60})['\"]\s?,\s?$")  # ('loss', 0.3)
CALL = re.compile(r"(?<![\w.])[A-Za-z_][\w.]{2,60}\((\w+)$")  # Result(loss=0.3
TWINS = re.compile(r"(?<![\w/])([A-Za-z]\w{1,20}) ?/ ?([A-Za-z]\w{1,20})((?: [A-Za-z]\w{1,20}){0,3})\s?[:=]?\s{0,4}$")
VERBS = frozenset("gets got reached achieved reaches achieves gave gives scored obtained".split())
ARTICLES = frozenset("the a an our my its this".split())
BEFORE_COUNTER = frozenset("at on after for of in".split())
BEFORE_NAME = VERBS | frozenset("with and has finished".split())
BEFORE_RANGE = re.compile(r"\s(?:at|for|on|after|over)\s")
CUT_WORDS = frozenset("based using on of in for per over from by at after".split())
MOST_WORDS = 8


class Named(NamedTuple):
    """What stands before a number: its name, how it is joined to it, and what was left over."""

    name: str
    joint: str  # ":" where a sign joins them, "is", " " where only a blank does, "" where nothing stands between
    bracket: str  # the bracket that the number stands in
    section: str
    left_over: str
    subject: str  # what it is about, where the name is the counter in `loss at step 3 is 0.7`
    lead: str  # the last separator before the name
    is_phrase: bool = False  # it has several words


def read_name(before: str) -> Named:
    """The name that the text between two numbers gives to the second."""
    text = WRAPPER.sub("", before)
    stripped = text.rstrip(" '\"")
    if stripped.endswith(" #"):
        stripped = stripped[:-1]
    bracket = ""
    if stripped[-1:] in ("[", "("):
        bracket, stripped = stripped[-1], stripped[:-1].rstrip(" '\"")
    joint = " " if stripped and (stripped != before or before[-1:] == " ") else ""
    bare = stripped.rstrip(" :=>'\"")
    if len(bare) < len(stripped) and any(sign in stripped[len(bare) :] for sign in ":="):
        joint, bare = ":", bare.removesuffix(" is")
    elif found := VERB.search(bare):
        joint, bare = "is" if found[1] == "is" else "of", bare[: found.start()].rstrip()
    if found := TUPLE.search(before):
        return Named(tidy(found[1]), ":", "", "", "", "", "(")
    if joint == ":" and (found := CALL.search(bare)):
        bare = bare[: found.start()] + ", " + found[1]
    left, name, lead = cut_last_cell(after_loose_bracket(bare))
    section, name = cut_section(name)
    about, name = cut_subject(without_article(name))
    return Named(tidy(name), joint, bracket, section, left.strip(ENDS + ")]}|"), about, lead, " " in name.strip())


def after_loose_bracket(text: str) -> str:
    """Without what a bracket closes that was opened before the text."""
    close = text.find(")")
    return text[close + 1 :] if close >= 0 and "(" not in text[:close] else text


def cut_last_cell(text: str) -> tuple[str, str, str]:
    """The text before the last cell, that cell, and what separates them."""
    last = max(CELL.finditer(text), key=lambda found: found.end(), default=None)
    return (text[: last.start()], text[last.end() :], last.group()) if last else ("", text, "")


def cut_section(name: str) -> tuple[str, str]:
    """The section that stands before a name with a colon, and the name."""
    parts = COLON.split(name)
    if len(parts) < 2:
        return "", name
    words = split(parts[-2])
    if is_section(parts[-2]) or (words and is_section(words[0])):
        return words[0], parts[-1]
    if is_section(parts[-1]) and role(parts[-2]) == "metric":
        return "", f"{parts[-2]} {parts[-1]}"
    if " for " in parts[-2] and role(parts[-2]) == "metric" and role(parts[-1]) == "other":
        return "", f"{parts[-2]} {parts[-1]}"
    return "", parts[-1]


def cut_subject(name: str) -> tuple[str, str]:
    """What stands before `at step`, and the counter; or nothing, and the name.

    Of a name with words of a sentence before it, only what follows them.
    """
    words = name.split()
    if len(words) > 1 and words[-2].lower() in BEFORE_COUNTER and role(words[-1]) in ("step", "epoch"):
        return tidy(" ".join(words[:-2])), words[-1]
    for place in range(len(words) - 1, 0, -1):
        if words[place - 1] in BEFORE_NAME:
            return "", without_article(" ".join(words[place:]))
    return "", name


def read_twins(before: str) -> list[str]:
    """Both names of two numbers with a stroke between them, as in `train/test loss: 0.3/0.4`, or none."""
    found = TWINS.search(before)
    if found and ((is_section(found[1]) and is_section(found[2])) or role(found[1]) == role(found[2]) == "metric"):
        return [tidy(found[1] + found[3]), tidy(found[2] + found[3])]
    return []


def without_article(name: str) -> str:
    """`the test loss` is called `test loss`."""
    first, _, others = name.strip().partition(" ")
    return others if first.lower() in ARTICLES else name


def tidy(name: str) -> str:
    """A name as it is kept: as printed, without what only stands around it.

    "" where there is no letter in it, or where it is too long for a name.
    """
    name = UNITS.sub("", name.strip(ENDS + "[").removeprefix("&")).strip(ENDS + "[")
    name = name if name.isascii() else ORNAMENTS.sub("", name)
    if name.count("(") < name.count(")"):
        name = name.rstrip(")")
    elif " (" in name and ")" not in name:
        name = name.rpartition("(")[2]
    words = name.split()
    if len(words) > MOST_WORDS or len(name) > 100 or not any(map(str.isalpha, name)):
        return ""
    return tidy_name(name)


def cut_sentence(text: str) -> str:
    """The name that begins a text, up to the first word of a sentence."""
    words = text.lstrip(" =").split()
    for place, word in enumerate(words):
        if place and word in CUT_WORDS:
            words = words[:place]
            break
    return tidy(" ".join(words))


def subject(text: str) -> str:
    """What a sentence is about that goes on `at step 3 is 0.7`."""
    cut = max(BEFORE_RANGE.finditer(text), key=lambda found: found.end(), default=None)
    return tidy(text[: cut.start()]) if cut else ""
