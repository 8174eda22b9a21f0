"""Logs in columns and in lines of JSON: the rows of what frameworks really write."""

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrapper.text.files.csv_log import CsvLog
from wrapper.text.files.json_log import JsonLog
from wrapper.text.files.lines import cut_lines


def rows(log, text):
    """Each row as step, epoch and values."""
    facts = [fact for line in text.splitlines() for fact in log.read(line)]
    assert [fact.warning for fact in facts if fact.warning] == []
    return [(fact.step, fact.epoch, fact.row) for fact in facts]


def test_keras():
    text = "epoch,accuracy,loss,val_loss\n0,0.31,2.1,1.9\n1,0.52,1.4,nan\n"

    (first, second) = rows(CsvLog(), text)

    assert first == (0, 0, {"accuracy": 0.31, "loss": 2.1, "val_loss": 1.9})
    assert second[0] == 1 and math.isnan(second[2]["val_loss"])


def test_lightning_leaves_cells_empty():
    text = "epoch,step,train_loss,val_loss\n0,49,0.7,\n0,99,,0.6\n1,149,0.5,\n"

    assert rows(CsvLog(), text) == [
        (49, 0, {"train_loss": 0.7}),
        (99, 0, {"val_loss": 0.6}),
        (149, 1, {"train_loss": 0.5}),
    ]


def test_yolo_pads_its_columns():
    text = (
        "                  epoch,         train/box_loss,   metrics/mAP50(B),                 lr/pg0\n"
        "                      1,                 1.1234,              0.501,             0.00033\n"
    )

    assert rows(CsvLog(), text) == [(1, 1, {"train/box_loss": 1.1234, "metrics/mAP50(B)": 0.501, "lr/pg0": 0.00033})]


def test_stable_baselines_progress_counts_time_steps():
    header = "rollout/ep_rew_mean,time/fps,time/iterations,time/total_timesteps,train/loss\n"
    text = header + "21.5,900,1,2048,\n25,910,2,4096,0.3\n"

    assert rows(CsvLog(), text) == [
        (2048, None, {"rollout/ep_rew_mean": 21.5, "time/fps": 900, "time/iterations": 1}),
        (4096, None, {"rollout/ep_rew_mean": 25, "time/fps": 910, "time/iterations": 2, "train/loss": 0.3}),
    ]


def test_stable_baselines_monitor_counts_its_time_from_its_start():
    log = CsvLog()
    text = '#{"t_start": 1780000000.5, "env_id": "CartPole-v1"}\nr,l,t\n9.0,9,0.25\n21.0,21,0.5\n'

    facts = [fact for line in text.splitlines() for fact in log.read(line)]

    assert [(fact.step, fact.row, fact.time) for fact in facts] == [
        (1, {"r": 9.0, "l": 9}, 1780000000.75),
        (2, {"r": 21.0, "l": 21}, 1780000001.0),
    ]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("step;loss\n1;0,5\n", {"loss": 0.5}),
        ("step\tloss\n1\t.5\n", {"loss": 0.5}),
        ('"step","loss, mean"\n"1","0.5"\n', {"loss, mean": 0.5}),
        ("\ufeffstep,loss\r\n1,5e-1\r\n", {"loss": 0.5}),
        ("# step, loss\n1, 0.5\n", {"loss": 0.5}),
        ("step,loss,name\n1,0.5,resnet\n", {"loss": 0.5}),
        ("step,loss,is_best\n1,0.5,True\n", {"loss": 0.5, "is_best": True}),
        ("step,train loss\n1,0.5\n", {"train loss": 0.5}),
        ("step,loss\n1,-inf\n", {"loss": -math.inf}),
    ],
)
def test_columns_may_be_written_in_many_ways(text, row):
    assert rows(CsvLog(), text) == [(1, None, row)]


def test_time_of_day_is_the_time_of_the_row():
    log = CsvLog()
    log.read("timestamp,step,loss")

    (fact,) = log.read("1780000000.5,3,0.1")

    assert (fact.time, fact.row) == (1780000000.5, {"loss": 0.1})


def test_part_of_the_data_stands_before_the_name():
    text = "epoch,split,loss\n1,train,0.5\n1,val,0.6\n"

    assert rows(CsvLog(), text) == [(1, 1, {"loss": 0.5}), (1, 1, {"val/loss": 0.6})]


def test_step_that_begins_again_with_each_epoch_goes_on():
    text = "epoch,iter,loss\n1,50,0.9\n1,100,0.8\n2,50,0.7\n2,100,0.6\n3,50,0.5\n"

    assert [step for step, _, _ in rows(CsvLog(), text)] == [50, 100, 150, 200, 250]


def test_other_columns_half_way_are_told_and_understood():
    log = CsvLog()
    text = "epoch,loss\n1,0.5\nepoch,loss,lr\n2,0.4,0.1\n"

    facts = [fact for line in text.splitlines() for fact in log.read(line)]

    assert [fact.warning for fact in facts] == [None, "the columns are others from here on", None]
    assert facts[2].row == {"loss": 0.4, "lr": 0.1}


def test_the_same_header_again_is_nothing_new():
    assert rows(CsvLog(), "epoch,loss\n1,0.5\nepoch,loss\n2,0.4\n") == [(1, 1, {"loss": 0.5}), (2, 2, {"loss": 0.4})]


def test_line_with_other_cells_is_left_out_and_told():
    log = CsvLog()
    text = "epoch,loss\n1,0.5\n2,0.4,7\n3\n4,0.3\n"

    facts = [fact for line in text.splitlines() for fact in log.read(line)]

    assert [fact.step for fact in facts if fact.row] == [1, 4]
    assert [fact.warning for fact in facts if fact.warning] == [
        "3 cells under 2 columns; the line was left out",
        "1 cells under 2 columns; the line was left out",
    ]


NAMES = st.text(st.characters(categories=["L"]), min_size=1, max_size=8).filter(
    lambda name: name.lower() not in ("nan", "inf", "infinity")
)
FLOATS = st.floats(allow_nan=False)


@given(st.lists(NAMES.map("x_".__add__), min_size=1, max_size=6, unique=True), st.data())
def test_whatever_the_csv_module_writes_is_read(names, data):
    table = data.draw(st.lists(st.lists(FLOATS, min_size=len(names), max_size=len(names)), max_size=5))
    file = io.StringIO()
    csv.writer(file).writerows([["step", *names], *([step, *row] for step, row in enumerate(table))])

    found = rows(CsvLog(), file.getvalue())

    assert [row for _, _, row in found] == [dict(zip(names, row, strict=True)) for row in table]


def test_detectron2():
    text = '{"data_time": 0.003, "iteration": 19, "loss_cls": 1.5, "lr": 0.0005}\n{"bbox/AP": 31.2, "iteration": 39}\n'

    assert rows(JsonLog(), text) == [
        (19, None, {"data_time": 0.003, "loss_cls": 1.5, "lr": 0.0005}),
        (39, None, {"bbox/AP": 31.2}),
    ]


def test_mmdetection_counts_iterations_within_an_epoch():
    lines = [
        {"env_info": "sys.platform: linux", "config": "model = dict()", "seed": None},
        {"mode": "train", "epoch": 1, "iter": 50, "loss": 0.9, "time": 0.31},
        {"mode": "train", "epoch": 1, "iter": 100, "loss": 0.8, "time": 0.30},
        {"mode": "val", "epoch": 1, "iter": 25, "bbox_mAP": 0.2},
        {"mode": "train", "epoch": 2, "iter": 50, "loss": 0.7, "time": 0.29},
    ]

    assert rows(JsonLog(), "\n".join(map(json.dumps, lines))) == [
        (50, 1, {"loss": 0.9, "time": 0.31}),
        (100, 1, {"loss": 0.8, "time": 0.30}),
        (100, 1, {"val/bbox_mAP": 0.2}),
        (150, 2, {"loss": 0.7, "time": 0.29}),
    ]


def test_dino_has_epochs_alone():
    text = '{"train_lr": 0.0005, "train_loss": 9.1, "epoch": 0}\n{"train_lr": 0.0004, "train_loss": 8.7, "epoch": 1}\n'

    assert rows(JsonLog(), text) == [
        (0, 0, {"train_lr": 0.0005, "train_loss": 9.1}),
        (1, 1, {"train_lr": 0.0004, "train_loss": 8.7}),
    ]


def test_fairseq_spells_its_numbers_as_text():
    text = '{"epoch": 1, "train_loss": "4.2", "train_num_updates": "100", "train_wall": "12"}\n'

    assert rows(JsonLog(), text) == [(100, 1, {"train_loss": 4.2, "train_wall": 12})]


def test_objects_within_objects_are_kept_and_lists_are_not():
    text = '{"step": 1, "loss": {"box": 0.1, "name": "x"}, "sizes": [1, 2], "note": "text", "ok": true}\n'

    assert rows(JsonLog(), text) == [(1, None, {"loss": {"box": 0.1}, "ok": True})]


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", "7", "null", "[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, '{"a": ' + "9" * 5000 + "}"],
)
def test_line_that_is_no_object_is_told(line):
    (fact,) = JsonLog().read(line)

    assert fact.warning == "this is no JSON object; the line was left out"


def test_an_empty_object_is_nothing():
    assert rows(JsonLog(), "{" + " " * 9000 + "}") == []


def test_number_beyond_a_double_is_left_out():
    assert rows(JsonLog(), '{"step": 1, "big": 1%s, "x": 2}' % ("0" * 400)) == [(1, None, {"x": 2})]


@given(st.text())
def test_no_line_is_an_error(line):
    log = CsvLog()
    for each in ("epoch,loss", line, line[::-1]):
        log.read(each)
    JsonLog().read(line)


@given(st.binary(), st.lists(st.integers(0, 100), max_size=5))
def test_lines_are_the_same_wherever_they_are_cut(data, cuts):
    found, place = [], 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        cutting = cut_lines(data[place:cut], place, is_final=False)
        found += cutting.lines
        place = cutting.end
    found += cut_lines(data[place:], place, is_final=True).lines

    assert [line for line, _ in found] == data.replace(b"\n", b"\n\0").split(b"\0")[: len(found)] or b"\0" in data
    assert b"".join(line for line, _ in found) == data
    assert [end for _, end in found] == [sum(len(line) for line, _ in found[: n + 1]) for n in range(len(found))]
