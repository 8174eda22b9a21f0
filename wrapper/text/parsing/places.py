"""Where the bytes of one stream are in all that came, on whichever stream."""

from bisect import bisect_left

KEPT = 4096  # times that another stream had its turn


class Places:
    """The pieces of one stream, each with its place in all that came."""

    def __init__(self) -> None:
        self._own: list[int] = []
        self._all: list[int] = []
        self._end = 0

    def add(self, start: int, size: int) -> None:
        """A piece of so many bytes came after `start` bytes of all."""
        if not self._own or self._all[-1] - self._own[-1] != start - self._end:
            if len(self._own) >= KEPT:
                del self._own[: KEPT // 2], self._all[: KEPT // 2]
            self._own.append(self._end)
            self._all.append(start)
        self._end += size

    def find(self, end: int) -> int:
        """How much of all had come when `end` bytes of this stream had."""
        index = max(0, bisect_left(self._own, end) - 1)
        return self._all[index] + end - self._own[index]
