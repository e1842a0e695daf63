"""Fixtures of the upgrades on the real cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_client import Api
from cluster import Cluster
from operator_scene import open_api


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> Iterator[Api]:
    """The API server of the cluster, whatever runs in it."""
    with open_api(cluster) as opened:
        yield opened
