"""A real Slurm of our own: on loopback, in one folder, with two nodes that are both this machine."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from waiting import is_running, wait_until

DAEMONS = ("munged", "slurmctld", "slurmd")
NODES = 2
KILL_WAIT_S = 2
FREEZER = Path("/sys/fs/cgroup/freezer")
SYSTEM_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"

# All that is not said here is as Slurm has it. A requeued job waits for as long as its credential is good: shortly.
CONFIGURATION = """
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=10
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
PlugStackConfig={folder}/plugstack.conf
ProctrackType=proctrack/{proctrack}
{task_plugin}
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=500
JobRequeue=1
KillWait={kill_wait_s}
MinJobAge=3600
CompleteWait=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
{gather_params}
NodeName={nodes} NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=24 RealMemory=60000 State=UNKNOWN
PartitionName=usual Nodes={nodes} Default=YES MaxTime=INFINITE DefaultTime=30 PriorityTier=1 PreemptMode=REQUEUE
PartitionName=patient Nodes={nodes} MaxTime=INFINITE DefaultTime=30 PriorityTier=1 PreemptMode=REQUEUE GraceTime=3
PartitionName=lost Nodes={nodes} MaxTime=INFINITE DefaultTime=30 PriorityTier=1 PreemptMode=CANCEL
PartitionName=urgent Nodes={nodes} MaxTime=INFINITE DefaultTime=30 PriorityTier=10 PreemptMode=OFF
"""


class Cluster:
    """Runs commands of Slurm against it."""

    def __init__(self, folder: Path, proctrack: str) -> None:
        self.folder, self.proctrack = folder, proctrack
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "PATH": SYSTEM_PATH}

    def run(self, *words: str, **settings: object) -> "subprocess.CompletedProcess[str]":
        """A command of Slurm, whatever it ends with."""
        reap()
        given = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "env": self.environment}
        return subprocess.run([*words], **{**given, **settings})  # type: ignore[call-overload,no-any-return]

    def ask(self, *words: str) -> str:
        """What a command of Slurm says; it has to go well."""
        done = self.run(*words)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout.strip()

    def submit(self, script: str, *options: str, folder: Path | str = ".") -> str:
        """Hand in a batch script; the number of its job."""
        path = Path(folder) / "job.sh"
        path.write_text(f"#!/bin/bash\n{script}\n")
        return self.ask("sbatch", "--parsable", f"--chdir={Path(folder).absolute()}", *options, str(path))

    def job(self, number: str) -> dict[str, str]:
        """What scontrol says of a job."""
        words = self.ask("scontrol", "-o", "show", "job", number).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def has_ended(self, number: str) -> bool:
        return self.job(number)["JobState"] not in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED")

    def wait(self, number: str, timeout_s: float = 60) -> dict[str, str]:
        """The job, once it is over."""
        wait_until(lambda: self.has_ended(number), timeout_s)
        return self.job(number)


def reap() -> None:
    """Do what init does: what jobs leave is ours, and for pgid a group lives as long as one in it was not reaped."""
    with suppress(ChildProcessError):  # There are none.
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


@contextmanager
def started_cluster(folder: Path, proctrack: str) -> Iterator[Cluster]:
    """A cluster whose nodes are idle; all of it is gone afterwards."""
    missing = [name for name in DAEMONS if not shutil.which(name, path=SYSTEM_PATH)]
    assert not missing, f"{', '.join(missing)} missing: on Debian, they are in the package slurm-wlm"
    folder.chmod(0o755)
    cluster = Cluster(folder, proctrack)
    try:
        configure(cluster)
        start(cluster)
        yield cluster
        stop_jobs(cluster)
    finally:
        stop_daemons(folder)


def configure(cluster: Cluster) -> None:
    folder, first = cluster.folder, find_ports(NODES + 1)
    name = f"w{cluster.proctrack}"
    uses_cgroup = cluster.proctrack == "cgroup"
    text = CONFIGURATION.format(
        name=name,
        host=socket.gethostname().partition(".")[0],
        user=subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip(),
        port=first,
        first=first + 1,
        last=first + NODES,
        nodes=f"{name}[1-{NODES}]",
        folder=folder,
        proctrack=cluster.proctrack,
        task_plugin="TaskPlugin=task/cgroup" if uses_cgroup else "",
        gather_params="" if uses_cgroup else "JobAcctGatherParams=OverMemoryKill",
        kill_wait_s=KILL_WAIT_S,
    )
    (folder / "slurm.conf").write_text(text)
    (folder / "plugstack.conf").touch()
    (folder / "state").mkdir()
    plugin = "cgroup/v1" if uses_cgroup or slurm_version(cluster) < (23, 11) else "disabled"
    limits = "ConstrainRAMSpace=yes\n" if uses_cgroup else ""
    (folder / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\n{limits}")


def slurm_version(cluster: Cluster) -> tuple[int, int]:
    found = re.search(r"(\d+)\.(\d+)", cluster.ask("slurmd", "-V"))
    assert found
    return int(found[1]), int(found[2])


def find_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    for first in range(21000, 32000, 17):
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise AssertionError("there are no free ports")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def start(cluster: Cluster) -> None:
    folder = cluster.folder
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    words = [
        "key-file=munge.key",
        "socket=munge.socket",
        "pid-file=munged.pid",
        "log-file=munged.log",
        "seed-file=seed",
    ]
    daemon(cluster, "munged", "--force", *(f"--{word.replace('=', f'={folder}/')}" for word in words))
    daemon(cluster, "slurmctld", "-c")
    wait_until(lambda: " is UP" in cluster.run("scontrol", "ping").stdout, 20)
    for number in range(1, NODES + 1):
        node = f"w{cluster.proctrack}{number}"
        (folder / f"spool.{node}").mkdir()
        daemon(cluster, "slurmd", "-N", node)
    wait_until(lambda: cluster.run("sinfo", "-h", "-p", "usual", "-t", "idle", "-o", "%D").stdout.strip() == "2", 30)


def daemon(cluster: Cluster, *words: str) -> None:
    """Start one that goes into the background by itself; what it has to say is in its log."""
    log = cluster.folder / "start.log"
    with log.open("ab") as file:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=cluster.environment)
    assert done.returncode == 0, log.read_text()


def stop_jobs(cluster: Cluster) -> None:
    """Daemons that are stopped while a job runs leave its processes behind."""
    for signal_name in ("TERM", "KILL"):
        cluster.run("scancel", f"--signal={signal_name}", "--full", "--state=RUNNING", "--user", str(os.getuid()))
        cluster.run("scancel", "--user", str(os.getuid()))
    wait_until(lambda: not cluster.run("squeue", "-h").stdout.strip(), 30)


def stop_daemons(folder: Path) -> None:
    for path in [*folder.glob("slurmd.*.pid"), folder / "slurmctld.pid", folder / "munged.pid"]:
        with suppress(FileNotFoundError, ValueError):  # It did not come so far.
            pid = int(path.read_text())
            for number in (15, 9):
                with suppress(ProcessLookupError, AssertionError):  # The first is enough, as a rule.
                    os.kill(pid, number)
                    wait_until(lambda pid=pid: not is_running(pid), 5)  # type: ignore[misc]


def usable_proctracks() -> list[str]:
    """What Slurm can find the processes of a job by, here: cgroup is what clusters have, where we may make one."""
    return ["pgid", "linuxproc", *(["cgroup"] if can_make_cgroups() else [])]


def can_make_cgroups() -> bool:
    probe = FREEZER / f"probe-{os.getpid()}"
    try:
        probe.mkdir()
    except OSError:
        return False
    is_real = (probe / "freezer.state").exists()
    probe.rmdir()
    return is_real
