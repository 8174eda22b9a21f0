"""What the kernel counts for the whole machine: processors, memory, disks, network. Text in, numbers out."""

from __future__ import annotations

SECTOR_BYTES = 512
PSEUDO_DEVICES = ("loop", "ram", "zram", "fd", "sr")


def read_file(path: str) -> bytes:
    """All of a small file of the kernel's; raises OSError."""
    with open(path, "rb", buffering=0) as file:
        found = b""
        while piece := file.read(1 << 16):
            found += piece
        return found


class Processors:
    """Ticks of each core that were spent working, and all its ticks, as /proc/stat has them."""

    def __init__(self, text: bytes) -> None:
        self.cores: dict[int, tuple[int, int]] = {}
        for line in text.split(b"\n"):
            if line[:3] == b"cpu" and line[3:4].isdigit():
                name, *words = line.split()
                ticks = [int(word) for word in words[:8]]
                total = sum(ticks)
                self.cores[int(name[3:])] = total - sum(ticks[3:5]), total  # idle, and waiting for a disk

    def shares(self, before: Processors) -> dict[int, float]:
        """Percent of the time since then that each core worked."""
        found = {}
        for core, (busy, total) in self.cores.items():
            busy_before, total_before = before.cores.get(core, (busy, total))
            if total > total_before:
                share = 100 * (busy - busy_before) / (total - total_before)
                found[core] = min(100.0, max(0.0, share))
        return found


def _number_after(text: bytes, word: bytes) -> int:
    place = text.find(word)
    return int(text[place + len(word) :].split(None, 1)[0]) if place >= 0 else 0


def read_memory(text: bytes) -> tuple[int, int]:
    """Bytes of memory, and of it what is available, as /proc/meminfo has them."""
    return 1024 * _number_after(text, b"MemTotal:"), 1024 * _number_after(text, b"MemAvailable:")


def read_network(text: bytes) -> dict[str, int]:
    """Bytes sent and received by all interfaces of /proc/net/dev but the one to the machine itself."""
    sent = received = 0
    for line in text.split(b"\n")[2:]:
        name, _, rest = line.partition(b":")
        words = rest.split()
        if len(words) >= 9 and name.strip() != b"lo":
            received += int(words[0])
            sent += int(words[8])
    return {"network.sent": sent, "network.recv": received}


def read_retransmits(text: bytes) -> dict[str, int]:
    """Segments that TCP had to send again, as /proc/net/snmp counts them."""
    lines = [line.split() for line in text.splitlines() if line.startswith(b"Tcp:")]
    if len(lines) != 2 or b"RetransSegs" not in lines[0]:
        return {}
    return {"network.tcpRetransmits": int(lines[1][lines[0].index(b"RetransSegs")])}


def read_disks(text: bytes, devices: set[str]) -> dict[str, int]:
    """Bytes read and written of these devices, as /proc/diskstats counts them."""
    found = {}
    for line in text.decode().splitlines():
        words = line.split()
        if len(words) >= 10 and words[2] in devices:
            found[f"disk.{words[2]}.in"] = SECTOR_BYTES * int(words[5])
            found[f"disk.{words[2]}.out"] = SECTOR_BYTES * int(words[9])
    return found


def is_disk(name: str) -> bool:
    """Whether a block device is one that stores something, and not a part of another or made of memory."""
    return not name.rstrip("0123456789").startswith(PSEUDO_DEVICES)
