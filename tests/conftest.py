"""Fixtures of the real cluster, shared by all tests that need it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from cluster import Cluster, ensure_up
from images.build import REPOSITORY
from product import Installation, install


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """A running cluster; the tests bring it up if it is not, and leave it."""
    return ensure_up()


@pytest.fixture(scope="session")
def cluster_with_crds(cluster: Cluster) -> Cluster:
    """The cluster with the resources' definitions, as they are in the checkout."""
    cluster.kubectl("apply", "-k", str(REPOSITORY / "crds"))
    for plural in ("pdfsecurityjobs", "pdfsecurityclasses"):
        cluster.kubectl(
            "wait", "--for=condition=Established", "--timeout=30s", f"crd/{plural}.pdfsecurity.dev"
        )
    return cluster


@pytest.fixture(scope="session")
def installation(cluster: Cluster) -> Installation:
    """The operator of this checkout, running in the cluster."""
    return install(cluster)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own, held to Pod Security `restricted`."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
