"""Who may not act sends nothing: the last look before a request leaves the process."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import FencedError, UnavailableError
from pdf_security_operator.transport import Transport
from unit.resources import observed_job, security_job

Object = dict[str, Any]


class _Wire:
    """Where requests would leave; takes as long as it is told."""

    def __init__(self, seconds: float = 0) -> None:
        self.sent: list[tuple[str, str]] = []
        self._seconds = seconds

    async def send(self, method: str, path: str, **_: Any) -> Object:
        self.sent.append((method, path))
        await asyncio.sleep(self._seconds)
        return {"metadata": {"resourceVersion": "1"}}

    def list(self, path: str, **_: str) -> None:
        self.sent.append(("LIST", path))

    def watch(self, path: str, _: str, **selectors: str) -> None:
        self.sent.append(("WATCH", path))


WRITES = {
    "create-a-job": lambda cluster: cluster.create_job(observed_job()),
    "write-a-status": lambda cluster: cluster.patch_status(security_job(), {}),
    "let-a-job-go": lambda cluster: cluster.patch_job_spec("legal", "a", suspend=True),
    "delete-a-resource": lambda cluster: cluster.delete_security_job("legal", "a", "uid"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_who_leads_no_more_sends_nothing(write: Any) -> None:
    """A leader that was paused would do over again what its successor has done."""
    wire = _Wire()
    with pytest.raises(FencedError):
        await write(Cluster(cast("Transport", wire), lambda _: 0.0))
    assert wire.sent == []
    await write(Cluster(cast("Transport", wire), lambda _: 1.0))
    assert len(wire.sent) == 1


async def test_a_write_that_takes_longer_than_the_lease_is_given_up() -> None:
    """It could arrive when another leads already."""
    cluster = Cluster(cast("Transport", _Wire(seconds=5)), lambda _: 0.05)
    with pytest.raises(UnavailableError, match="no answer while this process led"):
        await cluster.create_job(observed_job())


@pytest.mark.parametrize(
    ("watched", "between"),
    [
        pytest.param("", "", id="cluster"),
        pytest.param("legal", "/namespaces/legal", id="namespace"),
    ],
)
async def test_what_is_seen_is_the_watched_namespace(watched: str, between: str) -> None:
    """With rights in one namespace an operator would be refused at its start; it would never run.

    Classes belong to the cluster.
    """
    wire = _Wire()
    cluster = Cluster(cast("Transport", wire), lambda _: 1.0, watched)
    cluster.list_security_jobs()
    cluster.watch_security_jobs("1")
    cluster.list_jobs()
    cluster.watch_jobs("1")
    cluster.list_network_policies()
    await cluster.pods_version()
    cluster.watch_ended_pods("1")
    cluster.list_classes()
    ours, pods = "/apis/pdfsecurity.dev/v1alpha1", f"/api/v1{between}/pods"
    assert wire.sent == [
        ("LIST", f"{ours}{between}/pdfsecurityjobs"),
        ("WATCH", f"{ours}{between}/pdfsecurityjobs"),
        ("LIST", f"/apis/batch/v1{between}/jobs"),
        ("WATCH", f"/apis/batch/v1{between}/jobs"),
        ("LIST", f"/apis/networking.k8s.io/v1{between}/networkpolicies"),
        ("GET", pods),
        ("WATCH", pods),
        ("LIST", f"{ours}/pdfsecurityclasses"),
    ]
