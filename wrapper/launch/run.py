"""`wandb run` up to the fork of the command."""

from __future__ import annotations

import os
import time

from wrapper.launch import command, fds, making, outputs, settings, signals
from wrapper.launch.start import Start, part_facts, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from wrapper.launch.options import RunOptions
    from wrapper.launch.ranks import Place

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
    if settings.early_mode(options, start.variables) == "disabled":
        start.instead_of_us()
    found = outputs.inspect_outputs(closed)
    with_directory = make_directory(start, options, found, site)
    # While the disk is busy. What is imported up to here is what the fork needs, and a third of all.
    from wrapper.launch.wrapping import Wrapping

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
    except OSError as error:  # Too few descriptors, processes or memory for us; there may be enough for the command.
        making.remove_part(made.part)
        say(f"this run is not recorded: {error.strerror}")
        start.instead_of_us(UNRECORDED)
    wrapping.run()


def make_directory(start: Start, options: RunOptions, found: list[outputs.Output], site: str) -> making.Making:
    """Begin to make the run directory."""
    wrapper, started_at = os.getpid(), time.time()

    def find_place() -> Place:  # In a process beside us, which has the time to load what that takes.
        from wrapper.launch import ranks

        return ranks.find_place(start.variables)

    def facts(chosen: settings.Settings, place: Place) -> dict[str, Any]:
        from wrapper.launch.slurm import slurm_facts

        outputs.choose(found, chosen.own_output, chosen.pty)
        metrics = {"parse": chosen.parse, "patterns": chosen.metrics, "ignore": chosen.ignore}
        stats = {
            "interval": chosen.stats_interval,
            "average": chosen.stats_average,
            "energy_price": chosen.energy_price,
        }
        watch = {
            "stop_if": chosen.stop_if,
            "stop_after": chosen.stop_after,
            "stop_grace": chosen.stop_grace,
            "stall_after": chosen.stall_after,
        }
        known = part_facts(start, found, wrapper, started_at)
        known["redact"], known["masked"], known["save"] = chosen.redact, 0, chosen.save
        if chosen.redact:
            from wrapper.rundir.secrets import mask_words  # Not in the process that becomes the wrapper.

            known["argv"], known["masked"] = mask_words(start.argv)
            known["masked"] += chosen.mask_labels(mask_words)
        known["launch"], known["slurm"] = place.facts(), slurm_facts(start.variables, place.problems)
        warnings = list(dict.fromkeys([*chosen.problems, *place.problems]))
        return {**known, "warnings": warnings, "metrics": metrics, "stats": stats, "watch": watch}

    return making.Making(lambda: settings.resolve(options, start.variables, os.getcwd(), site), find_place, facts)
