"""Files of Git LFS: the repository has a pointer, the tree has the file."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from wrapper.recorder.sources.repository.git import GitFailed

if TYPE_CHECKING:
    from wrapper.recorder.sources.repository.trees import Change, Tree

POINTER = re.compile(rb"version https://git-lfs[^\n]*\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n")
LARGEST_READ_BYTES = 200 << 20


def is_as_staged(tree: Tree, change: Change) -> bool:
    """Whether a file that goes through LFS is the one that its pointer names; a very large one, by its size alone."""
    try:
        found = POINTER.match(tree.git.ask("cat-file", "blob", f":{change.path}"))
    except GitFailed:
        return False
    if not found or int(found[2]) != change.size_bytes:
        return False
    if change.size_bytes > LARGEST_READ_BYTES:
        return True
    digest = hashlib.sha256()
    with open(os.path.join(tree.root, change.path), "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest() == os.fsdecode(found[1])
