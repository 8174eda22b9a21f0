"""What was changed since a commit, as a patch that `git apply` turns back into the tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wrapper.recorder.sources.repository.git import GitFailed, TooMuch
from wrapper.text.patches import mask_patch

if TYPE_CHECKING:
    from wrapper.recorder.sources.repository.trees import Tree

LARGEST_PATCH_BYTES = 50 << 20
MOST_EXCLUDED = 1000
# Nobody's settings decide how it looks, and no program but git itself makes it.
WORDS = (
    "diff --binary --full-index --no-color --no-ext-diff --no-textconv --find-renames=100% --src-prefix=a/"
    " --dst-prefix=b/ --unified=3 --inter-hunk-context=0 --submodule=short --ignore-submodules=dirty"
).split()


def write_patch(tree: Tree, commit: str, path: str, excluded: list[str]) -> dict[str, Any] | None:
    """Write the patch from a commit to the tree, without its secrets; None when there is nothing to say.

    Raises GitFailed, or OSError when the disk does not take it.
    """
    if len(excluded) > MOST_EXCLUDED:
        raise GitFailed(f"{len(excluded)} of the changed files cannot stand in a patch")
    # git may be told not to look at them (core.fileMode); the tree has them all the same.
    bits = ("-c", "core.fileMode=true") if tree.has_executable_bits else ()
    places = [":/", *(f":(top,exclude,literal){name}" for name in excluded)]
    try:
        pieces = list(tree.git.stream(*bits, *WORDS, commit, "--", *places, most_bytes=LARGEST_PATCH_BYTES))
    except TooMuch:
        raise GitFailed(f"the patch is larger than {LARGEST_PATCH_BYTES >> 20} MB") from None
    data = b"".join(pieces)
    if not data:
        return None
    text, masked = mask_patch(data.decode("utf-8", "surrogateescape"))
    data = text.encode("utf-8", "surrogateescape")
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.replace(path + ".new", path)
    return {
        "path": path,
        "commit": commit,
        "bytes": len(data),
        "masked": [
            {"path": name, "lines": lines, "applies": name not in masked.broken}
            for name, lines in sorted(masked.counts.items())
        ],
    }


def empty_tree(tree: Tree) -> str:
    """What a repository without commits is compared with."""
    return tree.git.ask_line("hash-object", "-t", "tree", "/dev/null")
