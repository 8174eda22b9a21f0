"""What is looked at rarely, because it is dear or may hang: in a process of its own.

Disks that may not answer, memory that takes the kernel long to add up, environments of processes that hang.
"""

from __future__ import annotations

import json
import os
import time

from wrapper.recorder.measuring.counters import read_file
from wrapper.recorder.writers import read_mark
from wrapper.rundir.names import METRICS_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wrapper.recorder.aside import Listener

MB, GB = 1 << 20, 1 << 30
MOST_PROCESSES = 200  # whose memory is added up
LONGEST_PSS_S = 0.1  # of CPU
SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")
HWMON = "/sys/class/hwmon"


def look(
    listener: Listener, command: int, members: list[int], summed: list[int], suspects: list[int], paths: list[str]
) -> None:
    """Say one line for each thing, the harmless first: what hangs then takes nothing else along.

    `summed` are the processes whose memory is added up, `suspects` those that may have the run's mark.
    """
    listener.say(json.dumps({"marked": marked(suspects, command) if suspects else []}))
    listener.say(json.dumps({"held": held_gpus(members), "values": open_files(members) | temperature()}))
    began = time.process_time()
    memory = {"proc.memory.pssMB": pss / MB} if summed and (pss := add_up_pss(summed)) is not None else {}
    listener.say(json.dumps({"values": memory, "took_s": time.process_time() - began}))
    for path in paths:
        listener.say(json.dumps({"values": disk_usage(path)}))


def marked(suspects: list[int], command: int) -> list[int]:
    """Those whose environment names the metrics file of the run, as that of its command does."""
    mark = read_mark(command) or os.fsencode(f"WANDB_METRICS_FILE={os.path.abspath(METRICS_FILE)}")
    return [pid for pid in suspects if read_mark(pid) == mark]


def open_files(members: list[int]) -> dict[str, float]:
    """How many descriptors the processes have."""
    found = 0
    for pid in members:
        try:
            found += len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:  # Gone, or another user's.
            continue
    return {"proc.openFiles": found}


def held_gpus(members: list[int]) -> list[int]:
    """Minor numbers of the GPUs that a process of the run has open: what a container tells of whose they are."""
    if not os.path.exists("/dev/nvidiactl"):
        return []
    found = set()
    for pid in members:
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                name = os.readlink(f"/proc/{pid}/fd/{fd}").removeprefix("/dev/nvidia")
                if name.isdigit():
                    found.add(int(name))
        except OSError:
            continue
    return sorted(found)


def add_up_pss(members: list[int]) -> int | None:
    """Bytes of memory with each shared page divided by those who share it; None when it would take too long."""
    began, found = time.process_time(), 0
    if len(members) > MOST_PROCESSES:
        return None
    for pid in members:
        try:
            text = read_file(f"/proc/{pid}/smaps_rollup")
        except OSError:
            continue
        place = text.find(b"\nPss:")
        if place >= 0:
            found += 1024 * int(text[place + 5 :].split(None, 1)[0])
        if time.process_time() - began > LONGEST_PSS_S:
            return None
    return found


def temperature() -> dict[str, float]:
    """Degrees Celsius of the hottest processor; nothing where no sensor says."""
    found: list[float] = []
    try:
        for name in os.listdir(HWMON):
            if read_file(f"{HWMON}/{name}/name").decode().strip() in SENSORS:
                files = [file for file in os.listdir(f"{HWMON}/{name}") if file.endswith("_input")]
                found += [int(read_file(f"{HWMON}/{name}/{file}")) / 1000 for file in files if file[:4] == "temp"]
    except (OSError, ValueError):  # A sensor that is there and does not answer.
        return {}
    return {"cpu.temp": max(found)} if found else {}


def disk_usage(path: str) -> dict[str, float]:
    """How full the file system at a path is; hangs when that does."""
    try:
        status = os.statvfs(path)
    except OSError:
        return {}
    used = status.f_frsize * (status.f_blocks - status.f_bfree)
    room = used + status.f_frsize * status.f_bavail
    return {f"disk.{path}.usageGB": used / GB, f"disk.{path}.usagePercent": 100 * used / room if room else 0.0}


def read_answer(line: bytes) -> dict[str, Any]:
    """What one of the lines says; nothing when it is cut off."""
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
