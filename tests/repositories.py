"""Repositories for tests, made by real git, and what is kept of them."""

import os
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from kept import only_part
from waiting import wait_until

from wrapper.rundir.reading import list_runs, runs_folder

GIT = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always"]


def git(*words: str | os.PathLike[str], cwd: Path | str = ".") -> str:
    """What git says."""
    done = subprocess.run([*GIT, *words], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return done.stdout.decode(errors="surrogateescape").strip()


def make_repository(path: Path, **files: str) -> Path:
    """A repository with one commit of these files; `train_py` is train.py."""
    path.mkdir(parents=True, exist_ok=True)
    git("init", "--quiet", "--initial-branch=main", cwd=path)
    for name, text in {"train_py": "print('trained')\n", **files}.items():
        (path / name.replace("_", ".")).write_text(text)
    commit_all(path, "first")
    return path


def commit_all(path: Path, subject: str) -> str:
    git("add", "--all", cwd=path)
    git("commit", "--quiet", "--allow-empty", "--message", subject, cwd=path)
    return git("rev-parse", "HEAD", cwd=path)


def record(wandb: list[str], *command: str, cwd: Path, **environment: str) -> dict[str, Any]:
    """What is known of the code of a command, once it has been read."""
    start(wandb, *command, cwd=cwd, **environment)
    return code_of(newest_part(cwd))


def start(wandb: list[str], *command: str, cwd: Path, **environment: str) -> None:
    """Run a command and wait until all that can be found of it was read."""
    env = {**os.environ, **environment}
    done = subprocess.run([*wandb, "run", *(command or ("true",))], cwd=cwd, env=env, stdin=subprocess.DEVNULL)
    assert done.returncode == 0
    wait_until(lambda: newest_part(cwd).is_read, 60)


def newest_part(cwd: Path):
    run, *others = list_runs(runs_folder(cwd))
    return run.parts[0] if others else only_part(cwd)


def code_of(part) -> dict[str, Any]:
    *_, last = (found["code"] for found in part.records("code") if "code" in found)
    return last


def warnings_of(cwd: Path) -> list[str]:
    return [text for text in newest_part(cwd).warnings() if text.startswith("code: ")]


def restore(facts: dict[str, Any], source: Path, part: Path, goal: Path) -> None:
    """Make the tree again, as a person would: clone, apply the patches, unpack the archive; submodules alike."""
    goal.mkdir(parents=True, exist_ok=True)
    git("init", "--quiet", cwd=goal)
    if facts["commit"]:
        git("fetch", "--quiet", source, f"{facts['commit']}:refs/heads/restored", cwd=goal)
        git("checkout", "--quiet", "--detach", facts["commit"], cwd=goal)
    for inner in facts.get("submodules", ()):
        if inner["commit"]:
            place = os.path.relpath(inner["path"], facts.get("path", "."))
            restore(inner, source / place, part, goal / place)
    if facts["patch"]:
        git("apply", part / facts["patch"]["path"], cwd=goal)
    if sparse := facts.get("sparse"):
        git("sparse-checkout", "set", "--no-cone", "--", *sparse["patterns"], cwd=goal)
    if facts.get("untracked"):
        unpack(part / facts["untracked"]["path"], goal)


def unpack(archive: Path, goal: Path) -> None:
    subprocess.run(["tar", "--extract", "--same-permissions", "--file", archive, "--directory", goal], check=True)


def names_in(archive: Path) -> list[str]:
    with tarfile.open(archive, encoding="utf-8", errors="surrogateescape") as tar:
        return tar.getnames()


def tree_of(path: Path) -> dict[bytes, tuple[str, bytes]]:
    """Every file below: its kind and mode, and its bytes or where it leads to. What git and we keep is left out."""
    found = {}
    for folder, folders, files in os.walk(os.fsencode(path)):
        folders[:] = [name for name in folders if name not in (b".git", b".wandb-wrapper")]
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in [*files, *links]:
            place = os.path.join(folder, name)
            if name == b".git":
                continue
            mode = os.lstat(place).st_mode
            data = os.readlink(place) if stat.S_ISLNK(mode) else Path(os.fsdecode(place)).read_bytes()
            kind = "link" if stat.S_ISLNK(mode) else "program" if mode & 0o100 else "file"
            found[os.path.relpath(place, os.fsencode(path))] = (kind, data)
    return found
