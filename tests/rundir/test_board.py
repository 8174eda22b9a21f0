"""What is on the board is true at any instruction at which a process may die."""

import random
from collections import Counter

import pytest

from wrapper.rundir.board import (
    GAPS,
    SENDER,
    SIGNALS,
    SIGNALS_AT,
    SIZE_BYTES,
    STOP_AT,
    STREAM_AT,
    STREAM_BYTES,
    TALLY,
    TEXT_BYTES,
    TROUBLE_AT,
    Board,
    Byte,
    Field,
)


@pytest.fixture
def board():
    return Board.make()


def test_another_process_sees_what_one_wrote(board):
    board.command = 4711
    board.streams[2].lost = 5

    other = Board(board.fd)

    assert (other.command, other.streams[2].lost, other.streams[1].lost) == (4711, 5, 0)


def test_no_two_things_share_a_byte(board):
    blocks = {range(STREAM_AT): fields_of(board), range(SIGNALS_AT, SIZE_BYTES): LISTS_AND_TEXTS}
    for stream in board.streams.values():
        tallies = range(stream.start + stream.TALLIES_AT, stream.start + stream.TALLIES_AT + 2 * 8)
        gaps = range(stream.start + stream.GAPS_AT, stream.start + stream.GAPS_AT + GAPS * TALLY.size)
        blocks[range(stream.start, stream.start + STREAM_BYTES)] = [*fields_of(stream), tallies, gaps]

    for block, places in blocks.items():
        assert all(place[0] in block and place[-1] in block for place in places)
    for places in (blocks, [place for found in blocks.values() for place in found]):
        assert set(Counter(at for place in places for at in place).values()) == {1}


LISTS_AND_TEXTS = [
    range(SIGNALS_AT, SIGNALS_AT + SIGNALS * SENDER.size),
    range(TROUBLE_AT, TROUBLE_AT + TEXT_BYTES),
    range(STOP_AT, STOP_AT + TEXT_BYTES),
]


def fields_of(owner):
    """The bytes of each of its numbers."""
    fields = [field for field in vars(type(owner)).values() if isinstance(field, (Byte, Field))]
    return [range(owner.start + field.at, owner.start + field.at + field.size_bytes) for field in fields]


def test_tally_changes_with_one_byte(board):
    """Killed before that byte is stored, the chunk at hand is still at hand."""
    stream = board.streams[1]
    total = 0
    for chunk in random.Random(1).sample(range(1, 1 << 40), 100):
        stream.chunk = chunk
        stream.mark_copied()
        before = bytes(board.memory)
        stream.mark_done()
        total += chunk

        assert stream.logged == total
        changed = [at for at, (old, new) in enumerate(zip(before, bytes(board.memory), strict=True)) if old != new]
        assert stream.start in changed  # the phase; all others belong to the tally that was not valid before
        assert {at - stream.start for at in changed} <= {0, *slot_of(stream)}


def slot_of(stream):
    start = stream.TALLIES_AT + 8 * (stream.phase >> 1)
    return range(start, start + 8)


def test_gaps_are_read_in_order_and_make_room(board):
    stream = board.streams[1]
    for number in range(3 * GAPS):
        stream.note_gap(number * 100, number + 1)
        assert stream.read_gap(stream.gaps_read) == (number * 100, number + 1)
        stream.gaps_read += 1

    assert stream.lost == sum(range(1, 3 * GAPS + 1))


def test_too_many_gaps_are_added_up_in_the_last(board):
    stream = board.streams[1]
    for number in range(GAPS + 10):
        stream.note_gap(number * 100, 7)

    assert stream.gaps == GAPS
    assert sum(stream.read_gap(index)[1] for index in range(GAPS)) == stream.lost == 7 * (GAPS + 10)


def test_newest_signals_are_kept(board):
    for number in range(SIGNALS + 5):
        board.note_signal(15, number, 0, 1.5)

    assert [pid for _, pid, _, _ in board.read_signals(SIGNALS)] == [SIGNALS, *range(SIGNALS + 1, SIGNALS + 5)]
    assert len(board.read_signals(0)) == SIGNALS
