"""Event files say what tensorboardX, which writes them with the protocol's own classes, was told."""

import json
import math
import struct
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboardX import SummaryWriter
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData
from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.record_writer import RecordWriter

from wrapper.text.files.events import EventLog, shortest
from wrapper.text.files.records import find_record, split_records

PNG = b"\x89PNG\r\n\x1a\n and so on"
FLOAT, DOUBLE, INT32, STRING, INT64, BFLOAT16, HALF = 1, 2, 3, 7, 9, 14, 19


@pytest.fixture
def written(tmp_path):
    """What is read from what a function tells a writer: rows by step, media by name, and the configuration."""

    def read(write, folder="log"):
        with SummaryWriter(str(tmp_path / folder)) as writer:
            write(writer)
        return understand(next((tmp_path / folder).glob("*tfevents*")).read_bytes())

    return read


def understand(data, prefix=""):
    log, found = EventLog(prefix), SimpleNamespace(rows=[], media={}, config={}, times=[])
    split = split_records(data, 0)
    assert split.end == len(data) and not split.is_damaged
    for record in split.records:
        for fact in log.read(record.data):
            found.config |= fact.config
            found.media |= {medium.name: (fact.step, medium) for medium in fact.media}
            if fact.row:
                found.rows.append((fact.step, fact.row))
                found.times.append(fact.time)
    return found


def test_scalars_have_their_step_and_time(written):
    def write(writer):
        for step in (0, 10, 1 << 40):
            writer.add_scalar("train/loss", 0.3, step, walltime=1780000000.5 + step)
            writer.add_scalar("val/acc", step % 7, step)

    found = written(write)

    losses = [(step, row["train/loss"]) for step, row in found.rows if "train/loss" in row]
    assert losses == [(0, 0.3), (10, 0.3), (1 << 40, 0.3)]
    assert [row["val/acc"] for _, row in found.rows if "val/acc" in row] == [0, 3, (1 << 40) % 7]
    assert found.times[0] == 1780000000.5


def test_numbers_that_are_no_numbers_are_kept(written):
    values = [math.inf, -math.inf, math.nan, -0.0, 1e38, 1e-45]

    found = written(lambda writer: [writer.add_scalar("x", value, step) for step, value in enumerate(values)])

    assert [str(np.float32(row["x"])) for _, row in found.rows] == [str(np.float32(value)) for value in values]


@given(st.floats(width=32, allow_nan=False))
def test_the_shortest_number_is_the_same_in_single_precision(single):
    assert np.float32(shortest(single)) == np.float32(single)


def test_one_tenth_is_one_tenth():
    assert shortest(struct.unpack("<f", struct.pack("<f", 0.1))[0]) == 0.1
    assert shortest(0.11773015558719635) == 0.117730156  # nine digits are enough for any


def test_histogram_has_an_edge_more_than_counts(written):
    samples = np.random.default_rng(1).normal(size=1000)

    step, histogram = written(lambda writer: writer.add_histogram("weights", samples, 3)).media["weights"]

    assert (step, histogram.type) == (3, "histogram")
    bins, counts = histogram.facts["bins"], histogram.facts["values"]
    assert len(bins) == len(counts) + 1 <= 65
    assert sum(counts) == 1000
    assert bins == sorted(bins)
    assert (bins[0], bins[-1]) == (samples.min(), samples.max())


def test_text_is_text(written):
    found = written(lambda writer: (writer.add_text("note", "hello", 5), writer.add_text("long", "x" * 5000, 6)))

    assert found.media["note"][1].facts == {"text": "hello"}
    assert found.media["long"][1].data == b"x" * 5000


def test_image_and_sound_are_as_they_were_encoded(written):
    def write(writer):
        image = Summary.Image(height=1, width=1, encoded_image_string=PNG)
        sound = Summary.Audio(sample_rate=8000, encoded_audio_string=b"RIFF")
        values = [Summary.Value(tag="picture", image=image), Summary.Value(tag="sound", audio=sound)]
        writer.file_writer.add_summary(Summary(value=values), 4)

    found = written(write)

    assert (found.media["picture"][0], found.media["picture"][1].data) == (4, PNG)
    assert found.media["picture"][1].suffix == ".png"
    assert found.media["sound"][1].data == b"RIFF"


def test_hyper_parameters_become_configuration(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_hparams({"lr": 0.1, "batch": 32, "optimizer": "adam", "nesterov": True}, {"hparam/acc": 0.5})
    (below,) = tmp_path.glob("*/*tfevents*")

    found = understand(below.read_bytes())

    assert found.config == {"lr": 0.1, "batch": 32, "optimizer": "adam", "nesterov": True}
    assert json.dumps(found.config["batch"]) == "32"
    assert [row for _, row in found.rows] == [{"hparam/acc": 0.5}]


def test_lists_among_hyper_parameters_stay_lists():
    data = HParamsPluginData(version=0)
    data.session_start_info.hparams["sizes"].list_value.extend([64, 32])
    metadata = SummaryMetadata()
    metadata.plugin_data.plugin_name = "hparams"
    metadata.plugin_data.content = data.SerializeToString()

    facts = EventLog().read(event(Summary.Value(tag="_hparams_/session_start_info", metadata=metadata)))

    assert [fact.config for fact in facts] == [{"sizes": [64, 32]}]


def event(*values, step=1):
    return Event(wall_time=5.0, step=step, summary=Summary(value=values)).SerializeToString()


def of_plugin(name, tag, **tensor):
    metadata = SummaryMetadata()
    metadata.plugin_data.plugin_name = name
    return Summary.Value(tag=tag, metadata=metadata, tensor=TensorProto(**tensor))


def shape(*sizes):
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])


@pytest.mark.parametrize(
    ("tensor", "value"),
    [
        ({"dtype": FLOAT, "float_val": [0.5]}, 0.5),
        ({"dtype": FLOAT, "tensor_content": np.float32(0.5).tobytes()}, 0.5),
        ({"dtype": FLOAT, "float_val": [0.5], "tensor_shape": shape(1, 1)}, 0.5),
        ({"dtype": DOUBLE, "double_val": [0.1]}, 0.1),
        ({"dtype": DOUBLE, "tensor_content": np.float64(0.1).tobytes()}, 0.1),
        ({"dtype": INT32, "int_val": [-3]}, -3),
        ({"dtype": INT64, "int64_val": [-3]}, -3),
        ({"dtype": INT64, "tensor_content": np.int64(-(2**40)).tobytes()}, -(2**40)),
        ({"dtype": HALF, "half_val": [int(np.float16(0.5).view(np.uint16))]}, 0.5),
        ({"dtype": HALF, "tensor_content": np.float16(0.5).tobytes()}, 0.5),
        ({"dtype": BFLOAT16, "half_val": [0x3F00]}, 0.5),
        ({"dtype": BFLOAT16, "tensor_content": b"\x00\x3f"}, 0.5),
    ],
)
def test_scalar_may_be_a_tensor_of_any_type(tensor, value):
    (fact,) = EventLog().read(event(of_plugin("scalars", "epoch_loss", **tensor), step=7))

    assert (fact.step, fact.row) == (7, {"epoch_loss": value})


def test_tensors_tell_images_texts_and_histograms():
    buckets = np.array([[0, 1, 5], [1, 2, 7]], np.float64)
    values = [
        of_plugin("images", "picture", dtype=STRING, string_val=[b"8", b"8", PNG]),
        of_plugin("text", "note", dtype=STRING, string_val=[b"hello"]),
        of_plugin("histograms", "w", dtype=DOUBLE, tensor_shape=shape(2, 3), tensor_content=buckets.tobytes()),
    ]

    (fact,) = EventLog().read(event(*values))

    picture, note, histogram = fact.media
    assert (picture.name, picture.data) == ("picture", PNG)
    assert note.facts == {"text": "hello"}
    assert histogram.facts == {"bins": [0, 1, 2], "values": [5, 7]}


def test_what_the_first_event_said_of_a_tag_holds_for_the_next():
    log = EventLog()
    log.read(event(of_plugin("pr_curves", "curve", dtype=FLOAT, float_val=[0.1])))

    later = log.read(event(Summary.Value(tag="curve", tensor=TensorProto(dtype=FLOAT, float_val=[0.2]))))

    assert later == []


@pytest.mark.parametrize(
    ("folder", "tag", "name"),
    [
        ("", "loss", "loss"),
        ("validation", "epoch_loss", "validation/epoch_loss"),
        ("loss/train", "loss", "loss/train"),
        ("Loss_all_train", "Loss/all", "Loss/all/train"),
    ],
)
def test_name_tells_in_which_folder_it_stood(folder, tag, name):
    (fact,) = EventLog(folder).read(event(Summary.Value(tag=tag, simple_value=1.0)))

    assert fact.row == {name: 1.0}


@pytest.fixture
def records(tmp_path):
    """An event file of ten records, and where each ends."""
    path = tmp_path / "events.out.tfevents.1"
    writer = RecordWriter(str(path))
    for step in range(10):
        writer.write(event(Summary.Value(tag="x", simple_value=step), step=step))
    writer.close()
    data = path.read_bytes()
    return SimpleNamespace(data=data, ends=[record.end for record in split_records(data, 0).records])


def test_half_a_record_is_left_for_later(records):
    for cut in range(len(records.data)):
        found = split_records(records.data[:cut], 0)

        assert [record.end for record in found.records] == [end for end in records.ends if end <= cut]
        assert not found.is_damaged
        assert found.wanted > cut - found.end


def test_any_place_between_records_is_one_to_go_on_from(records):
    for end in [0, *records.ends]:
        found = split_records(records.data[end:], end)

        assert [record.end for record in found.records] == [other for other in records.ends if other > end]


def test_damaged_content_is_left_out_and_named(records):
    data = bytearray(records.data)
    data[records.ends[3] + 20] ^= 0xFF

    found = split_records(bytes(data), 0)

    (bad,) = [record for record in found.records if record.data is None]
    assert bad.end == records.ends[4]
    assert f"offset {records.ends[3]}" in bad.warning
    assert found.end == len(data)


def test_damaged_length_is_seen_and_the_next_record_found(records):
    data = bytearray(records.data)
    data[records.ends[3]] ^= 0xFF

    found = split_records(bytes(data), 0)

    assert found.is_damaged and found.end == records.ends[3]
    assert find_record(bytes(data[found.end :])) == records.ends[4] - records.ends[3]
    assert find_record(bytes(1000)) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event_or_are_not(data):
    try:
        EventLog().read(data)
    except (ValueError, OverflowError):
        return


@given(st.integers(min_value=0, max_value=400), st.integers(min_value=0, max_value=255))
def test_an_event_with_a_wrong_byte_is_read_or_refused(place, byte):
    data = bytearray(
        event(
            of_plugin("scalars", "a", dtype=FLOAT, tensor_content=b"1234"),
            of_plugin("histograms", "w", dtype=DOUBLE, tensor_shape=shape(1, 3), double_val=[1, 2, 3]),
            Summary.Value(tag="old", image=Summary.Image(encoded_image_string=PNG)),
        )
    )
    data[place % len(data)] = byte
    try:
        EventLog().read(bytes(data))
    except (ValueError, OverflowError):
        return


def test_a_file_of_another_version_is_no_error():
    assert EventLog().read(Event(wall_time=1.0, file_version="brain.Event:3").SerializeToString()) == []
