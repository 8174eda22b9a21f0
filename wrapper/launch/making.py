"""Making the run directory: in a process of its own, because a hung disk stops whoever touches it."""

from __future__ import annotations

import os
import select
import time

from wrapper.launch.fds import close_quietly, let_go_of_callers, make_pipe
from wrapper.launch.placing import CannotMake, Placing, Refused
from wrapper.rundir import names
from wrapper.rundir.lines import write_new

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wrapper.launch.placing import Placed
    from wrapper.launch.ranks import Place
    from wrapper.launch.settings import Settings

LONGEST_WAIT_S = 0.5
WORDS = ("pty", "live", "own_output", "silent", "stops")
KEPT, OFF, LOST, REFUSED = "kept", "off", "lost", "refused"


class Made:
    """What became of it: `state` is KEPT, OFF (the settings say so), LOST or REFUSED (`why` says it)."""

    def __init__(self, state: str, choices: Choices, why: str = "") -> None:
        self.state, self.choices, self.why = state, choices, why
        self.part = self.run = self.name = ""


class Choices:
    """What the wrapper has to know of the settings, as one word per thing that is on."""

    def __init__(self, words: str) -> None:
        on = words.split()
        self.pty, self.live, self.own_output, self.silent, self.stops = (word in on for word in WORDS)


class Making:
    """Makes the run directory beside us; `wait` has the answer, at most half a second later."""

    def __init__(
        self,
        resolve: Callable[[], Settings],
        find_place: Callable[[], Place],
        facts: Callable[[Settings, Place], dict[str, Any]],
    ) -> None:
        self._resolve, self._find_place, self._facts = resolve, find_place, facts
        self._began = time.monotonic()
        self._answer, answer_end = make_pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                let_go_of_callers([answer_end])
                os.umask(0o077)
                self._make(answer_end)
            finally:
                os._exit(0)
        os.close(answer_end)

    def reap(self) -> None:
        """Before we become the command, which is to have no child that it did not make.

        One whose disk hangs cannot be reaped. The command may meet it in wait(2), and that is the least that
        such a disk can do to it.
        """
        while time.monotonic() < self._began + LONGEST_WAIT_S and not os.waitpid(self._pid, os.WNOHANG)[0]:
            time.sleep(0.001)

    def wait(self) -> Made:
        data = b""
        poll = select.poll()
        poll.register(self._answer, select.POLLIN)
        while (left_s := self._began + LONGEST_WAIT_S - time.monotonic()) > 0:
            if not poll.poll(1000 * left_s):
                continue
            piece = os.read(self._answer, 1 << 16)
            if not piece:
                break
            data += piece
        else:
            data = b""
        close_quietly(self._answer)
        return _read_answer(data)

    def _make(self, answer: int) -> None:
        try:
            self._answer_with_part(answer)
        except BaseException as error:
            _tell(answer, [LOST, "", f"its directory could not be made: {error!r}"])
            raise

    def _answer_with_part(self, answer: int) -> None:
        settings = self._resolve()
        if settings.refusal:
            _tell(answer, [REFUSED, "", settings.refusal])
            return
        place = self._find_place()
        settings.silent = settings.silent or place.rank > 0  # The first rank speaks for all.
        words = " ".join(name for name in WORDS if getattr(settings, name))
        if settings.mode == "disabled":
            _tell(answer, [OFF, words])
            return
        try:
            part = make_part(settings, place, self._facts(settings, place))
        except Refused as error:
            _tell(answer, [REFUSED, words, str(error)])
            return
        except CannotMake as error:
            _tell(answer, [LOST, words, str(error)])
            return
        if _tell(answer, [KEPT, words, part.path, part.run, part.name]):
            part.write_run_file()
        else:
            part.remove()


def _tell(answer: int, fields: list[str]) -> bool:
    """Whether anybody still listens."""
    try:
        os.write(answer, b"\0".join(map(os.fsencode, fields)))
        os.close(answer)
    except OSError:  # Nobody: it took too long.
        return False
    return True


def _read_answer(data: bytes) -> Made:
    state, *fields = map(os.fsdecode, data.split(b"\0"))
    if not state:
        return Made(LOST, Choices(""), f"the disk of the run directory did not answer within {LONGEST_WAIT_S} s")
    made = Made(state, Choices(fields[0]))
    if state in (LOST, REFUSED):
        made.why = fields[1]
    elif state == KEPT:
        made.part, made.run, made.name = fields[1:]
    return made


class Part:
    """A part that was just made."""

    def __init__(self, path: str, run: str, name: str, run_facts: dict[str, Any]) -> None:
        self.path, self.run, self.name, self._run_facts = path, run, name, run_facts

    def write_run_file(self) -> None:
        """Make run.json, unless an earlier attempt has made it: linking is exclusive, on NFS too."""
        self._run_facts["user"] = user_name(self._run_facts["user"])
        path = os.path.join(os.path.dirname(self.path), names.RUN_FILE)
        beside = f"{path}.{os.getpid()}.new"
        write_new(beside, self._run_facts)
        try:
            os.link(beside, path)
            os.unlink(beside)
        except FileExistsError:
            os.unlink(beside)
        except OSError:  # A file system without links.
            os.rename(beside, path)

    def remove(self) -> None:
        """As if it had never been."""
        remove_part(self.path)


def user_name(known: str) -> str:
    """A name for a user of whom the environment gave only the number; the system's register may be slow to ask."""
    if not known.isdecimal():
        return known
    import pwd

    try:
        return pwd.getpwuid(int(known)).pw_name
    except KeyError:
        return known


def remove_part(path: str) -> None:
    """Remove a part in which nothing was recorded, and its run when it was the only one."""
    try:
        for entry in os.listdir(path):
            os.unlink(os.path.join(path, entry))
        os.rmdir(path)
        run = os.path.dirname(path)
        if os.listdir(run) == [names.RUN_FILE]:
            os.unlink(os.path.join(run, names.RUN_FILE))
        os.rmdir(run)
    except OSError:  # Other attempts are in it, or the disk does not let us: an empty run is no harm.
        return


def remove_beside(path: str) -> None:
    """Remove a part in a process of its own, and do not wait for a disk that hangs."""
    if os.fork() == 0:
        remove_part(path)
        os._exit(0)


def make_part(settings: Settings, place: Place, facts: dict[str, Any]) -> Part:
    """Make the directories, the metrics file and part.json. Raises CannotMake, or Refused."""
    base = os.path.abspath(settings.dir or ".")
    folder = os.path.join(base, names.FOLDER)
    made: Placed | None = None
    try:
        make_folder(base, folder)
        number = int(place.job) if place.job else count_runs(folder) + 1
        made = Placing(folder, settings, place, facts["argv"], facts["cwd"]).make()
        metrics = os.path.join(made.path, names.METRICS_FILE)
        os.close(os.open(metrics, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        whose = {"version": 1, "attempt": made.attempt, "rank": made.rank}
        write_new(os.path.join(made.path, names.PART_FILE), {**whose, **facts})
    except OSError as error:
        if made:
            remove_part(made.path)
        raise CannotMake(f"{error.filename or folder}: {error.strerror}") from error
    name = name_of(folder, made) or settings.name or names.make_name(number)
    group = settings.group or place.array or (place.job if settings.per_rank else None)
    return Part(made.path, made.run, name, {**run_facts(settings, made.run, name, facts), "group": group})


def name_of(folder: str, made: Placed) -> str | None:
    """What a run that is continued was called in the beginning; None for a new one."""
    path = os.path.join(folder, made.run, names.RUN_FILE)
    if not made.attempt or not os.path.isfile(path):
        return None
    import json

    try:
        with open(path) as file:
            name = json.load(file).get("name")
    except (OSError, ValueError, AttributeError):  # Damaged: it is said where it is shown.
        return None
    return name if isinstance(name, str) else None


def make_folder(base: str, folder: str) -> None:
    """The folder of all runs, which git is told to ignore."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        os.makedirs(base, exist_ok=True)
        os.mkdir(folder, 0o700)
    with open(os.path.join(folder, ".gitignore"), "w") as file:
        file.write("*\n")


def count_runs(folder: str) -> int:
    """How many runs there are, from the link count where the file system counts folders so."""
    links = os.stat(folder).st_nlink
    if links >= 2:
        return links - 2
    return sum(names.is_run_id(entry) for entry in os.listdir(folder))


def run_facts(settings: Settings, run: str, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    """As run.json states them."""
    return {
        "version": 1,
        "id": run,
        "name": name,
        "project": settings.project,
        "created_at": facts["started_at"],
        "user": facts["user"],
        "host": facts["host"],
        "group": settings.group,
        "job_type": settings.job_type,
        "tags": settings.tags,
        "notes": settings.notes,
        "entity": settings.entity,
        "mode": settings.mode,
        "resume": settings.resume,
    }
