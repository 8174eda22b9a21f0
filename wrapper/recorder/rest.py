"""Reading what is left of a part, when its recorder is gone: of its output, its metrics, its other files."""

from __future__ import annotations

import os
import select
import time

from wrapper.recorder.readers import Reader, make_readers
from wrapper.recorder.writers import is_anybody_left
from wrapper.rundir.journal import Journal
from wrapper.rundir.lines import replace_whole
from wrapper.rundir.names import END_FILE, JOURNAL_FILE, METRICS_FILE, UNREAD_FILE
from wrapper.rundir.packing import is_worth_packing, pack

CLAIM_FILE = "reading"
CLAIM_S = 600.0
LOOK_EVERY_S = 0.05
TOUCH_EVERY_S = 60.0


def mark_unread(part: str) -> None:
    """Say that something may have to be read. A disk without room for that has none for metrics either."""
    try:
        os.close(os.open(os.path.join(part, UNREAD_FILE), os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except OSError:
        return


def finish_reading(journal: Journal, readers: list[Reader]) -> None:
    """All that can be found in the part stands in the journal, and its end.json says why it ended.

    Where Slurm could not yet say why, it stays unread: whoever looks at it next asks again. Raises OSError when the
    disk does not take that.
    """
    said = next((reader.newest for reader in readers if reader.kind == "cause"), "")
    if said:
        import json

        cause = json.loads(said).get("cause")
        with open(END_FILE) as file:
            replace_whole(END_FILE, {**json.load(file), "cause": cause})
        if isinstance(cause, dict) and "awaits" in cause:
            return
    journal.add("recorder", read=True)
    remove(UNREAD_FILE)


def pack_part() -> None:
    """Make the files of the part in the current directory small: the rows stand in two of them.

    Not the metrics file while a process of the run lives that may add to it, though nobody would read that.
    """
    if os.path.exists(UNREAD_FILE):  # There is more to be added.
        return
    pack(JOURNAL_FILE)
    if is_worth_packing(METRICS_FILE) and not is_anybody_left(os.path.join(os.getcwd(), METRICS_FILE)):
        pack(METRICS_FILE)


def read_rest_beside(part: str, is_here: bool) -> None:
    """Have another process read the rest, if there is any. It holds nothing of ours, and nobody waits for it."""
    if not os.path.exists(os.path.join(part, UNREAD_FILE)) or is_fresh(os.path.join(part, CLAIM_FILE)):
        return
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if not os.fork():
            leave(part)
            read_rest(is_here)
    finally:
        os._exit(0)


def leave(part: str) -> None:
    """Be nobody's: no terminal, no pipe of who called."""
    os.chdir(part)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.closerange(3, 1 << 10)
    os.nice(5)


def is_fresh(claim: str) -> bool:
    """Whether somebody holds it, who was not silent for too long; by our clock, which may be off by less than that."""
    try:
        return time.time() - os.stat(claim).st_mtime <= CLAIM_S
    except FileNotFoundError:
        return False


def read_rest(is_here: bool) -> None:
    """Read what is left of the part in the current directory, unless somebody else does."""
    if os.path.exists(CLAIM_FILE) and not is_fresh(CLAIM_FILE):  # Not one that somebody is just making.
        remove(CLAIM_FILE)
    try:
        os.close(os.open(CLAIM_FILE, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:  # Somebody is quicker, or it is not ours to write.
        return
    try:
        if os.path.exists(UNREAD_FILE):  # Else somebody was quicker, and is through.
            _read(is_here)
    finally:
        remove(CLAIM_FILE)


def _read(is_here: bool) -> None:
    journal = Journal(JOURNAL_FILE)
    readers = make_readers(journal, 0, lambda: True, has_ended_well)
    if not is_here:  # Its other files have paths that are another machine's.
        readers = [reader for reader in readers if reader.kind in ("output", "metrics", "cause")]
    touched = time.monotonic()
    while not all(reader.is_complete for reader in readers):
        poll = select.poll()
        wait_s = LOOK_EVERY_S
        for reader in readers:
            wait_s = reader.watch(poll, wait_s)
        poll.poll(1000 * wait_s)
        for reader in readers:
            reader.tend(has_ended=True)
        if time.monotonic() - touched > TOUCH_EVERY_S:
            os.utime(CLAIM_FILE)
            touched = time.monotonic()
    finish_reading(journal, readers)
    pack_part()


def has_ended_well() -> bool:
    """What end.json says."""
    import json

    with open(END_FILE) as file:
        return bool(json.load(file).get("exit_code") == 0)


def remove(path: str) -> None:
    """Remove a file, if it is there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
