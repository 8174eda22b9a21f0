"""How many columns of a terminal a character takes."""

import re
import unicodedata
from functools import lru_cache

# Known to take one column: Latin, Greek, Cyrillic, punctuation, arrows, mathematics, boxes, blocks, braille,
# U+FFFD. The rest is looked up one by one, so it is enough to have here what training output is made of.
NARROW = (
    " -~\u00a0-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u2319"
    "\u2500-\u25fc\u2701-\u2704\u2715-\u2727\u2800-\u28ff\ue0a0-\ue0d4\ufffd"
)
# Known to take two: kana, Han, Hangul, full-width forms.
WIDE = "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9ffc\uac00-\ud7a3\uff01-\uff60"

NOT_NARROW = re.compile(f"[^\t\n\r{NARROW}]")
NOT_KNOWN = re.compile(f"[^\t\n{NARROW}{WIDE}]")
PIECES = re.compile(f"([{NARROW}]+)|([{WIDE}]+)|(.)", re.DOTALL)

ZERO_WIDTH_JOINER = "\u200d"
SOFT_HYPHEN = "\u00ad"


@lru_cache(maxsize=4096)
def width(char: str) -> int | None:
    """The columns that `char` takes: 0 when it joins the one before it, None when it is not shown at all."""
    category = unicodedata.category(char)
    if category == "Cc":  # C1: taken for noise, as tmux does; as controls they would swallow text after a stray byte.
        return None
    if category in ("Mn", "Me", "Zl", "Zp") or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff":
        return 0
    if category == "Cf":
        return 1 if char == SOFT_HYPHEN else 0
    if category == "Cn":  # Newer than this Python: where emoji and Han are, it will be one of them.
        return 2 if "\U0001f000" <= char <= "\U0001faff" or "\U00020000" <= char <= "\U0003fffd" else 1
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
