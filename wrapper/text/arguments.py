"""From the words of a command to the configuration of the training, and the files that it names.

No program is asked what its options mean, so the words decide, and what exists under a name:

    --lr 0.1  --lr=0.1  -b 32  -b32     an option and its value
    --flag                              True; --no-flag is False
    --sizes 1 2 3                       numbers in a row are a list, as are words, or files
    --lr 0.1 data.csv                   a word of another kind than the one before is not its value
    --use-amp data.csv                  nor is a file, where the name is one of a switch
    --list a --list b                   a list
    model.depth=4  +a.b=c  ++a.b=c      what stands behind dots is nested; the last one counts
    ~db                                 None
    MODEL.DEPTH 4                       as =
    anything else                       in a list under "args"

Options of launchers stand under "launcher"; a program with an option of that name keeps it, and theirs are left out.
"""

from __future__ import annotations

import re

from wrapper.text.launchers import find_program
from wrapper.text.masking import is_secret_name, mask_value
from wrapper.text.scalars import is_number, read_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

MOST_WORDS = 2000
MOST_VALUES = 1000  # of one option
LONGEST_TEXT = 4000
LONGEST_PATH = 4000
DEEPEST = 20

CONFIG_ENDINGS = (
    ".yaml", ".yml", ".json", ".jsonc", ".toml", ".ini", ".cfg", ".conf", ".gin", ".prototxt", ".py", ".jsonnet",
)  # fmt: skip

OPTION = re.compile(r"(?:--(?=\w)|-(?=[A-Za-z_?]))([\w?][\w.\-/@:+]{0,200})(?:=(.*))?", re.S)
SHORT_WITH_NUMBER = re.compile(r"-([A-Za-z])([-+]?[\d.].*)", re.S)
DEFINITION = re.compile(r"-[DP]([A-Za-z_][\w.\-]{0,200})=(.*)", re.S)  # `-Dname=value`
REPEATED_LETTER = re.compile(r"-([A-Za-z])\1{1,9}")
ASSIGNMENT = re.compile(r"\+{0,2}([A-Za-z_][\w.\-/@]{0,200})[ \t]{0,4}=(?!=)[ \t]{0,4}(.*)", re.S)
REMOVAL = re.compile(r"~([A-Za-z_][\w.\-/@]{0,200})(?:=.*)?", re.S)
DOTTED_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)+")  # yacs: `SOLVER.BASE_LR 0.1`
# Options that only say that assignments follow: those are the program's settings.
ANNOUNCES_SETTINGS = frozenset(
    "set with opts options cfg_options override overrides config_overrides config_override hydra_overrides hparams "
    "hparam hyperparameters hp params param parameters gin_bindings gin_binding gin_param gin_params P p D o O "
    "S".split()
)
HAS_SETTINGS = re.compile(r"(?:.*_)?(?:args|kwargs|params|options|opts|config|cfg|hparams|env)")
# `papermill -p alpha 0.6`: a name and its value.
TAKES_A_PAIR = frozenset("p param params parameters set hp hparam".split())
NAME = re.compile(r"[A-Za-z_]\w{0,100}(?:\.\w{1,100}){0,20}")
# Two ways of being a switch: no text is ever its value; a file that exists is not.
PURE_SWITCHES = frozenset("verbose quiet silent force overwrite dry_run help version yes multirun".split())
SWITCHES = re.compile(
    r"(?:use|no|do|enable|disable|is|skip|allow|with_?out)_.+|debug|fp16|bf16|fp32|amp|cuda|cpu|gpu|pretrained|"
    r"shuffle|deterministic|benchmark|distributed|evaluate|progress|v|q|f|y"
)
LEADS_ELSEWHERE = re.compile(
    r"(?:.*[_.\-/])?(?:out|output|outputs|outfile|outdir|save|saved|saving|log|logs|logging|logdir|logfile|result|"
    r"results|work|workdir|run|runs|rundir|exp|expdir|experiment|tensorboard|tb|cache|tmp|temp|checkpoints|snapshots|"
    r"dump|export|store|artifacts|profile|plots?|tmpdir|predictions?)(?:[_.\-/]?(?:dir|path|file|folder|root|to|directory"
    r"|location|prefix|dirname|name|s)){0,2}",
    re.I,
)


class Arguments:
    """What a command line says. `files` may be config files, `flag_files` hold further options, `data` is the rest."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.files: list[str] = []
        self.flag_files: list[str] = []
        self.data: list[str] = []
        self.left_out = 0  # words beyond MOST_WORDS


def find_nothing(_path: str) -> str:
    """Every path is unknown: for who reads words alone."""
    return ""


def read_arguments(argv: list[str], find: Callable[[str], str] = find_nothing) -> Arguments:
    """What the words of a command say. Never raises.

    `find` says of a path that it is a "file" or a "folder", and "" when it is neither.
    """
    found = find_program(argv[:MOST_WORDS])
    reader = Reader(found.arguments[:MOST_WORDS], find, found.program)
    reader.read()
    result = reader.result
    result.left_out = max(0, len(argv) - MOST_WORDS)
    result.config = nest(reader.values)
    if found.launchers and "launcher" not in result.config:
        result.config["launcher"] = {name: reader.read_launcher(facts) for name, facts in found.launchers.items()}
    return result


def read_flags(words: list[str]) -> dict[str, Any]:
    """The configuration that words after a program's name spell."""
    reader = Reader(words[:MOST_WORDS], find_nothing, "")
    reader.read()
    return nest(reader.values)


class Reader:
    """Goes through a program's words once."""

    def __init__(self, words: list[str], find: Callable[[str], str], program: str) -> None:
        self._words, self._find, self._program = words, find, program
        self._known: dict[str, str] = {}
        self._at = 0
        self._given: set[str] = set()  # options that have had a value
        self._free: list[Any] = []
        self.values: dict[str, Any] = {}
        self.result = Arguments()

    def read(self) -> None:
        """Fill `values` and `result`."""
        while self._at < len(self._words):
            word = self._words[self._at]
            self._at += 1
            if word != "--":  # What stands behind it is handed on to somebody, who reads it alike.
                self._read_word(word)
        if self._free and "args" not in self.values:
            self.values["args"] = self._free

    def read_launcher(self, facts: dict[str, Any]) -> dict[str, Any]:
        """A launcher's options with types; their config files are noted."""
        read: dict[str, Any] = {}
        for name, value in facts.items():
            typed = [self._type(name, text) for text in (value if isinstance(value, list) else [value])]
            read[name] = typed if isinstance(value, list) else typed[0]
            for text in texts_in(typed):
                if text.endswith(CONFIG_ENDINGS):
                    self._note_path("out", text)
        return read

    def _read_word(self, word: str) -> None:
        if found := REMOVAL.fullmatch(word):
            self.values[found[1]] = None
        elif found := DEFINITION.fullmatch(word):
            self._assign(found[1], found[2])
        elif word.startswith("-") and not is_number(word) and self._read_option(word):
            return
        elif found := self._assignment(word):
            self._assign(found[1], found[2])
        elif self._is_capital_name(self._at - 1):
            self._assign(word, self._words[self._at])
            self._at += 1
        elif not (word == "with" and self._at < len(self._words) and self._assignment(self._words[self._at])):
            self._free.append(self._typed("args", word))

    def _read_option(self, word: str) -> bool:
        """False when it is none."""
        if (found := SHORT_WITH_NUMBER.fullmatch(word)) and is_number(found[2]):
            self._give(found[1], [found[2]])
            return True
        if found := REPEATED_LETTER.fullmatch(word):
            self.values[found[1]] = len(word) - 1
            return True
        if not (found := OPTION.fullmatch(word)):
            return False
        name, value = found[1].replace("-", "_").rstrip("+"), found[2]  # `--callbacks+=one` adds to a list
        if value is None:
            self._read_following(name)
        elif pairs := self._settings_in(name, value):
            self._take_settings(name, pairs)
        else:
            self._give(name, [value])
        return True

    def _read_following(self, name: str) -> None:
        """The words behind an option: its values, if they are."""
        if self._is_pair(name):
            self._assign(self._words[self._at], self._words[self._at + 1])
            self._at += 2
            return
        values = self._following_values(name)
        pairs = [] if values else self._following_settings(name)
        if values:
            self._at += len(values)
            self._give(name, values)
        elif pairs:
            self._at += len(pairs)
            self._take_settings(name, [pair for text in pairs for pair in self._settings_in(name, text)])
        elif name.startswith("no_") and len(name) > 3:
            self.values[name[3:]] = False
        elif name in self._given:
            self._give(name, ["true"])
        elif len(name) == 1 and isinstance(self.values.get(name), int):
            self.values[name] += 1  # `-v -v`; True is 1
        else:
            self.values[name] = True

    def _is_pair(self, name: str) -> bool:
        """Whether a name and a value follow, one after the other."""
        pair = self._words[self._at : self._at + 2]
        if name not in TAKES_A_PAIR or len(pair) < 2 or not NAME.fullmatch(pair[0]) or self._kind(pair[0]) != "text":
            return False
        return self._can_be_value(self._at + 1) and self._kind(pair[1]) in ("number", "truth", "structure")

    def _following_values(self, name: str) -> list[str]:
        rest = self._words[self._at :]
        if is_secret_name(name) and rest and not rest[0].startswith("--"):
            return rest[:1]
        values: list[str] = []
        first = ""
        for offset, word in enumerate(rest):
            if not self._can_be_value(self._at + offset):
                break
            kind = self._kind(word)
            first = first or kind
            if kind != first:
                break
            values.append(word)
        if name in PURE_SWITCHES and first in ("text", "path"):
            return []
        return [] if first == "path" and SWITCHES.fullmatch(name) else values

    def _following_settings(self, name: str) -> list[str]:
        """The assignments behind an option that is one to announce them."""
        pairs: list[str] = []
        for word in self._words[self._at :]:
            if not self._settings_in(name, word):
                break
            pairs.append(word)
        return pairs

    def _settings_in(self, name: str, text: str) -> list[tuple[str, str]]:
        """The assignments in `a=1,b=2` when the option's name is one for such; else none."""
        if "=" not in text or not (name in ANNOUNCES_SETTINGS or HAS_SETTINGS.fullmatch(name)):
            return []
        pieces = [ASSIGNMENT.fullmatch(piece.strip()) for piece in split_at_commas(text)]
        pairs = [(piece[1], piece[2]) for piece in pieces if piece]
        if len(pairs) == len(pieces):
            return pairs
        whole = ASSIGNMENT.fullmatch(text)
        return [(whole[1], whole[2])] if whole else []

    def _take_settings(self, name: str, pairs: list[tuple[str, str]]) -> None:
        prefix = "" if name in ANNOUNCES_SETTINGS else f"{name}."
        for key, text in pairs:
            self._assign(prefix + key, text)

    def _can_be_value(self, at: int) -> bool:
        word = self._words[at]
        if word.startswith("-") and word != "-" and not is_number(word):
            return False
        return not self._assignment(word) and not REMOVAL.fullmatch(word) and not self._is_capital_name(at)

    def _kind(self, word: str) -> str:
        if is_number(word):
            return "number"
        value = read_value(word)
        if not isinstance(value, str):
            return "structure" if isinstance(value, list | dict) else "truth"
        return "path" if self._exists(word) else "text"

    def _assignment(self, word: str) -> re.Match[str] | None:
        """`key=value`, but not the path of a file with = in its name."""
        found = ASSIGNMENT.fullmatch(word)
        return found if found and not ("/" in found[1] and self._exists(word)) else None

    def _is_capital_name(self, at: int) -> bool:
        """Whether it is a name that the word after it is the value of."""
        if not DOTTED_CAPITALS.fullmatch(self._words[at]) or at + 1 >= len(self._words):
            return False
        following = self._words[at + 1]
        return is_number(following) or not (following.startswith("-") or DOTTED_CAPITALS.fullmatch(following))

    def _assign(self, name: str, text: str) -> None:
        """Set a value; the last one counts."""
        self.values[name] = self._typed(name, text)

    def _give(self, name: str, texts: list[str]) -> None:
        """Add values to an option; several are a list."""
        if name in ("flagfile", "flags_file"):
            self.result.flag_files += texts
        typed = [self._typed(name, text) for text in texts[:MOST_VALUES]]
        before = self.values.get(name)
        if name in self._given and not (isinstance(before, bool) and len(typed) == 1 and isinstance(typed[0], bool)):
            typed = [*(before if isinstance(before, list) else [before]), *typed][:MOST_VALUES]
        self._given.add(name)
        self.values[name] = typed if len(typed) > 1 or len(texts) > 1 else typed[0]

    def _typed(self, name: str, text: str) -> Any:
        """The value of a text, without secrets; the paths in it are noted."""
        value = self._type(name, text)
        for path in texts_in(value) if len(text) <= LONGEST_TEXT and value != text else [text]:
            self._note_path(name, path)
        return value

    def _type(self, name: str, text: str | bool) -> Any:
        if isinstance(text, bool):  # A launcher's flag.
            return text
        if len(text) > LONGEST_TEXT:
            text = text[:LONGEST_TEXT] + "…"
        return mask_value(name, read_value(text))

    def _note_path(self, name: str, text: str) -> None:
        """Note what exists under this name, or what its parts between commas name."""
        if name in ("flagfile", "flags_file"):
            return
        candidates = [text.removeprefix("@")]
        if not self._exists(candidates[0]) and ("," in text or ":" in text):
            candidates = re.split("[,:]", text)[:MOST_VALUES]
        for path in candidates:
            kind = self._exists(path)
            if not kind or path == self._program:
                continue
            if text.startswith("@"):
                self._note(self.result.flag_files, path)
            elif kind == "file" and path.endswith(CONFIG_ENDINGS):
                self._note(self.result.files, path)
            elif not LEADS_ELSEWHERE.fullmatch(name):
                self._note(self.result.data, path)

    def _note(self, paths: list[str], path: str) -> None:
        if path not in paths:
            paths.append(path)

    def _exists(self, text: str) -> str:
        if not text or len(text) > LONGEST_PATH or "\n" in text or "\0" in text or "://" in text:
            return ""
        if text not in self._known:
            self._known[text] = self._find(text)
        return self._known[text]


def split_at_commas(text: str) -> Iterator[str]:
    """The pieces between commas that stand in no brackets."""
    depth = start = 0
    for at, character in enumerate(text):
        depth += (character in "[{(") - (character in "]})")
        if character == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def texts_in(value: Any) -> Iterator[str]:
    """Every text in lists and maps."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)


def nest(values: dict[str, Any]) -> dict[str, Any]:
    """`a.b` as an object within an object; where `a` has a value of its own, `a.b` stays beside it."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        inner, rest, start = nested, name, 0
        for _ in range(DEEPEST):
            dot = rest.find(".")
            if dot <= 0 or dot == len(rest) - 1 or name[: start + dot] in values:
                break
            inner = inner.setdefault(rest[:dot], {})
            rest, start = rest[dot + 1 :], start + dot + 1
        inner[rest] = value
    return nested
