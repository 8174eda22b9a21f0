"""Reaching what is installed beside us, from a recorder that was started with the standard library only."""

from __future__ import annotations

import sys

_sites: list[str] = []


def note_site(site: str) -> None:
    """Remember where packages are installed, for whoever reaches for them in this process and its children."""
    if site:
        _sites.append(site)


def reach_packages() -> None:
    """Make installed packages importable, behind everything else. For readers alone: the recorder needs none.

    An interpreter that was not told where they are knows them anyway, as the one of `wandb show`, and stays as it is.
    """
    sys.path.extend(site for site in _sites if site not in sys.path)
