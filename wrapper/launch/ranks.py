"""Which of the processes of a job this is: told by the variables that launchers set, and by nothing else.

Nobody is asked and nobody is waited for: all ranks come to the same answer by themselves.
"""

from __future__ import annotations

from wrapper.launch.slurm import says

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# The variable of the rank, and those that may have how many there are. The first that is set counts.
LAUNCHERS = (
    ("torch", "RANK", ("WORLD_SIZE",)),
    ("mpi", "OMPI_COMM_WORLD_RANK", ("OMPI_COMM_WORLD_SIZE",)),
    ("mpi", "MV2_COMM_WORLD_RANK", ("MV2_COMM_WORLD_SIZE",)),
    ("mpi", "PMIX_RANK", ("PMIX_SIZE", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")),
    ("mpi", "PMI_RANK", ("PMI_SIZE",)),
)
# What is one launch's alone: with it, nothing that an earlier one left is taken for ours.
MPI_LAUNCHES = ("PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "PMI_JOBID", "HYDRA_PROXY_PORT")
MOST_DIGITS = 9
INCARNATIONS = 10_000  # of what torchrun restarts, in one of what Slurm requeues


class Place:
    """Where a process stands among those that were started together.

    `lineage` is what all of them share and keep when they are started again, empty for a process by itself; `restart`
    counts how often that was; `launch` is one start's alone, empty where nothing tells it; `step` is which step of
    the job it is. `job` and `array` are the names that group runs.
    """

    def __init__(self) -> None:
        self.rank, self.ranks, self.local_rank = 0, 1, 0
        self.launcher: str | None = None
        self.lineage: tuple[str, ...] = ()
        self.launch = self.step = ""
        self.restart = 0
        self.job: str | None = None
        self.array: str | None = None
        self.problems: list[str] = []

    def facts(self) -> dict[str, Any] | None:
        """As part.json has it; None for a process by itself."""
        if self.ranks == 1:
            return None
        where = {"rank": self.rank, "ranks": self.ranks, "local_rank": self.local_rank}
        return {"by": self.launcher, **where, "restart": self.restart % INCARNATIONS}


class Variables:
    """Reads numbers; one that makes no sense is a problem, and as if it were not set."""

    def __init__(self, variables: Mapping[str, str], problems: list[str]) -> None:
        self._variables, self._problems = variables, problems

    def text(self, *names: str) -> str:
        """The first that is set, "" if none is."""
        return next((value for name in names if (value := self._variables.get(name, ""))), "")

    def number(self, *names: str) -> int | None:
        """The first that is set and a number; None if none is."""
        for name in names:
            value = self._variables.get(name, "")
            if is_number(value):
                return int(value)
            if value:
                self._problems.append(f"{name} {says(value)}, which is no number; it is ignored")
        return None


def is_number(text: str) -> bool:
    return 0 < len(text) <= MOST_DIGITS and text.isascii() and text.isdigit()


def find_place(variables: Mapping[str, str]) -> Place:
    """Where this process stands; rank 0 of 1 where nothing says otherwise."""
    place = Place()
    read = Variables(variables, place.problems)
    if "SLURM_JOB_ID" in variables:
        _stand_in_slurm(place, read)
    _stand_with_launcher(place, read, is_task=place.launcher == "slurm")
    if place.rank >= place.ranks:
        place.problems.append(f"rank {place.rank} of {place.ranks} makes no sense; there is one more, at least")
        place.ranks = place.rank + 1
    return place


def _stand_in_slurm(place: Place, read: Variables) -> None:
    """A task of a step, or the batch script, which says that it is rank 0 of them all and is not."""
    job = read.number("SLURM_JOB_ID")
    if job is None:
        return
    place.job = str(job)
    array = read.number("SLURM_ARRAY_JOB_ID")
    place.array = None if array is None else str(array)
    if not read.text("SLURM_PROCID"):
        return  # A shell of salloc: it runs one thing after the other, and never again.
    place.restart = INCARNATIONS * (read.number("SLURM_RESTART_COUNT") or 0)
    cluster, user = read.text("SLURM_CLUSTER_NAME"), read.text("SLURM_JOB_UID", "SLURM_JOB_USER", "USER")
    place.lineage = ("slurm", cluster, user, place.job)
    task = read.number("SLURM_PROCID")
    if not read.text("SLURM_STEP_ID"):
        place.step = "batch"
        place.launch = "\0".join(("batch", read.text("SLURM_JOB_START_TIME"), *_own(read)))
        return
    place.step = read.text("SLURM_STEP_ID")
    place.rank = task or 0
    place.ranks = read.number("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS") or 1
    place.local_rank = read.number("SLURM_LOCALID") or 0
    port = read.text("SLURM_STEP_LAUNCHER_PORT", "SLURM_SRUN_COMM_PORT")
    place.launch = "\0".join((place.step, port, read.text("SLURM_JOB_START_TIME")))
    if place.ranks > 1:
        place.launcher = "slurm"


def _own(read: Variables) -> tuple[str, str]:
    return read.text("SLURMD_NODENAME"), read.text("SLURM_TASK_PID")


def _stand_with_launcher(place: Place, read: Variables, is_task: bool) -> None:
    """Ranks that a launcher made: within a task of Slurm, beside Slurm's, or without it."""
    for launcher, variable, sizes in LAUNCHERS:
        if not read.text(variable) or not read.text(*sizes):
            continue
        rank, ranks = read.number(variable), read.number(*sizes)
        if rank is None or ranks is None or ranks < 2:
            continue
        if is_task and ranks == place.ranks and not read.text("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK"):
            return  # They are the step's tasks, or exported in the batch script, where RANK is 0 for all.
        place.rank, place.ranks, place.launcher = rank, ranks, launcher
        place.local_rank = read.number("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID") or 0
        if launcher == "mpi":
            _launch_mpi(place, read)
        else:
            _launch_torch(place, read)
        return


def _launch_mpi(place: Place, read: Variables) -> None:
    """Under Slurm, mpirun starts what is on other nodes as a step, and what is here without one."""
    place.lineage = (*(place.lineage or ("mpi",)), "mpi")
    place.step = "mpi"
    place.launch = read.text(*MPI_LAUNCHES)


def _launch_torch(place: Place, read: Variables) -> None:
    """torchrun, accelerate, deepspeed, or whoever else sets RANK and WORLD_SIZE."""
    place.restart += read.number("TORCHELASTIC_RESTART_COUNT") or 0
    if place.lineage:
        place.lineage = (*place.lineage, "torch")
        return
    meet = (read.text("TORCHELASTIC_RUN_ID"), read.text("MASTER_ADDR"), read.text("MASTER_PORT"))
    place.lineage = ("torch", *meet, str(place.ranks))
    if read.number("LOCAL_WORLD_SIZE", "LOCAL_SIZE") == place.ranks:
        # On one node alone; torchrun makes a folder for each launch: /tmp/torchelastic_ab12/none_cd34/attempt_0/…
        place.launch = read.text("TORCHELASTIC_ERROR_FILE").partition("/attempt_")[0]
