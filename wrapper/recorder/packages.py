"""Reaching what is installed beside us, from a recorder that was started with the standard library only."""

from __future__ import annotations

import sys


def reach_packages() -> None:
    """Make installed packages importable, behind everything else. For readers alone: the recorder needs none.

    An interpreter that knows them anyway, as the one of `wandb show`, stays as it is. The recorder's first argument
    is where they are.
    """
    if sys.flags.no_site and len(sys.argv) > 1 and sys.argv[1] not in ("", *sys.path):
        sys.path.append(sys.argv[1])
