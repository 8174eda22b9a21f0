"""When the channel to the recorder is full, whatever is in it, the recorder hears of it at once."""

import os
import threading

import pytest

from wrapper.launch import kernel
from wrapper.launch.fds import make_pipe
from wrapper.launch.loop import Loop
from wrapper.launch.relay import Relay
from wrapper.rundir.board import Board


@pytest.fixture
def relayed():
    """A stream that is relayed: where the command writes, the person's end, the log's end, and its loop with rings."""
    kernel.load()
    (source, command), (person, screen), (log, channel) = make_pipe(), make_pipe(), make_pipe()
    board, rings = Board.make(), []
    relay = Relay(source, screen, channel, board.streams[1], "pipe")
    yield command, person, log, Loop({1: relay}, lambda stream: None, lambda: rings.append(1)), rings
    for fd in (command, person, log, *relay.descriptors(), board.fd):
        os.close(fd)


def test_recorder_is_rung_for_when_every_slot_is_taken(relayed):
    command, person, log, loop, rings = relayed
    os.set_blocking(person, False)
    seen = pieces = 0
    while not rings:
        seen += write_and_read(command, loop, person)
        pieces += 1
        assert pieces < 1000

    kept = len(os.read(log, 1 << 16))  # Much less than it could hold in bytes.
    while seen < pieces:
        seen += write_and_read(command, loop, person)
        pieces += 1
        kept += len(os.read(log, 1 << 16))
    assert seen == kept


def test_position_counts_what_the_log_took_after_a_wait(relayed):
    command, person, log, loop, rings = relayed
    relay = loop.relays[1]
    os.set_blocking(person, False)
    while not rings:
        write_and_read(command, loop, person)
    os.write(command, b"x")  # So the wait for the log holds somebody up.
    reads_later = threading.Timer(0.05, os.read, (log, 1 << 16))
    reads_later.start()
    while not relay.is_idle:
        loop.turn(timeout_s=0.1)
    reads_later.join()

    assert not relay.board.is_copied
    assert relay.board.logged == relay.taken


def write_and_read(command, loop, person):
    """Have one more byte relayed; how many arrived."""
    os.write(command, b"x")
    loop.turn(timeout_s=0)
    try:
        return len(os.read(person, 1 << 16))
    except BlockingIOError:
        return 0
