"""What Slurm says about the end of a job: asked once, when the command has ended and was not alone to blame for it.

Never in the path of a signal, and never while the command runs. Every question has a deadline: a controller that is
busy or gone costs a line of the record.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import stat
import subprocess
import time
from typing import Any

QUESTION_S = 5.0
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # A job is COMPLETING for as long as its processes take to go.
LONGEST_S = 40.0
BEFORE_S, AFTER_S = 90.0, 600.0  # How old a command's last sign may be at its job's end; how long it may outlive that.
TAIL_BYTES = 1 << 16
SAID_BY_STEPD = re.compile(
    r"slurmstepd.* error: \*\*\* (?:JOB|STEP) (\d+)\S* ON \S+ CANCELLED AT (\S+)(?: DUE TO ([A-Z ]+))?"
)
TOO_MUCH_MEMORY = re.compile(r"slurmstepd.* error: (?:Job |StepId=|Step )(\d+)\S* exceeded memory limit")
SLURM_ITSELF = "slurmstepd"
SIGKILL, SIGTERM, SIGCONT = 9, 15, 18

KINDS = {
    "TIMEOUT": ("timeout", "Slurm ended the job: its time was over"),
    "DEADLINE": ("timeout", "Slurm ended the job: its deadline had come"),
    "PREEMPTED": ("preempted", "Slurm preempted the job for another one"),
    "REQUEUED": ("requeued", "Slurm ended the job to start it again"),
    "CANCELLED": ("cancelled", "the job was cancelled"),
    "OUT_OF_MEMORY": ("out of memory", "the job took more memory than Slurm gave it"),
    "NODE_FAIL": ("node failure", "a node of the job failed"),
    "BOOT_FAIL": ("node failure", "a node of the job did not start"),
}
REASONS = {
    None: "CANCELLED",
    "TIME LIMIT": "TIMEOUT",
    "PREEMPTION": "PREEMPTED",
    "JOB REQUEUE": "REQUEUED",
    "NODE FAILURE": "NODE_FAIL",
}
ANOTHER_START = "REQUEUED"


class Job:
    """The job of a part, in that incarnation; `ended_at` is when the part did, or gave its last sign."""

    def __init__(self, facts: dict[str, Any], ended_at: float) -> None:
        self.id, self.step = facts.get("job_id"), facts.get("step_id")
        self.restarts = facts.get("restart_count") or 0
        self.conf = facts.get("conf")
        self.ended_at = ended_at

    def is_at_end(self, ended_at: float | None) -> bool:
        """Whether an end of a job at that time can have been the command's."""
        return ended_at is None or ended_at - BEFORE_S <= self.ended_at <= ended_at + AFTER_S


class Undecided(Exception):
    """The job is about to end; it will be known how when it has."""


def was_hit(status: int | None, signals: list[dict[str, Any]]) -> bool:
    """Whether Slurm may have ended a command with this wait status, which got these signals."""
    if status is None or SIGTERM in sent_by_slurm(signals):
        return True
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) in (SIGKILL, SIGTERM)


def sent_by_slurm(signals: list[dict[str, Any]]) -> list[int]:
    """Which signals came from Slurm, in order."""
    return [signal.get("signal", 0) for signal in signals if signal["sender"].get("command") == SLURM_ITSELF]


def looks_preempted(signals: list[dict[str, Any]]) -> bool:
    """Whether they came as they do with a preemption: who is cancelled or requeued gets SIGCONT first."""
    ends = [signum for signum in sent_by_slurm(signals) if signum in (SIGTERM, SIGCONT)]
    return ends[:1] == [SIGTERM]


def find_end(job: Job, lines: list[str], signals: list[dict[str, Any]], is_patient: bool) -> dict[str, Any] | None:
    """How Slurm ended the command, as a cause; None when it did not, or nobody knows.

    `lines` are the command's last. Raises Undecided where that takes more time than an impatient one has.
    """
    if not isinstance(job.id, int):
        return None
    state, by, facts = ask_accounting(job) or ask_controller(job, said_in(lines, job), is_patient)
    if state == ANOTHER_START and looks_preempted(signals):
        state = "PREEMPTED"
    if not state and facts and SIGTERM in sent_by_slurm(signals):
        text = "Slurm ended the step: scancel did, or srun, which ends all tasks when one fails"
        return {"kind": "cancelled", "text": text, "from": "slurm", "slurm": facts}
    if state not in KINDS:
        return None
    kind, text = KINDS[state]
    limit = facts.get("time_limit")
    text += f" ({limit})" if kind == "timeout" and limit else ""
    text += f" by {by}" if kind == "cancelled" and by else ""
    return {"kind": kind, "text": text, "from": "slurm", "slurm": {"state": state, "by": by, **facts}}


Told = tuple[str, "str | None", dict[str, Any]]


def ask_accounting(job: Job) -> Told | None:
    """What sacct knows of this incarnation of the job, or of its step; None without accounting or answer."""
    rows = run_tool(
        job, "sacct", "-j", str(job.id), "-D", "-P", "-n", "-o", "JobIDRaw,State,Start,End,Timelimit,Reason"
    )
    found: Told | None = None
    for row in (rows or "").splitlines():
        words = row.split("|")
        if len(words) != 6 or words[0] not in (str(job.id), f"{job.id}.{job.step}"):
            continue
        state, _, by = words[1].partition(" by ")
        ended_at = read_time(words[3])
        if (
            ended_at is not None
            and job.is_at_end(ended_at)
            and state in KINDS
            and (not found or words[0] == str(job.id))
        ):
            facts = {"time_limit": words[4] or None, "reason": words[5], "ended_at": ended_at}
            found = state, user_name(by), facts
    return found


def ask_controller(job: Job, said: str | None, is_patient: bool) -> Told:
    """What scontrol knows, which forgets soon; else what slurmstepd said in the job's own output. Raises Undecided."""
    until = time.monotonic() + LONGEST_S
    for pause_s in (*PAUSES_S, None):
        fields = read_fields(run_tool(job, "scontrol", "-o", "show", "job", str(job.id)) or "")
        said = said or said_in_files(fields, job)
        if fields.get("JobState") != "COMPLETING" or said or pause_s is None or time.monotonic() > until:
            break
        if not is_patient:
            raise Undecided
        time.sleep(pause_s)
    facts: dict[str, Any] = {"time_limit": fields.get("TimeLimit"), "reason": fields.get("Reason")} if fields else {}
    if int(fields.get("Restarts") or 0) > job.restarts:
        return said or ANOTHER_START, None, facts
    state, ended_at = fields.get("JobState", ""), read_time(fields.get("EndTime", ""))
    if said == "OUT_OF_MEMORY":  # To scontrol that is a job that was cancelled.
        state = said
    if state in KINDS and job.is_at_end(ended_at):
        return state, None, {**facts, "ended_at": ended_at}
    return said or "", None, facts


def said_in_files(fields: dict[str, str], job: Job) -> str | None:
    """What slurmstepd wrote into the output of the batch script, where that can be read from here."""
    for path in dict.fromkeys((fields.get("StdErr", ""), fields.get("StdOut", ""))):
        if state := said_in(read_tail(path).splitlines(), job):
            return state
    return None


def said_in(lines: list[str], job: Job) -> str | None:
    """The state that slurmstepd's last words tell; None when it said nothing of this job about then."""
    for line in reversed(lines):
        match = TOO_MUCH_MEMORY.search(line)
        if match and int(match[1]) == job.id:
            return "OUT_OF_MEMORY"
    for line in reversed(lines):
        match = SAID_BY_STEPD.search(line)
        if match and int(match[1]) == job.id and job.is_at_end(read_local(match[2])):
            return REASONS.get(match[3].strip() if match[3] else None, "CANCELLED")
    return None


def read_tail(path: str) -> str:
    """The end of a file; "" when it cannot be read."""
    if not path.startswith("/"):
        return ""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with open(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return ""
        file.seek(max(0, status.st_size - TAIL_BYTES))
        return file.read(TAIL_BYTES).decode(errors="replace")


def run_tool(job: Job, *words: str) -> str | None:
    """What a command of Slurm says; None when it is not there, refuses, or takes too long."""
    if not shutil.which(words[0]):
        return None
    environment = {**os.environ, "SLURM_TIME_FORMAT": "%s", "LC_ALL": "C"}
    if isinstance(job.conf, str) and os.path.isfile(job.conf):  # Else it is where Slurm looks by itself.
        environment.setdefault("SLURM_CONF", job.conf)
    nowhere = subprocess.DEVNULL
    try:
        done = subprocess.run(
            words,
            stdin=nowhere,
            stdout=subprocess.PIPE,
            stderr=nowhere,
            env=environment,
            timeout=QUESTION_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")


def read_fields(line: str) -> dict[str, str]:
    """The words of the form Name=value; a path with a space in it is cut short."""
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def read_time(text: str) -> float | None:
    """Unix seconds, as SLURM_TIME_FORMAT asks for, or as it is written where that is not heeded."""
    return float(text) if text.isascii() and text.isdigit() else read_local(text)


def read_local(text: str) -> float | None:
    """A time as Slurm writes it; None for Unknown and all else."""
    try:
        return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    except (ValueError, OverflowError):
        return None


def user_name(uid: str) -> str | None:
    """Who has this number; the number itself where nobody has."""
    if not uid.strip().isdigit():
        return uid.strip() or None
    try:
        return pwd.getpwuid(int(uid)).pw_name
    except (KeyError, OverflowError):
        return f"user {uid.strip()}"
