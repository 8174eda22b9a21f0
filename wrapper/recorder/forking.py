"""A child and the pipes between us: where there is no room for all of it, nothing of it stays open."""

from __future__ import annotations

import os


def fork_with_pipes(count: int) -> tuple[int, list[tuple[int, int]]]:
    """The child's pid, 0 in the child itself, and so many pipes that both have. Raises OSError."""
    pipes: list[tuple[int, int]] = []
    try:
        for _ in range(count):
            pipes.append(os.pipe())
        return os.fork(), pipes
    except OSError:  # Too many processes or descriptors.
        for fd in (end for pipe in pipes for end in pipe):
            os.close(fd)
        raise
