"""Asking git, without changing a repository and without starting what a person's settings would have it start.

GitPython starts the processes. Its own reading of repositories is not used: it does not know every form of them
(reftables, SHA-256), and git itself does.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

DEADLINE_S = 45.0
MOST_BYTES = 64 << 20
PIECE_BYTES = 1 << 16
PR_SET_PDEATHSIG = 1
# Which repository is meant stands in these; the command's own directory says it instead.
STAYS = frozenset(
    "GIT_CEILING_DIRECTORIES GIT_DISCOVERY_ACROSS_FILESYSTEM GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM"
    " GIT_CONFIG_NOSYSTEM GIT_ATTR_NOSYSTEM".split()
)
ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS": "false",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # A clone elsewhere has no such objects.
    "GIT_PAGER": "cat",
    "GIT_PYTHON_REFRESH": "quiet",
    "LC_ALL": "C",
}
# Programs that it might start, and the network; then what would give a patch another form.
SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "diff.autoRefreshIndex=true",
    "diff.suppressBlankEmpty=false",
    "diff.orderFile=/dev/null",  # One that is not there would be the end of every comparison.
    "core.quotePath=true",
    "core.safecrlf=false",
    "core.packedGitWindowSize=64m",  # A reader has 2 GB of addresses.
    "core.packedGitLimit=512m",
)

NOTHING: Mapping[str, str] = {}


class NoGit(Exception):
    """There is no git to ask."""


class GitFailed(Exception):
    """Git did not answer, or said no; the text is what it said."""


class TooSlow(GitFailed):
    """The answer did not come within the deadline."""


class TooMuch(GitFailed):
    """The answer was longer than what was asked for."""


class Git:
    """Questions to the repository that a folder lies in. Raises NoGit and GitFailed, and OSError as `out` does."""

    def __init__(self, folder: str, deadline_s: float = DEADLINE_S) -> None:
        self.folder, self._deadline_s = folder, deadline_s
        self._program = find_git()
        os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = self._program  # GitPython asks one for its version.
        self.settings = list(SETTINGS)
        self.environment: dict[str, str] = {}
        self._configured: dict[str, list[str]] = {}

    def ask(self, *words: str, stdin: bytes = b"") -> bytes:
        """What it answers."""
        return b"".join(self.stream(*words, stdin=stdin))

    def ask_line(self, *words: str) -> str:
        """The same as one text without the newline at its end; "" when git says no."""
        try:
            return os.fsdecode(self.ask(*words).removesuffix(b"\n"))
        except (TooSlow, TooMuch):
            raise
        except GitFailed:
            return ""

    def stream(
        self, *words: str, stdin: bytes = b"", most_bytes: int = MOST_BYTES, environment: Mapping[str, str] = NOTHING
    ) -> Iterator[bytes]:
        """What it answers, piece by piece."""
        from git.cmd import Git as Command

        given = put_into_memory(stdin) if stdin else None
        settings = [word for setting in self.settings for word in ("-c", setting)]
        argv = [self._program, "--no-pager", "-C", self.folder, *settings, *words]
        try:
            process = Command().execute(
                argv,
                istream=given,
                as_process=True,
                env={**self.environment, **environment},
                start_new_session=True,
            )
        finally:
            if given is not None:
                os.close(given)
        running = process.proc
        assert running and running.stdout and running.stderr
        try:
            said = yield from self._read(running.stdout.fileno(), running.stderr.fileno(), most_bytes)
            if running.wait(self._deadline_s):
                raise GitFailed(said)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
            running.stdout.close()
            running.stderr.close()

    def _read(self, out: int, errors: int, most_bytes: int) -> Generator[bytes, None, str]:
        """Yield all of its output; what it says of errors is returned."""
        until = time.monotonic() + self._deadline_s
        said, left = b"", {out, errors}
        while left:
            ready, _, _ = select.select(list(left), [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TooSlow(f"git did not answer within {self._deadline_s:g} s")
            for fd in ready:
                piece = os.read(fd, PIECE_BYTES)
                if not piece:
                    left.discard(fd)
                elif fd == errors:
                    said = (said + piece)[-PIECE_BYTES:]
                else:
                    most_bytes -= len(piece)
                    if most_bytes < 0:
                        raise TooMuch("git had more to say than can be kept")
                    yield piece
        return os.fsdecode(said).strip()

    def items(self, *words: str, stdin: bytes = b"", environment: Mapping[str, str] = NOTHING) -> Iterator[bytes]:
        """What it answers with -z: each text up to its zero byte."""
        rest = b""
        for piece in self.stream(*words, stdin=stdin, environment=environment):
            *whole, rest = (rest + piece).split(b"\0")
            yield from whole

    def configured(self) -> dict[str, list[str]]:
        """All that is configured: each name, in small letters but for its middle, with its values."""
        if not self._configured:
            for item in self.items("config", "-z", "--list"):
                name, _, value = os.fsdecode(item).partition("\n")
                self._configured.setdefault(name, []).append(value)
        return self._configured

    def setting(self, name: str) -> str:
        """The value of a setting that counts; "" when it has none."""
        return self.configured().get(name, [""])[-1]


def put_into_memory(data: bytes) -> int:
    """A file without a name, to be read from its beginning."""
    fd = os.memfd_create("stdin")
    while data:
        data = data[os.write(fd, data) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def prepare_environment() -> None:
    """Make our own environment one that git does no harm in. For a process that does nothing else."""
    for name in [name for name in os.environ if name.startswith("GIT_") and name not in STAYS]:
        del os.environ[name]
    os.environ.update(ENVIRONMENT)


def die_with_parent() -> None:
    """Have the kernel end us when our parent ends: there must not be two of us that write the same files."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def find_git() -> str:
    """The program, by its whole path; raises NoGit. Not one in a folder that PATH names from wherever one is."""
    folders = [folder for folder in os.environ.get("PATH", "").split(":") if folder.startswith("/")]
    program = shutil.which("git", path=":".join([*folders, "/usr/local/bin", "/usr/bin", "/bin"]))
    if not program:
        raise NoGit
    return program
