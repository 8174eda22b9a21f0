"""The journal is its own memory: opened again after any crash, it goes on where it was."""

import json
import os

import pytest

from wrapper.rundir.journal import POSITIONS_EVERY, Journal, read_records, read_state


def write_some(path, count):
    journal = Journal(str(path))
    journal.add("output", 0, {"output:1": 0}, stream=1)
    for number in range(1, count):
        journal.add("metrics", number * 10)
    return journal


def test_records_are_numbered_from_one_without_a_gap(tmp_path):
    write_some(tmp_path / "journal", 5)
    Journal(str(tmp_path / "journal")).add("files", shared="/log")

    records = list(read_records(str(tmp_path / "journal")))

    assert [record["n"] for record in records] == [1, 2, 3, 4, 5, 6]
    assert records[-1]["shared"] == "/log"


@pytest.mark.parametrize("count", [1, 5, POSITIONS_EVERY - 1, POSITIONS_EVERY, 3 * POSITIONS_EVERY + 7])
def test_opened_again_it_knows_every_position(tmp_path, count):
    positions = write_some(tmp_path / "journal", count).positions

    again = Journal(str(tmp_path / "journal"))

    assert (again.number, again.positions) == (count, positions)


def test_half_a_record_is_cut_off_and_written_anew(tmp_path):
    path = tmp_path / "journal"
    write_some(path, 3)
    os.truncate(path, path.stat().st_size - 4)

    journal = Journal(str(path))
    journal.add("metrics", 20)

    assert [record["n"] for record in read_records(str(path))] == [1, 2, 3]
    assert journal.positions["metrics"] == 20


def test_long_journal_is_opened_from_its_end(tmp_path):
    path = tmp_path / "journal"
    write_some(path, POSITIONS_EVERY)
    with path.open("ab") as file:
        file.write(b'{"n": 1001, "source": "metrics", "upto": 5, "values": "' + b"x" * 5_000_000 + b'"}\n')

    assert read_state(str(path)) == (1001, {"output": 0, "output:1": 0, "metrics": 5})


@pytest.mark.parametrize("damage", [b"no json\n", b"[1]\n", b'{"n": 2}\n', b"\xff\xfe\n", b'{"source": 3}\n'])
def test_damaged_record_is_named_and_the_rest_is_read(tmp_path, damage):
    path = tmp_path / "journal"
    write_some(path, 1)
    before = path.stat().st_size
    with path.open("ab") as file:
        file.write(damage + json.dumps({"n": 3, "source": "files"}).encode() + b"\n")

    _first, damaged, last = read_records(str(path))

    assert damaged == {"source": "journal", "damaged": damage, "offset": before}
    assert last["n"] == 3
