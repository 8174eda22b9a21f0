"""What is taken at once, what only when it changes, and what never."""

from typing import NamedTuple

from wrapper.text.parsing.shapes import Shape
from wrapper.text.parsing.words import LENGTHS, METRICS, SETTINGS, STATISTICS, split

AT_ONCE, WHEN_IT_CHANGES, NEVER = "at once", "when it changes", "never"
WEAK = ("name and number", "cell with name and number")
SETTING_TOO = frozenset("lr learning weight gamma norm value".split())
OF_A_SETTING = frozenset(
    "scale coef coeff coefficient target factor clip weight".split()
)  # without a step they are what a run was set to


class Verdict(NamedTuple):
    """When the values of a shape are metrics, and the rule."""

    when: str
    rule: str


def judge(shape: Shape) -> Verdict:
    """Weigh what the names say, and whether a step stands beside them."""
    if not shape.values:
        return Verdict(NEVER, "no name with a number")
    roles = {value.role for value in shape.values}
    is_stepped = shape.step is not None or shape.epoch is not None
    strong = [value for value in shape.values if value.role == "metric" and is_strong(value.name)]
    if shape.is_mapping and "setting" in roles and not (is_stepped and strong):
        return Verdict(NEVER, "settings")
    if is_stepped:
        if "metric" in roles or shape.is_mapping:
            return Verdict(AT_ONCE, "with a step")
        is_assigned = len(shape.values) > 1 and all(value.rule.startswith("name:") for value in shape.values)
        is_possible = shape.is_clean or is_assigned
        return Verdict(WHEN_IT_CHANGES if is_possible else NEVER, "names that say nothing, with a step")
    if strong and (shape.is_clean or len(strong) * 2 >= len(shape.values)):
        if shape.is_clean or all(value.rule != "name and number" for value in strong):
            return Verdict(AT_ONCE, "names of metrics")
        return Verdict(NEVER, "in a sentence")
    if all(STATISTICS.issuperset(split(value.name)) for value in shape.values):
        return Verdict(NEVER, "statistics of who knows what")
    if shape.is_clean and not roles & {"setting", "time"} and any(v.rule not in WEAK for v in shape.values):
        return Verdict(WHEN_IT_CHANGES, "names that say nothing, without a step")
    return Verdict(NEVER, "names that say nothing, in a sentence")


def is_strong(name: str) -> bool:
    """Whether it is a metric wherever it stands: a learning rate may be a setting."""
    words = {*split(name)}
    if "value" in words and not words.isdisjoint(("best", "final", "function")):
        return True
    if not words.isdisjoint(OF_A_SETTING) or {"max", "norm"} <= words:
        return False
    return (words.isdisjoint(SETTING_TOO) or not METRICS.isdisjoint(words - SETTING_TOO)) and (
        words.isdisjoint(SETTINGS - STATISTICS - LENGTHS)
    )
