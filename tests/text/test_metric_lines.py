"""A line of the metrics file becomes what it says, or the reason why it says nothing."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrapper.rundir.lines import encode
from wrapper.text.metric_lines import Line, read_line
from wrapper.text.names import tidy_name
from wrapper.text.values import LARGEST

INF = math.inf


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ('{"loss": 0.31, "acc": 0.9}', {"loss": 0.31, "acc": 0.9}),
        ('  {"loss": 1}\r', {"loss": 1}),
        ('\ufeff{"loss": 1e-3}', {"loss": 0.001}),
        ('{"val": {"loss": 1, "top": {"5": 0.9}}}', {"val.loss": 1, "val.top.5": 0.9}),
        ('{"phase": "warm up", "done": true}', {"phase": "warm up", "done": True}),
        ('{"loss": NaN, "a": Infinity, "b": -Infinity}', {"loss": math.nan, "a": INF, "b": -INF}),
        ('{"loss": nan, "b": inf, "c": -inf, "d": +Inf}', {"loss": math.nan, "b": INF, "c": -INF, "d": INF}),
        ('{"loss":-nan}', {"loss": math.nan}),
        ('{"word": "nan, \\" -inf", "b": inf}', {"word": 'nan, " -inf', "b": INF}),
        ('{"loss": null, "acc": 1}', {"acc": 1}),
        ('{"big": 9007199254740993}', {"big": 9007199254740993}),
        ("{}", {}),
        ('{" val\\t  loss ": 1}', {"val loss": 1}),
        ("loss=0.29 acc=0.91", {"loss": 0.29, "acc": 0.91}),
        ("loss=0.29, acc=.5,", {"loss": 0.29, "acc": 0.5}),
        ("loss = 0.29  acc= 1.", {"loss": 0.29, "acc": 1.0}),
        ("a=nan b=-inf c=+Infinity d=NaN", {"a": math.nan, "b": -INF, "c": INF, "d": math.nan}),
        ("ok=true no=False nothing=None n=-3", {"ok": True, "no": False, "n": -3}),
        ('phase="warm up" who=\'it is "x"\'', {"phase": "warm up", "who": 'it is "x"'}),
        ('q="say \\"a\\" \\\\ \\$5 \\d"', {"q": 'say "a" \\ $5 \\d'}),
        ("val/acc=1 train.loss=2 lr[0]=3", {"val/acc": 1, "train.loss": 2, "lr[0]": 3}),
        ("url=http://x?a=b day=2024-01-01", {"url": "http://x?a=b", "day": "2024-01-01"}),
        ("n=1_000 hex=0x1f", {"n": "1_000", "hex": "0x1f"}),
        ('n="5" word=five', {"n": "5", "word": "five"}),
    ],
)
def test_row(line, row):
    read = read_line(line.encode())

    assert (str(read.row), read.complaints) == (str(row), ())


@pytest.mark.parametrize(
    ("line", "step", "epoch", "row"),
    [
        ('{"loss": 1, "_step": 120}', 120, None, {"loss": 1}),
        ('{"loss": 1, "step": 120, "epoch": 3}', 120, 3, {"loss": 1}),
        ('{"_step": 5, "step": 7}', 5, None, {"step": 7}),
        ('{"step": 3.0, "epoch": 0.25}', 3, 0.25, {}),
        ('{"step": "warm-up", "epoch": "1/3"}', None, None, {"step": "warm-up", "epoch": "1/3"}),
        ('{"step": -1}', None, None, {"step": -1}),
        ("step=3 epoch=2 loss=1", 3, 2, {"loss": 1}),
    ],
)
def test_step_and_epoch(line, step, epoch, row):
    assert read_line(line.encode()) == Line(row, step, epoch)


def test_time_is_the_lines_own():
    assert read_line(b'{"loss": 1, "_timestamp": 1780000000.25}').time == 1780000000.25


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ('{"$config": {"opt": {"betas": [0.9, 0.99]}}}', {"config": {"opt": {"betas": [0.9, 0.99]}}}),
        ('{"$summary": {"best_acc": 0.93}}', {"summary": {"best_acc": 0.93}}),
        ('{"$define": {"name": "a", "summary": ["min", "max"]}}', {"define": {"name": "a", "summary": "min,max"}}),
        ('{"$define": {"name": "val/*", "step": "epoch"}}', {"define": {"name": "val/*", "step": "epoch"}}),
        ('{"$save": "model.pt"}', {"save": "model.pt"}),
        ('{"$note": "it works"}', {"note": "it works"}),
        ('{"$alert": {"title": "low", "level": "WARN"}}', {"alert": {"title": "low", "text": "", "level": "WARN"}}),
        ('{"$alert": "low"}', {"alert": {"title": "low", "text": "", "level": "INFO"}}),
        ('{"$tag": "a", "$note": "b"}', {"tag": "a", "note": "b"}),
        ("$config.opt.name=adam $config.lr=0.1", {"config": {"opt": {"name": "adam"}, "lr": 0.1}}),
        ('$tag=5 $note="a b"', {"tag": "5", "note": "a b"}),
    ],
)
def test_facts(line, facts):
    read = read_line(line.encode())

    assert (read.row, dict(read.facts), read.complaints) == (None, facts, ())


@pytest.mark.parametrize(
    ("line", "name", "medium"),
    [
        ('{"$image": {"s": "out.png"}}', "s", {"type": "image", "path": "out.png"}),
        (
            '{"$image": {"s": ["a.png", "b.png"]}}',
            "s",
            {"type": "image", "items": [{"path": "a.png"}, {"path": "b.png"}]},
        ),
        ('{"$video": {"v": {"path": "v.mp4", "fps": 4}}}', "v", {"type": "video", "path": "v.mp4", "fps": 4}),
        ('{"$audio": {"b": "b.wav"}}', "b", {"type": "audio", "path": "b.wav"}),
        ('{"$histogram": {"h": [1, 2]}}', "h", {"type": "histogram", "samples": [1, 2]}),
        (
            '{"$histogram": {"h": {"values": [3], "bins": [0, 1]}}}',
            "h",
            {"type": "histogram", "values": [3], "bins": [0, 1]},
        ),
        (
            '{"$table": {"t": {"columns": ["a"], "data": [[1]]}}}',
            "t",
            {"type": "table", "columns": ["a"], "data": [[1]]},
        ),
        ('{"$html": {"h": "<b>x</b>"}}', "h", {"type": "html", "html": "<b>x</b>"}),
        ('{"$plot": {"p": {"mark": "line"}}}', "p", {"type": "plot", "spec": {"mark": "line"}}),
    ],
)
def test_media(line, name, medium):
    read = read_line(line.encode())

    assert (read.row, read.facts, read.complaints) == (None, (("media", {name: medium}),), ())


def test_media_of_several_kinds_are_one_fact():
    read = read_line(b'{"$image": {"a": "a.png"}, "$audio": {"b": "b.wav"}}')

    assert read.facts == (
        ("media", {"a": {"type": "image", "path": "a.png"}, "b": {"type": "audio", "path": "b.wav"}}),
    )


def test_message_has_nothing_that_moves_a_cursor():
    assert read_line(b'{"$\\u001b[2J": 1}').complaints[0].startswith("there is no $?[2J;")


def test_several_tags_in_one_line_are_a_fact_each():
    assert read_line(b'{"$tag": ["a", "b"]}').facts == (("tag", "a"), ("tag", "b"))


def test_metrics_and_facts_may_share_a_line():
    read = read_line(b'{"loss": 1, "$tag": "a", "_step": 2}')

    assert read == Line({"loss": 1}, 2, facts=(("tag", "a"),))


@pytest.mark.parametrize("line", [b"", b" \t ", b"\r", "\ufeff".encode()])
def test_blank_line_says_nothing(line):
    assert read_line(line) == Line()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"Traceback (most recent call last):", "neither a JSON object nor name=value words, from `Traceback (m"),
        (b"a=1 oops", "neither a JSON object nor name=value words, from `oops` on"),
        (b'{"loss": 0.3', "no JSON: expecting ',' delimiter at character 13"),
        (b'{"a": 1}{"b": 2}', "no JSON: extra data at character 9"),
        (b'{"a": tru}', "no JSON: expecting value at character 7"),
        (b'[{"a": 1}]', "a list; each line is one object of its own"),
        (b'{"a": "\xff"}', "byte 8 is not UTF-8"),
        (b'{"a": 1e400}', "a is beyond what a double holds"),
        (b'{"a": Infinity, "b": -1e400}', "b is beyond what a double holds"),
        (b'{"a": 1%s}' % (b"0" * 309), "a is beyond what a double holds"),
        (b'{"a": 1%s}' % (b"0" * 9_000_000), "a number has more than 4,000 digits"),
        (b"a=1%s" % (b"0" * 900_000), "0000... is beyond what a double holds"),
        (b"a=1e999", "1e999 is beyond what a double holds"),
        (b'{"$config": {"lr": 1e400}}', "lr is beyond what a double holds"),
        (b'{"a": "%s"}' % (b"x" * 10_000_000), "longer than 10 MB"),
        (b"a=%s" % (b"x" * 2_000_000), "longer than 1 MB, which only a JSON object may be"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "is nested too deep"),
        (b'{"$config":' + b'{"a":' * 500 + b"1" + b"}" * 501, "a is nested deeper than 64 levels"),
        (b"[" * 1_000_000, "nested deeper than 64 levels"),
        (b"loss=", "loss has no value"),
        (b'{"a": [1, 2]}', "a is a list, and a metric is a number, a text, true or false"),
        (b'{"": 1}', "a value has no name"),
        (b'{"$tag": 5}', "$tag is a text, or a list of texts"),
        (b'{"$define": {"name": "a", "summary": "median"}}', "the summary of $define is one of min, max, mean,"),
        (b'{"$alert": {"text": "x"}}', "$alert has a title:"),
        (b'{"$histogram": {"h": ["a"]}}', 'is written {"$histogram": {"name": [0.1, 0.5, 0.7]}}'),
        (b'{"$image": "out.png"}', "$image is an object of names:"),
        (b'{"$config": 5}', "$config is an object"),
    ],
    ids=lambda text: str(text[:30]),
)
def test_what_is_refused_has_a_reason(line, reason):
    read = read_line(line)

    assert read.row is None and not read.facts
    assert len(read.complaints) == 1 and reason in read.complaints[0]
    assert len(read.complaints[0]) < 200


@pytest.mark.parametrize(
    ("line", "row", "reason"),
    [
        ('{"loss": 1, "preds": [1, 2]}', {"loss": 1}, "preds is a list"),
        ('{"loss": 1, "loss": 2}', {"loss": 2}, "loss stands in it more than once, and the last counts"),
        ("loss=1 loss=2", {"loss": 2}, "loss stands in it more than once, and the last counts"),
        ("loss= acc=1", {"acc": 1}, "loss has no value"),
        ('{"loss": 1, "$imge": {}}', {"loss": 1}, "there is no $imge; there are $config, $summary,"),
        ('{"loss": 1, "_step": 2.5}', {"loss": 1}, "_step is a whole number from 0 on, and not 2.5"),
        ('{"loss": 1, "_timestamp": "now"}', {"loss": 1}, "_timestamp is a Unix time in seconds, and not now"),
    ],
)
def test_the_rest_of_the_line_is_taken(line, row, reason):
    read = read_line(line.encode())

    assert read.row == row
    assert len(read.complaints) == 1 and reason in read.complaints[0]


VALUES = st.none() | st.booleans() | st.floats() | st.integers(-LARGEST, LARGEST) | st.text()
TREES = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
NAMES = st.text() | st.sampled_from(
    ["_step", "step", "epoch", "_timestamp", "$config", "$summary", "$define", "$image", "$histogram", "$tag", "$x"]
)


@given(st.binary() | st.text(alphabet="{}[]\":,=$\\ 'ae01.-+nif\n", max_size=60).map(str.encode))
@settings(max_examples=500)
def test_any_bytes_are_read_or_refused(line):
    read_line(line)


@given(st.dictionaries(NAMES, TREES))
@settings(max_examples=150, deadline=None)
def test_what_is_taken_can_be_written_into_the_journal(data):
    read = read_line(json.dumps(data).encode())

    encode(read.row)
    encode(dict(read.facts))
    assert all(isinstance(value, (int, float, str, bool)) for value in (read.row or {}).values())


TIDY_NAMES = st.text(min_size=1).map(tidy_name).filter(lambda name: name[:1] not in ("", "_", "$"))


@given(st.dictionaries(TIDY_NAMES.filter(lambda name: name not in ("step", "epoch")), st.floats() | st.booleans()))
def test_every_value_comes_back_as_it_was_written(data):
    assert str(read_line(json.dumps(data).encode()).row) == str(data)
