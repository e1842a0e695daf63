"""Jobs that are handed to Kueue; a stand-in of it here does what Kueue does to a batch/v1 Job.

Kueue itself decides by quota when a Job starts. What the operator has to do with it is three
things: create the Job suspended and labelled, say that it waits, and keep its hands off `suspend`.
"""

from __future__ import annotations

import time

import pytest

from controlplane.operator_process import build_class, build_job
from e2e_support import wait_for
from faults.client import Client
from faults.row import Row
from faults.scene import FaultScene, Object
from faults.support import await_condition
from pdf_security_operator.names import QUEUE_LABEL

QUEUE = "documents"


@pytest.fixture
def client(scene: FaultScene) -> Client:
    """The administrator, who has a class in whose name jobs may stand in the queue."""
    made = Client(scene.plane)
    body = build_class(scene.namespace, queueNames=[QUEUE], concurrency={"total": 1})
    del body["metadata"]["annotations"]
    made.create("pdfsecurityclasses", body)
    return made


@pytest.mark.fault("57", "Jobs handed to Kueue", "suspended and labelled, run when it says so")
def test_kueue_says_when_a_job_starts(scene: FaultScene, client: Client, fault: Row) -> None:
    """Would break: two decide when a job starts, and it starts at once, or never."""
    with scene.leading() as operator:
        # More than the class's own limit: in a queue it is Kueue's quota that counts.
        names = _submit(scene, client, 3)
        for name in names:
            told = await_condition(scene, name, "Queued", "WaitingForQueue")
            assert QUEUE in told["message"]
        assert [_handed(job) for job in scene.jobs().values()] == [(True, QUEUE)] * 3
        # The operator leaves them alone, for as long as it takes.
        versions = _versions(scene)
        time.sleep(3)
        assert _versions(scene) == versions
        assert client.list("pods", scene.namespace) == []
        _unsuspend(scene, client)
        scene.await_final()
        scene.verify(fault, operator)


@pytest.mark.fault("57b", "Kueue evicts a Job that runs", "Queued again, then done")
def test_kueue_may_stop_a_job_again(scene: FaultScene, client: Client, fault: Row) -> None:
    """Would break: the operator starts at once what Kueue stopped, against its quota."""
    with scene.leading() as operator:
        scene.plane.kubectl("cordon", *scene.plane.nodes)
        try:
            [name] = _submit(scene, client, 1)
            await_condition(scene, name, "Queued", "WaitingForQueue")
            _unsuspend(scene, client)
            # Nothing takes the pod, so it runs for as long as the test wants.
            wait_for(lambda: client.list("pods", scene.namespace), "its pod is there")
            wait_for(lambda: _phase(scene, name) == "Running", "it runs")
            _set_suspend(scene, client, suspend=True)
            await_condition(scene, name, "Queued", "WaitingForQueue")
            wait_for(lambda: not client.list("pods", scene.namespace), "its pod is gone")
        finally:
            scene.plane.kubectl("uncordon", *scene.plane.nodes)
        _unsuspend(scene, client)
        scene.await_final()
        scene.verify(fault, operator)


@pytest.mark.fault("57c", "a queue that the class does not allow", "Failed/QueueNotAllowed")
def test_a_queue_that_is_not_allowed_is_refused(
    scene: FaultScene, client: Client, fault: Row
) -> None:
    """Would break: an author takes another team's quota by naming its queue."""
    with scene.leading() as operator:
        [name] = _submit(scene, client, 1, queue="payroll")
        told = await_condition(scene, name, "Failed", "QueueNotAllowed")
        assert "queueName payroll" in told["message"]
        assert QUEUE in told["message"]
        assert scene.jobs() == {}
        assert operator.is_ready()
        fault.see("Failed/QueueNotAllowed, no Job")


def _submit(scene: FaultScene, client: Client, count: int, queue: str = QUEUE) -> list[str]:
    names = [f"queued-{number}" for number in range(count)]
    for name in names:
        spec = {"className": scene.namespace, "queueName": queue}
        body = build_job(name, scene.namespace, **spec)
        client.create("pdfsecurityjobs", body, scene.namespace)
        scene.names.append(name)
    return names


def _handed(job: Object) -> tuple[bool, str]:
    return job["spec"]["suspend"], job["metadata"]["labels"][QUEUE_LABEL]


def _versions(scene: FaultScene) -> dict[str, str]:
    return {name: job["metadata"]["resourceVersion"] for name, job in scene.jobs().items()}


def _phase(scene: FaultScene, name: str) -> str:
    return str(scene.security_jobs()[name].get("status", {}).get("phase"))


def _unsuspend(scene: FaultScene, client: Client) -> None:
    _set_suspend(scene, client, suspend=False)


def _set_suspend(scene: FaultScene, client: Client, *, suspend: bool) -> None:
    """Do what Kueue does when it admits, or evicts, a workload."""
    for name in scene.jobs():
        client.patch("jobs", name, {"spec": {"suspend": suspend}}, scene.namespace)
