"""Objects within objects: merged, and flattened to names with dots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DEEPEST = 30


def merge(lower: dict[str, Any], upper: dict[str, Any], depth: int = DEEPEST) -> dict[str, Any]:
    """Both as one object; where both have a value the upper one counts, and where both have an object, its parts do."""
    merged = dict(lower)
    for key, value in upper.items():
        old = merged.get(key)
        is_deep = isinstance(value, dict) and isinstance(old, dict) and depth > 0
        merged[key] = merge(old, value, depth - 1) if is_deep and old is not None else value
    return merged


def flatten(values: dict[str, Any]) -> dict[str, Any]:
    """The same with names like "val.loss" for what stands within."""
    if dict not in map(type, values.values()):
        return values
    return dict(_leaves(values, "", DEEPEST))


def _leaves(values: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value and depth > 0:
            yield from _leaves(value, f"{prefix}{key}.", depth - 1)
        else:
            yield f"{prefix}{key}", value
