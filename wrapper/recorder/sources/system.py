"""What the machine and the run's processes do while the command runs: sampled often, written down as averages.

The positions of the journal carry what a successor has to know:

    system            how many records there are
    system:NAME       how far a counter had come that counts from the start of the command
    system:noted:KEY  that a person was told of this
"""

from __future__ import annotations

import os
import time

from wrapper.recorder.aside import Aside
from wrapper.recorder.channel import Channel
from wrapper.recorder.measuring import counters, mounts, rare
from wrapper.recorder.measuring.averages import Averages, rounded
from wrapper.recorder.measuring.cgroup import find_cgroup
from wrapper.recorder.measuring.counters import Processors, read_file
from wrapper.recorder.measuring.gpu_watch import GpuWatch
from wrapper.recorder.measuring.tree import Tree
from wrapper.rundir.prices import read_price

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SOURCE = "system"
INTERVAL_S, AVERAGE_S = 2.0, 30.0
LEAST_RECORDS = 2.0  # in a time that is asked about
CORES_AT_ONCE = 16  # in one record, on average
FIRST_RARE_PAUSE_S, RARE_PAUSE_S = 2.0, 30.0  # Sooner at first: a command that is over soon has its memory known, too.
RARE_DEADLINE_S = 10.0
PSS_PAUSE = 1000  # times as long as it took to add up, at least
MB = 1 << 20
JOULES_PER_KWH = 3.6e6


def read(channel: Channel) -> None:
    """Give the channel an average of the samples every so often, and what is left of them at the end."""
    stats = channel.part.get("stats")
    stats = stats if isinstance(stats, dict) else {}
    interval_s, average_s = stats.get("interval", INTERVAL_S), stats.get("average", AVERAGE_S)
    if not channel.command or not interval_s or not average_s:
        return
    average_s = min(average_s, max(interval_s, watched_s(channel.part) / LEAST_RECORDS))
    sampler = Sampler(channel, interval_s, stats.get("energy_price"))
    due = sent = time.monotonic()
    try:
        while not channel.has_ended:
            sampler.take()
            now = time.monotonic()
            if now - sent >= average_s - interval_s / 2:
                sampler.send()
                sent = now
            due = max(due + interval_s, now)
            channel.wait(due - now)
        sampler.take()
        sampler.send()
    finally:
        sampler.close()


def watched_s(part: dict[str, Any]) -> float:
    """The shortest time for which somebody asks whether nothing is done, or a rule holds: records must be closer."""
    watch = part.get("watch")
    asked = watch if isinstance(watch, dict) else {}
    spans = [asked.get("stall_after")]
    if rules := asked.get("stop_if"):
        from wrapper.rundir.rules import read_rule

        spans += [rule.seconds for rule in map(read_rule, rules) if rule.is_measured]
    return min((span for span in spans if isinstance(span, int | float) and span), default=float("inf"))


class Sampler:
    """All that is measured of one run."""

    def __init__(self, channel: Channel, interval_s: float, price: Any) -> None:
        self._channel = channel
        self._price = read_price(price) if isinstance(price, str) else None
        self._averages = Averages()
        self._tree = Tree(channel.command, {os.getpid(), os.getppid()})
        self._gpus = GpuWatch(interval_s, self._note)
        self._joules = channel.positions.get("system:joules", 0)
        self._totals = Totals(channel.positions)
        self._cgroup = find_cgroup(f"/proc/{channel.command}/cgroup")
        folders = [path for path in ("/", channel.part.get("cwd"), os.getcwd()) if isinstance(path, str)]
        self._mounts = mounts.find_mounts(folders)
        self._devices = mounts.devices(self._mounts)
        self._processors = self._cores_from = Processors(read_file("/proc/stat"))
        self._cores = usable_cores(channel.command)
        self._turns_without_cores = 0
        self._facts: dict[str, float] = {}
        self._rarely: Aside | None = None
        self._rare_at, self._rare_pause_s = 0.0, FIRST_RARE_PAUSE_S
        self._suspects: list[int] = []
        self._rare: dict[str, float] = {}
        self._add_pss_at = 0.0
        self._taken_at = time.monotonic()
        self._totals.count(self._counters())

    def take(self) -> None:
        """One sample."""
        now = time.monotonic()
        usage = self._tree.look(read_file("/proc/loadavg"))
        total, available = counters.read_memory(read_file("/proc/meminfo"))
        values: dict[str, float] = {
            "proc.cpu.threads": usage.threads,
            "proc.memory.rssMB": usage.memory_bytes / MB,
            "proc.memory.availableMB": available / MB,
        }
        if now - self._taken_at > 0.01:
            values["cpu"] = 100 * usage.cpu_s / (now - self._taken_at) / len(self._cores)
        if total:
            values["memory_percent"] = 100 * (total - available) / total
            values["proc.memory.percent"] = 100 * usage.memory_bytes / total
        if memory := self._cgroup and self._cgroup.memory():
            values["cgroup.memory.usedMB"], values["cgroup.memory.percent"] = (
                memory[0] / MB,
                100 * memory[0] / memory[1],
            )
        self._taken_at = now
        if usage.processes:  # When all have ended, the end says nothing of the run.
            self._averages.add(values)
        self._gpus.take(self._averages, self._tree.members.keys())
        self._hear_rarely()
        if now >= self._rare_at:
            self._look_rarely()
            self._rare_at = now + self._rare_pause_s
            self._rare_pause_s = min(RARE_PAUSE_S, 2 * self._rare_pause_s)

    def send(self) -> None:
        """Write down the means since the last time, and how far the counters are."""
        means, highest = self._averages.take()
        self._hear_rarely()
        totals = self._totals.count(self._counters())
        joules = self._joules + round(self._gpus.joules)
        also = {f"system:{name}": value for name, value in totals.items()}
        counted: dict[str, float] = {name: in_units(name, value) for name, value in totals.items()}
        if joules:
            also["system:joules"] = joules
            counted |= energy(joules, self._price)
        sample = {**means, **self._cpu_shares(), **self._rare, **counted, **self._changed()}
        facts: dict[str, Any] = {"sample": {f"system.{name}": rounded_fact(name, sample[name]) for name in sample}}
        if highest:
            facts["max"] = {f"system.{name}": value for name, value in highest.items()}
        self._say(also, **facts, time=round(time.time(), 3))

    def _say(self, also: dict[str, int], **facts: object) -> None:
        number = self._channel.positions[SOURCE] = self._channel.positions.get(SOURCE, 0) + 1
        self._channel.send(SOURCE, number, also, **facts)

    def _note(self, key: str, text: str) -> None:
        """Tell a person, once in a run."""
        name = f"system:noted:{key}"
        if name not in self._channel.positions:
            self._channel.positions[name] = 1
            self._say({name: 1}, warning=text)

    def _counters(self) -> dict[str, int]:
        found = counters.read_network(read_file("/proc/net/dev"))
        found |= counters.read_retransmits(read_file("/proc/net/snmp"))
        return found | counters.read_disks(read_file("/proc/diskstats"), self._devices)

    def _cpu_shares(self) -> dict[str, float]:
        """How busy the machine was; and each core that the run may use, not in every record when they are many."""
        now = Processors(read_file("/proc/stat"))
        shares = now.shares(self._processors).values()
        found = {"cpu.used_percent": sum(shares) / len(shares)} if shares else {}
        self._processors = now
        self._turns_without_cores += 1
        if self._turns_without_cores * CORES_AT_ONCE >= len(self._cores):
            of_cores = now.shares(self._cores_from)
            found |= {f"cpu.{core}.cpu_percent": of_cores[core] for core in sorted(self._cores & of_cores.keys())}
            self._turns_without_cores, self._cores_from = 0, now
        return found

    def _changed(self) -> dict[str, float]:
        """Facts of the GPUs that are not what was written last."""
        new = self._gpus.take_facts()
        changed = {name: value for name, value in new.items() if self._facts.get(name) != value}
        self._facts |= new
        return changed

    def _look_rarely(self) -> None:
        """Start to ask what is dear, unless the last one who was asked still hangs."""
        if self._rarely:
            return
        members, suspects = list(self._tree.members), self._tree.suspects()
        summed = members if time.monotonic() >= self._add_pss_at else []
        points = [mount.point for mount in self._mounts]
        self._suspects = suspects
        command = self._channel.command
        self._rarely = Aside(lambda listener: rare.look(listener, command, members, summed, suspects, points))

    def _hear_rarely(self) -> None:
        """Take the answers that have come."""
        if not self._rarely or self._rarely.is_over():
            self._rarely = self._rarely if self._rarely and self._rarely.is_left() else None
            return
        for answer in map(rare.read_answer, self._rarely.lines()):
            if "marked" in answer:
                self._tree.judge(self._suspects, set(answer["marked"]))
            self._gpus.held = answer.get("held", self._gpus.held)
            self._add_pss_at = max(self._add_pss_at, time.monotonic() + PSS_PAUSE * answer.get("took_s", 0.0))
            self._rare |= answer.get("values", {})
        if self._rarely.is_over():
            self._rarely.end()
        elif self._rarely.silent_s() > RARE_DEADLINE_S:
            self._rarely.end()
            self._note("rare", "a disk or a process did not answer: how full disks are, for one, is not known")

    def close(self) -> None:
        self._gpus.close()
        if self._rarely and not self._rarely.is_over():
            self._rarely.end()


class Totals:
    """Counters from the start of the command on, also when somebody else began to count."""

    def __init__(self, positions: dict[str, int]) -> None:
        self._positions = positions
        self._bases: dict[str, int] = {}

    def count(self, now: dict[str, int]) -> dict[str, int]:
        """How far each has come; one that began anew, as of an interface that was taken away, goes on from there."""
        found = {}
        for name, value in now.items():
            known = self._positions.get(f"system:{name}", 0)
            base = self._bases.setdefault(name, value - known)
            if value - base < known:
                base = self._bases[name] = value - known
            found[name] = self._positions[f"system:{name}"] = value - base
        return found


def in_units(name: str, value: int) -> float:
    """Bytes of the network, megabytes of disks: as W&B has them."""
    return value / MB if name.startswith("disk.") else value


def rounded_fact(name: str, value: float) -> float:
    return value if name.startswith("gpu.energy") else rounded(value)


def energy(joules: float, price: tuple[float, str] | None) -> dict[str, float]:
    """What GPUs took for the run, and what that costs."""
    found = {"gpu.energyKWh": round(joules / JOULES_PER_KWH, 6)}
    if price:
        found["gpu.energyCost"] = round(joules / JOULES_PER_KWH * price[0], 6)
    return found


def usable_cores(pid: int) -> set[int]:
    """The processors that it may run on."""
    try:
        return os.sched_getaffinity(pid)
    except OSError:  # Gone.
        return os.sched_getaffinity(0)
