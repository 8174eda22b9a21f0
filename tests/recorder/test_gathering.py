"""The recorder waits a moment for more, and never so long that the wrapper's channel fills."""

import os
import threading
import time

import pytest

from wrapper.recorder.gathering import Gathering


@pytest.fixture
def bell():
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def pauses(gathering, bell, *taken_bytes):
    """How long it waited after each of these."""
    found = []
    for size_bytes in taken_bytes:
        began = time.monotonic()
        gathering.pause(size_bytes, bell[0])
        found.append(time.monotonic() - began)
    return found


def test_small_pieces_gather_when_they_come_one_after_another(bell, monkeypatch):
    monkeypatch.setattr(Gathering, "SOON_S", 60.0)
    first, second = pauses(dense(), bell, 100, 5000)

    assert first >= Gathering.LONGEST_S and second >= Gathering.LONGEST_S


def test_nobody_waits_after_a_piece_that_came_alone(bell, monkeypatch):
    monkeypatch.setattr(Gathering, "LONGEST_S", 60.0)
    monkeypatch.setattr(Gathering, "SOON_S", 0.0)

    assert max(pauses(dense(), bell, 100, 100)) < Gathering.LONGEST_S


def dense():
    """One that has just taken something."""
    gathering = Gathering()
    gathering._taken_at = time.monotonic()
    return gathering


def test_nobody_waits_after_nothing_or_much(bell, monkeypatch):
    monkeypatch.setattr(Gathering, "LONGEST_S", 60.0)

    assert max(pauses(dense(), bell, 0, Gathering.LARGE_BYTES)) < Gathering.LONGEST_S


def test_pause_ends_when_the_wrapper_rings(bell, monkeypatch):
    monkeypatch.setattr(Gathering, "LONGEST_S", 60.0)
    threading.Timer(0.05, os.write, [bell[1], b"!"]).start()

    (pause,) = pauses(dense(), bell, 100)

    assert pause < Gathering.LONGEST_S
    assert os.read(bell[0], 10) == b"!"  # It is still to be heard.


def test_pauses_become_shorter_when_much_gathers_in_them(bell):
    gathering = dense()

    pauses(gathering, bell, 100, Gathering.MUCH_BYTES, 100, Gathering.MUCH_BYTES)

    assert gathering._pause_s == Gathering.LONGEST_S / 4
    pauses(gathering, bell, 100, 100, 100)
    assert gathering._pause_s == Gathering.LONGEST_S
