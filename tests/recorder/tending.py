"""A reader of the recorder, looked after as the recorder does it."""

import select
import time
from collections.abc import Callable

from wrapper.recorder.readers import Reader


def tend(
    reader: Reader,
    has_ended: bool | Callable[[], bool],
    timeout_s: float,
    watch: Callable[[Reader], object] = lambda _reader: None,
) -> None:
    """Take what it says until it is through; `watch` is called in between."""
    until = time.monotonic() + timeout_s
    while not reader.is_complete:
        assert time.monotonic() < until
        poll = select.poll()
        poll.poll(1000 * reader.watch(poll, 0.02))
        reader.tend(has_ended() if callable(has_ended) else has_ended)
        watch(reader)
