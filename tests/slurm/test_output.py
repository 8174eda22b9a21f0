"""Under Slurm the output of a job is, to the byte, what it would be without us."""

import hashlib
import shlex
import sys
from pathlib import Path

import pytest
from slurm.cluster import Cluster

# Both streams, a progress bar, bytes that are no text, a last line without its end; and enough to fill every buffer.
WRITE = """
import os, sys
for number in range(2000):
    os.write(1, b"%s step %d loss 0.5\\n" % (os.environb[b"SLURM_PROCID"], number))
    if not number % 100:
        os.write(1, b"\\r%d%%" % (number // 20))
os.write(1, bytes(range(256)) + b"no end")
"""
WHOLE_LINES = 'os.write(1, b"\\n")'
COMMAND = [sys.executable, "-I", "-S", "-c", WRITE]


def written(cluster: Cluster, front: list[str], path: Path, *options: str, last: str = "") -> bytes:
    done = cluster.run("srun", "-o", str(path), *options, *front, *COMMAND[:-1], WRITE + last)
    assert done.returncode == 0, done.stderr
    return path.read_bytes()


@pytest.mark.parametrize("options", [[], ["--label"], ["-u"], ["--unbuffered", "--label"], ["--open-mode=append"]])
def test_file_of_one_task_is_equal_to_the_byte(
    cluster: Cluster, wandb: list[str], tmp_path: Path, options: list[str]
) -> None:
    bare = written(cluster, [], tmp_path / "bare", *options)
    wrapped = written(cluster, [*wandb, "run"], tmp_path / "wrapped", *options)

    if {"-u", "--unbuffered"} & {*options}:  # Lines are cut where a read ended: that is chance.
        bare, wrapped = unlabelled(bare), unlabelled(wrapped)
    assert digest(wrapped) == digest(bare)


@pytest.mark.parametrize("options", [[], ["--label"]])
def test_file_of_several_tasks_has_the_same_lines(
    cluster: Cluster, wandb: list[str], tmp_path: Path, options: list[str]
) -> None:
    several = ("-N2", "-n4", *options)
    bare = written(cluster, [], tmp_path / "bare", *several, last=WHOLE_LINES)
    wrapped = written(cluster, [*wandb, "run"], tmp_path / "wrapped", *several, last=WHOLE_LINES)

    assert digest(b"\n".join(sorted(wrapped.split(b"\n")))) == digest(b"\n".join(sorted(bare.split(b"\n"))))


def test_file_for_each_task_is_equal_to_the_byte(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    for name, front in (("bare", []), ("wrapped", [*wandb, "run"])):
        cluster.run("srun", "-n4", "-o", str(tmp_path / f"{name}.%t"), *front, *COMMAND)

    for rank in range(4):
        assert (tmp_path / f"wrapped.{rank}").read_bytes() == (tmp_path / f"bare.{rank}").read_bytes()


def test_output_of_a_batch_script_is_equal_to_the_byte(cluster: Cluster, wandb: list[str], tmp_path: Path) -> None:
    outputs = []
    for front in ([], [*wandb, "run"]):
        script = f"echo begin; {shlex.join([*front, *COMMAND])}; echo end"
        cluster.wait(cluster.submit(script, "-o", "out", folder=tmp_path))
        outputs.append((tmp_path / "out").read_bytes())
        (tmp_path / "out").unlink()

    assert outputs[1] == outputs[0]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def unlabelled(data: bytes) -> bytes:
    return data.replace(b"0: ", b"").replace(b"\n", b"")
