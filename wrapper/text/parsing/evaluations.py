"""What is printed behind a training: the best row once more, and a bar over other data."""

import re
from collections import deque

from wrapper.text.parsing.numbers import read_number
from wrapper.text.parsing.plans import Plan

BEST = re.compile(r"\bbest (?:iteration|epoch|round|step)\b", re.IGNORECASE)
KEPT = 1024  # steps
SECTION = "eval"


class Evaluations:
    """Tells a row that was there before, and the bar of an evaluation from those of the training.

    `model.evaluate` draws the same bar as `model.fit` and calls what it measured the same: it is as long as its own
    data, and no epoch has begun above it.
    """

    def __init__(self) -> None:
        self.steps: deque[float] = deque(maxlen=KEPT)  # that lines have said
        self._total: float | None = None  # of the first bar of the epoch

    def is_known(self, step: float | None) -> bool:
        """Whether a line has said this step."""
        return step in self.steps

    def begin_epoch(self) -> None:
        """The next bar is one of the training."""
        self._total = None

    def find(self, plan: Plan, numbers: list[str]) -> str:
        """The section of a bar that is as long as other data than those of the training; "" of any other line."""
        if not stands_alone(plan):
            return ""
        total = read_number(numbers[plan.shape.total or 0])
        self._total = self._total or total
        return SECTION if self.is_other(plan, total) else ""

    def is_other(self, plan: Plan, total: float | None) -> bool:
        """Whether a bar of that length is not the one of the training."""
        return self._total not in (None, total) and stands_alone(plan)


def stands_alone(plan: Plan) -> bool:
    """Whether a line with values begins with `3/10`, and says neither of what nor of which epoch."""
    shape = plan.shape
    is_first = shape.total is not None and shape.step == plan.numbers and shape.is_step_nameless
    return is_first and bool(shape.values) and shape.epoch is None and not shape.has_section


def is_of_best(line: str) -> bool:
    """Whether a line without a number says that the best row follows."""
    return bool(BEST.search(line))
