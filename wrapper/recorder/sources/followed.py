"""Files that the command writes anyway: event files of TensorBoard, logs in columns or lines of JSON, configuration.

What has been read of which file stands in the positions of the journal:

    followed:PATH        behind what was given last; of a file that is written whole, the checksum of its content
    followed:PATH:file   the same, of one of several files that are one source
    followed:PATH:from   where this run's part of it begins: it was that long when the run began
    followed:PATH:head   how it begins, to tell a file that was written anew
    followed:PATH:again  it was written anew: rows that it had before are not given again
    followed:PATH:told   the record that names the file itself was written

Event files of one folder are one source, as they are one run to TensorBoard; so are the states of a Hugging Face
trainer in its checkpoints. Such a source counts its records.
"""

from __future__ import annotations

import os
import re
import stat
import time
import zlib

from wrapper.recorder.channel import Channel, take_turns
from wrapper.recorder.sources.following.finding import Finder, is_below, last_sign_of_life
from wrapper.recorder.sources.following.given import Given
from wrapper.recorder.sources.following.media import MediaStore
from wrapper.recorder.sources.following.mounts import local_first
from wrapper.recorder.sources.following.others import started_at
from wrapper.recorder.sources.following.outlet import Outlet
from wrapper.recorder.sources.following.tails import HEAD_BYTES, Followed, follow, mark_head
from wrapper.text.files.columns import SECTIONS
from wrapper.text.files.kinds import HEAD_BYTES as SNIFFED_BYTES
from wrapper.text.files.kinds import kind_by_head, kind_by_name, kind_of_known

LOOK_EVERY_S, QUIET_EVERY_S = 0.25, 2.0
FIRST_SEARCH_S, QUIET_SEARCH_S, LONGEST_SEARCH_S = 1.0, 10.0, 180.0
REST_PER_SEARCH = 1000.0  # so that searching takes no more than a tenth of a percent of a core
MOST_FILES = 1000
MOST_OLD = 200
MOST_OPEN = 100
LATE_S = 60.0
FOLDERS_OF_A_LINE = 2
CHECKPOINT = re.compile(r"checkpoint-\d+/")


def read(channel: Channel) -> None:
    """Give the channel what the files say, until the command has ended and all is read."""
    following = Following(channel)
    take_turns(channel, following.look, following.pause_s)
    following.finish()


class Following:
    """All files of one command."""

    def __init__(self, channel: Channel) -> None:
        part = channel.part
        self._channel = channel
        self._directory = os.path.realpath(str(part.get("cwd", "/")))
        self._since = started_at(part)
        self._finder = Finder(part, self._directory, channel.command, self._since)
        self._store = MediaStore(channel.positions)
        self._files: dict[str, Followed] = {}
        self._given: dict[str, Given] = {}
        self._judged: dict[str, tuple[int, int]] = {}
        self._refused: dict[str, int] = {}
        self._open: set[str] = set()  # There is too little in them to tell what they are.
        self._until = read_limits(channel, self._finder)
        self._pause_s = LOOK_EVERY_S
        self._search_at = 0.0
        self._search_s = FIRST_SEARCH_S

    def pause_s(self) -> float:
        """How long to wait for more: the longer, the longer nothing has come."""
        return self._pause_s

    def look(self, has_ended: bool) -> None:
        """Search for files when it is time to, and read what is new in all."""
        self._channel.begin(-1)
        if has_ended or time.monotonic() >= self._search_at:
            self._search(has_ended)
        for path in list(self._open):
            self._consider(path, has_ended)
        has_news = False
        for file in list(self._files.values()):
            has_news |= self._look_at(file, has_ended)
        self._channel.begin(-1)
        self._pause_s = LOOK_EVERY_S if has_news else min(QUIET_EVERY_S, self._pause_s * 1.5)

    def finish(self) -> None:
        """Name the files, and those that are not known to be ours."""
        for file in self._files.values():
            file.outlet.tell_file(file.kind)
        doubtful = [os.path.relpath(path, self._directory) for path in self._finder.in_doubt()]
        if doubtful and "followed" not in self._channel.positions:
            names = ", ".join(doubtful[:3]) + (" and others" if len(doubtful) > 3 else "")
            text = f"other runs were writing below the same directory; whose these files are is not known: {names}"
            self._channel.send("followed", 1, warning=text)

    def _search(self, has_ended: bool) -> None:
        began = time.monotonic() / 10 + time.process_time()  # Waiting for a disk takes nothing from the training.
        found = self._finder.find()
        for path in local_first([path for path in found if path not in self._files]):
            if len(self._files) < MOST_FILES:
                self._consider(path, has_ended)
        self._note_old()
        took_s = time.monotonic() / 10 + time.process_time() - began
        most_s = min(LONGEST_SEARCH_S, max(QUIET_SEARCH_S, REST_PER_SEARCH * took_s))
        self._search_s = min(self._search_s * 1.5, most_s)
        self._search_at = time.monotonic() + self._search_s

    def _consider(self, path: str, has_ended: bool) -> None:
        """Follow a file, when it is a log."""
        key = self._key(path)
        is_known = not {key, f"{key}:file"}.isdisjoint(self._channel.positions)
        try:
            status = os.stat(path)
            is_refused = self._refused.get(path) == status.st_ino or not stat.S_ISREG(status.st_mode)
            if is_refused or not self._is_within(status.st_mtime, is_known):
                return
            kind = kind_by_name(path)
            if kind == "text":
                kind = self._judge(path, status, is_known, has_ended)
        except OSError:  # Gone, or not ours to read.
            self._open.discard(path)
            return
        if kind is not None:
            self._open.discard(path)
            self._files[path] = follow(path, kind, self._outlet(path, kind), self._prefix(path, kind))
            self._pause_s = LOOK_EVERY_S

    def _is_within(self, mtime: float, is_known: bool) -> bool:
        """When the run is long over, what was written since is somebody else's."""
        return mtime < (self._until[0] if is_known else self._until[1])

    def _judge(self, path: str, status: os.stat_result, is_known: bool, has_ended: bool) -> str | None:
        seen = (status.st_size, status.st_mtime_ns)
        if self._judged.get(path) == seen and not has_ended:
            return None
        self._judged[path] = seen
        with open(path, "rb") as file:
            head = file.read(SNIFFED_BYTES)
        if is_known:
            return kind_of_known(head)
        verdict = kind_by_head(path, head, has_ended)
        if verdict.is_open and len(self._open) < MOST_OPEN:
            self._open.add(path)
        elif verdict.kind is None and not verdict.is_open:
            self._open.discard(path)
            self._refused[path] = status.st_ino
        return verdict.kind

    def _look_at(self, file: Followed, has_ended: bool) -> bool:
        if file.is_over:
            return False
        try:
            return file.look(has_ended, self._begin)
        except FileNotFoundError:  # Removed, or about to be replaced.
            return False
        except OSError as error:
            file.is_over = True
            file.outlet.warn(f"it cannot be read: {error.strerror}", file.outlet.position or 0)
            return False

    def _begin(self, path: str, place: int) -> bool:
        """Tell the recorder what is read now; whether it may be."""
        piece = -1 if place < 0 else zlib.crc32(f"{path}\0{place}".encode("utf-8", "surrogateescape"))
        self._channel.begin(piece)
        return piece not in self._channel.skips

    def _note_old(self) -> None:
        """Remember how long files were that others wrote before: this run may append to them."""
        news: dict[str, int] = {}
        for path, size in self._finder.old:
            key = self._key(path)
            is_known = path in self._files or f"{key}:from" in self._channel.positions
            if size and not is_known and kind_by_name(path) == "text" and len(news) < MOST_OLD:
                try:
                    with open(path, "rb") as file:
                        news[f"{key}:head"] = mark_head(file.fileno(), min(size, HEAD_BYTES))
                except OSError:  # Gone, or not ours to read.
                    continue
                news[f"{key}:from"] = size
        if news:
            self._channel.positions.update(news)
            self._channel.send("followed:", len(news), news)

    def _key(self, path: str) -> str:
        inside = is_below(path, self._directory)
        return f"followed:{os.path.relpath(path, self._directory) if inside else path}"

    def _outlet(self, path: str, kind: str) -> Outlet:
        source = key = self._key(path)
        is_shared = kind in ("tensorboard", "trainer_state")
        if kind == "tensorboard":
            source = f"followed:{os.path.dirname(key.partition(':')[2]) or '.'}"
        elif kind == "trainer_state":
            source = CHECKPOINT.sub("", key)
        if source not in self._given:
            self._given[source] = Given(source, source in self._channel.positions)
        return Outlet(self._channel, self._store, self._given[source], source, key, is_shared)

    def _prefix(self, path: str, kind: str) -> str:
        return prefix_of(os.path.dirname(path)) if kind == "tensorboard" else ""


def prefix_of(folder: str) -> str:
    """What stands before the names of an event file in this folder.

    Keras writes `epoch_loss` into train/ and into validation/; PyTorch makes folders below another log's for each
    line of a chart. A folder that is only called after the time tells nothing.
    """
    if os.path.basename(folder).lower() in SECTIONS:
        return os.path.basename(folder)
    above = folder
    for _ in range(FOLDERS_OF_A_LINE):
        above = os.path.dirname(above)
        if has_events(above):
            prefix = os.path.relpath(folder, above)
            return "" if re.fullmatch(r"[\d._-]+", prefix) else prefix
    return ""


def has_events(folder: str) -> bool:
    try:
        return any(".tfevents." in name for name in os.listdir(folder))
    except OSError:
        return False


def read_limits(channel: Channel, finder: Finder) -> tuple[float, float]:
    """Until when a file that is followed, and until when another, may have been written to be this run's."""
    if not channel.has_ended and channel.command:
        return float("inf"), float("inf")
    lived_until = last_sign_of_life()
    later = finder.next_start(lived_until)
    return later, min(later, lived_until + LATE_S)
