"""A packed file is read as it was before."""

import os
import posix

import pytest

from wrapper.rundir.journal import Journal, read_records
from wrapper.rundir.lines import read_lines
from wrapper.rundir.packing import is_there, open_packed, pack


def write_journal(count):
    journal = Journal("journal.jsonl")
    for number in range(count):
        journal.add("metrics", number, row={"loss": number / 7})
    return journal


def test_records_and_their_offsets_stay_the_same():
    write_journal(3000)
    records, lines = list(read_records("journal.jsonl")), list(read_lines("journal.jsonl"))
    size = os.path.getsize("journal.jsonl")
    pack("journal.jsonl")

    assert os.listdir() == ["journal.jsonl.gz"]
    assert os.path.getsize("journal.jsonl.gz") < size / 5
    assert list(read_records("journal.jsonl")) == records
    assert list(read_lines("journal.jsonl", lines[1999][1])) == lines[2000:]


def test_small_file_is_left_as_it_is():
    write_journal(3)
    pack("journal.jsonl")

    assert os.listdir() == ["journal.jsonl"]


def test_without_either_there_is_nothing():
    assert not is_there("journal.jsonl")
    with pytest.raises(FileNotFoundError):
        open_packed("journal.jsonl")


def test_one_that_was_interrupted_leaves_the_file(monkeypatch):
    write_journal(3000)
    monkeypatch.setattr(posix, "rename", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(OSError, match="No space"):
        pack("journal.jsonl")
    assert os.listdir() == ["journal.jsonl"]


def test_packed_journal_is_not_begun_anew():
    write_journal(3000)
    pack("journal.jsonl")

    with pytest.raises(FileExistsError):
        Journal("journal.jsonl")
