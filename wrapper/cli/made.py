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


def files(made: dict[str, Any]) -> list[str]:
    """model.pt, 1.3 GB, saved: one line for each that is listed, and for those that are kept besides."""
    listed = [one for one in made.get("files") or [] if isinstance(one, dict)]
    saved = {one.get("path"): one for one in made.get("saved") or []}
    known = {one.get("path") for one in listed}
    every = [*listed, *(one for path, one in saved.items() if path not in known)]
    return [words.visible(file_text(one, saved.get(one.get("path")) or {})) for one in every]


def file_text(one: dict[str, Any], kept: dict[str, Any]) -> str:
    texts = [str(one.get("path"))]
    texts += [words.size(one["bytes"])] if isinstance(one.get("bytes"), int) else []
    texts += ["saved"] if kept.get("kept") else [f"not saved: {kept['why']}"] if kept.get("why") else []
    return ", ".join(texts)
