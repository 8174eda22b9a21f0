"""The packages in a folder, from what stands beside them; nothing is imported, and no interpreter is run."""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import suppress
from typing import Any

from wrapper.recorder.paths import open_quietly, read_place
from wrapper.text.masking import mask_text

PATIENCE_S = 3.0
MOST_ENTRIES = 200_000
MOST_DESCRIBED = 5_000
HEAD_BYTES = 4096
LARGEST_BYTES = 1 << 16
OF_A_FOLDER = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*|[^-]+)(?:-py\d[\d.]*(?:-[\w.]+)?)?\.(?:dist|egg)-info")
FIELD = re.compile(rb"^(Name|Version):[ \t]*(.+?)[ \t]*\r?$", re.M)
DIFFERENCES = re.compile(r"[-_.]+")


def read_folder(folder: str, patience_s: float = PATIENCE_S) -> dict[str, Any]:
    """The packages of a folder: for each its name, version, and where it is from when that is no index.

    `cut` says that there was too much to look at; `paths` are further folders that it names.
    """
    until = time.monotonic() + patience_s
    names, links, cut = list_packages(folder, until)
    packages: list[dict[str, str]] = []
    for name in names:
        is_late = len(packages) >= MOST_DESCRIBED or time.monotonic() > until
        found = from_name(name) if is_late else describe(f"{folder}/{name}")
        if found:
            packages.append(found)
        cut = cut or is_late
    paths = [] if cut else [path for link in links for path in read_paths(f"{folder}/{link}", folder)]
    return {"packages": packages, "cut": cut, "paths": paths}


def list_packages(folder: str, until: float) -> tuple[list[str], list[str], bool]:
    """The names of what describes packages, and of files that name further folders; whether it was too much."""
    names: list[str] = []
    links: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_ENTRIES or time.monotonic() > until:
                    return names, links, True
                if entry.name.endswith((".dist-info", ".egg-info")):
                    names.append(entry.name)
                elif entry.name.endswith((".pth", ".egg-link")):
                    links.append(entry.name)
    except OSError:  # It is not there, or not ours to look into.
        return [], [], False
    return sorted(names), sorted(links), False


def from_name(name: str) -> dict[str, str] | None:
    """What the name of a folder tells of the package that it describes."""
    found = OF_A_FOLDER.fullmatch(name)
    return {"name": found["name"], "version": found["version"]} if found else None


def describe(path: str) -> dict[str, str] | None:
    """A package; None when that is no package, or one that was not installed whole."""
    known = from_name(os.path.basename(path))
    for name in ("METADATA", "PKG-INFO", ""):
        with suppress(OSError):
            head = read_small(os.path.join(path, name) if name else path, HEAD_BYTES)
            fields = {key.decode(): value.decode(errors="replace") for key, value in reversed(FIELD.findall(head))}
            if "Name" in fields and "Version" in fields:
                return {"name": fields["Name"], "version": fields["Version"], **origin(path)}
    return known


def origin(path: str) -> dict[str, str]:
    """Where a package is from, when it was not from an index, and who installed it."""
    found: dict[str, str] = {}
    with suppress(OSError):
        found["by"] = read_small(f"{path}/INSTALLER", 100).decode(errors="replace").strip()
    with suppress(OSError, ValueError, AttributeError, KeyError, TypeError):
        found["from"] = address(json.loads(read_small(f"{path}/direct_url.json", LARGEST_BYTES)))
        found["editable"] = "yes" if is_editable(path) else ""
    return {name: value for name, value in found.items() if value}


def is_editable(path: str) -> bool:
    facts = json.loads(read_small(f"{path}/direct_url.json", LARGEST_BYTES))
    return bool(facts.get("dir_info", {}).get("editable"))


def address(facts: dict[str, Any]) -> str:
    """A direct_url.json as pip would take it, passwords removed."""
    url = mask_text(str(facts["url"]))
    place = f"#subdirectory={facts['subdirectory']}" if facts.get("subdirectory") else ""
    if version := facts.get("vcs_info"):
        return f"{version['vcs']}+{url}@{version['commit_id']}{place}"
    hashes = facts.get("archive_info", {}).get("hash", "")
    return f"{url}#{hashes}" if hashes else f"{url}{place}"


def read_paths(link: str, folder: str) -> list[str]:
    """The folders that a .pth or .egg-link file names: what was installed for work on it stands there."""
    try:
        text = os.fsdecode(read_small(link, LARGEST_BYTES))
    except OSError:
        return []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = lines[:1] if link.endswith(".egg-link") else lines
    paths = [os.path.join(folder, line) for line in lines if not line.startswith(("#", "import ", "import\t"))]
    return [path for path in paths if os.path.isdir(path)]


def read_small(path: str, most: int) -> bytes:
    """The beginning of a file; raises OSError, also for a pipe, which is not waited for."""
    fd = open_quietly(path)
    try:
        return read_place(fd, 0, most)
    finally:
        os.close(fd)


def tidy(name: str) -> str:
    """The name by which a package is known, however it is spelled."""
    return DIFFERENCES.sub("-", name).lower()


def merge(folders: list[list[dict[str, str]]]) -> list[dict[str, str]]:
    """The packages that an interpreter finds: of those with one name the one that comes first; by name."""
    found: dict[str, dict[str, str]] = {}
    for packages in folders:
        for package in packages:
            found.setdefault(tidy(package["name"]), package)
    return [found[name] for name in sorted(found)]


def as_requirement(package: dict[str, str]) -> str:
    """One package as `pip freeze` writes it."""
    place = package.get("from", "")
    if package.get("editable"):
        pinned = f"# Editable install with no version control ({package['name']}=={package['version']})\n"
        return f"{pinned}-e {place.removeprefix('file://')}"
    if place:
        return f"{package['name']} @ {place}"
    return f"{package['name']}=={package['version']}"
