"""Patches and files of code without the secrets in them."""

from __future__ import annotations

import re

from wrapper.text.masking import Switch, mask_source, mask_text
from wrapper.text.shapes import KEY_BEGINS, KEY_ENDS, MASK, mask_shapes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# In files of settings a value needs no quotes; in programs, one without quotes is a name.
SETTINGS = tuple(".yaml .yml .json .jsonl .toml .ini .cfg .conf .properties .config".split())
SHELL = tuple(".sh .bash .zsh .fish .ksh .env .envrc .sbatch .slurm".split())
HINT = re.compile(r"pass|pwd|secret|token|key|credential|authorization|://|PRIVATE", re.I)
HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
LONGEST_LINE = 4 << 20
NEXT_FILE = "diff --git "
BINARY = "GIT binary patch"
FILLED_IN = re.compile(r"[=:]\s*[\"']?\$")  # A shell puts something in there; it is no secret itself.


class Lines:
    """Masks the lines of one file, one after the other: a private key goes over several."""

    def __init__(self, path: str, has_shapes: bool) -> None:
        self._has_shapes = has_shapes
        self._is_shell = path.endswith(SHELL) or "." not in path.rpartition("/")[2].lstrip(".")
        self._is_settings = self._is_shell or path.endswith(SETTINGS)
        self._is_in_key = False

    def mask(self, line: str) -> str:
        if self._is_in_key or KEY_BEGINS.search(line):
            self._is_in_key = not KEY_ENDS.search(line)
            return MASK
        if not HINT.search(line) or (self._is_shell and FILLED_IN.search(line)):
            return mask_shapes(line)[0] if self._has_shapes else line
        if len(line) > LONGEST_LINE:  # To look through it would take minutes.
            return MASK
        return mask_text(line) if self._is_settings else mask_source(line)


def mask_file(path: str, text: str) -> tuple[str, int]:
    """The text of a file without its secrets, and how many lines had one."""
    if not Switch.is_on:
        return text, 0
    has_shapes = mask_shapes(text)[1] > 0  # Then every line is looked at for them; else none is, which is quick.
    if not has_shapes and not HINT.search(text):
        return text, 0
    lines = Lines(path, has_shapes)
    before = text.split("\n")
    after = [lines.mask(line) for line in before]
    return "\n".join(after), sum(old != new for old, new in zip(before, after, strict=True))


class Masked:
    """What was masked in a patch: for each path how many lines, and whether its part can still be applied."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.broken: set[str] = set()

    def note(self, path: str, sign: str) -> None:
        self.counts[path] = self.counts.get(path, 0) + 1
        if sign != "+":  # This line is to be found in the file that the patch is applied to.
            self.broken.add(path)


def mask_patch(text: str) -> tuple[str, Masked]:
    """The patch without the secrets in it."""
    masked = Masked()
    if not Switch.is_on:
        return text, masked
    has_shapes = mask_shapes(text)[1] > 0
    if not has_shapes and not HINT.search(text):
        return text, masked
    return "\n".join(mask_lines(text.split("\n"), masked, has_shapes)), masked


def mask_lines(lines: list[str], masked: Masked, has_shapes: bool) -> Iterator[str]:
    path, is_binary = "", False
    old, new = 0, 0  # lines of the hunk that are to come
    sides = Lines("", has_shapes), Lines("", has_shapes)
    for line in lines:
        if old > 0 or new > 0:
            sign, body = line[:1], line[1:]
            old -= sign in "- "
            new -= sign in "+ "
            side = sides[sign == "+"]
            if sign != "\\" and (kept := side.mask(body)) != body:
                masked.note(path, sign)
                line = sign + kept
        elif line.startswith(NEXT_FILE):
            path, is_binary = path_in(line), False
        elif not is_binary and (hunk := HUNK.match(line)):
            old, new = int(hunk[1] or 1), int(hunk[2] or 1)
            sides = Lines(path, has_shapes), Lines(path, has_shapes)
            line = hunk[0] + mask_file(path, line[hunk.end() :])[0]
        elif line == BINARY:
            is_binary = True
        yield line


def path_in(line: str) -> str:
    """The path that `diff --git a/PATH b/PATH` names; of a renamed file about that."""
    names = line[len(NEXT_FILE) :]
    if names.startswith('"'):
        quoted = names.rpartition(' "b/')[2].removesuffix('"')
        return (
            quoted.encode("latin-1", "replace")
            .decode("unicode_escape")
            .encode("latin-1")
            .decode(errors="surrogateescape")
        )
    half = len(names) // 2
    if names[2:half] == names[half + 3 :]:
        return names[2:half]
    return names.rpartition(" b/")[2]
