"""What one line says: the table is the specification."""

import math

import pytest

from wrapper.text.parsing.parser import Parser

LOSS = {"loss": 0.31}


@pytest.mark.parametrize(
    ("line", "values", "step", "epoch"),
    [
        # a name and a number, in all spellings
        ("step 5 loss: 0.31", LOSS, 5, None),
        ("step=5 loss=0.31", LOSS, 5, None),
        ("step 5 loss 0.31", LOSS, 5, None),
        ("step 5 [loss: 0.31]", LOSS, 5, None),
        ("step 5, loss is 0.31", LOSS, 5, None),
        ("step:5 - loss:0.31", LOSS, 5, None),
        ("step 5 | loss  0.31 |", LOSS, 5, None),
        ("step 5; loss: 0.31;", LOSS, 5, None),
        ("Score at iteration 5 is 0.31", {"Score": 0.31}, 5, None),
        ("step 5: train loss 0.31, val loss 0.4", {"train loss": 0.31, "val loss": 0.4}, 5, None),
        ("0.31 = Validation score (accuracy)", {"Validation score": 0.31}, None, None),
        # numbers
        ("epoch 1 loss: 1.2e-3", {"loss": 0.0012}, None, 1),
        ("epoch 1 | val/acc=92.1%", {"val/acc": 92.1}, None, 1),
        ("epoch 1 loss=inf", {"loss": math.inf}, None, 1),
        ("epoch 1 reward: 12,345.5", {"reward": 12345.5}, None, 1),
        ("epoch 1 loss: tensor(0.31, device='cuda:0')", LOSS, None, 1),
        ("epoch 1 f: 1.25D+01 loss: 0.31", {"f": 12.5, "loss": 0.31}, None, 1),
        ("epoch 1 reward: 9.5 ± 0.5", {"reward": 9.5}, None, 1),
        ("epoch 1 Loss 0.41 (0.52)", {"Loss": 0.41}, None, 1),
        ("epoch 1 Accuracy: 30/40", {"Accuracy": 0.75}, None, 1),
        ("epoch 1 Accuracy: 30/40 (75%)", {"Accuracy": 75}, None, 1),
        ("epoch 1 lr=[0.1, 0.2] loss: 0.31", {"lr": 0.1, "loss": 0.31}, None, 1),
        # steps and epochs
        ("epoch 3/10 loss: 0.31", LOSS, None, 3),
        ("Epoch [3][100/500] loss: 0.31", LOSS, 100, 3),
        ("[3/10][100/500] loss: 0.31", LOSS, 100, 3),
        ("[3,  100] loss: 0.31", LOSS, 100, 3),
        ("[100] loss: 0.31", LOSS, 100, None),
        ("[12/100] loss: 0.31", LOSS, 12, None),
        ("Epoch #3: loss: 0.31", LOSS, None, 3),
        ("iter 100 of 500: loss 0.31", LOSS, 100, None),
        ("3epoch: loss=0.31", LOSS, None, 3),
        ("100: loss = 0.31", LOSS, 100, None),
        ("Finished it 12/100 of epoch 3, loss 0.31", LOSS, 12, 3),
        ("At iterate    5    loss=  0.31D+00", LOSS, 5, None),
        ("<5> loss: 0.31", LOSS, 5, None),
        ("  5 train loss 0.31", {"train loss": 0.31}, 5, None),
        ("Loss after 3 epochs: 0.31", {"Loss": 0.31}, None, 3),
        ("KL divergence after 5 iterations with early exaggeration: 0.31", {"KL divergence": 0.31}, 5, None),
        ("Iter: 5, loss: 0.31, step: 0.5", LOSS, 5, None),
        ("epoch 3 batch_in_epoch: 0 loss: 0.31", LOSS, None, 3),
        ("Episode 5 Reward: 21.0 Epsilon: 0.81", {"Reward": 21, "Epsilon": 0.81}, 5, None),
        # bars
        ("Epoch 3: 100%|█████| 12/12 [00:00<00:00, 9.1it/s, loss=0.31]", LOSS, 12, 3),
        ("Epoch 3/4  ━━━━━━ 12/12 0:00:00 • 0:00:00 57it/s loss: 0.31", LOSS, 12, 3),
        ("12/15 ━━━━━━━━ 1s 16ms/step - loss: 0.31", LOSS, 12, None),
        ("12/15 [======>...] - ETA: 3s - loss: 0.31", LOSS, 12, None),
        ("loss 0.31:  80%|####  | 12/15 [00:01<00:02, 3.1it/s]", LOSS, 12, None),
        # structures
        ("{'loss': 0.31, 'epoch': 3}", LOSS, None, 3),
        ("{'loss': '0.31', 'epoch': '3'}", LOSS, None, 3),
        ('{"step": 5, "val": {"loss": 0.31}}', {"val/loss": 0.31}, 5, None),
        ("{ step: 5, loss: 0.31 }", LOSS, 5, None),
        ("epoch 3: {'loss': np.float64(0.31)}", LOSS, None, 3),
        ('{"metric": "val_loss", "value": 0.31, "step": 5, "lineno": 12}', {"val_loss": 0.31}, 5, None),
        ('level=info msg="step 9" step=5 loss=0.31 pid=12', LOSS, 5, None),
        # before the message
        ("2026-05-28 12:30:05,123 - INFO - train - step 5 loss: 0.31", LOSS, 5, None),
        ("[2026-05-28T12:30:05Z] [INFO] [loop.py:96:log] step 5 loss: 0.31", LOSS, 5, None),
        ("I0528 12:30:05.123456 4711 loop.cc:239] step 5 loss: 0.31", LOSS, 5, None),
        ("12:30:05.123 [main] INFO  o.d.Listener - step 5 loss: 0.31", LOSS, 5, None),
        ("INFO:tensorflow:step 5: loss = 0.31", LOSS, 5, None),
        ("(Runner pid=4711) step:5 - loss:0.31", LOSS, 5, None),
        ("[rank0]: step 5 loss: 0.31", LOSS, 5, None),
        ("0: step 5 loss: 0.31", LOSS, 5, None),
        ('[1] "epoch 3 loss=0.31"', LOSS, None, 3),
        # on which data
        ("Test: [5/11]  loss: 0.31", {"test/loss": 0.31}, 5, None),
        ("epoch 3 | valid | loss 0.31 | ppl 2.5", {"valid/loss": 0.31, "valid/ppl": 2.5}, None, 3),
        ("val Loss: 0.31 Acc: 0.9", {"val Loss": 0.31, "val/Acc": 0.9}, None, None),
        ("Epoch(val) [3][5/5]  accuracy: 78.75", {"val/accuracy": 78.75}, 5, 3),
        ("Accuracy: train = 91.2%, valid = 90.1%", {"Accuracy train": 91.2, "Accuracy valid": 90.1}, None, None),
        ("Train / Test accuracy: 0.91 / 0.89.", {"Train accuracy": 0.91, "Test accuracy": 0.89}, None, None),
        ("epoch 3 val/acc: 45/50", {"val/acc": 0.9}, None, 3),
        ("Accuracy on test set: 97.5% (39 correct, 1 incorrect)", {"Accuracy on test set": 97.5}, None, None),
        ("epoch nan loss 0.31", LOSS, None, None),
        ("step inf loss 0.31", LOSS, None, None),
        ("\ufffd loss: 0.31", LOSS, None, None),
        # names, as far as they are none
        ("🚀 epoch 3 📉 loss: 0.31 → ✅ acc: 81.2%", {"loss": 0.31, "acc": 81.2}, None, 3),
        ("step 5 |loss|=  0.31", LOSS, 5, None),
        ("step 5 loss_dur: 0.31", {"loss_dur": 0.31}, 5, None),
        ("Error rate: 5.2%", {"Error rate": 5.2}, None, None),
        ("MeanSquaredError: 0.31", {"MeanSquaredError": 0.31}, None, None),
        ("Error: 0.31, acc: 0.9", {"Error": 0.31, "acc": 0.9}, None, None),
        # a result at the end
        ("final score: 45/50 = 90.00% correct", {"final score": 90}, None, None),
        ("Accuracy for class: plane is 54.3 %", {"Accuracy for class plane": 54.3}, None, None),
        ("Test accuracy: 0.875", {"Test accuracy": 0.875}, None, None),
        ("Best val Acc: 0.875", {"Best val Acc": 0.875}, None, None),
    ],
)
def test_line_is_read(line: str, values: dict[str, float], step: float | None, epoch: float | None) -> None:
    parser = Parser()

    rows = [*parser.feed(line), *parser.finish()]

    assert [(row.values, row.step, row.epoch) for row in rows] == [(values, step, epoch)]


@pytest.mark.parametrize("line", ["loss: nan", "loss=NaN", "loss   inf", "loss: -inf"])
def test_line_may_have_no_other_number(line: str) -> None:
    (row,) = Parser().feed(line)

    assert not math.isfinite(row.values["loss"])


@pytest.mark.parametrize(
    "line", ["nan", "Warning: loss is nan, skipping", "found inf in grad", "name: nan", "INFO: infer"]
)
def test_word_that_only_looks_like_one_is_none(line: str) -> None:
    assert Parser().feed(line) == []


@pytest.mark.parametrize("nan", ["nan", "NaN", "-nan"])
def test_not_a_number_is_a_value(nan: str) -> None:
    (row,) = Parser().feed(f"step 5 loss: {nan}")

    assert math.isnan(row.values["loss"])


@pytest.mark.parametrize(
    "line",
    [
        "2026-05-28 12:30:05 started",
        "started at 12:30:05",
        "took 3.2s, 1.5 GB, 30 it/s",
        "Elapsed time: 12.5s, ETA 0:05:12",
        "saved to runs/step=500-loss=0.3.pt",
        "-rw-r--r-- 1 ada ada 12345 May 28 05:39 'ckpt-0100-loss=0.1.pt'",
        "torch: 2.4.1",
        "Python 3.11.7 | torch 2.13.0 | CUDA 12.4",
        "listening on 127.0.0.1:8080, pid 4711",
        "GET /metrics?loss=0.3&step=3 HTTP/1.1 200",
        "see https://ada.example/?loss=0.3",
        "Total params: 1,234,567",
        "number of parameters: 10.65M",
        "learning_rate: 0.001",
        "batch_size = 32",
        "LOSS_WEIGHT=0.5",
        "optimizer: AdamW(lr=0.01, momentum=0.9, nesterov=False)",
        "Namespace(lr=0.001, loss=0.5, seed=42, no_cuda=False)",
        "model.bin: 100%|█████| 466k/466k [00:00<00:00, 1.29MB/s]",
        "     ━━━━━━━━━━━━━━ 64.9/64.9 kB 301.0 MB/s eta 0:00:00",
        "Collecting requests==2.32.3",
        '  File "train.py", line 12, in loss',
        "AssertionError: loss: 0.69 expected: 0.25",
        "/home/ada/warn.c:2:47: warning: loss 0.3 of 4",
        "train.py:29: UserWarning: loss: 0.5 is large",
        "b22cbf4 Tune loss to 0.4 (#124)",
        "neg/test_sample.py::test_loss[0.1-1] PASSED      [ 20%]",
        "commit 8f3a2c1d, run 4e1243b, 0x55d100",
        "Found 50000 images belonging to 10 classes.",
        "Loaded checkpoint 'last.pt' (epoch 10, loss 0.51)",
        "A precision of 0.91 was reported in the paper.",
        "In our experiments the loss is 0.3 lower than the baseline of 2021.",
        "The final value used for the model was mtry = 3.",
        "KeyError: 3",
        "ValueError: 0.5 is no loss",
        ">       assert loss == 0.5",
        "stop when loss <= 0.5",
        "Section 3.1 Loss of data: 30 days",
        "Seq Scan on t  (cost=0.00..155.00 width=4)",
        "==4711== ERROR SUMMARY: 0 errors from 0 contexts",
        "perplexity: calculating perplexity over 655 chunks, n_ctx=512",
        "episodes_this_iter: 179",
        "*/5 * * * * /usr/bin/train --loss 0.3",
        "+ python train.py --loss 0.3 --score=0.5",
        "-    loss = 0.5 * mse",
        "812K    ./acc",
        "batch_cost: 0.41231 s, data_cost: 0.0123",
        "improved by 0.051 >= min_delta = 0.0",
        "0.1 0.2 0.3 0.4",
        "Best is trial 3",
        "[1/3] Building",
    ],
)
def test_nothing_is_taken(line: str) -> None:
    parser = Parser()

    assert [*parser.feed(line), *parser.feed(line), *parser.finish()] == []


@pytest.mark.parametrize(
    ("rest", "values"),
    [
        ("0.0856]", {"loss": 0.0761, "val_loss": 0.0856}),
        ("0.0856, acc=0.", {"loss": 0.0761, "val_loss": 0.0856}),
        ("0.0856 acc=0.5", {"loss": 0.0761, "val_loss": 0.0856}),
        ("0.`fit` stopped: `max_epochs=3` reached.", {"loss": 0.0761}),
        ("0.08[saved]", {"loss": 0.0761}),
        ("0.08", {"loss": 0.0761}),
    ],
)
def test_number_that_a_message_cuts_off_in_a_bar_is_left_out(rest: str, values: dict[str, float]) -> None:
    line = f" 50%|##  | 10/20 [00:00<00:00, 630.07it/s, loss=0.0761, val_loss={rest}"

    assert [row.values for row in Parser().feed(line)] == [values]


def test_rate_that_the_edge_may_have_cut_off_is_no_step() -> None:
    (row,) = Parser().feed("| loss: 0.31 | : 100%|#| 20/20 [00:03<00:00,  5.31it")

    assert (row.values, row.step) == (LOSS, 20)


def test_number_that_the_edge_may_have_cut_off_is_left_out() -> None:
    (row,) = Parser().feed("Epoch 2: 100%|#| 15/15 [00:00<00:00, 360.44it/s, train_loss=0.263, val_loss=0.3")

    assert row.values == {"train_loss": 0.263}


def test_line_behind_a_bar_is_a_line_of_its_own() -> None:
    rows = Parser().feed("40%|## | 18/45 [00:00<00:01, 9.1it/s]11/20/2026 05:11:58 - INFO - epoch 1: {'acc': 0.73}")

    assert [(row.values, row.epoch) for row in rows] == [({"acc": 0.73}, 1)]
