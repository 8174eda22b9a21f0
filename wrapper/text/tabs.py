"""Where a tab stops."""

from bisect import bisect_left, bisect_right, insort

EVERY = 8


class Tabs:
    """Stops every eight columns, until the program sets its own."""

    def __init__(self) -> None:
        self._stops: list[int] | None = None

    def are_usual(self) -> bool:
        """Whether the program has left them alone."""
        return self._stops is None

    def after(self, x: int, edge: int) -> int:
        """The next stop to the right of column `x`, or `edge`."""
        if self._stops is None:
            return min((x // EVERY + 1) * EVERY, edge)
        index = bisect_right(self._stops, x)
        return min(self._stops[index], edge) if index < len(self._stops) else edge

    def before(self, x: int) -> int:
        """The next stop to the left of column `x`, or 0."""
        if self._stops is None:
            return max(0, (x - 1) // EVERY * EVERY)
        index = bisect_left(self._stops, x)
        return self._stops[index - 1] if index else 0

    def set(self, x: int, width: int) -> None:
        """Stop at column `x` too."""
        stops = self._own(width)
        index = bisect_left(stops, x)
        if stops[index : index + 1] != [x]:
            insort(stops, x)

    def clear(self, x: int, width: int) -> None:
        """Do not stop at column `x`."""
        stops = self._own(width)
        if x in stops:
            stops.remove(x)

    def clear_all(self) -> None:
        """Stop nowhere."""
        self._stops = []

    def _own(self, width: int) -> list[int]:
        if self._stops is None:
            self._stops = list(range(EVERY, width, EVERY))
        return self._stops
