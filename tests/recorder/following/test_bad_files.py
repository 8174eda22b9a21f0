"""What is wrong with a file becomes a warning that names the place; everything else goes on."""

import json
import os
import stat

import pytest
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import HistogramProto, Summary
from tensorboardX.record_writer import RecordWriter

PNG = b"\x89PNG\r\n\x1a\n"
EVENTS = "events.out.tfevents.1"


@pytest.fixture
def read(run):
    """The warnings about a file of this content, and its steps; another file is read as always."""

    def go(name, content):
        path = run.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (run.directory / "good").mkdir()
        (run.directory / "good" / "log.csv").write_text("step,loss\n1,0.5\n")
        run.end()
        assert run.rows("good/log.csv") == [(1, {"loss": 0.5})]
        return run.warnings(), [step for step, _ in run.rows(name)]

    return go


HEADER = "step,loss\n"


@pytest.mark.parametrize(
    ("name", "content", "warnings", "steps"),
    [
        (
            "log.csv",
            "step,loss\n1,0.5\nstep,acc,loss\n2,0.9,0.4\n",
            ["log.csv line 3: the columns are others from here on"],
            [1, 2],
        ),
        (
            "log.csv",
            "step,loss\n1,0.5\n2\n3,0.3\n",
            ["log.csv line 3: 1 cells under 2 columns; the line was left out"],
            [1, 3],
        ),
        (
            "log.csv",
            b"step,loss\n1,0.5\n2,0.4\xff\n3,0.3\n",
            ["log.csv line 3: this is no UTF-8; what makes no sense was replaced"],
            [1, 3],
        ),
        (
            "log.csv",
            HEADER + "1,0.5\n" + "x" * 2_000_000 + "\n3,0.3\n",
            ["log.csv line 3: the line is longer than 1048576 bytes; it was left out"],
            [1, 3],
        ),
        ("log.csv", HEADER.encode() + b"1,0.5\n" + bytes(100) + b"2,0.4\n", [], [1, 2]),
        (
            "log.jsonl",
            '{"step": 1, "loss": 1}\n' + "[" * 100_000 + '\n{"step": 3, "loss": 1}\n',
            ["log.jsonl line 2: this is no JSON object; the line was left out"],
            [1, 3],
        ),
        (
            "log.jsonl",
            '{"step": 1, "loss": 1}\n{"step": 2, "%s": 1}\n{"step": 3, "loss": 1}\n' % ("x" * 9000),
            ["log.jsonl line 2: it has too many values, or names too long; the line was left out"],
            [1, 3],
        ),
        (
            "trainer_state.json",
            '{\n"log_history": [',
            ["trainer_state.json line 2: Expecting value"],
            [],
        ),
        ("trainer_state.json", "[" * 100_000, ["trainer_state.json: it is nested too deep"], []),
        (".hydra/config.yaml", "[" * 100_000, [".hydra/config.yaml line 1: this is nested too deep"], []),
        ("hparams.yaml", "a: 1\nb: [\n", ["hparams.yaml line 3: this is not YAML: expected the node content, but"], []),
        ("hparams.yaml", "a: " + "x" * 300_000, ["hparams.yaml: it has 300003 bytes, more than 262144, and was"], []),
        ("log.csv", b"\x00\x01" * 5000, [], []),
        ("log.csv", b"PK\x03\x04 and so on \xff\xfe\n" * 100, [], []),
    ],
)  # fmt: skip
def test_bad_file(read, name, content, warnings, steps):
    told, found = read(name, content)

    assert len(told) == len(warnings) and all(
        text.startswith(start) for text, start in zip(told, warnings, strict=True)
    )
    assert found == steps


def test_yaml_that_unfolds_to_billions_is_left_out(read):
    text = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))

    (warning,), _ = read("hparams.yaml", text)

    assert warning.startswith("hparams.yaml: ")


def test_only_so_many_warnings_of_a_file_are_told(read):
    warnings, steps = read("log.csv", HEADER + "1,0.5\n" + "1\n" * 1000 + "2,0.5\n")

    assert len(warnings) == 20
    assert warnings[-1].endswith("what else is wrong with this file is not told")
    assert steps == [1, 2]


def test_two_gigabytes_that_are_no_log_are_not_read(run):
    with (run.directory / "log.csv").open("wb") as file:
        file.truncate(2 << 30)
    with (run.directory / "log.jsonl").open("wb") as file:
        file.write(b"x" * 100_000)
        file.truncate(2 << 30)

    run.end()

    assert run.sources() == set() and run.warnings() == []


def test_line_of_hundreds_of_megabytes_is_passed_over(run):
    with (run.directory / "log.csv").open("wb") as file:
        file.write(b"step,loss\n1,0.5\n2,")
        file.seek(300 << 20)
        file.write(b"\n3,0.3\n")

    run.end()

    assert [step for step, _ in run.rows("log.csv")] == [1, 3]
    assert run.warnings() == ["log.csv line 3: the line is longer than 1048576 bytes; it was left out"]


def test_pipe_of_a_logs_name_is_not_opened(run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for folder in (run.directory, tmp_path / "elsewhere"):
        os.mkfifo(folder / "log.csv")
    program = "import sys; file = open(sys.argv[1], 'r+b', 0); print('ready', flush=True); sys.stdin.read()"
    run.start(program, tmp_path / "elsewhere" / "log.csv")
    (run.directory / "hparams.yaml").write_text("lr: 0.1\n")
    run.follow_until(lambda records: any("config" in record for record in records))

    run.end()

    assert run.sources() == {"hparams.yaml"}


def test_file_that_may_not_be_read_is_told(run):
    path = run.directory / "log.csv"
    path.write_text("step,loss\n1,0.5\n")
    run.follow_until(lambda records: any("row" in record for record in records))
    path.unlink()
    path.mkdir()

    run.end()

    assert run.warnings() == ["log.csv: it cannot be read: Is a directory"]


def event(step, **value):
    value = value or {"simple_value": step}
    summary = Summary(value=[Summary.Value(tag="x", **value)])
    return Event(wall_time=5.0, step=step, summary=summary).SerializeToString()


@pytest.fixture
def write_events(run):
    """Write an event file with these records; its path."""

    def write(*records):
        path = run.directory / EVENTS
        writer = RecordWriter(str(path))
        for record in records:
            writer.write(record)
        writer.close()
        return path

    return write


def damage(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)


def test_damaged_record_is_left_out(run, write_events):
    path = write_events(*map(event, range(5)))
    size = path.stat().st_size // 5
    damage(path, 2 * size + 15)

    run.end()

    assert [step for step, _ in run.rows(".")] == [0, 1, 3, 4]
    (warning,) = run.warnings()
    assert warning.startswith(f"{EVENTS}: the record at offset") and warning.endswith("is damaged, and was left out")


def test_damaged_length_is_passed_over(run, write_events):
    path = write_events(*map(event, range(1, 6)))
    size = path.stat().st_size // 5
    damage(path, 2 * size + 1)

    run.end()

    assert [step for step, _ in run.rows(".")] == [1, 2, 4, 5]
    assert run.warnings() == [f"{EVENTS}: {size} bytes at offset {2 * size} are damaged, and were left out"]


def test_end_of_a_damaged_file_is_told(run, write_events):
    path = write_events(*map(event, range(1, 6)))
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(os.urandom(200))

    run.end()

    assert len(run.rows(".")) == 5
    assert run.warnings() == [f"{EVENTS}: what follows offset {size} is damaged, and was left out"]


def test_half_a_record_at_the_end_is_no_damage(run, write_events):
    path = write_events(*map(event, range(1, 6)))
    os.truncate(path, path.stat().st_size - 3)

    run.end()

    assert len(run.rows(".")) == 4 and run.warnings() == []


def test_garbage_of_an_event_files_name_is_told(run):
    (run.directory / EVENTS).write_bytes(os.urandom(100_000))

    run.end()

    assert run.warnings() == [f"{EVENTS}: what follows offset 0 is damaged, and was left out"]


def test_record_that_is_no_event_is_left_out(run, write_events):
    write_events(event(1), b"\xff" * 30, event(3))

    run.end()

    assert [step for step, _ in run.rows(".")] == [1, 3]
    (warning,) = run.warnings()
    assert warning.endswith("makes no sense; it was left out")


def test_images_are_kept_up_to_a_size(run, write_events):
    small = Summary.Image(encoded_image_string=PNG)
    large = Summary.Image(encoded_image_string=PNG + bytes(11 << 20))
    write_events(event(1, image=small), event(2, image=large), event(3))

    records = run.end()

    (media,) = [record["media"] for record in records if "media" in record]
    assert media["x"]["type"] == "image"
    assert (run.part / media["x"]["path"]).read_bytes() == PNG
    assert stat.S_ISREG((run.part / media["x"]["path"]).stat().st_mode)
    assert run.warnings() == [f"{EVENTS}: x at step 2 has {(11 << 20) + 8} bytes, and was left out"]
    assert run.rows(".") == [(3, {"x": 3})]


def test_only_so_many_images_are_kept(run, write_events):
    images = [event(step, image=Summary.Image(encoded_image_string=PNG + bytes([step % 256]))) for step in range(1010)]
    write_events(*images)

    records = run.end()

    assert sum("media" in record for record in records) == 1000
    assert len(list((run.part / "files" / "media" / "image").iterdir())) == 1000
    assert run.warnings() == [f"{EVENTS}: 1000 images, sounds and texts were kept; x and others were left out"]


def test_histogram_stands_in_the_record(run, write_events):
    histo = HistogramProto(min=0, max=2, num=3, bucket_limit=[1, 2], bucket=[1, 2])
    write_events(event(4, histo=histo))

    records = run.end()

    (record,) = [record for record in records if "media" in record]
    assert (record["step"], record["media"]) == (4, {"x": {"type": "histogram", "bins": [0, 1, 2], "values": [1, 2]}})
    assert json.dumps(record)
