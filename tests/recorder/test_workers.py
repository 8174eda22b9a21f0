"""What may block is done by short-lived processes, and none of them stays."""

import time

from waiting import is_running, state, wait_until

from wrapper.recorder.workers import Worker


def answer_of(worker):
    answers = []
    wait_until(lambda: answers.append(worker.poll()) or answers[-1] is not None)
    return answers[-1]


def test_answer_comes_when_it_is_there():
    assert answer_of(Worker(lambda: "yes", 60)) == "yes"


def test_one_that_takes_too_long_or_fails_has_an_empty_answer():
    assert answer_of(Worker(lambda: time.sleep(60), 0.2)) == ""
    assert answer_of(Worker(lambda: str(1 / 0), 60)) == ""


def test_those_that_are_given_up_are_not_kept_as_zombies():
    pids = []
    for _ in range(5):
        worker = Worker(lambda: time.sleep(60), 0.02)
        pids.append(worker._pid)
        answer_of(worker)
        wait_until(lambda: not is_running(pids[-1]))

    assert [state(pid) for pid in pids[:-1]] == [""] * 4
