"""The directory of a part: made with its metrics file and part.json, and run.json when it is the run's first."""

from __future__ import annotations

import posix as os

from wrapper.launch.making import remove_part
from wrapper.launch.placing import CannotMake, Placed, Placing
from wrapper.rundir import names
from wrapper.rundir.lines import write_new
from wrapper.rundir.paths import is_file, join, parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wrapper.launch.ranks import Place
    from wrapper.launch.settings import Settings


class Part:
    """A part that was just made."""

    def __init__(self, path: str, run: str, name: str, run_facts: dict[str, Any]) -> None:
        self.path, self.run, self.name, self._run_facts = path, run, name, run_facts

    def write_run_file(self) -> None:
        """Make run.json, unless an earlier attempt has made it: linking is exclusive, on NFS too."""
        self._run_facts["user"] = user_name(self._run_facts["user"])
        path = join(parent(self.path), names.RUN_FILE)
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


def make_part(settings: Settings, place: Place, facts: dict[str, Any]) -> Part:
    """Make the directories, the metrics file and part.json. Raises CannotMake, or Refused."""
    base = settings.dir or os.getcwd()
    folder = join(base, names.FOLDER)
    made: Placed | None = None
    try:
        make_folder(base, folder)
        number = int(place.job) if place.job else count_runs(folder) + 1
        made = Placing(folder, settings, place, facts["argv"], facts["cwd"]).make()
        metrics = join(made.path, names.METRICS_FILE)
        os.close(os.open(metrics, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        whose = {"version": 1, "attempt": made.attempt, "rank": made.rank}
        write_new(join(made.path, names.PART_FILE), {**whose, **facts})
    except OSError as error:
        if made:
            remove_part(made.path)
        raise CannotMake(f"{error.filename or folder}: {error.strerror}") from error
    name = name_of(folder, made) or settings.name or names.make_name(number)
    group = settings.group or place.array or (place.job if settings.per_rank else None)
    return Part(made.path, made.run, name, run_facts(settings, made.run, name, group, facts))


def name_of(folder: str, made: Placed) -> str | None:
    """What a run that is continued was called in the beginning; None for a new one."""
    path = join(join(folder, made.run), names.RUN_FILE)
    if not made.attempt or not is_file(path):
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
        from os import makedirs

        makedirs(base, exist_ok=True)
        os.mkdir(folder, 0o700)
    with open(join(folder, ".gitignore"), "w") as file:
        file.write("*\n")


def count_runs(folder: str) -> int:
    """How many runs there are, from the link count where the file system counts folders so."""
    links = os.stat(folder).st_nlink
    if links >= 2:
        return links - 2
    return sum(names.is_run_id(entry) for entry in os.listdir(folder))


def run_facts(settings: Settings, run: str, name: str, group: str | None, facts: dict[str, Any]) -> dict[str, Any]:
    """As run.json states them."""
    return {
        "version": 1,
        "id": run,
        "name": name,
        "project": settings.project,
        "created_at": facts["started_at"],
        "user": facts["user"],
        "host": facts["host"],
        "group": group,
        "job_type": settings.job_type,
        "tags": settings.tags,
        "notes": settings.notes,
        "entity": settings.entity,
        "mode": settings.mode,
        "resume": settings.resume,
    }
