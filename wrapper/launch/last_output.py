"""The last that the command wrote: it is to have arrived before we end, and nothing else is waited for."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wrapper.launch.loop import Loop


class LastOutput:
    """Knows when what the command itself wrote has been relayed, though others may still write."""

    SETTLE_S = 0.02  # What was written to a PTY is on its way for a moment.
    BLOCKED_S = 0.2

    def __init__(self, loop: Loop, gives_up: bool, has_keeper: bool) -> None:
        """`gives_up` when the reader takes nothing; `has_keeper` where one goes on after us."""
        self._loop = loop
        self._gives_up, self._has_keeper = gives_up, has_keeper
        self._ended = time.monotonic()
        self._has_settled = False
        self._targets = self._read_targets()

    def _read_targets(self) -> dict[int, int]:
        return {stream: relay.taken + relay.waiting() for stream, relay in self._loop.relays.items()}

    def has_arrived(self) -> bool:
        if all(self._is_through(stream, target) for stream, target in self._targets.items()):
            return self._settle()
        # Without us it would have died, or stopped, in a write that nobody took, or would have made all of them
        # without a reader: the rest is the keeper's.
        return time.monotonic() - self._ended > self.BLOCKED_S and (self._gives_up or self._leaves_rest())

    def _leaves_rest(self) -> bool:
        return self._has_keeper and all(relay.has_room() for relay in self._loop.relays.values())

    def _is_through(self, stream: int, target: int) -> bool:
        relay = self._loop.relays.get(stream)
        return relay is None or relay.taken - relay.for_person >= target

    def _settle(self) -> bool:
        terminals = any(relay.is_terminal for relay in self._loop.relays.values())
        if self._has_settled or not terminals:
            return True
        if time.monotonic() - self._ended >= self.SETTLE_S:
            self._has_settled = True
            self._targets = self._read_targets()
        return False
