"""All that is to be known of the code of a command, step by step, in a process that may hang."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any

from wrapper.recorder.packages import reach_packages
from wrapper.recorder.sources.repository import modules, trees
from wrapper.recorder.sources.repository.archives import STORE, Archive, Leftovers, Member, look, read_file
from wrapper.recorder.sources.repository.git import DEADLINE_S, GitFailed, NoGit, die_with_parent, prepare_environment
from wrapper.recorder.sources.repository.lfs import is_as_staged
from wrapper.recorder.sources.repository.patches import empty_tree, write_patch
from wrapper.rundir.names import FILES_FOLDER, FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wrapper.recorder.sources.repository.trees import Change, Tree

LARGEST_CHANGED_BYTES = 20 << 20  # of a tracked file; a larger one is named, not kept
MOST_UNTRACKED = 200_000
INSTALLED = re.compile(r"(?:.*?/)??(?:site-packages|dist-packages|node_modules|conda-meta)/")
# What trainings and interpreters make, also earlier ones.
MADE = re.compile(
    r"(?:^|/)(?:__pycache__|\.ipynb_checkpoints|wandb|mlruns|lightning_logs)/|(?:^|/)events\.out\.tfevents\.[^/]*$"
)
MOST_TREES = 30
MOST_NAMED = 100
Facts = dict[str, Any]


class Reading:
    """One look at the code; `steps` yields all facts that are known so far, again and again."""

    def __init__(self, part: Facts, deadline_s: float = DEADLINE_S) -> None:
        self._folder = str(part.get("cwd") or "/")
        self._argv = [str(word) for word in part.get("argv") or []]
        self._program = str(part.get("path") or "")
        started_at = part.get("started_at")
        self._started_at = float(started_at) if isinstance(started_at, int | float) else time.time()
        self._deadline_s = deadline_s
        self._left_out = Leftovers()
        self._members: list[Member] = []
        self._outputs = 0
        self._trees = 0
        self.facts: Facts = {}
        self.problems: list[str] = []

    def steps(self) -> Iterator[tuple[Facts, list[str]]]:
        for fd in range(3):  # Nothing that is said to nobody is to land in a file of ours.
            os.dup2(os.open(os.devnull, os.O_RDWR), fd)
        die_with_parent()
        reach_packages()
        prepare_environment()
        os.environ.pop("GIT_INDEX_FILE", None)
        script = modules.find_script(self._argv, self._folder, self._program)
        script = os.path.normpath(os.path.join(self._folder, script)) if script else ""
        tree = self._find(script)
        if tree:
            self.facts |= {"root": tree.root or None, **trees.describe_head(tree)}
            self.facts["folder"] = os.path.relpath(self._folder, tree.root) if tree.root else None
            yield self._known()
        if tree and tree.root:
            self._try("which commit a remote has", lambda: self._find_base(tree, self.facts))
            for _ in self._read_tree(tree, "", self.facts):
                yield self._known()
            self._try("the untracked files", self._keep_untracked)
            yield self._known()
        if script:
            self._try("the script", lambda: self._keep_script(script, tree if tree and tree.root else None))
        self._finish()
        yield self._known()

    def _known(self) -> tuple[Facts, list[str]]:
        left_out = {"left_out": self._left_out.named, "left_out_files": self._left_out.count}
        return {**self.facts, **(left_out if self._left_out.count else {})}, self.problems

    def _try(self, what: str, do: Callable[[], None]) -> bool:
        """Do one thing; what goes wrong with it is said, and the others are done all the same."""
        try:
            do()
        except (GitFailed, OSError) as error:
            self.problems.append(f"{what}: {in_short(error)}")
            return False
        return True

    def _find(self, script: str) -> Tree | None:
        """The tree of the command's directory, else of its script."""
        said = []
        for folder in dict.fromkeys([self._folder, *([os.path.dirname(script)] if script else [])]):
            try:
                tree = trees.find_tree(folder, self._deadline_s)
            except trees.NoRepository as error:
                if str(error) or is_below_repository(folder):
                    said.append(f"the repository cannot be read: {in_short(error) or 'git does not take it for one'}")
            except GitFailed as error:
                said.append(f"the repository cannot be read: {in_short(error)}")
            except NoGit:
                if is_below_repository(folder):
                    said.append("there is no git here, so nothing is known of the repository")
                break
            else:
                if tree.facts.get("owner"):
                    self.problems.append("the repository belongs to another user; it was read all the same")
                return tree
        self.problems += said[:1]
        return None

    def _find_base(self, tree: Tree, facts: Facts) -> None:
        if not tree.commit:
            return
        base, unpushed = trees.find_base(tree)
        facts |= {"pushed": bool(base) and not unpushed, "unpushed": unpushed if base else None}
        facts["base"] = base or None

    def _read_tree(self, tree: Tree, prefix: str, facts: Facts) -> Iterator[None]:
        """What is changed, in this tree and in the repositories within it."""
        self._trees += 1
        try:
            trees.copy_index(tree, os.getcwd())
            if self._try("the index", lambda: self._read_index(tree, facts)):
                self._try("the changed files", lambda: self._keep_changes(tree, prefix, facts))
            yield
            inner: list[str] = []
            self._try("the untracked files", lambda: inner.extend(self._find_untracked(tree, prefix, facts)))
        except OSError as error:
            self.problems.append(f"the index: {error.strerror}")
            return
        finally:
            trees.remove_index_copies(os.getcwd())
        yield
        places = [(path, commit) for path, commit in sorted(tree.links.items())] + [(path, "") for path in inner]
        for path, staged in places:
            yield from self._read_inner(tree, path, staged, prefix, facts)

    def _read_index(self, tree: Tree, facts: Facts) -> None:
        if absent := trees.read_index(tree):
            facts["sparse"] = {"files": absent, "patterns": trees.read_sparse_patterns(tree)}

    def _read_inner(self, tree: Tree, path: str, staged: str, prefix: str, facts: Facts) -> Iterator[None]:
        """A submodule, or a repository that lies in this one."""
        found: Facts = {"path": prefix + path, **({"staged": staged} if staged else {})}
        facts.setdefault("submodules", []).append(found)
        place = os.path.join(tree.root, path)
        if self._trees >= MOST_TREES:
            found["problem"] = f"more than {MOST_TREES} repositories"
            return
        if not os.path.lexists(os.path.join(place, ".git")):
            found["commit"] = None  # It is not checked out; what lies there all the same is in no repository.
            self._keep_folder(place, prefix + path)
            return
        try:
            inner = trees.find_tree(place, self._deadline_s)
        except (trees.NoRepository, GitFailed) as error:
            found["problem"] = str(error)
            return
        if os.path.realpath(inner.root) != os.path.realpath(place):
            found["problem"] = "its .git leads nowhere"
            return
        found |= trees.describe_head(inner)
        self._try(f"{path}: which commit a remote has", lambda: self._find_base(inner, found))
        yield from self._read_tree(inner, f"{prefix}{path}/", found)

    def _keep_folder(self, folder: str, name: str) -> None:
        """Take files that git would not look at for untracked ones."""
        count = 0
        for place, folders, files in os.walk(folder):
            links = [link for link in folders if os.path.islink(os.path.join(place, link))]
            for path in (os.path.join(place, file) for file in (*files, *links)):
                count += 1
                inner = os.path.join(name, os.path.relpath(path, folder))
                if count > MOST_UNTRACKED:
                    self._left_out.add(name, f"more than {MOST_UNTRACKED} untracked files")
                    return
                if MADE.search(inner) or self._is_new(path):
                    self._outputs += 1
                elif member := look(inner, path, self._left_out):
                    self._members.append(member)

    def _keep_changes(self, tree: Tree, prefix: str, facts: Facts) -> None:
        found = trees.find_changes(tree)
        conversions = trees.find_conversions(tree, [change.path for change in found])
        same = [change.path for change in found if is_only_filtered(tree, change, conversions)]
        changes = [change for change in found if change.path not in same]
        facts["changed"] = len(changes)
        facts["files"] = [change.path for change in changes[:MOST_NAMED]]
        late = [change.path for change in changes if change.newest >= self._started_at]
        if late:
            facts["changed_later"] = late[:MOST_NAMED]
        if before := trees.find_head_before(tree, self._started_at):
            facts["commit_at_start"] = before
            self.problems.append(f"{tree.root} was at {before} at the start, and then moved on")
        excluded = same + [
            change.path for change in changes if not self._is_for_patch(tree, change, prefix, conversions)
        ]
        folder = f"{FILES_FOLDER}/submodules/{prefix.strip('/').replace('/', '.')}" if prefix else FILES_FOLDER
        commit = tree.commit or empty_tree(tree)
        facts["patch"] = write_patch(tree, commit, f"{folder}/diff.patch", excluded)
        base = facts.get("base")
        if base and base != tree.commit:
            facts["patch_upstream"] = write_patch(tree, base, f"{folder}/diff-upstream.patch", excluded)

    def _is_for_patch(self, tree: Tree, change: Change, prefix: str, conversions: dict[str, str]) -> bool:
        """Whether a patch can hold it; what cannot goes into the archive as it is, where there is room."""
        if not change.mode:
            return not change.is_unmerged
        if change.is_file and change.size_bytes > LARGEST_CHANGED_BYTES:
            why = f"changed, and larger than {LARGEST_CHANGED_BYTES >> 20} MB"
            self._left_out.add(prefix + change.path, why, change.size_bytes)
            return False
        name = conversions.get(change.path, "")
        if change.is_file and "crypt" in name:
            self._left_out.add(prefix + change.path, "changed, and encrypted in the repository", change.size_bytes)
            return False
        if name == trees.LINE_ENDS and not has_other_line_ends(tree, change):
            name = ""
        if (change.is_file and name) or change.is_unmerged:
            self._add(tree, change.path, prefix)
            return False
        return True

    def _add(self, tree: Tree, path: str, prefix: str) -> None:
        member = look(prefix + path, os.path.join(tree.root, path), self._left_out)
        if member:
            self._members.append(member)

    def _find_untracked(self, tree: Tree, prefix: str, facts: Facts) -> list[str]:
        """Note the untracked files that are older than the command; the repositories among them are returned."""
        if tree.git.setting("status.showuntrackedfiles") == "no":
            self._left_out.add(prefix or ".", "untracked files: git is told not to show them")
            return []
        inner, count = [], 0
        packages: dict[str, None] = {}
        for number, path in enumerate(trees.find_untracked(tree, MOST_UNTRACKED), 1):
            name, place = prefix + path, os.path.join(tree.root, path)
            if path.endswith("/"):
                inner.append(path.rstrip("/"))
            elif found := INSTALLED.match(path):
                packages.setdefault(prefix + found[0])
            elif MADE.search(path) or self._is_new(place):
                self._outputs += 1
            else:
                count += 1
                member = look(name, place, self._left_out)
                self._members += [member] if member else []
            if number == MOST_UNTRACKED:
                self._left_out.add(prefix or ".", f"more than {MOST_UNTRACKED} untracked files")
        for name in packages:
            self._left_out.add(name, "installed packages")
        facts["untracked_files"] = count
        return inner

    def _is_new(self, path: str) -> bool:
        """Whether it came, or was changed, after the command had started; what is gone again is not new."""
        try:
            status = os.lstat(path)
        except OSError:
            return False
        return max(status.st_mtime, status.st_ctime) >= self._started_at

    def _keep_untracked(self) -> None:
        archive = Archive(f"{FILES_FOLDER}/untracked.tar.gz", self._left_out)
        self.facts["untracked"] = archive.write(self._members, store_of_archives())
        if self._outputs:
            self.facts["outputs"] = self._outputs

    def _keep_script(self, script: str, tree: Tree | None) -> None:
        """Keep the script and what it names, as far as the repository has it not."""
        self.facts["script"] = script
        paths = modules.find_local_files(script, self._folder)
        if len(paths) >= modules.MOST_FILES:
            self._left_out.add(script, f"it names more than {modules.MOST_FILES} files")
        if tree:
            within = [path for path in paths if path.startswith(tree.root.rstrip("/") + "/")]
            ignored = trees.find_ignored(tree, within)
            paths = [path for path in paths if path in ignored or path not in within]
        if not paths:
            return
        root = os.path.commonpath([os.path.dirname(path) for path in paths])
        members = [look(os.path.relpath(path, root), path, self._left_out) for path in paths]
        archive = Archive(f"{FILES_FOLDER}/code.tar.gz", self._left_out)
        found = archive.write([member for member in members if member], store_of_archives())
        if found:
            late = [member.name for member in members if member and self._is_new(member.path)]
            self.facts["archive"] = {"root": root, **found, **({"changed_later": late[:MOST_NAMED]} if late else {})}

    def _finish(self) -> None:
        """Say whether all of it can be given back."""
        masked = [
            {"in": kept["path"], **item}
            for found in all_trees(self.facts)
            for key in ("patch", "patch_upstream", "untracked", "archive")
            if (kept := found.get(key))
            for item in kept.pop("masked", ())
        ]
        if masked:
            self.facts["masked"] = masked
            places = ", ".join(sorted({f"{item['path']} in {item['in']}" for item in masked})[:5])
            self.problems.append(f"secrets were masked, so restoring the code is inexact: {places}")
        if "commit" in self.facts:
            is_lacking = bool(self.facts.get("bare")) or any(map(lacks_files, all_trees(self.facts)))
            self.facts["exact"] = not (masked or self.problems or self._left_out.count or is_lacking)
        if self.facts.get("root"):
            self.facts["dirty"] = bool(
                self.facts.get("changed") or any(map(is_dirty, self.facts.get("submodules", ())))
            )


def is_dirty(found: Facts) -> bool:
    """Whether a submodule is not at the commit that is staged, or has changes of its own."""
    is_moved = bool(found.get("staged")) and found.get("commit") not in (None, found.get("staged"))
    return is_moved or bool(found.get("changed")) or any(map(is_dirty, found.get("submodules", ())))


def all_trees(found: Facts) -> Iterator[Facts]:
    """The facts of a tree, and of all repositories within it."""
    yield found
    for inner in found.get("submodules", ()):
        yield from all_trees(inner)


def lacks_files(found: Facts) -> bool:
    """Whether it could not be read, or files were not checked out and nothing tells which."""
    sparse = found.get("sparse")
    return "problem" in found or (sparse is not None and not sparse["patterns"])


def is_only_filtered(tree: Tree, change: Change, conversions: dict[str, str]) -> bool:
    """Whether it differs from the commit only in that a filter has made it what it is."""
    is_candidate = change.is_file and not change.is_staged and not change.is_unmerged
    if tree.has_executable_bits and change.has_other_bit:
        return False
    return is_candidate and conversions.get(change.path) == "lfs" and is_as_staged(tree, change)


def has_other_line_ends(tree: Tree, change: Change) -> bool:
    """Whether it has Windows' line ends: git makes others of them, and `git apply` those of the place where it runs."""
    return change.is_file and b"\r\n" in read_file(os.path.join(tree.root, change.path), LARGEST_CHANGED_BYTES)


def in_short(error: Exception) -> str:
    """What went wrong, in a line, and as if git had read the index itself and not our copy."""
    text = str(error).partition("\n")[0]
    return re.sub(rf"\S*/{trees.INDEX_COPY.pattern}", ".git/index", text).removeprefix("fatal: ")


def is_below_repository(folder: str) -> bool:
    while not os.path.lexists(os.path.join(folder, ".git")):
        if folder == os.path.dirname(folder):
            return False
        folder = os.path.dirname(folder)
    return True


def store_of_archives() -> str:
    """Where the archives of all runs of the folder meet; "" for a part that was moved out of it."""
    folder = os.path.dirname(os.path.dirname(os.getcwd()))
    return os.path.join(folder, STORE) if os.path.basename(folder) == FOLDER else ""
