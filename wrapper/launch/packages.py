"""Reaching what is installed: not at the start of a run, where reading `.pth` files would take longer than all else."""

from __future__ import annotations

import os


def open_site(directory: str) -> None:
    """Make installed packages importable: those of this Python, and those beside us."""
    import site

    os.environ.pop("_WANDB_ENVIRON", None)
    os.environ.pop("_WANDB_IGNORED", None)
    site.main()
    if directory:
        site.addsitedir(directory)
