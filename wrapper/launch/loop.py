"""The loop that W and, after its death, K runs: wait for any stream, move what can be moved."""

from __future__ import annotations

import _signal as signal
import errno
import posix as os
import select
import time

from wrapper.launch.signals import STOPS_WITHIN_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wrapper.launch.readback import ReadBack
    from wrapper.launch.relay import Relay
    from wrapper.launch.terminal import Mirror, Window

LONGEST_HOLD_S = 0.2
TURNS_BETWEEN_POLLS = 64
MIRROR_EVERY_S = 0.25
HAS_GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Patience:
    """How long the command may still be held up by its log: at most 0.2 s in any second.

    A log that takes 100 MB in a second does not hold anybody up, it is only slower than a flood, as tee(1) would be:
    what it takes pays for the wait. A wait that was used up in vain ends all waiting until the log takes
    something again, so a disk that hangs costs the command 0.2 s once.
    """

    GOOD_BYTES_PER_S = 100e6

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._second = clock()
        self._spent = 0.0
        self._is_stuck = False

    def left_s(self) -> float:
        now = self._clock()
        if now - self._second >= 1.0:
            self._second, self._spent = now, 0.0
        return 0.0 if self._is_stuck else max(0.0, LONGEST_HOLD_S - self._spent)

    def note(self, waited_s: float, moved_bytes: int) -> None:
        """So long was waited, and then the log took so much."""
        self._spent = max(0.0, self._spent + waited_s - moved_bytes / self.GOOD_BYTES_PER_S)
        if moved_bytes:
            self._is_stuck = False
        elif self._spent >= LONGEST_HOLD_S:
            self._is_stuck = True


class Pace:
    """Lets small pieces gather when they come thick and fast, which halves what they cost.

    A command that waits for an answer to each piece writes just as fast and gains nothing: no more gathers
    in a pause. Then pauses stop, for a time that doubles.
    """

    DENSE_S = 0.003
    STREAK = 64
    PAUSE_S = 0.001
    LONGEST_TRUCE_S = 64.0

    def __init__(self) -> None:
        self._last = 0.0
        self._streak = 0
        self._usual_bytes = 0.0
        self._has_paused = False
        self._truce_until = 0.0
        self._truce_s = 1.0

    def pause(self) -> None:
        """Before a piece is taken in."""
        if self._streak >= self.STREAK and time.monotonic() >= self._truce_until:
            time.sleep(self.PAUSE_S)
            self._has_paused = True

    def note(self, size_bytes: int, is_small: bool) -> None:
        """A piece of this size was taken in."""
        now = time.monotonic()
        if self._has_paused:
            self._judge(size_bytes, now)
        elif is_small:
            self._usual_bytes += (size_bytes - self._usual_bytes) / 8
        is_dense = is_small and now - self._last < self.DENSE_S
        self._streak = self._streak + 1 if is_dense else 0
        self._last = now

    def _judge(self, size_bytes: int, now: float) -> None:
        self._has_paused = False
        if size_bytes < 2 * self._usual_bytes:
            self._truce_until = now + self._truce_s
            self._truce_s = min(2 * self._truce_s, self.LONGEST_TRUCE_S)
            self._streak = 0


class Loop:
    """Relays some streams until they have ended, and wakes up for what else is to be watched."""

    def __init__(
        self, relays: dict[int, Relay], on_closed: Callable[[int], None], on_log_full: Callable[[], None]
    ) -> None:
        self.relays = dict(relays)
        self._mirrors: dict[int, Mirror] = {}
        self._readbacks: dict[int, ReadBack] = {}
        self._on_closed, self._on_log_full = on_closed, on_log_full
        self._patience = Patience()
        self._pace = Pace()
        self._watched: dict[int, Callable[[], None]] = {}
        self._stopped_at: float | None = None

    def tend_terminals(self, window: Window) -> None:
        """Keep the command's terminals and the person's alike, and hand over what is typed for the former."""
        self._mirrors = window.mirrors()
        for stream in self._mirrors:
            self._read_back(stream, window)

    def _read_back(self, stream: int, window: Window) -> None:
        from wrapper.launch.readback import ReadBack

        try:
            readback = self._readbacks[stream] = ReadBack(*window.pairs[stream], window.board)
        except OSError:  # Too few descriptors: then nobody reads from where it writes.
            return
        self.watch(readback.descriptor, readback.hear)

    def watch(self, fd: int, act: Callable[[], None]) -> None:
        """Call `act` whenever `fd` can be read."""
        self._watched[fd] = act

    def unwatch(self, fd: int) -> None:
        self._watched.pop(fd, None)

    @property
    def is_idle(self) -> bool:
        return all(relay.is_idle for relay in self.relays.values())

    @property
    def is_held_back(self) -> bool:
        """Whether the terminal takes nothing from us now, because we are in the background."""
        return any(mirror.must_stop() for mirror in self._mirrors.values())

    def turn(self, timeout_s: float | None = None) -> None:
        """Move all that can be moved now, then wait, once, until there is more to do."""
        for mirror in self._mirrors.values():
            mirror.apply()
        for stream, readback in list(self._readbacks.items()):
            try:
                readback.tend()
            except Exception:  # noqa: BLE001 -- a pager that cannot be left is bad; without the relay all would end.
                self._stop_reading_back(stream)
        for _ in range(TURNS_BETWEEN_POLLS):
            if not self.move():
                break
        else:
            timeout_s = 0.0
        self._wait(timeout_s)

    def move(self) -> bool:
        """Move what can be moved without waiting; whether that was anything."""
        moved = False
        for stream, relay in list(self.relays.items()):
            moved |= self._move(stream, relay)
        return moved

    def _move(self, stream: int, relay: Relay) -> bool:
        if relay.is_idle:
            self._pace.pause()
            size = self._take_in(stream, relay)
            if size == 0:
                self.close(stream)
            if not size:
                return False
            self._pace.note(size, size < relay.small_bytes)
        if self._stop_before_writing(stream):
            return False
        try:
            return self.relays[stream].give()
        except BrokenPipeError:
            self._lose_reader(stream, relay)
            return True

    def _stop_before_writing(self, stream: int) -> bool:
        """With `stty tostop` the kernel stops the group of a background process that writes to the terminal.

        The command writes to our PTY, which nobody would stop it for, so it is done here. A command that does not
        stop, because it ignores that signal, may write.
        """
        mirror = self._mirrors.get(stream)
        if mirror is None:
            return False
        if not self.relays[stream].for_person or not mirror.must_stop():
            self._stopped_at = None
            return False
        now = time.monotonic()
        if self._stopped_at is None:
            self._stopped_at = now
            os.kill(0, signal.SIGTTOU)
        return now - self._stopped_at < STOPS_WITHIN_S

    def _take_in(self, stream: int, relay: Relay) -> int | None:
        try:
            return relay.take_in()
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        # Kernels from 5.10 to 5.16 cannot splice from a terminal.
        self.relays[stream] = relay.as_copying()
        return self.relays[stream].take_in()

    def _lose_reader(self, stream: int, relay: Relay) -> None:
        """The person's end is gone: the command must find that out at its next write, as without us."""
        relay.drop_person()
        relay.give_log()
        if relay.for_log:
            relay.drop_log()
        self.close(stream)

    def close(self, stream: int) -> None:
        """The stream has ended, or nobody wants it any more."""
        if stream in self._mirrors:
            self._mirrors.pop(stream).apply()  # The command may have set modes last of all.
            self._stop_reading_back(stream)
        relay = self.relays.pop(stream)
        relay.board.is_closed = 1
        relay.close()
        self._on_closed(stream)

    def _stop_reading_back(self, stream: int) -> None:
        readback = self._readbacks.pop(stream, None)
        if readback is not None:
            self.unwatch(readback.descriptor)
            readback.close()

    def _wait(self, timeout_s: float | None) -> None:
        poll, held_up = select.poll(), []
        for fd in self._watched:
            poll.register(fd, select.POLLIN)
        for relay in self.relays.values():
            # With no events asked for, it still tells that the reader has gone.
            poll.register(relay.person, select.POLLOUT if relay.for_person else 0)
            if relay.for_log:
                poll.register(relay.log, select.POLLOUT)
            if relay.is_held_up_by_log and can_read(relay.source):
                held_up.append(relay)
            elif not relay.for_person:
                poll.register(relay.source, select.POLLIN)
        limits = [limit for limit in (timeout_s, MIRROR_EVERY_S if self._mirrors else None) if limit is not None]
        if held_up:
            self._hold(poll, held_up, limits)
        else:
            self._act(poll.poll(1000 * min(limits) if limits else None))

    def _hold(self, poll: select.poll, held_up: list[Relay], limits: list[float]) -> None:
        """The command has written more than the log takes: wait for the log as long as may be, or drop it."""
        self._on_log_full()
        left_s = self._patience.left_s()
        began = time.monotonic()
        ready = poll.poll(1000 * min([left_s, *limits]))
        moved = [relay.give_log() for relay in held_up]
        self._patience.note(time.monotonic() - began, sum(moved))
        if self._patience.left_s() <= 0:
            for relay, moved_bytes in zip(held_up, moved, strict=True):
                if not moved_bytes and relay.for_log:
                    relay.drop_log()
        self._act(ready)

    def _act(self, ready: list[tuple[int, int]]) -> None:
        events = dict(ready)
        for fd, act in list(self._watched.items()):
            if fd in events and fd in self._watched:
                act()
        for stream, relay in list(self.relays.items()):
            if events.get(relay.person, 0) & HAS_GONE:
                self._lose_reader(stream, relay)


def can_read(fd: int) -> bool:
    """Whether something waits there now."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))
