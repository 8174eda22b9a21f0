"""A file gives the same facts whether it is read at once, or in pieces as it grows, by one reader or by several."""

from pathlib import Path

import pytest
from following import GrowingChannel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import RecordWriter

from wrapper.recorder.sources import followed

LINES = st.sampled_from(
    [
        b"1,0.5\n",
        b"2,0.25\n",
        b"3\n",
        b"step,loss\n",
        b"step,acc,loss\n",
        b"4,0.9,0.5\n",
        b"x" * 50 + b"\n",
        b"\xff\n",
        b"\n",
    ]
)
OBJECTS = st.sampled_from(
    [
        b'{"step": 1, "loss": 0.5}\n',
        b'{"epoch": 2, "mode": "val", "acc": 1}\n',
        b"{\n",
        b"[1]\n",
        b'{"loss": NaN, "step": 3}\n',
    ]
)


def read_in_pieces(directory, name, data, cuts, is_same_reader):
    """Source, step and row of each record, and each warning, when the file has these lengths in turn."""
    path = directory / name
    path.write_bytes(b"")
    ends = [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    channel = GrowingChannel(directory, [lambda end=end: path.write_bytes(data[:end]) for end in ends], is_same_reader)
    channel.run(followed.read)
    return [
        (record.get("step"), record.get("row"), record.get("warning"))
        for record in channel.records
        if "file" not in record
    ]


@pytest.fixture(params=[True, False], ids=["one reader", "another after each piece"])
def compare(request, tmp_path_factory, monkeypatch):
    def go(name, data, cuts):
        found = []
        for pieces in ([], cuts):
            directory = tmp_path_factory.mktemp("grown")
            (directory / ".wandb-wrapper" / "run1" / "0-0").mkdir(parents=True)
            monkeypatch.chdir(directory / ".wandb-wrapper" / "run1" / "0-0")
            found.append(read_in_pieces(directory, name, data, pieces, request.param))
        assert repr(found[0]) == repr(found[1])
        return found[0]

    return go


SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CUTS = st.lists(st.integers(0, 10_000), max_size=4)


@SETTINGS
@given(lines=st.lists(LINES, max_size=20), cuts=CUTS)
def test_columns(compare, lines, cuts):
    compare("log.csv", b"step,loss\n" + b"0,1\n" * 20 + b"".join(lines), cuts)


@SETTINGS
@given(lines=st.lists(OBJECTS, max_size=20), cuts=CUTS)
def test_objects(compare, lines, cuts):
    compare("log.jsonl", b'{"step": 0, "loss": 1}\n' * 20 + b"".join(lines), cuts)


def event_file(path: Path, steps: int) -> bytes:
    writer = RecordWriter(str(path))
    for step in range(steps):
        summary = Summary(value=[Summary.Value(tag="x", simple_value=step), Summary.Value(tag="y", simple_value=1)])
        writer.write(Event(wall_time=5.0, step=step, summary=summary).SerializeToString())
    writer.close()
    return path.read_bytes()


@SETTINGS
@given(cuts=CUTS)
def test_events(compare, tmp_path, cuts):
    found = compare("events.out.tfevents.1", event_file(tmp_path / "events", 10), cuts)

    assert [(step, row) for step, row, _ in found] == [(step, {"x": step, "y": 1}) for step in range(10)]


def test_file_of_many_pieces(compare):
    data = b"step,loss\n" + b"".join(b"%d,0.5\n" % step for step in range(100_000))

    found = compare("log.csv", data, [300_000, 600_001])

    assert [step for step, _, _ in found] == list(range(100_000))
