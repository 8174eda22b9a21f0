"""The rows of output.log: each once, however often its reader died; of a flood, a stated number of lines is missing."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from recorder.tending import tend

from wrapper.recorder.readers import Reader
from wrapper.recorder.sources import output as source
from wrapper.rundir.journal import Journal, read_records


def keep(*pieces, **part):
    """A part with this output: each piece a stream and its bytes, or a record of the journal."""
    Path("part.json").write_text(json.dumps({"started_at": 1.0, "columns": None, "rows": None, **part}))
    journal = Journal("journal.jsonl")
    with open("output.log", "ab") as log:
        for stream, data in pieces:
            if isinstance(data, dict):
                journal.add(stream, log.tell() if "gap" in data else None, **data)
            else:
                journal.add("output", log.tell(), {"output:stream": stream}, stream=stream)
                log.write(data)
                log.flush()
    return journal


def read_all(journal, has_ended=True, watch=lambda _reader: None):
    reader = Reader("output", lambda _: True, journal, command=0)
    tend(reader, has_ended, 60, watch)
    return list(read_records("journal.jsonl"))


def rows(records):
    return [(record["row"], record.get("step")) for record in records if "row" in record]


def lines(first, last):
    return b"".join(b"step %d loss %.3f\n" % (step, step / 1000) for step in range(first, last + 1))


def expected(first, last):
    return [({"loss": step / 1000}, step) for step in range(first, last + 1)]


def test_rows_have_the_time_of_their_line(tmp_path):
    records = read_all(keep((1, lines(1, 3))))

    assert rows(records) == expected(1, 3)
    pieces = [record["at"] for record in records if record["source"] == "output"]
    assert {record["time"] for record in records if "row" in record} == set(pieces)


def test_two_streams_are_two_screens():
    records = read_all(keep((1, b"step 1 loss "), (2, b"warming up\n"), (1, b"0.001\n")))

    assert rows(records) == expected(1, 1)


def test_half_a_number_before_a_gap_is_no_number():
    records = read_all(
        keep((1, lines(1, 2) + b"step 3 loss 0.0"), ("output", {"stream": 1, "gap": 5}), (1, lines(4, 5)))
    )

    assert rows(records) == expected(1, 2) + expected(4, 5)


def test_a_file_into_which_others_write_is_not_read():
    shared = ("files", {"shared": "/somewhere/log"})
    streams = [{"stream": 1, "path": "/somewhere/log"}, {"stream": 2, "path": "/somewhere/else"}]
    records = read_all(keep(shared, (1, lines(1, 2)), (2, lines(3, 4)), streams=streams))

    assert rows(records) == expected(3, 4)


@pytest.mark.parametrize("kills", [1, 5])
def test_a_new_reader_gives_the_rows_that_the_last_one_did_not(kills):
    journal = keep((1, lines(1, 30_000)))
    killed = []

    def kill(reader):
        if len(killed) < kills and reader._pid and journal.positions.get("parsed", 0) > 3000 * len(killed):
            killed.append(os.kill(reader._pid, signal.SIGKILL))

    assert rows(read_all(journal, watch=kill)) == expected(1, 30_000)
    assert len(killed) == kills


def test_a_flood_is_left_out_and_counted(monkeypatch):
    monkeypatch.setattr(source, "MOST_BEHIND_BYTES", 100_000)
    monkeypatch.setattr(source, "KEPT_BYTES", 10_000)
    monkeypatch.setattr(source, "LONGEST_REST_S", 0.01)
    journal = keep((1, lines(1, 100_000)))
    reader = Reader("output", lambda _: True, journal, command=0)
    until = time.monotonic() + 30
    while not any("skipped" in record for record in read_records("journal.jsonl")):
        assert time.monotonic() < until
        reader.tend(has_ended=False)
        time.sleep(0.01)
    reader.close()

    records = read_all(journal)
    found = rows(records)
    skipped = [record["skipped"] for record in records if "skipped" in record]
    left_out = sum(piece["lines"] for piece in skipped)
    assert left_out > 0 and len(found) + left_out == 100_000
    first = found_before(found)
    assert found == expected(1, first) + expected(first + left_out + 1, 100_000)


def found_before(found):
    """How many rows come before the first step that is missing."""
    return next(index for index, (_row, step) in enumerate(found) if step != index + 1)
