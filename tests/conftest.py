"""Fixtures of the real cluster for all tests that need it, and the rows of the faults' table."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator, Iterator

import pytest

from cluster import Cluster, ensure_up
from faults.row import Row
from faults.scene import SOURCE_VARIABLE
from images.build import REPOSITORY
from product import Installation, await_kinds, install

PASSED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """A running cluster; the tests bring it up if it is not, and leave it."""
    return ensure_up()


@pytest.fixture(scope="session")
def cluster_with_crds(cluster: Cluster) -> Cluster:
    """The cluster with the resources' definitions, as they are in the checkout."""
    cluster.kubectl("apply", "-k", str(REPOSITORY / "crds"))
    await_kinds(cluster.kubectl)
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


@pytest.fixture
def fault(request: pytest.FixtureRequest) -> Iterator[Row]:
    """The row of this test, written at its end; `@pytest.mark.fault` says what it is about."""
    marker = request.node.get_closest_marker("fault")
    assert marker is not None
    row = Row(*marker.args)
    callspec = getattr(request.node, "callspec", None)
    if callspec:
        row.number = f"{row.number}-{callspec.id}"
    yield row
    row.passed = request.node.stash.get(PASSED, False)
    if SOURCE_VARIABLE not in os.environ:
        # What another operator survives, or does not, is none of the table's.
        row.write()
