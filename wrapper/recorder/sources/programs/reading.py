"""All that is to be known of the environment of a program, in a process that may hang."""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

from wrapper.recorder.sources.programs import binaries, conda, installed, interpreters, surroundings
from wrapper.recorder.sources.programs.running import Program
from wrapper.rundir.names import FILES_FOLDER

MOST_SAID = 1000  # packages in the record; the file has all
MOST_FOLDERS = 50
ALL_S = 6.0  # for all the folders of an interpreter together
REQUIREMENTS, CONDA, EXPLICIT = "requirements.txt", "conda-environment.yaml", "conda-explicit.txt"
Facts = dict[str, Any]


class Reading:
    """Answers what is asked of a program; files are written into the part, which is the current folder."""

    def __init__(self, started: str) -> None:
        self._started = started
        self._problems: list[str] = []

    def describe_around(self, program: Program) -> tuple[Facts, list[str]]:
        """What needs no disk of the program's; it is also what is known of a launcher, before it starts something."""
        return self._around(program, [], []), []

    def describe(self, program: Program) -> tuple[Facts, list[str]]:
        """All of it, and what was wrong."""
        if not program.is_python:
            binary = binaries.describe(program.exe)
            libraries = binaries.loaded_libraries(program.pid) if program.pid else []
            facts = {"binary": binary | ({"libraries": libraries} if libraries else {})} if binary else {}
            return facts | self._around(program, [], []), self._problems
        interpreter = interpreters.describe(interpreters.find_path(program, self._started))
        folders, packages = self._packages(interpreter, program)
        facts = {"interpreter": interpreter}
        environment = conda.read_environment(interpreter["prefix"])
        if environment:
            facts["conda"] = self._keep_conda(environment, packages)
        if packages or folders:
            facts |= self._keep_requirements(packages)
        return facts | self._around(program, folders, packages), self._problems

    def _packages(self, interpreter: Facts, program: Program) -> tuple[list[str], list[dict[str, str]]]:
        """The folders of an interpreter, and the packages in them."""
        version = str(interpreter.get("version", ""))
        minor = ".".join(version.split(".")[:2])
        wanted = [
            os.path.join(program.folder, path) for path in program.environ.get("PYTHONPATH", "").split(":") if path
        ]
        user = interpreters.user_folder(program.environ, minor) if interpreter.pop("has_user_site") else None
        wanted += [user] if user else []
        waiting = [*wanted, *interpreter["libraries"]]
        folders: list[str] = []
        found: list[list[dict[str, str]]] = []
        until = time.monotonic() + ALL_S
        while waiting and len(folders) < MOST_FOLDERS:
            folder = waiting.pop(0)
            if folder in folders:
                continue
            folders.append(folder)
            answer = installed.read_folder(folder, min(installed.PATIENCE_S, max(0.0, until - time.monotonic())))
            found.append(answer["packages"])
            waiting.extend(answer["paths"])
            if answer["cut"]:
                self._problems.append(f"{folder} has too much in it, so not all of its packages are known")
        return folders, installed.merge(found)

    def _keep_requirements(self, packages: list[dict[str, str]]) -> Facts:
        text = "".join(f"{installed.as_requirement(package)}\n" for package in packages)
        said = {package["name"]: package["version"] for package in packages[:MOST_SAID]}
        kept = {"path": keep(REQUIREMENTS, text), "count": len(packages), "sha256": sha256(text)}
        return {"packages": said, "requirements": kept}

    def _keep_conda(self, environment: Facts, packages: list[dict[str, str]]) -> Facts:
        theirs = {installed.tidy(package["name"]) for package in environment["packages"]}
        others = [
            package
            for package in packages
            if package.get("by") != "conda" and installed.tidy(package["name"]) not in theirs
        ]
        text = conda.as_yaml(environment, [f"{package['name']}=={package['version']}" for package in others])
        facts = {"name": environment["name"], "prefix": environment["prefix"], "count": len(environment["packages"])}
        facts |= {"path": keep(CONDA, text), "sha256": sha256(text)}
        if explicit := conda.as_explicit(environment):
            facts["explicit"] = keep(EXPLICIT, explicit)
        return facts

    def _around(self, program: Program, folders: list[str], packages: list[dict[str, str]]) -> Facts:
        environ = program.environ
        facts = {
            "cuda": surroundings.cuda(environ, folders, packages),
            "container": surroundings.container(environ),
            "modules": surroundings.modules(environ),
            "variables": surroundings.variables(environ),
            "masked": surroundings.masked(environ),
        }
        return {name: value for name, value in facts.items() if value}


def keep(name: str, text: str) -> str:
    """Write a file of the part, whole; where it is, from the part."""
    os.makedirs(FILES_FOLDER, mode=0o700, exist_ok=True)
    path = f"{FILES_FOLDER}/{name}"
    beside = f"{path}.{os.getpid()}.new"
    with open(beside, "w", encoding="utf-8", errors="surrogateescape", opener=make_private) as file:
        file.write(text)
    os.replace(beside, path)
    return path


def make_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
