"""A reader may die at any instruction: another goes on, and what kills three of them is left out."""

import os
import signal
import sys
import time
import types
from contextlib import suppress
from pathlib import Path

import pytest
from recorder.tending import tend

from wrapper.recorder import readers, room
from wrapper.recorder.readers import Reader
from wrapper.rundir.journal import Journal, read_records


@pytest.fixture
def reading(monkeypatch):
    """Run a function as a reader until it is through, the command having ended or not; the records it left."""

    def go(read, has_ended=True):
        module = types.ModuleType("wrapper.recorder.sources.tried")
        module.read = read
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(readers.NAMES, "tried", "what is tried")
        reader = Reader("tried", lambda _: True, Journal("journal.jsonl"), command=0)
        tend(reader, has_ended, 30)
        return list(read_records("journal.jsonl"))

    return go


def numbers(records):
    return [record["upto"] for record in records if record["source"] == "tried" and "row" in record]


def test_what_it_says_is_in_the_journal_once_and_in_order(reading):
    def read(channel):
        for number in range(1, 5001):
            channel.send("tried", number, {"tried:half": number // 2}, row={"x": number, "näme\t": "a\n"})

    records = reading(read)

    assert numbers(records) == list(range(1, 5001))
    assert records[41]["row"] == {"x": 42, "näme\t": "a\n"} and records[41]["also"] == {"tried:half": 21}
    assert [record["n"] for record in records] == list(range(1, 5001))
    assert records[999]["positions"] == {"tried": 1000, "tried:half": 500}
    assert Journal("journal.jsonl").positions == {"tried": 5000, "tried:half": 2500}


def test_one_that_follows_another_hears_of_the_end_when_that_one_has_said_all(monkeypatch):
    module = types.ModuleType("wrapper.recorder.sources.tried")
    module.read = lambda channel: [channel.wait(0.2), channel.send("tried", ended=channel.has_ended)]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    journal = Journal("journal.jsonl")
    first, running, later = (Reader("tried", is_wanted, journal, command=0) for is_wanted in (always, always, at_end))
    running.follows = later.follows = first
    running.tend(has_ended=False)

    while not all(reader.is_complete for reader in (first, running, later)):
        for reader in (running, later, first):
            reader.tend(has_ended=True)
        assert first.is_complete or not (running._has_ended or later._pid)
        time.sleep(0.01)

    assert [record["ended"] for record in read_records("journal.jsonl")][-1] is True


def always(_has_ended):
    return True


def at_end(has_ended):
    return has_ended


def test_those_of_one_lane_live_one_after_another(monkeypatch):
    module = types.ModuleType("wrapper.recorder.sources.tried")
    module.read = lambda channel: time.sleep(0.05)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    journal = Journal("journal.jsonl")
    lane = [Reader("tried", lambda _: True, journal, command=0) for _ in range(3)]
    alone = Reader("tried", lambda _: True, journal, command=0)
    for reader in lane:
        reader.lane = lane

    seen = []
    while not all(reader.is_complete for reader in (*lane, alone)):
        for reader in (*lane, alone):
            reader.tend(has_ended=True)
        seen.append([bool(reader._pid) for reader in (*lane, alone)])
        time.sleep(0.01)

    assert seen[0] == [True, False, False, True]
    assert all(sum(turn[:3]) <= 1 for turn in seen) and all(any(turn[n] for turn in seen) for n in range(3))


def test_it_leaves_the_processors_to_the_training(reading):
    def read(channel):
        channel.send("tried", 1, is_alone=os.getsid(0) == os.getpid(), nice=os.nice(0))

    [record] = reading(read)

    assert record["is_alone"] and record["nice"] == min(19, os.nice(0) + 5)


def test_its_session_is_the_last_one_until_the_training_has_ended(reading):
    turns = iter([False] * 5)

    def read(channel):
        while not channel.has_ended:
            channel.send("tried", niceness=niceness_of_session())
            channel.wait(0.05)
        time.sleep(0.2)
        channel.send("tried", niceness=niceness_of_session())

    seen = [record["niceness"] for record in reading(read, has_ended=lambda: next(turns, True))]

    shares_by_session = Path("/proc/self/autogroup").exists()
    assert (seen[0], seen[-1]) == (("19", "0") if shares_by_session else (None, None))


def niceness_of_session():
    """None where the kernel shares the processors out in another way."""
    with suppress(FileNotFoundError):
        return Path("/proc/self/autogroup").read_text().split()[-1]


def test_it_tries_again_where_the_kernel_wants_no_more_of_that_now(reading, monkeypatch):
    answers = [False, False, True]
    monkeypatch.setattr(room, "make_session_nice", lambda process, niceness: answers.pop(0))

    def read(channel):
        for _ in range(4):
            channel.flush()
        channel.send("tried", 1, left=len(answers))

    assert reading(read)[0]["left"] == 0


def test_another_goes_on_where_one_died(reading):
    def read(channel):
        for number in range(channel.positions.get("tried", 0) + 1, 101):
            channel.send("tried", number, row={"x": number})
            if number % 7 == 0:
                channel.flush()
                os.kill(os.getpid(), signal.SIGKILL)

    assert numbers(reading(read)) == list(range(1, 101))


def test_what_kills_three_is_left_out_by_the_fourth(reading):
    def read(channel):
        for number in range(channel.positions.get("tried", 0) + 1, 11):
            channel.begin(number)
            if number in channel.skips:
                channel.send("tried", number, skipped=True)
                continue
            if number == 6:
                os.kill(os.getpid(), signal.SIGSEGV)
            channel.send("tried", number, row={"x": number})
            channel.flush()

    assert numbers(reading(read)) == [1, 2, 3, 4, 5, 7, 8, 9, 10]


def test_what_takes_too_long_counts_as_a_death(reading, monkeypatch):
    monkeypatch.setattr("wrapper.recorder.channel.LONGEST_PIECE_S", 0.05)

    def read(channel):
        channel.begin(0)
        while not channel.skips:
            pass
        channel.send("tried", 1, row={"x": 1})

    assert numbers(reading(read)) == [1]


def test_one_that_fails_says_why_once_and_is_given_up_in_the_end(reading, monkeypatch):
    monkeypatch.setattr(readers, "MOST_DEATHS", 4)
    monkeypatch.setattr(readers, "FIRST_PAUSE_S", 0.001)

    def read(channel):
        raise ValueError("no such thing")

    warnings = [record["warning"] for record in reading(read)]
    assert warnings == [
        "reading what is tried failed: ValueError: no such thing",
        "the reader of what is tried died again and again; some of it may be missing",
    ]


def test_one_that_hangs_after_the_end_is_given_up(reading, monkeypatch):
    monkeypatch.setattr(readers, "SILENT_S", 0.1)

    (record,) = reading(lambda _channel: time.sleep(1000))
    assert "did not come to an end" in record["warning"]


def test_it_learns_of_the_end_while_it_waits(reading):
    def read(channel):
        while not channel.has_ended:
            channel.wait(1000)
        channel.send("tried", 1, row={})

    assert numbers(reading(read)) == [1]


def test_it_holds_nothing_of_the_recorder(reading, tmp_path):
    held = os.open(tmp_path, os.O_RDONLY)

    def read(channel):
        channel.send("tried", len(os.listdir("/proc/self/fd")), row={})

    try:
        (count,) = numbers(reading(read))
    finally:
        os.close(held)
    assert count == 6  # three that everybody has, two of its own, and the listing
