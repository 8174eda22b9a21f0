"""What is known of the code of a run, as `show` says it."""

from __future__ import annotations

from typing import Any

from wrapper.cli.words import size, visible
from wrapper.rundir.reading import Part

SHORT = 7


def in_full(part: Part | None) -> dict[str, Any]:
    """`code`: all that the newest record has; null where nothing is known."""
    newest = None
    for record in part.records("code") if part else ():
        if isinstance(record.get("code"), dict):
            newest = record["code"]
    return {"code": newest}


def code_text(code: dict[str, Any]) -> str:
    """main @ 1a2b3c4 (2 files changed, 3 untracked; not pushed); "" where there is neither repository nor script."""
    if "commit" not in code:
        return script_text(code)
    commit = str(code["commit"] or "")[:SHORT]
    place = f"{code.get('branch') or 'detached'} @ {commit}" if commit else f"{code.get('branch')}, no commit yet"
    differs = [
        counted(code.get("changed"), "file changed", "files changed"),
        counted(code.get("untracked_files"), "untracked", "untracked"),
        counted(submodules_changed(code), "submodule changed", "submodules changed"),
    ]
    notes = [", ".join(text for text in differs if text)]
    if isinstance(sparse := code.get("sparse"), dict):
        notes.append(counted(sparse.get("files"), "not checked out", "not checked out"))
    if commit and code.get("pushed") is False:
        notes.append("not pushed")
    if code.get("masked"):
        notes.append("secrets masked")
    if left_out := code.get("left_out_files"):
        notes.append(counted(left_out, "left out", "left out"))
    text = "; ".join(note for note in notes if note)
    return visible(f"{place} ({text})" if text else place)


def left_out(code: dict[str, Any]) -> list[str]:
    """not kept: data.bin, 30.0 MB: larger than 10 MB; a line for each that is named."""
    found = code.get("left_out")
    named = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    sizes = [f", {size(item['bytes'])}" if isinstance(item.get("bytes"), int) else "" for item in named]
    lines = [f"not kept: {item.get('path')}{its}: {item.get('why')}" for item, its in zip(named, sizes, strict=True)]
    count = code.get("left_out_files")
    more = count - len(named) if isinstance(count, int) else 0
    return [*map(visible, lines), *([f"and {more:,} more"] if more > 0 else [])]


def script_text(code: dict[str, Any]) -> str:
    archive, script = code.get("archive"), code.get("script")
    if not isinstance(archive, dict) or not script:
        return ""
    return visible(f"{script} ({counted(archive.get('files'), 'file', 'files')} kept; no repository)")


def counted(count: Any, one: str, many: str) -> str:
    """3 files changed; "" for none."""
    return f"{count} {one if count == 1 else many}" if isinstance(count, int) and count else ""


def submodules_changed(code: dict[str, Any]) -> int:
    found = code.get("submodules")
    return sum(is_changed(inner) for inner in found if isinstance(inner, dict)) if isinstance(found, list) else 0


def is_changed(inner: dict[str, Any]) -> bool:
    is_moved = bool(inner.get("commit") and inner.get("staged") and inner["commit"] != inner["staged"])
    return is_moved or bool(inner.get("changed"))
