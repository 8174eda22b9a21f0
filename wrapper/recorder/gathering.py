"""Waiting a moment for more, so that small pieces which come thick and fast are taken several at a time."""

from __future__ import annotations

import select
import time


class Gathering:
    """Pauses after a piece that came soon after another; shorter when so much gathers that the channel could fill.

    A channel is full, whatever it holds, when it has a piece in each of its slots. So the wrapper rings when it is,
    and that ends the pause.
    """

    LARGE_BYTES = 1 << 17
    MUCH_BYTES = 1 << 19  # Half of the channel.
    LONGEST_S, SHORTEST_S = 0.01, 0.0005
    SOON_S = 0.1

    def __init__(self) -> None:
        self._pause_s = self.LONGEST_S
        self._has_paused = False
        self._taken_at = -self.SOON_S

    def pause(self, taken_bytes: int, bell: int) -> None:
        """After a turn that took so much. What rings is still to be heard afterwards."""
        if self._has_paused:
            self._adapt(taken_bytes)
        now = time.monotonic()
        self._has_paused = 0 < taken_bytes < self.LARGE_BYTES and now - self._taken_at < self.SOON_S
        if taken_bytes:
            self._taken_at = now
        if self._has_paused:
            waiting = select.poll()
            waiting.register(bell, select.POLLIN)
            waiting.poll(1000 * self._pause_s)

    def _adapt(self, taken_bytes: int) -> None:
        if taken_bytes >= self.MUCH_BYTES:
            self._pause_s = max(self.SHORTEST_S, self._pause_s / 2)
        elif taken_bytes < self.LARGE_BYTES:
            self._pause_s = min(self.LONGEST_S, 2 * self._pause_s)
