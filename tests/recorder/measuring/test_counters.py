"""What the kernel counts becomes numbers."""

from wrapper.recorder.measuring.averages import Averages
from wrapper.recorder.measuring.counters import (
    Processors,
    is_disk,
    read_disks,
    read_memory,
    read_network,
    read_retransmits,
)

STAT = b"""cpu  200 0 100 700 0 0 0 0 0 0
cpu0 100 0 50 350 0 0 0 0 0 0
cpu1 100 0 50 350 0 0 0 0 0 0
intr 34779277 0 0
processes 4242
"""
LATER = b"""cpu  300 0 150 750 0 0 0 0 0 0
cpu0 200 0 100 350 0 0 0 0 0 0
cpu1 100 0 50 400 50 0 0 0 0 0
"""


def test_core_is_busy_when_it_neither_idles_nor_waits_for_a_disk():
    assert Processors(LATER).shares(Processors(STAT)) == {0: 100.0, 1: 0.0}


def test_core_that_came_later_is_left_out_once():
    assert Processors(LATER).shares(Processors(STAT.replace(b"cpu1", b"cpu7"))) == {0: 100.0}


def test_memory_is_in_bytes():
    assert read_memory(b"MemTotal:  24684092 kB\nMemFree: 1 kB\nMemAvailable: 1000 kB\n") == (24684092 << 10, 1024000)


def test_what_the_machine_sends_to_itself_is_not_counted():
    text = b"""Inter-|   Receive                                                |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo: 999       9    0    0    0     0          0         0      999       9    0    0    0     0       0          0
  eth0: 100       2    0    0    0     0          0         0       30       3    0    0    0     0       0          0
  ib0:5         1    0    0    0     0          0         0       7       3    0    0    0     0       0          0
"""

    assert read_network(text) == {"network.sent": 37, "network.recv": 105}


def test_segments_that_were_sent_again():
    assert read_retransmits(b"Tcp: InSegs RetransSegs\nTcp: 5 17\nUdp: X\nUdp: 1\n") == {"network.tcpRetransmits": 17}
    assert read_retransmits(b"Udp: X\nUdp: 1\n") == {}


def test_disks_count_in_sectors():
    text = b" 254 0 vda 10 0 4 0 20 0 8 0 0 0 0\n 254 1 vda1 1 0 2 0 1 0 2 0 0 0 0\n"

    assert read_disks(text, {"vda"}) == {"disk.vda.in": 2048, "disk.vda.out": 4096}


def test_memory_that_plays_a_disk_is_none():
    assert list(filter(is_disk, ["sda", "nvme0n1", "loop3", "ram0", "zram1", "sr0", "vdb"])) == [
        "sda",
        "nvme0n1",
        "vdb",
    ]


def test_average_is_the_mean_and_keeps_a_spike_where_it_matters():
    averages = Averages()
    for value in (10.0, 20.0, 90.0):
        averages.add({"cpu": value, "gpu.0.smClock": value, "gpu.0.temp": 61.0})

    assert averages.take() == ({"cpu": 40, "gpu.0.smClock": 40, "gpu.0.temp": 61}, {"cpu": 90})
    assert averages.take() == ({}, {})
