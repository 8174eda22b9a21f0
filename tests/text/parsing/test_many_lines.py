"""What takes more than one line to say."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from wrapper.rundir.patterns import read_pattern
from wrapper.text.names import fold_name
from wrapper.text.parsing.output import OutputParser
from wrapper.text.parsing.parser import Parser
from wrapper.text.parsing.rows import Candidate

RECORDED = Path(__file__).parents[2] / "recorded" / "output"
FORMATS = Path(__file__).parents[2] / "recorded" / "formats"
Said = list[tuple[dict[str, float], float | None, float | None]]


def read(text: str) -> Said:
    """The values, step and epoch of each row."""
    parser = Parser()
    rows = [row for line in dedent(text).strip("\n").split("\n") for row in parser.feed(line)]
    return [(row.values, row.step, row.epoch) for row in [*rows, *parser.finish()]]


@pytest.mark.parametrize("raw", sorted(RECORDED.glob("*.raw")), ids=lambda path: path.stem)
def test_program_prints_what_it_knows(raw: Path) -> None:
    parser = OutputParser()

    rows = [*parser.feed(1, raw.read_bytes()), *parser.finish()]

    truth = [json.loads(line) for line in raw.with_suffix(".jsonl").read_text().splitlines()]
    said = [(row.step, row.epoch, folded(row.values)) for row in rows]
    assert said == [(known["step"], known["epoch"], folded(known["values"])) for known in truth]


@pytest.mark.parametrize("text", sorted(FORMATS.glob("*.txt")), ids=lambda path: path.stem)
def test_format_is_read(text: Path) -> None:
    parser = OutputParser()

    rows = [*parser.feed(1, text.read_bytes()), *parser.finish()]

    known = [json.loads(line) for line in text.with_suffix(".jsonl").read_text().splitlines()]
    said = [{"step": row.step, "epoch": row.epoch, "values": row.values} for row in rows]
    assert spelled(said) == spelled(known)


def spelled(rows: list[dict[str, Any]]) -> list[str]:
    """To compare: NaN is not equal to itself, and 3 is 3.0."""
    return [json.dumps({**row, "step": number(row["step"]), "epoch": number(row["epoch"])}) for row in rows]


def number(value: float | None) -> float | None:
    return None if value is None else float(value)


def folded(values: dict[str, float]) -> dict[str, float]:
    """As the program calls it in its truth or in its output, the name is the same."""
    return {fold_name(name): value for name, value in values.items()}


ROWS: Said = [({"loss": 0.5, "val_acc": 0.7}, None, 1), ({"loss": 0.4, "val_acc": 0.8}, None, 2)]


@pytest.mark.parametrize(
    "table",
    [
        """
          epoch    loss    val acc
        -------  ------  ---------
              1     0.5        0.7
              2     0.4        0.8
        """,
        """
        epoch loss val_acc
        1 0.5 0.7
        2 0.4 0.8
        """,
        """
        epoch,loss,val_acc
        1,0.5,0.7
        2,0.4,0.8
        """,
        """
        | epoch | loss | val_acc |
        |------:|------|---------|
        |     1 |  0.5 |     0.7 |
        |     2 |  0.4 |     0.8 |
        """,
        """
        ┏━━━━━━━┳━━━━━━┳━━━━━━━━━┓
        ┃ Epoch ┃ loss ┃ val acc ┃
        ┡━━━━━━━╇━━━━━━╇━━━━━━━━━┩
        │ 1     │ 0.5  │ 0.7     │
        │ 2     │ 0.4  │ 0.8     │
        └───────┴──────┴─────────┘
        """,
        """
        12:30:05 - INFO - epoch | loss | val_acc
        12:30:06 - INFO -     1 |  0.5 |     0.7
        12:30:07 - INFO -     2 |  0.4 |     0.8
        """,
    ],
    ids=["rule", "blanks", "csv", "piped", "boxed", "logged"],
)
def test_rows_are_read_by_their_header(table: str) -> None:
    assert [(folded(values), step, epoch) for values, step, epoch in read(table)] == ROWS


PREFIXES = [
    "2026-05-28 12:30:05,123 - INFO - trainer - ",
    "2026-05-28 12:30:05.123 | INFO     | __main__:train:31 - ",
    "May 28 12:30:05 node1 train[4711]: ",
    "INFO:root:",
    "[rank0]: ",
    "(main pid=4711) ",
    "trainer-1  | ",
]
PREFIXED_TABLES = [
    "epoch loss val_acc\n    1  0.5     0.7\n    2  0.4     0.8",
    "epoch,loss,val_acc\n1,0.5,0.7\n2,0.4,0.8",
]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("table", PREFIXED_TABLES)
def test_table_is_read_behind_a_prefix(prefix: str, table: str) -> None:
    lines = "\n".join(prefix + line for line in table.split("\n"))

    assert [(folded(values), step, epoch) for values, step, epoch in read(lines)] == ROWS


@pytest.mark.parametrize("prefix", PREFIXES)
def test_code_and_stack_trace_have_no_metrics_behind_a_prefix(prefix: str) -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    loss = 0.5\nKeyError: 3'
    text = f"{trace}\n    3 | int main(void) {{ double loss = 0.1; }}\nloss: 0.25\n{trace}"

    (row,) = read("\n".join(prefix + line for line in text.split("\n")))

    assert row[0] == {"loss": 0.25}


def test_table_that_is_drawn_again_adds_nothing() -> None:
    table = "| step | loss |\n|------|------|\n| 1    | 0.5  |\n"

    assert read(table + table) == [({"loss": 0.5}, 1, None)]


def test_box_is_one_row() -> None:
    box = """
        --------------------------------
        | rollout/           |          |
        |    ep_rew_mean     | 22       |
        | time/              |          |
        |    fps             | 4962     |
        |    total_timesteps | 128      |
        --------------------------------
        """

    assert read(box) == [({"rollout/ep_rew_mean": 22}, 128, None)]


def test_box_between_two_rules_is_one_row() -> None:
    box = "---------  ----\nEpoch         3\nflag       True\nQF1 Loss    0.5\ndrift       0.7\n---------  ----\n"

    assert read(f"epoch 3 is over\n{box}loss 0.4") == [
        ({"QF1 Loss": 0.5, "drift": 0.7}, None, 3),
        ({"loss": 0.4}, None, 3),
    ]


@pytest.mark.parametrize("head", ["setting     value\n", ""])
def test_pairs_below_a_rule_are_no_box_without_another(head: str) -> None:
    assert read(f"{head}---------  ------\ndrift         0.3\nlr          0.001\n\nthat is all of it") == []


def test_table_without_a_metric_is_none() -> None:
    assert read("Package    Version\n---------- -------\nclick      8.1\nrich       15.0\n") == []


@pytest.mark.parametrize(
    "table",
    [
        "| year | sales | returns |\n|------|-------|---------|\n| 2021 |  1200 |      31 |\n",
        "ID# ATTRIBUTE_NAME      FLAG     VALUE WORST\n  1 Raw_Read_Error_Rate 0x000f   100   100\n",
        " id | name | score | created_at\n----+------+-------+-----------\n  1 | ada  |  91.5 | 2026-05-28\n",
        "id,score,label\n1,0.91,cat\n2,0.82,dog\n",
        "       score   age\ncount  150.0  150.0\nmean     5.8   31.2\nstd      0.8    1.2\n",
        "            Estimate Std. Error t value Pr(>|t|)\n(Intercept)  37.2851     1.8776  19.858  < 2e-16 ***\n",
        "Name (in us)    Min     Mean   Rounds  Iterations\ntest_fast    12.311  13.123    21311           1\n",
        "tests/test_score.py ...F..      [100%]\nsrc/loss.py          31      2    94%\n",
    ],
    ids=["counts", "attributes", "records", "csv of records", "described", "coefficients", "benchmark", "coverage"],
)
def test_table_of_something_else_is_none(table: str) -> None:
    assert read(table) == []


def test_row_of_a_class_is_named_after_it() -> None:
    table = (
        "       precision  recall  support\n\n    0       0.91    0.95      100\n  cat       0.95    0.90      100\n"
    )

    assert read(table) == [
        ({"0/precision": 0.91, "0/recall": 0.95}, None, None),
        ({"cat/precision": 0.95, "cat/recall": 0.90}, None, None),
    ]


def test_number_with_a_fraction_is_no_step() -> None:
    assert read("iter   loss   step\n   1    0.5  0.125\n") == [({"loss": 0.5, "step": 0.125}, 1, None)]


def test_lines_belong_to_the_epoch_above_them() -> None:
    text = "Epoch 1/3\n----------\ntrain_loss: 0.5\nval_loss: 0.4\nEpoch 2/3\ntrain_loss: 0.3"

    assert read(text) == [
        ({"train_loss": 0.5}, None, 1),
        ({"val_loss": 0.4}, None, 1),
        ({"train_loss": 0.3}, None, 2),
    ]


def test_heading_says_on_which_data() -> None:
    assert read("Test Error:\n Accuracy: 74.1%, Avg loss: 0.8") == [
        ({"test/Accuracy": 74.1, "test/Avg loss": 0.8}, None, None)
    ]


@pytest.mark.parametrize("label", ["[rank{}]:", "[default{}]:", "{}:", "[RANK {}]", "Rank {}:", "[1,{}]<stdout>:"])
def test_lowest_rank_speaks_for_all(label: str) -> None:
    lines = [(0, "step 5 loss: 0.5"), (1, "step 5 loss: 0.6"), (0, "step 6 loss: 0.4")]

    said = read("\n".join(f"{label.format(rank)} {line}" for rank, line in lines))

    assert said == [({"loss": 0.5}, 5, None), ({"loss": 0.4}, 6, None)]


def test_names_that_say_nothing_are_taken_once_they_change() -> None:
    assert read("drift=0.5, rho=1.5") == []
    assert read("drift=0.5, rho=1.5\ndrift=0.5, rho=1.5") == []
    assert read("drift=0.5, rho=1.5\ndrift=0.4, rho=1.2") == [
        ({"drift": 0.5, "rho": 1.5}, None, None),
        ({"drift": 0.4, "rho": 1.2}, None, None),
    ]


@pytest.mark.parametrize("heading", ["Early stopping, best iteration is:", "Stopping. Best iteration:"])
def test_best_row_that_is_printed_again_adds_nothing(heading: str) -> None:
    rows: Said = [({"valid's l2": 0.5}, 1, None), ({"valid's l2": 0.4}, 2, None), ({"valid's l2": 0.6}, 3, None)]
    text = "\n".join(f"[{step}]\tvalid's l2: {values[name]}" for values, step, _ in rows for name in values)

    assert read(f"{text}\n{heading}\n[2]\tvalid's l2: 0.4") == rows
    assert read(f"{text}\n{heading}\n[7]\tvalid's l2: 0.3") == [*rows, ({"valid's l2": 0.3}, 7, None)]


@pytest.mark.parametrize("bar", ["{0}/{0} [=====] - 0s 2ms/step - loss: {1}", "{0}/{0} - 0s - 2ms/step - loss: {1}"])
def test_bar_of_an_evaluation_is_no_step_of_the_training(bar: str) -> None:
    epochs = [f"Epoch {epoch}/2\n{bar.format(32, loss)}" for epoch, loss in ((1, 0.5), (2, 0.4))]

    rows = read("\n".join([*epochs, bar.format(7, 0.45), "Test loss: 0.45", *epochs]))

    training: Said = [({"loss": 0.5}, 32, 1), ({"loss": 0.4}, 32, 2)]
    result: Said = [({"eval/loss": 0.45}, 32, 2), ({"Test loss": 0.45}, 32, 2)]
    assert rows == [*training, *result, *training]


def test_bar_of_an_evaluation_that_is_redrawn_gives_no_rows() -> None:
    parser = Parser()
    for line in ("Epoch 1/1", "500/500 [====] - 3s - loss: 0.5"):
        parser.feed(line)

    said = [parser.see(f"{step}/400 [====] - 1s 2ms/step - loss: 0.4") for step in range(0, 401, 50)]

    assert said == [([], {})] * 9


def test_stack_trace_has_no_metrics() -> None:
    text = 'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    loss = 0.5\nloss: 0.25'

    assert read(text) == [({"loss": 0.25}, None, None)]


@pytest.mark.parametrize(
    "text",
    [
        "[train]\nloss = 0.5\n[test]\nloss = 0.5",
        "[generator]\nloss = 0.5\n[discriminator]\nloss = 0.5",
        "[train]\nbatch_size = 64\nloss = 0.5\n[test]\nbatch_size = 64\nloss = 0.5",
        "[model]\nname = 'a'\n" + "loss = 0.5\n" * 10,
        'device = "cuda"\npretrained = True\nloss = 0.5\nloss = 0.5',
        "score = tensor(0.5)\nmodel = build(3)\nscore = 0.5",
        "for more see:\nreturn to the first:\nloss = 0.5\nloss = 0.5",
    ],
)
def test_names_with_numbers_are_no_program_and_no_settings(text: str) -> None:
    assert [list(values.values()) for values, _step, _epoch in read(text)] == [[0.5], [0.5]]


def test_settings_that_are_printed_again_and_again_are_metrics() -> None:
    part = "[critic]\nbatch_size = 64\nloss = 0.5\n"

    assert read(part + "done\n" + part + "done\n" + part) == [({"loss": 0.5}, None, None)] * 2


@pytest.mark.parametrize(
    "header",
    [
        *("Fold {}", "Round {}", "Epoch {}", "Epoch {} of 10", "Client {}", "fold_{}", "fold{}", "test-round-{}"),
        *("Summary", "Results", "Final results", "Test results on CIFAR", "Best model", "metrics", "best_epoch"),
    ],
)
@pytest.mark.parametrize("setting", ["batch_size = 32", "device = 'cuda'", "model = ResNet(18)"])
def test_settings_below_a_header_of_results_do_not_make_settings_of_them(header: str, setting: str) -> None:
    parts = [f"[{header.format(number)}]\n{setting}\nval_loss = 0.5\nval_acc = 0.25\n" for number in (1, 2, 3)]

    values = [values for values, _step, _epoch in read("".join(parts))]

    assert values == [{"val_loss": 0.5}, {"val_acc": 0.25}] * 3


@pytest.mark.parametrize(
    "header",
    [
        *("model", "loss", "optimizer", "layer1", "stage_1", "GPT-2", "train.optimizer", "metrics.accuracy"),
        *("StepLR", "test_env", "round_robin", "Test settings", "Evaluation parameters", "[optimizer]"),
    ],
)
def test_what_is_set_below_a_header_of_settings_is_no_metric(header: str) -> None:
    assert read(f"[{header}]\nname = 'a'\nbatch_size = 32\nloss = 0.5\nval_acc = 0.25\n") == []


def test_outline_that_does_not_count_is_read_line_by_line() -> None:
    parser = Parser()

    rows = [row for line in ("unexpected: []", "loss: 0.5", "acc: 0.75", "loss: 0.25") for row in parser.feed(line)]

    assert [(row.values, row.line) for row in rows] == [({"loss": 0.5}, 2), ({"acc": 0.75}, 3), ({"loss": 0.25}, 4)]


@pytest.mark.parametrize(
    "text",
    ["[a]\nname = 'b'\nloss = 0.5", "import a\nimport b\nloss = 0.5", "a: {}\nloss: 0.5\nstep: 3"],
)
def test_pattern_finds_what_else_is_not_looked_at_by_the_line(text: str) -> None:
    parser = Parser([read_pattern(r"/loss.{1,3}(?P<found>[\d.]+)/")])

    rows = [row for line in text.split("\n") for row in parser.feed(line)]

    assert [row.values for row in rows][:1] == [{"found": 0.5}]


def test_outline_at_the_end_is_read() -> None:
    text = "Result for train_1:\n  done: true\n  loss: 0.5\n  training_iteration: 3"

    assert read(text) == [({"loss": 0.5}, 3, None)]


def test_settings_printed_as_an_outline_are_no_metrics() -> None:
    text = "optim:\n  betas: []\n  lr: 0.1\nepochs: 10\nloss: mse\n\nepoch 1 loss 0.5"

    assert read(text) == [({"loss": 0.5}, None, 1)]


def test_fraction_of_an_epoch_and_a_bar_give_the_step() -> None:
    parser = Parser()
    parser.see(" 10%|#    | 4/45 [00:01<00:10, 4.1it/s]", end=50)

    rows = parser.feed("{'loss': 0.5, 'epoch': 0.3333}", end=120)
    parser.see(" 20%|#    | 6/45 [00:01<00:10, 4.1it/s]", end=150)
    (row,) = rows + parser.finish()

    assert (row.step, row.epoch) == (5, 0.3333)


def test_full_bar_that_is_wiped_away_is_kept() -> None:
    parser = Parser()
    parser.see("Epoch 1: 100%|####| 15/15 [00:01<00:00, 9.1it/s, loss=0.5]", end=50)
    parser.see("Epoch 2:   0%|    | 0/15 [00:01<00:00, 9.1it/s, loss=0.5]", end=90)

    assert [(row.values, row.step, row.epoch) for row in parser.finish()] == [({"loss": 0.5}, 15, 1)]


def test_each_number_carries_the_rule() -> None:
    told: list[Candidate] = []
    parser = Parser(on_candidate=told.append)

    parser.feed("step 5 loss: 0.31 (0.4) took 3.2s")
    parser.feed("see https://ada.example/?loss=0.3")

    assert {(found.name, found.text): found.is_taken for found in told}[("loss", "0.31")]
    assert {(found.text, found.rule) for found in told if not found.is_taken} == {
        ("5", "step"),
        ("0.4", "an average in brackets"),
        ("3.2", "time"),
        ("0.3", "an address"),
    }


def test_ignored_name_is_left_out() -> None:
    (row,) = Parser(ignored=["lr"]).feed("step 5 loss: 0.31 lr: 0.1")

    assert row.values == {"loss": 0.31}


def test_what_is_no_text_has_no_metrics():
    picture = "�PNG\x02loss=0.5 ��� acc=0.25 �� f1=0.125 ��"

    assert Parser().feed(picture) == []
    assert Parser().feed("step 1 loss=0.5 acc=0.25 caf\ufffd")[0].values == {"loss": 0.5, "acc": 0.25}
