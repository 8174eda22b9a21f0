"""What the machine is: its processors, memory and system, and its GPUs as soon as their driver has answered.

The position says how much is known: 1 for all but the GPUs, 2 for all.
"""

from __future__ import annotations

import os

from wrapper.recorder.aside import Aside
from wrapper.recorder.channel import Channel
from wrapper.recorder.measuring import gpus, hardware
from wrapper.recorder.measuring.rare import read_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SOURCE = "machine"
WITHOUT_GPUS, ALL = 1, 2
PATIENCE_S, PATIENCE_AT_END_S = 60.0, 5.0
AT_ONCE_S, LOOK_EVERY_S = 1.0, 0.25


def read(channel: Channel) -> None:
    """Give the channel what is known: in one record, or in two where the driver of the GPUs takes its time."""
    aside = Aside(gpus.describe)
    found: dict[str, Any] = {}
    if channel.positions.get(SOURCE, 0) < WITHOUT_GPUS:
        folders = [path for path in ("/", channel.part.get("cwd"), os.getcwd()) if isinstance(path, str)]
        found = hardware.describe(channel.command, folders)
        aside.wait(AT_ONCE_S)
        lines = aside.lines()
        if not lines and not aside.is_over():
            channel.send(SOURCE, WITHOUT_GPUS, machine=found)
            channel.flush()
            found = {}
            lines = wait_for_answer(channel, aside)
    else:
        lines = wait_for_answer(channel, aside)
    aside.end()
    told = read_answer(lines[0]) if lines else {}
    facts = {name: told[name] for name in ("gpus", "driver", "cuda") if told.get(name)}
    channel.send(SOURCE, ALL, machine={**found, **facts})


def wait_for_answer(channel: Channel, aside: Aside) -> list[bytes]:
    """What the driver says; nothing when it does not say it in time. What is wrong is noted by who samples."""
    lines: list[bytes] = []
    while not lines and not aside.is_over():
        aside.wait(LOOK_EVERY_S)
        channel.wait(0)
        lines = aside.lines()
        if aside.silent_s() > (PATIENCE_AT_END_S if channel.has_ended else PATIENCE_S):
            break
    return lines
