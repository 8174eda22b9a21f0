"""An interpreter of Python from its files, without running it: its version, its kind, where its packages are."""

from __future__ import annotations

import mmap
import os
import re
from typing import Any

from wrapper.recorder.paths import list_folder
from wrapper.recorder.sources.programs.running import Program, search

VERSION_OF_NAME = re.compile(r"(?:python|pypy)(\d+\.\d+)(t?)")
LIBRARY_FOLDER = re.compile(r"(?:python|pypy)(\d+)\.(\d+)t?")
NUMBER = re.compile(r"\d+\.\d+(?:\.\d+)?(?:(?:a|b|rc)\d+)?")
MOST_SEARCHED_BYTES = 64 << 20
LARGEST_TEXT = 1 << 16


def find_path(program: Program, started: str) -> str:
    """The path by which an interpreter was called: it tells the venv. /proc has the file behind it only."""
    real = os.path.realpath(program.exe)
    first = program.argv[0] if program.argv else ""
    home = program.environ.get("VIRTUAL_ENV") or program.environ.get("CONDA_PREFIX") or ""
    name = os.path.basename(first) or "python"
    for path in (search(first, program) if first else None, started, f"{home}/bin/{name}", f"{home}/bin/python"):
        if path and os.path.realpath(path) == real:
            return path
    return program.exe


def describe(path: str) -> dict[str, Any]:
    """What is known of the interpreter at this path. `libraries` are the folders of its packages, in its order."""
    real = os.path.realpath(path)
    folder = os.path.dirname(path)
    venv = next((place for place in (os.path.dirname(folder), folder) if is_file(f"{place}/pyvenv.cfg")), None)
    base = os.path.dirname(os.path.dirname(real))
    config = read_config(f"{venv}/pyvenv.cfg") if venv else {}
    minor = find_minor(real, config, venv or base)
    version = find_version(real, config, base, minor)
    is_conda = os.path.isdir(f"{venv or base}/conda-meta")
    libraries = site_folders(venv or base, minor)
    has_system = not venv or config.get("include-system-site-packages", "").lower() == "true"
    if venv and has_system:
        libraries += site_folders(base, minor)
    if has_system and not is_conda:
        libraries += [place for place in system_folders(base, minor) if place not in libraries]
    facts = {
        "path": path,
        "real": real if real != path else None,
        "version": version or minor,
        "implementation": "PyPy" if "pypy" in os.path.basename(real) else "CPython",
        "prefix": venv or base,
        "base": base if venv else None,
        "kind": "venv" if venv else "conda" if is_conda else "system" if base == "/usr" else "python",
        "made_by": maker(venv, config) if venv else None,
        "libraries": libraries,
        "has_user_site": has_system,
    }
    return {name: value for name, value in facts.items() if value is not None}


def read_config(path: str) -> dict[str, str]:
    """The names and values of a pyvenv.cfg."""
    with open(path, encoding="utf-8", errors="replace") as file:
        pairs = (line.partition("=") for line in file.read(LARGEST_TEXT).splitlines())
        return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}


def maker(venv: str, config: dict[str, str]) -> str:
    """What made a virtual environment."""
    if "uv" in config:
        return f"uv {config['uv']}"
    if "/pypoetry/virtualenvs/" in venv:
        return "poetry"
    if is_file(f"{venv}/.project") and "/virtualenvs/" in venv:
        return "pipenv"
    if "virtualenv" in config:
        return f"virtualenv {config['virtualenv']}"
    return "venv"


def find_minor(real: str, config: dict[str, str], prefix: str) -> str | None:
    """Such as 3.11; None when nothing tells."""
    if found := VERSION_OF_NAME.fullmatch(os.path.basename(real)):
        return found[1]
    stated = NUMBER.search(config.get("version_info") or config.get("version") or "")
    if stated:
        return ".".join(stated[0].split(".")[:2])
    folders = [found for name in list_folder(f"{prefix}/lib") if (found := LIBRARY_FOLDER.fullmatch(name))]
    newest = max(folders, key=lambda found: (int(found[1]), int(found[2])), default=None)
    return f"{newest[1]}.{newest[2]}" if newest else None


def find_version(real: str, config: dict[str, str], base: str, minor: str | None) -> str | None:
    """Such as 3.11.4: as its environment says, or as it stands in the program itself."""
    if minor is None:
        return None
    stated = NUMBER.match(config.get("version_info") or config.get("version") or "")
    if stated and stated[0].count(".") > 1:
        return stated[0]
    for path in (real, *shared_libraries(base, minor)):
        if version := search_version(path, minor):
            return version
    return None


def shared_libraries(base: str, minor: str) -> list[str]:
    """Where the interpreter is when the program itself is small."""
    return [f"{base}/{folder}/libpython{minor}.so.1.0" for folder in ("lib", "lib64", "lib/x86_64-linux-gnu")]


def search_version(path: str, minor: str) -> str | None:
    """The full version that is a text of its own in a program."""
    pattern = re.compile(rb"(?<![\d.])" + re.escape(minor.encode()) + rb"\.\d{1,2}(?:(?:a|b|rc)\d+)?\+?(?=\0)")
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
            found = pattern.search(content, 0, MOST_SEARCHED_BYTES)
            return found[0].decode() if found else None
    except (OSError, ValueError):  # Not there, or empty.
        return None


def site_folders(prefix: str, minor: str | None) -> list[str]:
    """Where an environment has its packages."""
    names = [f"python{minor}", f"python{minor}t", f"pypy{minor}"] if minor else []
    found: list[str] = []
    for library in ("lib", "lib64"):
        for name in names:
            path = f"{prefix}/{library}/{name}/site-packages"
            if os.path.isdir(path) and not any(os.path.samefile(path, other) for other in found):
                found.append(path)
    return found


def system_folders(base: str, minor: str | None) -> list[str]:
    """Where Debian has packages; on top, what was installed beside those of the system."""
    places = [f"/usr/local/lib/python{minor}/dist-packages", f"{base}/lib/python3/dist-packages"]
    if base == "/usr":
        places.insert(1, f"/usr/local/lib/python{minor}/site-packages")
    return [path for path in places if os.path.isdir(path)] if base in ("/usr", "/usr/local") else []


def user_folder(environ: dict[str, str], minor: str) -> str | None:
    """Where `pip install --user` puts packages; None when it is switched off or not there."""
    home = environ.get("PYTHONUSERBASE") or f"{environ.get('HOME', '')}/.local"
    path = f"{home}/lib/python{minor}/site-packages"
    return path if not environ.get("PYTHONNOUSERSITE") and os.path.isdir(path) else None


def is_file(path: str) -> bool:
    return os.path.isfile(path)
