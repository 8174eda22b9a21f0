"""Which run, and which attempt of it, a process of a job belongs to: agreed on through files named by what they share.

    .wandb-wrapper/keys/<job and program>.<restart>.<launch>.<how many before>

Each is made once, whole and exclusively (link(2), on NFS too), by the rank that comes first, and says run, attempt,
command and step. The others read it. What is started again looks for those of the restarts before.
"""

from __future__ import annotations

import os
import time

from wrapper.rundir import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wrapper.launch.ranks import Place

FOLDER = "keys"
VERSION = "1"
READ_AGAIN_S, READ_FOR_S = 0.01, 0.2
STALE_S = 60.0  # So long after it was made, and ended, a key of a launch without a mark of its own is no longer joined.


class Key:
    """What one file says."""

    def __init__(self, run: str, attempt: int, command: str, step: str) -> None:
        self.run, self.attempt, self.command, self.step = run, attempt, command, step
        self.restart = self.ordinal = 0
        self.made_at = 0.0


class Keys:
    """The keys of one program in one job."""

    def __init__(self, folder: str, place: Place, argv: list[str], is_alone: bool) -> None:
        """`is_alone`: each rank is to have a run of its own."""
        rank = (str(place.rank),) if is_alone else ()
        self._folder, self._place = os.path.join(folder, FOLDER), place
        self._runs = folder
        self._base = digest("\0".join((*place.lineage, *program_of(argv), *rank)))
        self._launch = digest(place.launch)
        self._command = digest("\0".join(argv))

    def name(self, ordinal: int) -> str:
        return f"{self._base}.{self._place.restart}.{self._launch}.{ordinal}"

    def make_id(self, ordinal: int) -> str:
        """The same for all ranks, also where they share no directory; a new one where nothing tells launches apart."""
        if not self._place.launch:
            return names.make_id()
        number = int(digest(self.name(ordinal)), 16)
        letters = []
        for _ in range(names.ID_LENGTH):
            number, letter = divmod(number, len(names.ID_LETTERS))
            letters.append(names.ID_LETTERS[letter])
        return "".join(letters)

    def find(self, ordinal: int) -> Key | None:
        """What the others agreed on; None when there is no such file yet."""
        return self._read(self.name(ordinal))

    def claim(self, ordinal: int, run: str, attempt: int) -> Key:
        """Say which run it is, unless somebody was quicker: then it is as they say."""
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        path = os.path.join(self._folder, self.name(ordinal))
        text = " ".join((VERSION, run, str(attempt), self._command, self._place.step or "-")) + "\n"
        beside = f"{path}.{os.uname().nodename}.{os.getpid()}.new"
        _create(beside, text)
        try:
            os.link(beside, path)
        except FileExistsError:  # Somebody was quicker.
            return self._wait_for(self.name(ordinal)) or Key(run, attempt, self._command, self._place.step)
        except OSError:  # A file system without links.
            _create(path, text)
        finally:
            os.unlink(beside)
        return Key(run, attempt, self._command, self._place.step)

    def before(self) -> str | None:
        """The run that this one continues after a restart; None when there is none, or several might be meant."""
        if not self._place.restart:
            return None
        known = [key for name in _list(self._folder) if (key := self._read(name))]
        taken = {key.run for key in known if key.restart == self._place.restart}
        open_ones = [key for key in known if key.restart < self._place.restart and key.run not in taken]
        step = self._place.step or "-"
        same = [key for key in open_ones if key.command == self._command]
        if same:
            return max(same, key=lambda key: (key.step == step, key.restart, key.made_at)).run
        return only(key.run for key in open_ones) or only(key.run for key in open_ones if not self._is_done(key))

    def _is_done(self, key: Key) -> bool:
        """Whether its last attempt ended well, as far as can be seen without reading much."""
        path = os.path.join(self._runs, key.run, names.part_name(key.attempt, self._place.rank), names.END_FILE)
        try:
            with open(path, "rb") as file:
                return b'"exit_code": 0' in file.read(4096)
        except OSError:
            return False

    def is_stale(self, key: Key) -> bool:
        """Whether it is an earlier launch's: one of its parts ended, and it is not of this minute."""
        if self._place.launch or time.time() - key.made_at < STALE_S:
            return False
        run = os.path.join(self._runs, key.run)
        parts = [name for name in _list(run) if (names.read_part_name(name) or (-1, 0))[0] == key.attempt]
        return any(os.path.exists(os.path.join(run, part, names.END_FILE)) for part in parts)

    def _wait_for(self, name: str) -> Key | None:
        """A file that is there, though this host may not have heard of it yet."""
        until = time.monotonic() + READ_FOR_S
        while (key := self._read(name)) is None and time.monotonic() < until:
            time.sleep(READ_AGAIN_S)
        return key

    def _read(self, name: str) -> Key | None:
        """The key in a file of this name; None when it is none of ours, or makes no sense."""
        base, *numbers = name.split(".")
        if base != self._base or len(numbers) != 3 or not (numbers[0].isdigit() and numbers[2].isdigit()):
            return None
        try:
            with open(os.path.join(self._folder, name)) as file:
                words = file.read(512).split()
                made_at = os.fstat(file.fileno()).st_mtime
        except (OSError, UnicodeDecodeError):
            return None
        if len(words) != 5 or words[0] != VERSION or not names.is_run_id(words[1]) or not words[2].isdigit():
            return None
        key = Key(words[1], int(words[2]), words[3], words[4])
        key.restart, key.ordinal, key.made_at = int(numbers[0]), int(numbers[2]), made_at
        return key


def only(runs: Iterable[str]) -> str | None:
    """The one that is meant; None when there are none or several."""
    found = set(runs)
    return found.pop() if len(found) == 1 else None


def program_of(argv: list[str]) -> list[str]:
    """What all ranks have in common, and what stays when more is asked for after a restart: python train.py."""
    return [word for word in argv[:2] if not word.startswith("-")] if argv[1:2] else argv[:1]


def digest(text: str) -> str:
    """16 hexadecimal digits (FNV-1a). To import hashlib would take longer than all of the rest."""
    value = 0xCBF29CE484222325
    for byte in os.fsencode(text):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    value ^= value >> 32
    value = value * 0xD6E8FEB86659FD93 & 0xFFFFFFFFFFFFFFFF
    return f"{value ^ value >> 32:016x}"


def _create(path: str, text: str) -> None:
    """Make a small file, exclusively; that it is there already is no error."""
    try:
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    os.write(fd, text.encode("ascii"))
    os.close(fd)


def _list(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
