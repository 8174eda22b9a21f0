"""The names of metrics: kept as they were printed or written, and tidied the same way wherever they come from."""

import re

LONGEST = 200  # characters
BLANKS_AND_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
NOT_WORDS = re.compile(r"[\W_]+")


def tidy_name(text: str) -> str:
    """The name as it is kept: one blank where there were several or a control, none at the ends, and not too long.

    "" where nothing is left.
    """
    return BLANKS_AND_CONTROLS.sub(" ", text).strip(" ")[:LONGEST].rstrip(" ")


def fold_name(name: str) -> str:
    """What names have in common that differ only in how they are spelled: `Val loss`, `val_loss` and `val/loss`."""
    return NOT_WORDS.sub("_", name.lower()).strip("_")
