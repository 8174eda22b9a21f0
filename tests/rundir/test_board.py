"""What is on the board is true at any instruction at which a process may die."""

import random

import pytest

from wrapper.rundir.board import GAPS, SIGNALS, Board


@pytest.fixture
def board():
    return Board.make()


def test_another_process_sees_what_one_wrote(board):
    board.command = 4711
    board.streams[2].lost = 5

    other = Board(board.fd)

    assert (other.command, other.streams[2].lost, other.streams[1].lost) == (4711, 5, 0)


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
