"""The limits of a control group are found in both versions of them."""

import pytest

from wrapper.recorder.measuring import cgroup


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Make files under the root of the control groups, and say which group a process is in."""
    monkeypatch.setattr(cgroup, "ROOT", str(tmp_path / "groups"))

    def make(lines, **files):
        for name, text in files["files"].items():
            path = tmp_path / "groups" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")
        (tmp_path / "cgroup").write_text(lines)
        return cgroup.find_cgroup(str(tmp_path / "cgroup"))

    return make


def test_lowest_limit_of_a_group_and_those_around_it_counts(groups):
    group = groups(
        "0::/slurm/job_7/step_0\n",
        files={
            "slurm/memory.max": 1000,
            "slurm/job_7/memory.max": 500,
            "slurm/job_7/memory.current": 123,
            "slurm/job_7/step_0/memory.max": "max",
            "slurm/job_7/cpu.max": "250000 100000",
            "slurm/cpu.max": "max 100000",
        },
    )

    assert group.memory() == (123, 500)
    assert group.processors() == 2.5


def test_first_version_has_a_group_for_each_controller(groups):
    group = groups(
        "4:memory:/a\n3:cpu,cpuacct:/b\n0::/\n",
        files={
            "memory/a/memory.limit_in_bytes": 700,
            "memory/a/memory.usage_in_bytes": 70,
            "memory/memory.limit_in_bytes": 9223372036854771712,
            "cpu/b/cpu.cfs_quota_us": 50000,
            "cpu/b/cpu.cfs_period_us": 100000,
        },
    )

    assert group.memory() == (70, 700)
    assert group.processors() == 0.5


def test_container_sees_its_own_group_as_the_root(groups):
    group = groups("0::/\n", files={"memory.max": 64, "memory.current": 32})

    assert group.memory() == (32, 64) and group.processors() is None


def test_group_that_cannot_be_seen_from_here_is_looked_for_above_it(groups):
    group = groups("0::/../../other\n", files={"memory.max": 64, "memory.current": 32})

    assert group.memory() == (32, 64)


def test_where_nothing_is_limited_nothing_is_said(groups):
    group = groups("0::/\n", files={"memory.max": "max", "cpu.max": "max 100000"})

    assert group.memory() is None and group.processors() is None
