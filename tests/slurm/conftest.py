"""Clusters that live for all tests of this folder: one for each way in which Slurm finds the processes of a job."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from slurm.cluster import Cluster, started_cluster, usable_proctracks

PROCTRACKS = usable_proctracks()


@pytest.fixture(scope="session")
def cluster(clusters: dict[str, Cluster]) -> Cluster:
    """The one that is most like a real one."""
    return clusters[PROCTRACKS[-1]]


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Cluster]]:
    with ExitStack() as stack:
        yield {
            proctrack: stack.enter_context(started_cluster(tmp_path_factory.mktemp("slurm"), proctrack))
            for proctrack in PROCTRACKS
        }
