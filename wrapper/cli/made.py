"""What a run made, as `show` says it."""

from __future__ import annotations

from typing import Any

from wrapper.cli import words
from wrapper.rundir.reading import Part


def in_full(part: Part | None) -> dict[str, Any]:
    """`made`: its files, and those that are kept of them; null while nothing is known."""
    made: dict[str, Any] = {}
    saved: dict[str, Any] = {}
    for record in part.records("made", "saved") if part else ():
        if isinstance(told := record.get("made"), dict):
            made = told
        if isinstance(one := record.get("saved"), dict):
            saved[str(one.get("path"))] = one
    return {"made": {**made, "saved": list(saved.values())} if made or saved else None}


def made_text(made: dict[str, Any]) -> str:
    """12 files, 1.3 GB; saved 2. Nothing when it made nothing."""
    texts = []
    if count := made.get("count"):
        files = "1 file" if count == 1 else f"{'at least ' if made.get('cut') else ''}{count:,} files"
        texts.append(f"{files}, {words.size(made['bytes'])}")
    kept = [one for one in made.get("saved") or [] if one.get("kept")]
    if kept:
        texts.append(f"saved {len(kept)}")
    if missing := len(made.get("saved") or []) - len(kept):
        texts.append(f"{missing} could not be saved")
    return "; ".join(texts)
