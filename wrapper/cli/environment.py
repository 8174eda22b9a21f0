"""The environment of a run, and the secrets that are masked in what is kept of it, as `show` says them."""

from __future__ import annotations

from typing import Any

from wrapper.cli import words
from wrapper.rundir.reading import Part

SHORT = 12


def in_full(part: Part | None) -> dict[str, Any]:
    """`environment`: all that the newest record has; `masked`: how many secrets were, by where they stood."""
    newest: dict[str, Any] = {}
    code: dict[str, Any] = {}
    files = told_itself = 0
    for record in part.records("environment", "masked", "code") if part else ():
        if isinstance(told := record.get("environment"), dict):
            newest = told
        if isinstance(told := record.get("code"), dict):
            code = told
        if isinstance(file := record.get("file"), dict) and file.get("masked"):
            files += 1
        if isinstance(count := record.get("masked"), int):
            told_itself += count
    arguments = part.facts.get("masked") if part else 0
    counts = {"arguments": arguments, "variables": len(newest.get("masked") or []), "config files": files}
    counts |= {"code": in_code(code), "the remote": int(code.get("remote_masked") is True)}
    counts |= {"what it told": told_itself}
    return {"environment": newest or None, "masked": {where: count for where, count in counts.items() if count}}


def in_code(code: dict[str, Any]) -> int:
    """In how many lines there was one; those of both patches are the same."""
    found = code.get("masked")
    places = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return sum(
        item["lines"]
        for item in places
        if isinstance(item.get("lines"), int) and not str(item.get("in")).endswith("diff-upstream.patch")
    )


def environment_text(facts: dict[str, Any]) -> str:
    """CPython 3.11.9 (venv), 214 packages; docker. Nothing when nothing is known."""
    interpreter, conda, container = (facts.get(name) or {} for name in ("interpreter", "conda", "container"))
    texts = []
    if interpreter:
        kind = f"conda {conda['name']}" if conda.get("name") else interpreter.get("kind")
        texts.append(f"{interpreter.get('implementation')} {interpreter.get('version')} ({kind})")
    if count := (facts.get("requirements") or {}).get("count"):
        texts.append(f"{count} packages" if count > 1 else "1 package")
    if version := cuda_version(facts.get("cuda") or {}):
        texts.append(version)
    first = words.visible(", ".join(texts))
    rest = [str(container["kind"])] if container.get("kind") else []
    rest += [f"{len(facts['modules'])} modules"] if facts.get("modules") else []
    return "; ".join([text for text in (first, *map(words.visible, rest)) if text]) if first else ""


def cuda_version(cuda: dict[str, Any]) -> str:
    """The version that counts: of what PyTorch was built with, else of the packages, else of the toolkit."""
    for name in ("torch_cuda", "runtime", "toolkit"):
        if cuda.get(name):
            return f"CUDA {cuda[name]}"
    return f"ROCm {cuda['torch_hip']}" if cuda.get("torch_hip") else ""


def binary_text(facts: dict[str, Any]) -> str:
    """44 kB, SHA-256 4add4bb89d8c…, 2 libraries; of what is no Python."""
    binary = facts.get("binary") or {}
    if not binary:
        return ""
    texts = [words.size(binary["bytes"])] if isinstance(binary.get("bytes"), int) else []
    texts += [f"SHA-256 {str(binary['sha256'])[:SHORT]}…"] if binary.get("sha256") else []
    libraries = binary.get("libraries")
    count = len(libraries) if isinstance(libraries, list) else 0
    texts += [f"{count} {'library' if count == 1 else 'libraries'}"] if count else []
    return words.visible(", ".join(texts))


def masked_text(counts: dict[str, int]) -> str:
    """2 secrets: 1 in arguments, 1 in variables."""
    total = sum(counts.values())
    places = ", ".join(f"{count} in {where}" for where, count in counts.items())
    return f"{total} {'secret' if total == 1 else 'secrets'}: {places}" if total else ""
