"""Waiting a moment for more, so that small pieces which come thick and fast are taken several at a time."""

from __future__ import annotations

import time


class Gathering:
    """Pauses after a small piece; shorter when so much gathers that the wrapper's channel could fill."""

    SMALL_BYTES = 1 << 14
    MUCH_BYTES = 1 << 16  # A quarter of the channel.
    LONGEST_S, SHORTEST_S = 0.01, 0.0005

    def __init__(self) -> None:
        self._pause_s = self.LONGEST_S
        self._has_paused = False

    def pause(self, taken_bytes: int) -> None:
        """After a turn that took so much."""
        if self._has_paused:
            self._adapt(taken_bytes)
        self._has_paused = 0 < taken_bytes < self.SMALL_BYTES
        if self._has_paused:
            time.sleep(self._pause_s)

    def _adapt(self, taken_bytes: int) -> None:
        if taken_bytes >= self.MUCH_BYTES:
            self._pause_s = max(self.SHORTEST_S, self._pause_s / 2)
        elif taken_bytes < self.SMALL_BYTES:
            self._pause_s = min(self.LONGEST_S, 2 * self._pause_s)
