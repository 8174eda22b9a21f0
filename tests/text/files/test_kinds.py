"""What is a log, and what is data, results or somebody's table: no file is taken for a log that is none."""

import json

import pytest

from wrapper.text.files.kinds import kind_by_head, kind_by_name


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("runs/x/events.out.tfevents.1780000000.node7.4711.0", "tensorboard"),
        ("outputs/2026-01-01/.hydra/config.yaml", "hydra"),
        (".hydra/overrides.yaml", "hydra overrides"),
        ("conf/config.yaml", None),
        ("lightning_logs/version_0/hparams.yaml", "hparams"),
        ("out/checkpoint-500/trainer_state.json", "trainer_state"),
        ("out/all_results.json", "results"),
        ("metrics.csv", "text"),
        ("log.txt", "text"),
        ("train.py", None),
        ("model.pt", None),
        ("data.tfrecord", None),
        ("README", None),
    ],
)
def test_name_tells(path, kind):
    assert kind_by_name(path) == kind


def lines(*objects):
    return "".join(json.dumps(value) + "\n" for value in objects)


LOGS = [
    ("training.log", "epoch,accuracy,loss\n0,0.3,2.1\n", "csv"),
    ("metrics.csv", "epoch,step,train_loss\n0,49,0.7\n", "csv"),
    ("runs/train/results.csv", "  epoch,  train/box_loss\n  1,  1.1\n", "csv"),
    ("progress.csv", "rollout/ep_rew_mean,time/total_timesteps\n21.5,2048\n", "csv"),
    ("progress.txt", "Epoch\tAverageEpRet\tTime\n0\t21.5\t3.1\n", "csv"),
    ("0.monitor.csv", '#{"t_start": 1780000000.5, "env_id": "CartPole-v1"}\nr,l,t\n9.0,9,0.25\n', "csv"),
    ("monitor.csv", '#{"t_start": 1780000000.5, "env_id": "CartPole-v1"}\nr,l,t\n9.0,9,0.25\n', "csv"),
    ("run1.csv", "step,loss\n1,0.5\n2,0.4\n", "csv"),
    ("run1.tsv", "iteration\tvalue\n1\t0.5\n2\t0.4\n", "csv"),
    ("run1.csv", "epoch,split,loss\n1,train,0.5\n1,val,0.6\n2,train,0.4\n2,val,0.5\n", "csv"),
    ("stats.csv", "time,loss\n0.5,0.5\n", "csv"),
    ("metrics.json", lines({"iteration": 19, "loss": 1.5}), "json"),
    ("20260101.log.json", lines({"config": "x" * 900}, {"mode": "train", "epoch": 1, "iter": 50, "loss": 1}), "json"),
    ("scalars.json", lines({"lr": 0.1, "loss": 1.5, "step": 1}), "json"),
    ("log.txt", lines({"train_lr": 0.1, "train_loss": 9.1, "epoch": 0}), "json"),
    ("any.jsonl", lines({"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}), "json"),
]
NO_LOGS = [
    ("predictions.csv", "id,prediction\n1,0.5\n2,0.4\n"),
    ("predictions.csv", "epoch,id,prediction\n1,1,0.5\n1,2,0.4\n"),
    ("submission.csv", "image_id,label\n1,0\n2,1\n"),
    ("forecast.csv", "timestamp,value\n1780000000,0.5\n1780000060,0.4\n"),
    ("iris.csv", "sepal_length,sepal_width,species\n5.1,3.5,setosa\n4.9,3.0,setosa\n"),
    ("results.csv", "model,accuracy\nresnet,0.9\nvit,0.92\n"),
    ("numbers.csv", "1,0.5\n2,0.4\n"),
    ("numbers.txt", "0.5\n0.4\n"),
    ("output.log", "starting\nepoch 1, loss 0.5\nepoch 2, loss 0.4\n"),
    ("embedding.txt", "the 0.1 0.2 0.3\nof 0.2 0.1 0.4\n"),
    ("confusion.csv", ",cat,dog\ncat,5,1\ndog,2,7\n"),
    ("any.csv", "epoch,prompt,score\n1,hello,0.5\n2,world,0.4\n"),
    ("any.csv", "epoch,x,y\n1,0.5,1\n1,0.4,1\n1,0.3,1\n2,0.1,1\n"),
    ("any.csv", "step,comment\n1," + "words " * 50 + "\n2," + "words " * 50 + "\n"),
    ("config.json", '{\n  "lr": 0.1\n}\n'),
    ("results.json", '{"accuracy": 0.9}\n'),
    ("data.jsonl", lines({"text": "hello", "label": 1}, {"text": "world", "label": 0}, {"text": "!", "label": 0})),
    ("gen.jsonl", lines({"step": 1, "prompt": "a", "reward": 0.1}, {"step": 1, "prompt": "b", "reward": 0.2})),
    ("coco.json", lines({"id": 1, "bbox": [1, 2]}, {"id": 2, "bbox": [3, 4]}, {"id": 3, "bbox": [5, 6]})),
    ("any.csv", "\0\1\2\3" * 100),
]


@pytest.mark.parametrize(("path", "text", "kind"), LOGS)
def test_log(path, text, kind):
    assert kind_by_head(path, text.encode(), is_whole=False).kind == kind


@pytest.mark.parametrize(("path", "text"), NO_LOGS)
def test_no_log(path, text):
    verdict = kind_by_head(path, text.encode(), is_whole=True)

    assert verdict.kind is None


@pytest.mark.parametrize(
    "text",
    ["", "epoch,lo", "epoch,loss\n", "epoch,loss\n1,0.", "step,loss\n1,0.5\n", lines({"step": 1, "x": 1}), '{"st'],
)
def test_too_little_to_tell(text):
    assert kind_by_head("any.csv", text.encode(), is_whole=False).is_open


def test_line_without_end_is_no_log():
    verdict = kind_by_head("log.csv", b"1," * 40_000, is_whole=False)

    assert verdict.kind is None and not verdict.is_open


def test_bytes_that_have_not_come_yet_are_waited_for():
    assert kind_by_head("log.csv", bytes(100), is_whole=False).is_open
    assert kind_by_head("log.csv", b"step,loss\n" + bytes(100), is_whole=False).is_open
    assert kind_by_head("log.csv", bytes(100), is_whole=True).kind is None
