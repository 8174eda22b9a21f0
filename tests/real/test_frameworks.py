"""Real trainings, unmodified: each number that they print or log is kept once, at its step, and nothing else is.

What they printed they say themselves, in a file outside the folder that they train in.
"""

import pytest
from real.comparing import differences

PROGRAMS = [
    "hf_trainer.py",
    "keras_fit.py",
    "lightgbm_train.py",
    "lightning_fit.py rich",
    "lightning_fit.py tqdm",
    "pytorch_loop.py",
    "pytorch_tqdm.py",
    "sklearn_boosting.py",
    "sklearn_mlp.py",
    "sklearn_sgd.py",
    "train.c",
    "xgboost_train.py",
]


@pytest.mark.parametrize("columns", [120, None], ids=["terminal", "pipe"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_a_training_prints_is_kept(train, read_kept, program, columns):
    truth = train(program, columns)

    assert differences(read_kept(), truth) == ""


def test_bar_that_a_narrow_terminal_cuts_gives_no_part_of_a_number(train, read_kept):
    truth = train("lightning_fit.py tqdm", 80)

    assert "wrong" not in differences(read_kept(), truth)


@pytest.mark.parametrize("program", ["hf_checkpoints.py", "keras_csv.py", "lightning_csv.py", "tensorboard_writer.py"])
def test_what_a_training_writes_into_files_is_kept(train, read_kept, program):
    truth = train(program, None)

    assert differences(read_kept(), truth) == ""
