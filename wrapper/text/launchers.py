"""What stands in front of a training program: launchers, environments, interpreters, a shell."""

from __future__ import annotations

import re

from wrapper.text.launcher_table import BESIDES, LAUNCHERS, LONGEST_NAME, MODULES, SHELL, Launcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_IN_A_ROW = 20
PYTHON = re.compile(r"(?:i?python|pypy)[0-9.]*[tdm]?")
LETTER_M = re.compile(r"-[bBdEhiIOPqsSuvVx]*([mc])(.*)", re.S)
PROGRAM_FILE = re.compile(r".+\.(?:py|sh|bash|R|jl|js|ts|pl|rb|jar|lua|exe|ipynb)", re.S)
ENVIRONMENT = re.compile(r"([A-Za-z_]\w{0,100})=(.*)", re.S)
POSITION = re.compile(r"\$\{?([0-9])\}?")
NEGATIVE = re.compile(r"-\d+")


class Found:
    """The training program with its own arguments, and what the launchers before it were told."""

    def __init__(self) -> None:
        self.program = ""
        self.arguments: list[str] = []
        self.launchers: dict[str, dict[str, Any]] = {}


def find_program(words: list[str]) -> Found:
    """Take every launcher and interpreter away; the program is "" when there is none, or a shell's text."""
    found = Found()
    for _ in range(MOST_IN_A_ROW):
        words = _take_environment(words, found)
        if not words:
            return found
        if PYTHON.fullmatch(base(words[0])):
            is_module, words = _take_python(words)
            name, words = _module_launcher(words) if is_module else ("", words)
        else:
            name = _launcher_name(words)
            if not name and (at := _python_after(words)):
                words = words[at:]
                continue
        if not name:
            break
        reader = _Reader(LAUNCHERS[name], words[len(name.split()) :])
        words, command = reader.read()
        if command is not None:
            words = expand(choose_command(command), words)
        if reader.facts and not reader.launcher.is_interpreter:
            found.launchers.setdefault(name, {}).update(reader.facts)
        if reader.launcher.has_only_arguments:
            words = ["", *words]
            break
    found.program, found.arguments = (words[0], words[1:]) if words else ("", [])
    return found


def base(path: str) -> str:
    """The last part of a path, without Windows' ending."""
    return path.rpartition("/")[2].removesuffix(".exe")


def _launcher_name(words: list[str]) -> str:
    for count in range(LONGEST_NAME, 0, -1):
        name = " ".join([base(words[0]), *words[1:count]])
        if name in LAUNCHERS:
            return name
    return ""


def _module_launcher(words: list[str]) -> tuple[str, list[str]]:
    """The launcher that a module is, and the words as if it had been started by that name."""
    name = MODULES.get(words[0], "") if words else ""
    if not name:
        return "", words
    rest = words[1:]
    for word in name.split()[1:]:  # `python -m coverage run`, but `python -m accelerate.commands.launch`
        rest = rest[1:] if rest[:1] == [word] else rest
    return name, [*name.split(), *rest]


def _python_after(words: list[str]) -> int:
    """Where `python train.py` begins behind a launcher that we do not know; 0 when it does not."""
    for at in range(1, len(words) - 1):
        if PYTHON.fullmatch(base(words[at])) and (words[at + 1].endswith(".py") or LETTER_M.fullmatch(words[at + 1])):
            return at
    return 0


def _take_environment(words: list[str], found: Found) -> list[str]:
    """Take `A=1 B=2` from the front, as a shell does."""
    while words and (pair := ENVIRONMENT.fullmatch(words[0])):
        found.launchers.setdefault("env", {})[pair[1]] = pair[2]
        words = words[1:]
    return words


def _take_python(words: list[str]) -> tuple[bool, list[str]]:
    """Whether a module follows, and the words from the program on."""
    at = 1
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        if letter := LETTER_M.fullmatch(words[at]):
            rest = ([letter[2]] if letter[2] else []) + words[at + 1 :]
            return letter[1] == "m", rest
        if words[at] == "--":
            return False, words[at + 1 :]
        at += 2 if words[at] in ("-W", "-X", "--check-hash-based-pycs") else 1
    return False, words[at:]


class _Reader:
    """Reads one launcher's options; `facts` has them, named as argparse would."""

    def __init__(self, launcher: Launcher, words: list[str]) -> None:
        self.launcher, self._words, self._at = launcher, words, 0
        self.facts: dict[str, Any] = {}
        self._own_words = launcher.words

    def read(self) -> tuple[list[str], str | None]:
        """What follows the launcher; for `sh -c`, its text, and what follows that."""
        while self._at < len(self._words):
            word = self._words[self._at]
            if word == "--":
                self._at += 1
                break
            if self.launcher is SHELL and re.fullmatch(r"-[a-z]*c", word):
                return self._words[self._at + 2 :], " ".join(self._words[self._at + 1 : self._at + 2])
            if word.startswith("-") and word != "-":
                self._read_option(word)
            elif self.launcher.has_environment and (pair := ENVIRONMENT.fullmatch(word)):
                self._note(pair[1], pair[2])
            elif self._own_words:
                self._own_words -= 1
                self._at += 1
            else:
                break
        return ([] if self._at >= len(self._words) else self._words[self._at :]), None

    def _note(self, name: str, value: Any, words: int = 1) -> None:
        self._at += words
        before = self.facts.get(name)
        if before is not None and not (before is True and value is True):
            value = [*before, value] if isinstance(before, list) else [before, value]
        self.facts[name] = value

    def _read_option(self, word: str) -> None:
        text, sign, value = word.partition("=")
        name = text.lstrip("-").replace("-", "_")
        following = self._words[self._at + 1 : self._at + 3]
        if not name or NEGATIVE.fullmatch(word):  # `nice -10`
            self._at += 1
        elif sign:
            self._note(name, value)
        elif name in self.launcher.pairs:
            self._note(name, "=".join(following), 3)
        elif self._is_joined(word, name):
            self._note(name[0], text[2:])
        elif following and self._takes_value(name, following[0]):
            self._note(name, following[0], 2)
        else:
            self._note(name, True)

    def _is_joined(self, word: str, name: str) -> bool:
        """Whether it is as `-n4`."""
        if word.startswith("--") or len(name) < 2 or name in self.launcher.values | self.launcher.flags:
            return False
        return name[0] in self.launcher.values or (name[1].isdigit() and self.launcher.unknown_takes_value)

    def _takes_value(self, name: str, following: str) -> bool:
        if name in self.launcher.values:
            return True
        if name in self.launcher.flags or following.startswith("-"):
            return False
        is_program = PROGRAM_FILE.fullmatch(following) or PYTHON.fullmatch(base(following))
        return self.launcher.unknown_takes_value and not is_program


def choose_command(text: str) -> list[str]:
    """The words of the training in a shell's text: the last command that trains by its name, or else the last."""
    best: list[str] = []
    for words in split_commands(text):
        plain = [word for word in words if not ENVIRONMENT.fullmatch(word)]
        if plain and plain[0] not in BESIDES and (is_training(words) or not is_training(best)):
            best = words
    return best


def expand(words: list[str], given: list[str]) -> list[str]:
    """The words with what the shell was given for `$0`, `$1` and `"$@"`."""
    expanded: list[str] = []
    for word in words:
        if word in ("$@", "${@}", "$*", "${*}"):
            expanded += given[1:]
        elif (number := POSITION.fullmatch(word)) and int(number[1]) < len(given):
            expanded.append(given[int(number[1])])
        else:
            expanded.append(word)
    return expanded


def is_training(words: list[str]) -> bool:
    """Whether one of the words says so."""
    return any("train" in word.lower() or "fit" in word.lower() for word in words[:4])


def split_commands(text: str) -> list[list[str]]:
    """The simple commands of a shell's text, without where their output goes; none when its quotes do not match."""
    import shlex

    lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        tokens = list(lexer)
    except ValueError:
        return []
    commands: list[list[str]] = [[]]
    is_place = False  # of a redirection
    for token in tokens:
        if token and not token.strip("();|&"):
            commands.append([])
        elif token and not token.strip("<>&"):
            if commands[-1] and commands[-1][-1].isdigit():
                commands[-1].pop()
            is_place = True
        elif is_place:
            is_place = False
        else:
            commands[-1].append(token)
    return [command for command in commands if command]
