"""A question that is never answered holds up no other."""

import os
import time

import pytest

from wrapper.recorder.asking import Asker, NoAnswer


def test_question_that_hangs_does_not_hold_up_the_others():
    asker = Asker({"sleep": lambda seconds: time.sleep(float(seconds)), "say": lambda *texts: list(texts)}, 2.0)

    answers = [asker.ask("say", "a")]
    for _ in range(2):
        with pytest.raises(NoAnswer):
            asker.ask("sleep", "1000")
        answers.append(asker.ask("say", "b" * 100_000, "\udcff"))
    asker.close()

    assert answers == [["a"], *[["b" * 100_000, "\udcff"]] * 2]


def test_question_that_ends_its_process_has_no_answer():
    asker = Asker({"die": lambda: os._exit(3), "raise": lambda: {}["x"], "say": lambda: 1})

    for question in ("die", "raise", "die"):
        with pytest.raises(NoAnswer):
            asker.ask(question)
    assert asker.ask("say") == 1
    asker.close()
