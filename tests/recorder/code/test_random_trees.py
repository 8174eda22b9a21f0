"""Trees that chance makes are given back byte for byte, and looking at them changes nothing."""

import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from repositories import GIT, commit_all, restore, tree_of

from wrapper.recorder.sources.repository.reading import Reading

NAMES = [
    *(b"a.py", b"b c.txt", b"-dash", b"--all", b"new\nline", b"tab\tx", b'q"uote', b"b\\s", b"lat\xe9", b"\xff\xfe"),
    *(b":(top)x", b"x -> y", b"trail ", b" lead", b"*.txt", b"[a]", b"#hash", b"a\rb", b"x b/x", b"@@ -1 +1 @@"),
    *(b"a/b.py", b"a/b c/d.py", b"d/e/f.txt", b"d/e", b"dev/null", b"diff --git a b/b", b"e\xcc\x81", b"\xc3\xa9"),
]
GOALS = [b"a.py", b"nowhere", b"d", b"..", b"lat\xe9", b"new\nline", b"/etc/passwd"]
SETTINGS = [
    *("core.quotePath=false", "diff.renames=copies", "diff.algorithm=histogram", "diff.noprefix=true"),
    *("diff.context=0", "diff.orderFile=gone", "core.untrackedCache=true", "core.splitIndex=true", "index.version=4"),
    *("diff.interHunkContext=9", "apply.whitespace=fix", "core.whitespace=trailing-space", "diff.relative=true"),
    "core.fileMode=false",
]
ATTRIBUTES = ["binary", "-diff", "diff=none", "export-ignore", "whitespace=cr-at-eol", "merge=ours", "-text"]
TREES = 20


class Chance:
    """Makes a repository, and does to it what people do."""

    def __init__(self, seed: int, root: Path) -> None:
        self._random, self._root = random.Random(seed), os.fsencode(root)
        root.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        for setting in self._random.sample(SETTINGS, 3):
            self.git("config", *setting.split("="))
        if self._random.random() < 0.3:
            (root / ".gitattributes").write_text(f"*.py {self._random.choice(ATTRIBUTES)}\n")

    def git(self, *words: str | bytes) -> None:
        """Some of it fails, as a person's commands do."""
        subprocess.run([*GIT, *words], cwd=self._root, stdin=subprocess.DEVNULL, capture_output=True)

    def content(self) -> bytes:
        numbers = self._random.choices(range(20), k=self._random.randrange(60))
        return self._random.choice(
            [
                b"",
                self._random.randbytes(200),
                b"one\r\ntwo\r\n",
                b"mixed\r\nlone\rcr\nno newline",
                b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-foo\n+bar\ndiff --git a/x b/x\n",
                b"".join(b"%d\n" % number for number in numbers),
                "é\nü\n".encode("utf-16"),
                b"trailing \n\ttab\n \n\n\n",
            ]
        )

    def put(self, name: bytes) -> None:
        """A file or a link, in the place of whatever was in the way."""
        path = os.path.join(self._root, name)
        folder = self._root
        for part in name.split(b"/")[:-1]:
            folder = os.path.join(folder, part)
            if os.path.lexists(folder) and (os.path.islink(folder) or not os.path.isdir(folder)):
                os.unlink(folder)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        if self._random.random() < 0.15:
            os.symlink(self._random.choice(GOALS), path)
        else:
            Path(os.fsdecode(path)).write_bytes(self.content())
            os.chmod(path, self._random.choice([0o644, 0o755]))

    def change(self) -> None:
        files = sorted(tree_of(Path(os.fsdecode(self._root))))
        deed, name = self._random.randrange(9), self._random.choice(NAMES)
        one = self._random.choice(files) if files else name
        place = b":(literal)" + one
        if deed < 3 or not files:
            self.put(name)
        elif deed == 3:
            os.unlink(os.path.join(self._root, one))
        elif deed == 4 and not os.path.islink(os.path.join(self._root, one)):
            os.chmod(os.path.join(self._root, one), self._random.choice([0o644, 0o755]))
        elif deed == 5:
            self.git("add", *self._random.choice([["--", place], ["--all"], ["--intent-to-add", "--", place]]))
        elif deed == 6:
            self.git("mv", "--", one, name)
        elif deed == 7:
            self.git("rm", "--cached", "--force", "--quiet", "--", place)
        else:
            self.git("update-index", self._random.choice(["--assume-unchanged", "--chmod=+x"]), "--", one)

    def live(self) -> None:
        """A commit or two, one of another branch perhaps, and what was done since."""
        for _ in range(self._random.randrange(1, 10)):
            self.put(self._random.choice(NAMES))
        root = Path(os.fsdecode(self._root))
        if self._random.random() < 0.9:
            commit_all(root, "first")
        if self._random.random() < 0.3:
            self.git("checkout", "--quiet", "-b", "other")
            self.change()
            self.git("commit", "--quiet", "--all", "--message", "other")
            self.git("checkout", "--quiet", "--force", "main")
            self.change()
            self.git("commit", "--quiet", "--all", "--message", "second")
            self.git(self._random.choice(["merge", "cherry-pick", "rebase"]), "other")
        for _ in range(self._random.randrange(10)):
            self.change()


def look(root: Path, part: Path) -> dict[str, object]:
    """What is kept of the code, by a process of its own, as it always is."""
    part.mkdir(parents=True)
    child = os.fork()
    if not child:
        try:
            os.chdir(part)
            reading = Reading({"cwd": str(root), "argv": ["true"], "started_at": time.time() + 60})
            *_, (facts, problems) = reading.steps()
            Path("facts").write_text(json.dumps([facts, problems]))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    facts, problems = json.loads((part / "facts").read_text())
    assert problems == []
    return facts


def read_index(root: Path) -> bytes:
    path = root / ".git" / "index"
    return path.read_bytes() if path.exists() else b""


@pytest.mark.parametrize("seed", range(TREES))
def test_tree_is_given_back(tmp_path, seed):
    root = tmp_path / "here"
    Chance(seed, root).live()
    before, index = tree_of(root), read_index(root)

    facts = look(root, tmp_path / ".wandb-wrapper" / "k3v9x2ab" / "0-0")

    assert facts["exact"] is True
    restore(facts, root, tmp_path / ".wandb-wrapper" / "k3v9x2ab" / "0-0", tmp_path / "there")
    assert tree_of(tmp_path / "there") == before == tree_of(root)
    assert read_index(root) == index
