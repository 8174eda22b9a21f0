"""Rooms meet in files: who may import whom, and what comes from outside."""

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "wrapper"

MAY_IMPORT: dict[str, set[str]] = {
    "rundir": set(),
    "text": set(),
    "sdk": set(),
    "launch": {"rundir"},
    "recorder": {"rundir", "text"},
    "sync": {"rundir", "text"},
    "server": set(),
    "cli": {"rundir", "text", "launch", "recorder", "sync", "server"},
}

FRONT_DOOR = "wrapper.launch.entry"  # also opens `cli`, for every command but `run`

# Packages that are not of the standard library; a room that is not here takes what it needs.
FROM_OUTSIDE: dict[str, set[str]] = {
    "rundir": set(),
    "text": {"yaml"},
    "sdk": set(),
    "launch": {"yaml"},
}

ROOMS = sorted(path.name for path in PACKAGE.iterdir() if list(path.glob("*.py")))


@pytest.mark.parametrize("room", ROOMS)
def test_room_imports_only_those_it_may(room: str) -> None:
    ours = [(module, name.split(".")[1]) for module, name in imports_in(room) if name.startswith("wrapper.")]

    unwanted = {(module, other) for module, other in ours if other not in MAY_IMPORT[room] | {room, "__version__"}}
    assert unwanted <= {(FRONT_DOOR, "cli")}


@pytest.mark.parametrize("room", sorted(FROM_OUTSIDE.keys() & set(ROOMS)))
def test_room_takes_from_outside_only_what_is_listed(room: str) -> None:
    packages = {name.split(".")[0] for _module, name in imports_in(room)}

    assert packages - sys.stdlib_module_names - {"wrapper"} <= FROM_OUTSIDE[room]


def test_no_module_imports_itself_in_a_circle() -> None:
    modules = {module_name(path) for path in PACKAGE.rglob("*.py")}
    graph: dict[str, set[str]] = {module: set() for module in modules}
    for module, name in imports_in("."):
        found = name if name in modules else name.rpartition(".")[0]  # of a module, or a name in one
        if found in modules and found != module:
            graph[module].add(found)

    graphlib.TopologicalSorter(graph).prepare()  # CycleError names the circle


def imports_in(room: str) -> Iterator[tuple[str, str]]:
    """Each module of a room with each full name it imports, `wrapper.rundir.lines.read_lines` too."""
    for path in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                yield from ((module_name(path), alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}:{node.lineno}: imports are written in full"
                yield from ((module_name(path), f"{node.module}.{alias.name}") for alias in node.names)


def module_name(path: Path) -> str:
    """`wrapper.rundir.lines` for its file, `wrapper.rundir` for the one of the package."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
