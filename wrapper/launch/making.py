"""Making the run directory: in a process of its own, because a hung disk stops whoever touches it."""

from __future__ import annotations

import posix as os
import select
import time

from wrapper.launch.command import as_bytes, as_text
from wrapper.launch.fds import let_go_of_callers, make_pipe
from wrapper.rundir import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[[list[str]], bool]

LONGEST_WAIT_S = 0.5
WORDS = ("pty", "live", "own_output", "silent", "stops")
KEPT, OFF, LOST, REFUSED = "kept", "off", "lost", "refused"


class Made:
    """What became of it: `state` is KEPT, OFF (the settings say so), LOST or REFUSED (`why` says it)."""

    def __init__(self, state: str, choices: Choices, why: str = "") -> None:
        self.state, self.choices, self.why = state, choices, why
        self.part = self.run = self.name = ""


class Choices:
    """What the wrapper has to know of the settings, as one word per thing that is on."""

    def __init__(self, words: str) -> None:
        on = words.split()
        self.pty, self.live, self.own_output, self.silent, self.stops = (word in on for word in WORDS)


class Making:
    """Has the run directory made beside us; `wait` has the answer, at most half a second later."""

    def __init__(self, make: Callable[[Tell], None]) -> None:
        """`make` is called in the other process, with what tells the answer: its fields, of which WORDS are one."""
        self._began = time.monotonic()
        self._answer, answer_end = make_pipe()
        self._is_ours = os.getpid() == 1  # The first process of a container gets back whatever it gives away.
        self._pid = os.fork()
        if self._pid == 0:
            try:
                if self._is_ours or not os.fork():
                    let_go_of_callers([answer_end])
                    os.umask(0o077)
                    make(lambda fields: _tell(answer_end, fields))
            finally:  # Where there may be no more processes, nobody has answered: the run is not recorded.
                os._exit(0)
        os.sched_yield()  # Or the kernel may let it wait, on our processor, until we have imported all that we want.
        os.close(answer_end)

    def reap(self) -> None:
        """Before we become the command, which is to have no child that it did not make, and to hear of none.

        One whose disk hangs cannot be reaped, and is nobody's child for that. To the first process of a container
        it comes back, where the command may meet it in wait(2): the least that such a disk can do to it.
        """
        if not self._pid:
            return
        has_ended = not self._is_ours
        if self._answer >= 0:
            has_ended |= self._wait_for(select.POLLHUP)
            os.close(self._answer)
        os.waitpid(self._pid, 0 if has_ended else os.WNOHANG)
        self._pid = 0

    def wait(self) -> Made:
        # Where others keep the processors from us, the time may be over and the answer there. It comes in one piece,
        # and counts before its pipe is closed: whoever told it may have lost the processor to us.
        data = os.read(self._answer, 1 << 16) if self._wait_for(select.POLLIN) else b""
        if not data:  # Who answers now is to know that nobody hears it.
            os.close(self._answer)
            self._answer = -1
        return _read_answer(data)

    def _wait_for(self, event: int) -> bool:
        """Whether that came to the answer's pipe while there was time."""
        poll = select.poll()
        poll.register(self._answer, event)
        return bool(poll.poll(1000 * max(0.0, self._began + LONGEST_WAIT_S - time.monotonic())))


def _tell(answer: int, fields: list[str]) -> bool:
    """Whether anybody still listens."""
    try:
        os.write(answer, b"\0".join(map(as_bytes, fields)))
    except OSError:  # Nobody: it took too long.
        return False
    return True


def _read_answer(data: bytes) -> Made:
    state, *fields = map(as_text, data.split(b"\0"))
    if not state:
        return Made(
            LOST,
            Choices(""),
            f"the disk of the run directory did not answer within {LONGEST_WAIT_S} s, or the machine is too busy",
        )
    made = Made(state, Choices(fields[0]))
    if state in (LOST, REFUSED):
        made.why = fields[1]
    elif state == KEPT:
        made.part, made.run, made.name = fields[1:]
    return made


def remove_part(path: str) -> None:
    """Remove a part in which nothing was recorded, and its run when it was the only one."""
    try:
        for entry in os.listdir(path):
            os.unlink(f"{path}/{entry}")
        os.rmdir(path)
        run = path.rpartition("/")[0]
        if os.listdir(run) == [names.RUN_FILE]:
            os.unlink(f"{run}/{names.RUN_FILE}")
        os.rmdir(run)
    except OSError:  # Other attempts are in it, or the disk does not let us: an empty run is no harm.
        return


def remove_beside(path: str) -> None:
    """Remove a part in a process of its own, and do not wait for a disk that hangs."""
    try:
        pid = os.fork()
    except OSError:  # Too many processes: an empty run is no harm.
        return
    if pid == 0:
        remove_part(path)
        os._exit(0)
