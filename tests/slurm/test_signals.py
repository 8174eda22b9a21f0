"""Under Slurm a command gets the signals that it would get bare, writes what it would, and its job ends the same.

Every case is a pair of jobs, one with `wandb run` in front. All of them run at the same time, because Slurm looks at
its clock twice a minute only.
"""

import os
import re
import shlex
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from launching import PROGRAMS
from slurm.cluster import Cluster, reap
from slurm.conftest import PROCTRACKS
from waiting import wait_until

RTMAX = "64"
PROGRAM = shlex.join([sys.executable, "-I", "-S", str(PROGRAMS / "hear_signals.py")])
# Signals that come in pairs and within a moment: in which order they are taken (bare, 3 of 60 had TERM first), and
# whether two become one, is chance.
TOGETHER = {15, 18}
# A shell that such a signal ends may be gone before Slurm comes to its child, which gets nothing then: bare or wrapped.
SHAPES = {
    "step": "srun -n1 {front} {program}",
    "batch": "trap : USR1 RTMAX; {front} {program}",
    "exec": "exec {front} {program}",
    "trap": "trap 'kill -USR1 $pid' USR1; {front} {program} & pid=$!; wait; wait",
}
TICK_S = 30.0


@dataclass
class Job:
    """One of a pair."""

    cluster: Cluster
    number: str
    output: Path

    def text(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def wait_for(self, pattern: str, timeout_s: float = 20.0) -> None:
        wait_until(lambda: reap() or re.search(pattern, self.text(), re.M), timeout_s)

    def scancel(self, *options: str, step: str = "") -> None:
        self.cluster.run("scancel", *options, self.number + step)  # Its status is 1 where it went well, for a step.

    def end(self, shape: str) -> None:
        """Have the program end by itself."""
        self.scancel(*([] if shape == "step" else ["-f"]), "-s", RTMAX)


@dataclass(frozen=True)
class Case:
    """What is done to a job of that shape, and what is waited for before it is ended."""

    name: str
    shape: str
    act: Callable[[Job], object]
    options: tuple[str, ...] = ()
    until: str = ""
    longest_s: float = 20.0

    @property
    def title(self) -> str:
        return f"{self.name}-{self.shape}"


def preempt(job: Job) -> None:
    """All that runs on the second node has to go for one that is more urgent."""
    node = f"w{job.cluster.proctrack}2"
    options = ("-p", "urgent", "-w", node, "--exclusive", "--mem=0", "-o", "/dev/null")
    job.cluster.ask("sbatch", *options, f"--job-name=for-{job.number}", "--wrap=true")


def end_soon(job: Job) -> None:
    job.cluster.ask("scontrol", "update", f"JobId={job.number}", "EndTime=now+1")


CASES = [
    *(Case("scancel", shape, Job.scancel) for shape in ("step", "batch", "exec")),
    Case("usr1 to the step", "step", lambda job: job.scancel("-s", "USR1", step=".0"), until="^10$"),
    Case("usr1 to the job", "step", lambda job: job.scancel("-s", "USR1"), until="^10$"),
    Case("usr1 to the batch process", "exec", lambda job: job.scancel("-b", "-s", "USR1"), until="^10$"),
    Case("usr1 to the batch process", "trap", lambda job: job.scancel("-b", "-s", "USR1"), until="^10$"),
    Case("usr1 to all", "batch", lambda job: job.scancel("-f", "-s", "USR1"), until="^10$"),
    Case("requeue", "step", lambda job: job.cluster.ask("scontrol", "requeuehold", job.number)),
    Case("requeue", "exec", lambda job: job.cluster.ask("scontrol", "requeuehold", job.number)),
    Case("time limit", "step", end_soon, longest_s=2 * TICK_S),
    Case("time limit", "exec", end_soon, longest_s=2 * TICK_S),
    Case("warning", "step", Job.text, ("--signal=USR1@5", "--time=1"), "^10$", 2 * TICK_S),
    Case("warning", "trap", Job.text, ("--signal=B:USR1@5", "--time=1"), "^10$", 2 * TICK_S),
    Case("preemption", "step", preempt, ("--partition=lost",)),
    Case("preemption", "exec", preempt, ("--partition=lost",)),
    Case("preemption with grace", "step", preempt, ("--partition=patient", "--no-requeue")),
]
# Few clusters go by process groups: there, one case of each way in which a signal is sent.
BY_GROUP = ("scancel", "usr1 to the job", "usr1 to all", "time limit", "preemption")


def cases_of(proctrack: str) -> list[Case]:
    return [case for case in CASES if proctrack != "pgid" or case.name in BY_GROUP]


PAIRS = [(proctrack, case) for proctrack in PROCTRACKS for case in cases_of(proctrack)]


def hand_in(cluster: Cluster, case: Case, front: str, folder: Path) -> Job:
    """Submit one job; the first node is for those that nobody drives away."""
    script = SHAPES[case.shape].format(front=front, program=PROGRAM)
    node = 2 if case.name.startswith("preemption") else 1
    options = ["-w", f"w{cluster.proctrack}{node}", "--open-mode=append", "-o", "out", *case.options]
    return Job(cluster, cluster.submit(script, *options, folder=folder), folder / "out")


def finish(job: Job, case: Case) -> None:
    """Wait for what is to come, and end what does not end of it."""
    if case.until:
        job.wait_for(case.until, case.longest_s)
        job.end(case.shape)
    if case.name == "requeue":
        wait_until(lambda: job.cluster.job(job.number)["JobState"] == "REQUEUE_HOLD" or is_held(job), 20)
        job.scancel()
    else:
        job.cluster.wait(job.number, case.longest_s)


def is_held(job: Job) -> bool:
    found = job.cluster.job(job.number)
    return found["JobState"] == "PENDING" and found["Priority"] == "0"


Pairs = dict[tuple[str, str], tuple[Job, Job]]


@pytest.fixture(scope="session")
def pairs(clusters: dict[str, Cluster], wandb: list[str], tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Both jobs of every case under every cluster, over and done."""
    started: Pairs = {}
    for proctrack, cluster in clusters.items():
        for case in cases_of(proctrack):
            places = [tmp_path_factory.mktemp(front) for front in ("bare", "wrapped")]
            fronts = ("", shlex.join([*wandb, "run", "-q"]))
            bare, wrapped = (hand_in(cluster, case, *pair) for pair in zip(fronts, places, strict=True))
            started[proctrack, case.title] = bare, wrapped
    cases = {case.title: case for case in CASES}
    for (_, title), jobs in started.items():
        for job in jobs:
            job.wait_for("^ready", 60)
            cases[title].act(job)
    for (_, title), jobs in started.items():
        for job in jobs:
            finish(job, cases[title])
    end_what_is_left([job.output.parent for jobs in started.values() for job in jobs])
    return started


def end_what_is_left(folders: list[Path]) -> None:
    """By its parents alone, Slurm does not find every process of a job whose shell is gone: bare or wrapped."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # It has gone.
            if process.joinpath("cwd").readlink() in folders:
                os.kill(int(process.name), signal.SIGKILL)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("proctrack", "title"), [(proctrack, case.title) for proctrack, case in PAIRS])
def test_wrapped_command_hears_and_writes_what_it_would_bare(pairs: Pairs, proctrack: str, title: str) -> None:
    bare, wrapped = pairs[proctrack, title]

    assert heard(wrapped) == heard(bare)
    if "requeue" not in title:
        assert how_it_ended(wrapped) == how_it_ended(bare)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("proctrack", "title"), [(proctrack, case.title) for proctrack, case in PAIRS if case.until])
def test_what_slurm_writes_of_a_command_that_ends_by_itself_is_the_same(
    pairs: Pairs, proctrack: str, title: str
) -> None:
    bare, wrapped = pairs[proctrack, title]

    assert comparable(wrapped) == comparable(bare)


def how_it_ended(job: Job) -> list[str]:
    found = job.cluster.job(job.number)
    return [found["JobState"], found["ExitCode"]]


def heard(job: Job) -> list[int]:
    """The signals that the command got, how often."""
    path = job.output.with_name("heard")
    numbers = [int(line) for line in path.read_text().split()] if path.exists() else []
    return sorted({*numbers} & TOGETHER) + sorted(number for number in numbers if number not in TOGETHER)


def comparable(job: Job) -> list[str]:
    """The lines of its output, sorted because Slurm's own come between those of the command by chance."""
    return sorted(re.sub(r"\d{3,}", "N", line) for line in job.text().splitlines())
