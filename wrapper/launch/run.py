"""`wandb run` up to the fork of the command."""

from __future__ import annotations

import posix as os
import time

from wrapper.launch import command, fds, making, outputs, signals
from wrapper.launch.options import early_mode
from wrapper.launch.start import Start, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from wrapper.launch.options import RunOptions

USAGE_STATUS = 2
UNRECORDED = {b"WANDB_METRICS_FILE": b"/dev/null"}  # A program that appends there must not fail because our disk did.


def run(options: RunOptions, environment: list[bytes], site: str) -> NoReturn:
    """Run the command, keep the run, and end as the command ended."""
    closed = fds.park_closed()
    ignores_pipe = signals.caller_ignores_pipe()
    try:
        path = command.find_program(options.command[0], environment)
    except command.CannotStart as error:
        say(str(error))
        os._exit(error.status)
    mask = signals.block_all()
    signals.forget_python()
    start = Start(options.command, path, environment, closed, mask, ignores_pipe)
    if early_mode(options, start.variables) == "disabled":
        start.instead_of_us()
    found = outputs.inspect_outputs(closed)
    with_directory = None
    try:
        with_directory = make_directory(start, options, found, site)
        # While the disk is busy. What is imported up to here is what the fork needs, and a third of all.
        from wrapper.launch.wrapping import Wrapping
    except (OSError, MemoryError) as error:
        if with_directory:
            with_directory.reap()
        run_unrecorded(start, error, bool(options.silent))
    made = with_directory.wait()
    if made.state != making.KEPT:
        with_directory.reap()
        if made.state == making.REFUSED:
            say(made.why)
            os._exit(USAGE_STATUS)
        if made.state == making.LOST and not (made.choices.silent or options.silent):
            is_watched = options.stop_if or options.stop_after or made.choices.stops
            say(f"this run is not recorded{', and nothing will end it' if is_watched else ''}: {made.why}")
        start.instead_of_us({} if made.state == making.OFF else UNRECORDED)
    outputs.choose(found, made.choices.own_output, made.choices.pty)
    if os.getsid(0) == os.getpid():
        with_directory.reap()  # We may become the command, see Wrapping.
    try:
        wrapping = Wrapping(start, made, found, site)
    except (OSError, MemoryError) as error:
        with_directory.reap()  # It may still be writing there.
        making.remove_part(made.part)
        run_unrecorded(start, error, made.choices.silent or bool(options.silent))
    wrapping.run()


def run_unrecorded(start: Start, error: OSError | MemoryError, is_silent: bool) -> NoReturn:
    """There are too few descriptors or processes, or too little memory, for us; the command may have enough."""
    if not is_silent:
        why = error.strerror if isinstance(error, OSError) else "there is too little memory"
        say(f"this run is not recorded: {why or error}")
    start.instead_of_us(UNRECORDED)


def make_directory(start: Start, options: RunOptions, found: list[outputs.Output], site: str) -> making.Making:
    """Begin to make the run directory."""
    wrapper, started_at = os.getpid(), time.time()

    def make(tell: making.Tell) -> None:  # Beside us, where there is the time to load what that takes.
        from wrapper.launch.request import Request

        Request(start, options, found, site, wrapper, started_at).answer(tell)

    return making.Making(make)
