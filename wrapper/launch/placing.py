"""Where a part goes: a new run, the next attempt of one that is there, or beside the other ranks of the same job."""

from __future__ import annotations

import posix as os

from wrapper.rundir import names
from wrapper.rundir.paths import is_folder, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.launch.keys import Keys
    from wrapper.launch.ranks import Place
    from wrapper.launch.settings import Settings

ATTEMPTS = 10_000
MOST_LAUNCHES = 10_000  # of one program in one job


class CannotMake(Exception):
    """There is no place for the run; the message says why."""


class Refused(Exception):
    """The person asked for a run that is, or is not, to be there; the message says which."""


class Placed:
    """The directory of a part, made just now, and whose it is."""

    def __init__(self, path: str, run: str, attempt: int, rank: int) -> None:
        self.path, self.run, self.attempt, self.rank = path, run, attempt, rank


class Placing:
    """Finds the place for one part in the folder of all runs."""

    def __init__(self, folder: str, settings: Settings, place: Place, argv: list[str], cwd: str) -> None:
        self._folder, self._settings, self._place = folder, settings, place
        self._argv, self._cwd = argv, cwd
        self._is_alone = settings.per_rank or place.ranks == 1
        self._rank = 0 if self._is_alone else place.rank
        self._wanted = settings.id
        if settings.id and settings.per_rank and place.ranks > 1:
            self._wanted = f"{settings.id[: names.LONGEST_ID - 9]}-{place.rank}"

    def make(self) -> Placed:
        """Make it. Raises Refused, CannotMake and OSError."""
        if not self._place.lineage:
            return self._make_alone()
        from wrapper.launch.keys import Keys

        return self._join(Keys(self._folder, self._place, self._argv, self._is_alone))

    def _make_alone(self) -> Placed:
        run = self._choose()
        if run is None:
            run = make_run(self._folder)
        elif not make_folder(self._run_path(run)) and self._settings.resume == "never" and run == self._wanted:
            raise Refused(exists_already(run))  # Made since we looked.
        path, attempt = make_attempt(self._run_path(run), self._rank)
        return Placed(path, run, attempt, self._rank)

    def _join(self, keys: Keys) -> Placed:
        """The part of this rank, made exclusively, in the run that the ranks of its launch agreed on.

        A rank that has a part there already has run this program before: another run is meant.
        """
        for ordinal in range(MOST_LAUNCHES):
            key = keys.find(ordinal)
            if key is None:
                run, attempt = self._choose_with(keys, ordinal)
                key = keys.claim(ordinal, run, attempt)
            elif keys.is_stale(key):
                continue
            make_folder(self._run_path(key.run))
            path = join(self._run_path(key.run), names.part_name(key.attempt, self._rank))
            if make_folder(path):
                return Placed(path, key.run, key.attempt, self._rank)
        raise CannotMake(f"{self._folder} holds {MOST_LAUNCHES} launches of this program already")

    def _choose_with(self, keys: Keys, ordinal: int) -> tuple[str, int]:
        """The run and the attempt that this rank would say, if it is the first to say so."""
        before = keys.before()
        if before is not None and not is_folder(self._run_path(before)):
            before = None  # Somebody has removed it.
        try:
            run = self._choose(before) or keys.make_id(ordinal)
        except Refused:
            key = keys.find(ordinal)
            if key is None:
                raise
            return key.run, key.attempt  # It is there because another rank has just made it.
        return run, next_attempt(self._run_path(run))

    def _choose(self, before: str | None = None) -> str | None:
        """The run that the settings, or what went before a restart, ask for; None for a new one. Raises Refused."""
        resume = self._settings.resume
        if self._wanted:
            is_there = next_attempt(self._run_path(self._wanted)) > 0
            if resume == "must" and not is_there:
                raise Refused(f"--resume must: there is no run {self._wanted} in {self._folder}")
            if resume == "never" and is_there and before != self._wanted:
                raise Refused(exists_already(self._wanted))
            return self._wanted
        if before is not None:
            return before
        if resume == "must":
            raise Refused("--resume must: which run? Say it with --id, or take --resume auto")
        if resume == "auto":
            from wrapper.launch.resuming import find_unfinished

            return find_unfinished(self._folder, self._argv, self._cwd)
        return None

    def _run_path(self, run: str) -> str:
        return join(self._folder, run)


def exists_already(run: str) -> str:
    return f"--resume never: there is a run {run} already; take another --id, or --resume allow for its next attempt"


def make_folder(path: str) -> bool:
    """Whether the directory was made by us; False when it was there."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return False
    return True


def make_run(folder: str) -> str:
    """The id of a new directory."""
    while not make_folder(join(folder, run := names.make_id())):
        continue
    return run


def make_attempt(run_path: str, rank: int) -> tuple[str, int]:
    """The part of the next attempt, made exclusively, and its number."""
    for attempt in range(next_attempt(run_path), ATTEMPTS):
        path = join(run_path, names.part_name(attempt, rank))
        if make_folder(path):
            return path, attempt
    raise CannotMake(f"{run_path} holds {ATTEMPTS} attempts already")


def next_attempt(run_path: str) -> int:
    """The number behind those of all parts that are there, 0 when there are none."""
    try:
        parts = map(names.read_part_name, os.listdir(run_path))
    except FileNotFoundError:
        return 0
    return max((part[0] + 1 for part in parts if part), default=0)
