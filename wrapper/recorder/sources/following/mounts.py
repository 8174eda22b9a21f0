"""Which paths are on another machine's disk, which may hang: those come last."""

from __future__ import annotations

REMOTE = (
    "nfs",
    "cifs",
    "smb",
    "lustre",
    "ceph",
    "gpfs",
    "beegfs",
    "afs",
    "9p",
    "fuse.",
    "glusterfs",
    "pvfs",
    "orangefs",
)


def read_remote() -> tuple[str, ...]:
    """The places where file systems of other machines are mounted, each with a "/" at its end."""
    found = []
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                _, place, kind, *_rest = line.split(" ")
                if kind.startswith(REMOTE):
                    found.append(place.replace("\\040", " ").rstrip("/") + "/")
    except (OSError, ValueError):  # No such list: then the order does not matter.
        return ()
    return tuple(found)


def local_first(paths: list[str], remote: tuple[str, ...] | None = None) -> list[str]:
    """The same paths, those on disks of this machine first."""
    remote = read_remote() if remote is None else remote
    return sorted(paths, key=lambda path: path.startswith(remote)) if remote else paths
