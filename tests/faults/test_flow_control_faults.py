"""The API server has more to do than it can: whose requests stand in whose way."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from controlplane import ControlPlane
from controlplane.operator_process import build_job
from e2e_support import wait_for
from faults.client import Client
from faults.row import Row
from faults.scene import FaultScene
from faults.support import admit_authors

DISPATCHED = re.compile(
    r'^apiserver_flowcontrol_dispatched_requests_total\{flow_schema="([^"]*)",'
    r'priority_level="([^"]*)"\} (\d+)',
    re.MULTILINE,
)

SERVICE_ACCOUNTS = ("service-accounts", "workload-low")
"""Where the requests of any service account go, and so of any tenant's."""

SEATS = re.compile(
    r'^apiserver_flowcontrol_nominal_limit_seats\{priority_level="([^"]*)"\} (\d+)', re.MULTILINE
)


@pytest.mark.fault("58", "others flood the API server", "the operator's requests wait for none")
def test_the_operator_shares_its_places_with_nobody(scene: FaultScene, fault: Row) -> None:
    """Would break: one tenant's busy service account takes the operator's Lease from it."""
    with scene.leading() as operator:
        before = _dispatched(scene.plane)
        scene.create_jobs(3)
        scene.await_final()
        after = _dispatched(scene.plane)
        assert after[SERVICE_ACCOUNTS] == before[SERVICE_ACCOUNTS]
        own = after["pdf-security-operator", "pdf-security-operator"]
        # Of each job: the Job, two statuses, its time to live, an event.
        assert own - before["pdf-security-operator", "pdf-security-operator"] >= 15
        leases = ("pdf-security-operator-leases", "leader-election")
        wait_for(lambda: _dispatched(scene.plane)[leases] > after[leases], "it renews its Lease")
        fault.see(f"{own} requests in a level of its own, its Leases beside Kubernetes' own")
        scene.verify(fault, operator)


@pytest.mark.fault("58b", "200 submit at once", "as many at a time as there are places, all taken")
def test_submitting_has_an_end_where_the_operator_has_one(scene: FaultScene, fault: Row) -> None:
    """Would break: a burst takes all places of the API server, and is begun a minute later."""
    admit_authors(scene.plane)
    jane = Client(scene.plane, "jane", ["authors"])
    bodies = [build_job(f"burst-{number}", scene.namespace) for number in range(200)]
    schema = ("pdf-security-authors", "pdf-security-authors")
    with scene.leading() as operator:
        before = _dispatched(scene.plane)[schema]
        with ThreadPoolExecutor(100) as threads:
            list(
                threads.map(
                    lambda body: jane.create("pdfsecurityjobs", body, scene.namespace), bodies
                )
            )
        scene.names += [body["metadata"]["name"] for body in bodies]
        assert _dispatched(scene.plane)[schema] - before == len(bodies)
        places = dict(SEATS.findall(_metrics(scene.plane)))
        assert int(places["pdf-security-authors"]) <= int(places["pdf-security-operator"])
        fault.see(f"{len(bodies)} accepted, {places['pdf-security-authors']} at a time at most")
        scene.await_final(120)
        scene.verify(fault, operator)


def _dispatched(plane: ControlPlane) -> Counter[tuple[str, str]]:
    """Count the requests that were let through, by schema and level."""
    found = DISPATCHED.findall(_metrics(plane))
    return Counter({(schema, level): int(count) for schema, level, count in found})


def _metrics(plane: ControlPlane) -> str:
    return plane.kubectl("get", "--raw", "/metrics")
