"""The stacks of the Python processes of a run that is stalled, from py-spy where that is installed and permitted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

from wrapper.recorder.measuring.tree import Tree
from wrapper.recorder.writers import ancestors
from wrapper.rundir.names import FILES_FOLDER, PART_FILE
from wrapper.rundir.processes import command_name

MOST_PROCESSES = 8
ONE_WITHIN_S = 6.0
MOST_BYTES = 1 << 18
PROGRAM = "py-spy"


def write_stacks(command: int, number: int) -> str:
    """ "path files/stalled-1.txt"; "why …" where py-spy could not tell; "" where there is no Python or no py-spy."""
    tree = Tree(command, {os.getpid(), *ancestors(os.getpid())} - {command})
    tree.look(b" 1")
    pids = [pid for pid, process in tree.members.items() if not process.is_dead and is_python(pid)]
    program = find_program(pids)
    if not pids or not program:
        return ""
    texts, why = [], ""
    for pid in pids[:MOST_PROCESSES]:
        text, problem = dump(program, pid)
        why = why or problem
        if text:
            texts.append(text)
    if not texts:
        return f"why {why or 'py-spy said nothing'}"
    if len(pids) > MOST_PROCESSES:
        texts.append(f"and {len(pids) - MOST_PROCESSES} more processes of Python\n")
    path = os.path.join(FILES_FOLDER, f"stalled-{number // 2 + 1}.txt")
    os.makedirs(FILES_FOLDER, exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="replace") as file:
        file.write("\n".join(texts))
    return f"path {path}"


def is_python(pid: int) -> bool:
    """By the program that it runs, or by what it calls itself."""
    try:
        program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:  # Gone, or another user's.
        program = ""
    return program.startswith(("python", "pypy")) or (command_name(pid) or "").startswith("python")


def find_program(pids: list[int]) -> str | None:
    """py-spy beside the program that was started, on PATH, or beside the interpreters that run."""
    folders = []
    try:
        with open(PART_FILE, encoding="utf-8") as file:
            folders.append(os.path.dirname(str(json.load(file).get("path"))))
    except (OSError, ValueError):
        folders = []
    folders.append(os.environ.get("PATH", ""))
    for pid in pids:
        try:
            folders.append(os.path.dirname(os.readlink(f"/proc/{pid}/exe")))
        except OSError:
            continue
    return shutil.which(PROGRAM, path=os.pathsep.join(filter(None, folders)))


def dump(program: str, pid: int) -> tuple[str, str]:
    """What py-spy says of a process, and what was wrong. The process is not stopped, and no rights are asked for."""
    argv = [program, "dump", "--nonblocking", "--pid", str(pid)]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=ONE_WITHIN_S, text=True, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return "", f"py-spy took longer than {ONE_WITHIN_S:.0f} s"
    except OSError as error:
        return "", f"py-spy cannot be run: {error.strerror}"
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return "", f"py-spy: {lines[0][:200]}" if lines else f"py-spy failed with exit code {done.returncode}"
    return done.stdout[:MOST_BYTES], ""
