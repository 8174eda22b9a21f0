"""Files that are written whole: a trainer's state, its results, and configuration."""

import json

import pytest

from wrapper.text.files.documents import DOCUMENTS, BadDocument


def test_trainer_state_has_a_row_for_each_entry():
    state = {
        "epoch": 1.0,
        "global_step": 20,
        "log_history": [
            {"epoch": 0.5, "grad_norm": 1.5, "learning_rate": 5e-05, "loss": 2.25, "step": 10},
            {"epoch": 1.0, "eval_loss": 2.0, "eval_runtime": 0.5, "step": 20},
            {"epoch": 1.0, "step": 20, "total_flos": 1e15, "train_loss": 2.1, "train_runtime": 9.0},
        ],
    }

    facts = DOCUMENTS["trainer_state"](json.dumps(state).encode())

    assert [(fact.step, fact.epoch) for fact in facts] == [(10, 0.5), (20, 1), (20, 1)]
    assert facts[0].row == {"grad_norm": 1.5, "learning_rate": 5e-05, "loss": 2.25}
    assert facts[1].row == {"eval_loss": 2.0, "eval_runtime": 0.5}


def test_results_are_a_summary():
    (fact,) = DOCUMENTS["results"](b'{"epoch": 3.0, "eval_accuracy": 0.9, "task": "sst2"}')

    assert fact.summary == {"epoch": 3.0, "eval_accuracy": 0.9}


def test_hydra():
    (config,) = DOCUMENTS["hydra"](b"lr: 0.1\nmodel:\n  depth: 4\n")
    (given,) = DOCUMENTS["hydra overrides"](b"- lr=0.1\n- model.depth=4\n")
    (job,) = DOCUMENTS["hydra job"](
        b"hydra: {run: {dir: x}, job: {name: train, env_set: {}}, runtime: {choices: {db: mysql}}}"
    )

    assert config.config == {"lr": 0.1, "model": {"depth": 4}}
    assert given.config == {"hydra": {"overrides": ["lr=0.1", "model.depth=4"]}}
    assert job.config == {"hydra": {"job": {"name": "train"}, "runtime": {"choices": {"db": "mysql"}}}}


def test_lightning_tags_are_not_executed(tmp_path):
    mark = tmp_path / "mark"
    text = f"""
lr: 0.1
sizes: !!python/tuple [1, 2]
path: !!python/object/apply:pathlib.PosixPath [a, b]
bad: !!python/object/apply:os.system ["touch {mark}"]
model: !Custom {{depth: 4}}
"""

    (fact,) = DOCUMENTS["hparams"](text.encode())

    assert fact.config["lr"] == 0.1
    assert fact.config["sizes"] == [1, 2]
    assert fact.config["model"] == {"depth": 4}
    assert not mark.exists()


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))


@pytest.mark.parametrize(
    ("kind", "text", "line"),
    [
        ("trainer_state", '{\n"log_history": [', 2),
        ("trainer_state", "[" * 100_000, None),
        ("trainer_state", "[1]", None),
        ("results", '{"a": \udcff}', None),
        ("results", '{"a": ' + "9" * 5000 + "}", None),
        ("hparams", "a: 1\nb: [\n", 3),
        ("hparams", "a: 1\n\tb: 2", 2),
        ("hparams", "[" * 10_000, 1),
        ("hparams", "a\0b", 1),
        ("hparams", "- a\n", None),
        ("hparams", BOMB, None),
        ("hydra overrides", "[" * 10_000, 1),
        ("hydra overrides", "- a\n- [\n", 3),
    ],
)
def test_what_is_wrong_is_told_with_its_line(kind, text, line):
    with pytest.raises(BadDocument) as caught:
        DOCUMENTS[kind](text.encode("utf-8", "surrogateescape"))

    assert str(caught.value) and caught.value.line == line
