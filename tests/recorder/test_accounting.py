"""What sacct says of jobs becomes the cause of a run's end.

The answers are recorded: of a Slurm 22.05 with slurmdbd, whose jobs were ended in these ways.
"""

from pathlib import Path

import pytest

from wrapper.recorder.slurm import Job, ask_accounting, find_end

RECORDED = Path(__file__).parents[1] / "recorded" / "slurm" / "sacct.txt"
CANCELLED, BATCH, TIMEOUT, PREEMPTED, REQUEUED, MEMORY, FAILED, PREEMPTED_AND_BACK = range(220, 228)


@pytest.fixture(autouse=True)
def sacct(tmp_path, monkeypatch):
    """Answers as the recorded one did, for the job that is asked for."""
    program = tmp_path / "bin" / "sacct"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$1" = -j ] && [ "$SLURM_TIME_FORMAT" = %s ] && grep "^$2[.|]" {RECORDED}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")


def job_of(number: int, step: int | None = 0, later_s: float = 0.0) -> Job:
    """The first incarnation of one of them, whose command ended with it, or so much later."""
    rows = [line.split("|") for line in RECORDED.read_text().splitlines()]
    ended_at = next(float(row[3]) for row in rows if row[0] == str(number))
    return Job({"job_id": number, "step_id": step}, ended_at + later_s)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (CANCELLED, "cancelled"),
        (BATCH, "cancelled"),
        (TIMEOUT, "timeout"),
        (PREEMPTED, "preempted"),
        (REQUEUED, "requeued"),
        (MEMORY, "out of memory"),
        (PREEMPTED_AND_BACK, "preempted"),
    ],
)
def test_state_of_the_job_is_the_cause(number, kind):
    cause = find_end(job_of(number, None if number == BATCH else 0), [], [], is_patient=False)

    assert cause["kind"] == kind


def test_cause_says_who_and_how_long():
    assert find_end(job_of(CANCELLED), [], [], is_patient=False)["text"].endswith("cancelled by root")
    assert "(00:01:00)" in find_end(job_of(TIMEOUT), [], [], is_patient=False)["text"]


def test_job_that_failed_by_itself_was_ended_by_nobody():
    assert ask_accounting(job_of(FAILED)) is None


def test_end_of_another_incarnation_is_not_the_commands():
    assert ask_accounting(job_of(PREEMPTED_AND_BACK, later_s=3600)) is None
