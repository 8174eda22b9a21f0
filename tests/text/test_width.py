"""The columns that a character takes."""

import re

import pytest

from wrapper.text.width import NARROW, WIDE, width


@pytest.mark.parametrize(
    ("char", "columns"),
    [
        *[("a", 1), ("é", 1), ("█", 1), ("⠋", 1), ("→", 1), ("\u00ad", 1), ("\ufffd", 1), ("\ue0b0", 1)],
        *[("中", 2), ("か", 2), ("한", 2), ("Ａ", 2), ("🚀", 2), ("⚡", 2), ("✅", 2)],
        *[("\u0301", 0), ("\u200b", 0), ("\u200d", 0), ("\ufe0f", 0), ("\ufeff", 0), ("\u2028", 0), ("\u1161", 0)],
        *[("\x85", None), ("\x9b", None)],
    ],
)
def test_width(char, columns):
    assert width(char) == columns


@pytest.mark.parametrize(("known", "columns"), [(NARROW, 1), (WIDE, 2)])
def test_characters_that_are_not_looked_up_take_what_is_said(known, columns):
    everything = "".join(map(chr, range(0x10000)))

    assert {width(char) for char in re.findall(f"[{known}]", everything)} == {columns}
