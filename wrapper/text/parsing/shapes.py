"""What a line is made of, as far as its words tell: read once, used for each line that differs only in numbers."""

from typing import NamedTuple


class Value(NamedTuple):
    """One number that may be a metric, and the rule that found it."""

    nth: int  # which number of the line
    name: str
    rule: str
    role: str
    over: int | None = None  # which number it is divided by
    is_fraction: bool = False  # it is one only if it is printed with a decimal point


class Refused(NamedTuple):
    """One number that is none, and the rule that says so."""

    nth: int
    name: str
    rule: str


class Shape(NamedTuple):
    """All that is known of the lines of one shape."""

    values: tuple[Value, ...] = ()
    refused: tuple[Refused, ...] = ()
    step: int | None = None
    epoch: int | None = None
    rank: int | None = None
    total: int | None = None  # of the steps
    epoch_total: int | None = None
    is_clean: bool = False  # nothing but names and numbers stands in it
    is_mapping: bool = False
    is_step_nameless: bool = False
    has_section: bool = False
    other_step: int | None = None  # where the step turns out to be no whole number: it is the length of one
