"""A working tree: where it is, which commit it stands on, and what of it is not in that commit."""

from __future__ import annotations

import os
import re
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wrapper.recorder.sources.repository.git import Git, GitFailed
from wrapper.recorder.sources.repository.remotes import tidy_address
from wrapper.text.masking import mask_text

if TYPE_CHECKING:
    from collections.abc import Iterator

WHERE = ("rev-parse", "--is-inside-work-tree", "--is-shallow-repository", "--git-path", "index")
FILTER = re.compile(r"(filter\..*)\.(?:clean|smudge|process)", re.DOTALL)
REMOTE = re.compile(r"remote\.(.*)\.url", re.DOTALL)
NO_REPOSITORY = "not a git repository (or any"  # Another text says that there is one, but damaged.
INDEX_COPY = re.compile(r"index\.(\d+)\.new(?:\.lock)?")
NOT_OURS = "dubious ownership"
MOVE = re.compile(rb"([0-9a-f]{40,64}) [0-9a-f]{40,64} .*> (\d+) [+-]\d{4}(?:\t|$)")
LOG_BYTES = 1 << 16
GITLINK, PROGRAM = b"160000", b"100755"
ATTRIBUTES = ("text", "eol", "ident", "working-tree-encoding", "filter")  # The last that is found decides.
CONTENT, LINE_ENDS = "(content)", "(line ends)"
MOST_CHANGED = 20_000
MOST_PATTERN_LETTERS = 1 << 16


class NoRepository(Exception):
    """There is none here; the text says why, where that is no matter of course."""


@dataclass
class Tree:
    """A working tree, and how to ask git about it."""

    root: str
    git: Git
    index: str
    facts: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)  # paths of submodules, with the commit that is staged
    has_executable_bits: bool = True

    @property
    def commit(self) -> str:
        return self.facts.get("commit") or ""


@dataclass(frozen=True)
class Change:
    """A tracked file that is not as the commit has it; `mode` is 0 where nothing is."""

    path: str
    is_unmerged: bool
    is_staged: bool
    size_bytes: int
    mode: int
    newest: float
    was_program: bool = False

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)

    @property
    def has_other_bit(self) -> bool:
        """Whether the commit has another executable bit."""
        return bool(self.mode & stat.S_IXUSR) != self.was_program


def find_tree(folder: str, deadline_s: float) -> Tree:
    """The tree that a folder lies in; raises NoRepository."""
    if not may_lie_in_repository(folder):
        raise NoRepository("")
    git = Git(folder, deadline_s)
    facts: dict[str, Any] = {}
    try:
        answer = git.ask(*WHERE)
    except GitFailed as error:
        answer = ask_as_owner(git, str(error))
        facts["owner"] = "another user"
    is_inside, is_shallow, place = answer.split(b"\n", 2)
    if is_inside != b"true":
        return Tree("", git, "", {**facts, "bare": True})
    if is_shallow == b"true":
        facts["shallow"] = True
    index = os.path.join(folder, os.fsdecode(place.removesuffix(b"\n")))
    git.folder = root = os.fsdecode(git.ask("rev-parse", "--show-toplevel").removesuffix(b"\n"))
    switch_filters_off(git)
    return Tree(root, git, index, facts)


def may_lie_in_repository(folder: str) -> bool:
    """False where nothing above looks like a repository: then git, and what starts it, need not be loaded."""
    place = os.path.realpath(folder)
    while True:
        if os.path.lexists(os.path.join(place, ".git")) or os.path.lexists(os.path.join(place, "HEAD")):
            return True
        above = os.path.dirname(place)
        if above == place:
            return False
        place = above


def ask_as_owner(git: Git, said: str) -> bytes:
    """Ask again, where git only minds that the repository is somebody else's. None of its programs is run by us."""
    if NOT_OURS not in said:
        lines = said.splitlines() or [""]
        raise NoRepository("" if NO_REPOSITORY in said else lines[-1])
    git.settings.append("safe.directory=*")
    try:
        return git.ask(*WHERE)
    except GitFailed as error:
        raise NoRepository(str(error).partition("\n")[0]) from None


def switch_filters_off(git: Git) -> None:
    """Let git compare files as they are: a filter is a program, and the one of LFS writes into the repository."""
    for name in sorted({found[1] for found in map(FILTER.fullmatch, git.configured()) if found}):
        if "=" in name:
            raise GitFailed(f"the name of {name} has a = in it, so it cannot be switched off")
        git.settings += [f"{name}.clean=", f"{name}.smudge=", f"{name}.process=", f"{name}.required=false"]


def describe_head(tree: Tree) -> dict[str, Any]:
    """Which commit, branch and remote it is, and whether some remote has the commit."""
    git = tree.git
    branch = git.ask_line("symbolic-ref", "-q", "HEAD").removeprefix("refs/heads/") or None
    commit = git.ask_line("rev-parse", "-q", "--verify", "HEAD^{commit}") or None
    facts: dict[str, Any] = {"commit": commit, "branch": branch, **tree.facts}
    if commit:
        _, at, subject = (git.ask_line("rev-list", "-1", "--format=%ct%n%s", "HEAD") + "\n\n").split("\n", 2)
        facts |= {"committed_at": int(at) if at.isdigit() else None, "subject": mask_text(subject.strip())}
    elif name := git.ask_line("rev-parse", "-q", "--verify", "HEAD"):
        facts["problem"] = f"the commit {name} is not in the repository"
    address = find_remote(git, branch)
    facts |= {"remote": address and tidy_address(address), "pushed": None}
    if facts["remote"] != address:
        facts["remote_masked"] = True
    tree.facts = facts
    return facts


def find_head_before(tree: Tree, at: float) -> str:
    """The commit that HEAD was at then, when it has moved since; "" when it has not, or nobody noted that."""
    path = os.path.join(os.path.dirname(tree.index), "logs", "HEAD")  # A worktree has its own, too.
    try:
        if os.stat(path).st_mtime < at:
            return ""
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return ""
    # Times are in whole seconds: of all but the last move only those count that are later for sure.
    moves = [found for line in lines if (found := MOVE.match(line))]
    late = [found for number, found in enumerate(moves, 1) if int(found[2]) > int(at) or number == len(moves)]
    return os.fsdecode(late[0][1]) if late else ""


def find_remote(git: Git, branch: str | None) -> str | None:
    """The address of the remote that the branch belongs to, else of origin, else of any."""
    addresses = {found[1]: values[0] for name, values in git.configured().items() if (found := REMOTE.fullmatch(name))}
    own = git.setting(f"branch.{branch}.remote") if branch else ""
    for name in (own, "origin", *addresses):
        if name in addresses:
            return addresses[name]
    return None


def find_base(tree: Tree) -> tuple[str, int]:
    """The newest commit that a remote has, and how many that ours has are on none; "" where no remote has any."""
    git = tree.git
    if not git.ask("for-each-ref", "--count=1", "refs/remotes"):
        return "", 0
    edges, count = [], 0
    for line in git.ask("rev-list", "--boundary", "HEAD", "--not", "--remotes").split():
        if line.startswith(b"-"):
            edges.append(os.fsdecode(line[1:]))
        else:
            count += 1
    if not count:
        return tree.commit, 0
    if not edges:
        return "", count
    return git.ask_line("rev-list", "--max-count=1", "--no-walk=sorted", *edges[:100]), count


def copy_index(tree: Tree, folder: str) -> None:
    """Have git use a copy of the index, which it may bring up to date; the repository's own stays as it is.

    The copy is as old as the index: what was changed in the same moment is compared by its content.
    """
    path = os.path.join(folder, f"index.{os.getpid()}.new")
    if os.path.exists(tree.index):
        shutil.copyfile(tree.index, path)
        status = os.stat(tree.index)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        # Where a file that nobody made executable is, all are, and it says nothing: disks of Windows, and shares.
        copy = os.stat(path)
        is_made_so = copy.st_dev == status.st_dev and not copy.st_mode & stat.S_IXUSR
        tree.has_executable_bits = is_made_so or not status.st_mode & stat.S_IXUSR
    tree.git.environment["GIT_INDEX_FILE"] = path


def remove_index_copies(folder: str) -> None:
    """Remove our copy, and those of others before us who were killed: there is only one of us at a time."""
    for name in os.listdir(folder):
        if INDEX_COPY.fullmatch(name):
            with suppress(FileNotFoundError):  # A git that has outlived its asker was still busy with it.
                os.unlink(os.path.join(folder, name))


def read_index(tree: Tree) -> int:
    """Note the submodules; and have files compared that git was told to take for unchanged.

    Returns how many files were never checked out, as in a sparse checkout.
    """
    hidden: dict[str, list[bytes]] = {"--no-assume-unchanged": [], "--no-skip-worktree": []}
    absent = 0
    for item in tree.git.items("ls-files", "-s", "-v", "-z"):
        if item[:1] == b"H" and item[2:8] != GITLINK:
            continue
        facts, _, path = item.partition(b"\t")
        tag, mode, commit, _stage = facts.split(b" ")
        if mode == GITLINK:
            tree.links[os.fsdecode(path)] = os.fsdecode(commit)
        elif tag.islower():
            hidden["--no-assume-unchanged"].append(path)
        if tag in b"Ss" and os.path.lexists(os.path.join(tree.root, os.fsdecode(path))):
            hidden["--no-skip-worktree"].append(path)
        elif tag in b"Ss":
            absent += 1
    for option, paths in hidden.items():
        if paths:
            tree.git.ask("update-index", option, "-z", "--stdin", stdin=b"".join(path + b"\0" for path in paths))
    return absent


def read_sparse_patterns(tree: Tree) -> list[str]:
    """What is checked out, in a sparse checkout, as `git sparse-checkout set --no-cone --stdin` takes it."""
    path = os.path.join(tree.git.folder, tree.git.ask_line("rev-parse", "--git-path", "info/sparse-checkout"))
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(MOST_PATTERN_LETTERS).splitlines()
    except FileNotFoundError:
        return []


def find_changes(tree: Tree) -> list[Change]:
    """Every tracked file that is not as the commit has it, submodules apart."""
    changes = []
    words = ("status", "--porcelain=v2", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames")
    # What it learns from reading files goes into the copy of the index.
    for item in tree.git.items(*words, environment={"GIT_OPTIONAL_LOCKS": "1"}):
        fields = item.split(b" ", 10 if item[:1] == b"u" else 8)
        if item[:2] in (b"1 ", b"u ") and fields[2][:1] != b"S":
            found = look_at(tree, os.fsdecode(fields[-1]), item[:1] == b"u", item[2:3] != b".")
            changes.append(replace(found, was_program=fields[3] == PROGRAM))
        if len(changes) > MOST_CHANGED:
            raise GitFailed(f"more than {MOST_CHANGED} files were changed")
    return changes


def look_at(tree: Tree, path: str, is_unmerged: bool, is_staged: bool) -> Change:
    try:
        status = os.lstat(os.path.join(tree.root, path))
    except OSError:
        return Change(path, is_unmerged, is_staged, 0, 0, 0.0)
    return Change(path, is_unmerged, is_staged, status.st_size, status.st_mode, max(status.st_mtime, status.st_ctime))


def find_untracked(tree: Tree, most: int) -> Iterator[str]:
    """Files that git neither has nor ignores, no more than so many; other repositories end in a "/"."""
    for count, path in enumerate(tree.git.items("ls-files", "--others", "--exclude-standard", "-z")):
        if count >= most:
            return
        yield os.fsdecode(path)


def find_conversions(tree: Tree, paths: list[str]) -> dict[str, str]:
    """What git makes of each of the paths before it compares: the name of its filter, or CONTENT, or LINE_ENDS.

    Where it writes Windows' line ends into the tree, that is CONTENT: other ones would not survive `git apply`.
    """
    if not paths:
        return {}
    automatic = tree.git.setting("core.autocrlf")
    is_windows = automatic == "true" or (not automatic and tree.git.setting("core.eol") == "crlf")
    ends = CONTENT if is_windows else LINE_ENDS
    found = dict.fromkeys(paths, ends) if automatic in ("true", "input") else {}
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
    answers = [os.fsdecode(text) for text in tree.git.items("check-attr", "-z", "--stdin", *ATTRIBUTES, stdin=stdin)]
    for path, attribute, value in zip(answers[0::3], answers[1::3], answers[2::3], strict=True):
        if value == "unset" and attribute == "text":
            found.pop(path, None)
        if value in ("unspecified", "unset"):
            continue
        if attribute == "filter" and value != "set":
            found[path] = value
        elif attribute in ("ident", "working-tree-encoding"):
            found[path] = CONTENT
        elif attribute in ("text", "eol"):
            found[path] = CONTENT if value == "crlf" else ends
    return found


def find_ignored(tree: Tree, paths: list[str]) -> set[str]:
    """Those of the paths that git was told to ignore."""
    if not paths:
        return set()
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
    try:
        return {os.fsdecode(path) for path in tree.git.items("check-ignore", "-z", "--stdin", stdin=stdin)}
    except GitFailed as error:
        if str(error):
            raise
        return set()  # So it says that there are none.
