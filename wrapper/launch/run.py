"""`wandb run` up to the fork of the command."""

from __future__ import annotations

import os
import time

from wrapper.launch import command, fds, making, outputs, settings, signals
from wrapper.launch.start import Start, part_facts, say
from wrapper.launch.wrapping import Wrapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from wrapper.launch.options import RunOptions


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
    if settings.early_mode(options, start.variables) == "disabled":
        start.instead_of_us()
    found = outputs.inspect_outputs(closed)
    made = make_directory(start, options, found)
    if made.state != making.KEPT:
        if made.state == making.LOST and not (made.choices.silent or options.silent):
            say(f"this run is not recorded: {made.why}")
        start.instead_of_us()
    if made.choices.own_output:
        outputs.take_files(found)
    Wrapping(start, made, found, site).run()


def make_directory(start: Start, options: RunOptions, found: list[outputs.Output]) -> making.Made:
    """The run directory, or why there is none."""
    wrapper, started_at = os.getpid(), time.time()

    def facts(chosen: settings.Settings) -> dict[str, Any]:
        if chosen.own_output:
            outputs.take_files(found)
        return part_facts(start, found, wrapper, started_at)

    return making.Making(lambda: settings.resolve(options, start.variables, os.getcwd()), facts).wait()
