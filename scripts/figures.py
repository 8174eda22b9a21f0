"""Prints the figures of the code, each with its bound, and fails when one is beyond."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

MOCKS = {"Mock", "MagicMock", "AsyncMock", "patch", "create_autospec"}
EVERYTHING = {"Exception", "BaseException"}


@dataclass(frozen=True)
class Figure:
    """A number, where the worst of it is, and what it is held to."""

    name: str
    value: float
    where: str
    must: float
    aim: float


def main() -> int:
    """Print the table; 1 when something is beyond what it must be."""
    files = {path: ast.parse(path.read_bytes()) for path in tracked_python()}
    figures = [
        modules_in_a_circle(files),
        longest_function(files),
        largest_file(files),
        swallowed_exceptions(files),
        mocks_per_100_tests(files),
    ]
    width = max(len(figure.name) for figure in figures)
    print(f"{'':{width}}  {'is':>5} {'must':>5} {'aim':>5}")
    for figure in figures:
        verdict = "BEYOND" if figure.value > figure.must else ""
        numbers = f"{figure.value:5g} {figure.must:5g} {figure.aim:5g}"
        print(f"{figure.name:{width}}  {numbers}  {verdict} {figure.where}".rstrip())
    return int(any(figure.value > figure.must for figure in figures))


def tracked_python() -> list[Path]:
    """Every Python file of the checkout, also those not added yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in sorted(set(names.split("\0"))) if name and (path := ROOT / name).exists()]


def modules_in_a_circle(files: dict[Path, ast.Module]) -> Figure:
    """How many modules of the package reach themselves by following imports."""
    trees = {module_name(path): tree for path, tree in files.items() if path.is_relative_to(ROOT / "wrapper")}
    graph = {name: set(imported_modules(tree, set(trees))) - {name} for name, tree in trees.items()}
    circular = [name for name in graph if name in reachable(graph, name)]
    return Figure("modules in an import cycle", len(circular), " ".join(circular), must=0, aim=0)


def module_name(path: Path) -> str:
    """`wrapper.rundir.lines` for its file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_modules(tree: ast.Module, known: set[str]) -> Iterator[str]:
    """Those of `known` that are imported anywhere in the file."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield from {name, name.rpartition(".")[0]} & known


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """Every node that can be come to from `start`, by one step or more."""
    found: set[str] = set()
    todo = set(graph[start])
    while todo:
        found |= todo
        todo = set().union(*(graph[name] for name in todo)) - found
    return found


def longest_function(files: dict[Path, ast.Module]) -> Figure:
    """Its lines, from `def` to the last."""
    sizes = [
        (node.end_lineno - node.lineno + 1, f"{place(path, node)} {node.name}")
        for path, node in nodes(files, ast.FunctionDef, ast.AsyncFunctionDef)
    ]
    value, where = max(sizes, default=(0, ""))
    return Figure("lines of the longest function", value, where, must=80, aim=60)


def largest_file(files: dict[Path, ast.Module]) -> Figure:
    """Its lines."""
    sizes = [(path.read_bytes().count(b"\n"), str(path.relative_to(ROOT))) for path in files]
    value, where = max(sizes, default=(0, ""))
    return Figure("lines of the largest file", value, where, must=500, aim=400)


def swallowed_exceptions(files: dict[Path, ast.Module]) -> Figure:
    """Bare `except:`, one that only passes, and any exception whatever suppressed."""
    handlers = [(path, node) for path, node in nodes(files, ast.ExceptHandler) if swallows(node)]
    calls = [(path, node) for path, node in nodes(files, ast.Call) if suppresses_everything(node)]
    found = [place(path, node) for path, node in handlers + calls]
    return Figure("bare or swallowed exceptions", len(found), " ".join(found), must=0, aim=0)


def swallows(handler: ast.ExceptHandler) -> bool:
    """True for a bare `except:`, and for one whose body does nothing.

    `except OneThing: continue` is an answer: the loop tries the next.
    """
    body = {ast.unparse(line) for line in handler.body}
    takes_everything = handler.type is None or ast.unparse(handler.type) in EVERYTHING
    return handler.type is None or body <= {"pass", "..."} or (takes_everything and body == {"continue"})


def suppresses_everything(call: ast.Call) -> bool:
    """True for `suppress(Exception)` and its like."""
    return called(call) == "suppress" and bool({ast.unparse(argument) for argument in call.args} & EVERYTHING)


def mocks_per_100_tests(files: dict[Path, ast.Module]) -> Figure:
    """Stand-ins for code of ours: mock objects, and attributes set by monkeypatch."""
    tests = {path: tree for path, tree in files.items() if path.is_relative_to(ROOT / "tests")}
    count = sum(node.name.startswith("test_") for _path, node in nodes(tests, ast.FunctionDef))
    found = [
        place(path, node)
        for path, node in nodes(tests, ast.Call)
        if called(node) in MOCKS or ast.unparse(node.func) == "monkeypatch.setattr"
    ]
    share = round(100 * len(found) / max(count, 1), 1)
    return Figure("mocks per 100 tests", share, " ".join(found), must=2, aim=0)


def called(node: ast.Call) -> str:
    """The last name of what is called, `suppress` for `contextlib.suppress(...)`."""
    return ast.unparse(node.func).rpartition(".")[2]


def place(path: Path, node: Any) -> str:
    """`wrapper/launch/run.py:19`."""
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def nodes(files: dict[Path, ast.Module], *kinds: type[ast.AST]) -> Iterator[tuple[Path, Any]]:
    """Each node of one of these kinds, with its file."""
    for path, tree in files.items():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, kinds))


if __name__ == "__main__":
    sys.exit(main())
