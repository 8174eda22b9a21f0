"""The official client, where it is installed beside us: its verbs stay usable under our name."""

from __future__ import annotations

import os
import sys
from importlib import metadata

# Not by `-m wandb`: that looks for a folder `wandb` in the current directory first, where the
# official client itself makes one.
PROGRAM = """\
import sys
sys.path[:] = filter(None, sys.path)
sys.argv[0] = "wandb"
from {module} import {function} as main
sys.exit(main())
"""


def hand_over(args: list[str]) -> None:
    """Become the official command with these arguments; comes back when there is none."""
    entry = find_entry()
    if entry:
        module, _colon, function = entry.partition(":")
        program = PROGRAM.format(module=module, function=function)
        os.execv(sys.executable, [sys.executable, "-c", program, *args])


def find_entry() -> str | None:
    """Where its command begins, as "wandb.cli.cli:cli"; None when it is not installed."""
    try:
        official = metadata.distribution("wandb")
    except metadata.PackageNotFoundError:
        return None
    commands = official.entry_points.select(group="console_scripts", name="wandb")
    return next((command.value for command in commands), None)
