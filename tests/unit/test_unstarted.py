"""What keeps pods from starting is read once for all who ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pdf_security_operator import unstarted
from pdf_security_operator.errors import UnavailableError
from pdf_security_operator.unstarted import Unstarted

Object = dict[str, Any]


class Cluster:
    """Gives what it was given, and counts how often it is read."""

    def __init__(self) -> None:
        self.pods: list[Object] = []
        self.events: list[Object] = []
        self.reads = 0
        self.away = False
        self.seconds = 0.01

    async def starting_pods(self, namespace: str) -> AsyncIterator[Object]:
        assert namespace == "legal"
        self.reads += 1
        await asyncio.sleep(self.seconds)
        if self.away:
            raise UnavailableError(503, "away")
        for pod in self.pods:
            yield pod

    async def warnings(self, namespace: str) -> AsyncIterator[Object]:
        assert namespace == "legal"
        self.reads += 1
        for event in self.events:
            yield event


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def read(cluster: Cluster) -> Unstarted:
    return Unstarted(cluster)  # type: ignore[arg-type]


def job(uid: str) -> Object:
    """Build what is known of a Job."""
    return {"metadata": {"namespace": "legal", "uid": uid}}


def pod(uid: str, job_uid: str, *, controls: bool = True) -> Object:
    """Build a pod that cannot be scheduled."""
    return {
        "metadata": {
            "uid": uid,
            "managedFields": ["large"],
            "ownerReferences": [{"uid": job_uid, "controller": controls}],
        },
        "spec": {"containers": ["large"]},
        "status": {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
            "podIPs": ["large"],
        },
    }


def warning(subject: str, reason: str, when: str) -> Object:
    """Build an event."""
    return {
        "metadata": {"managedFields": ["large"]},
        "involvedObject": {"uid": subject},
        "reason": reason,
        "message": f"it says {reason}",
        "lastTimestamp": when,
    }


async def test_a_thousand_who_ask_are_answered_by_one_list(
    cluster: Cluster, read: Unstarted
) -> None:
    """A thousand Jobs that wait for their pods would be a thousand lists of all of them."""
    cluster.pods = [pod(f"pod-{number}", f"job-{number}") for number in range(1000)]
    answers = await asyncio.gather(*(read.pods_of(job(f"job-{n}")) for n in range(1000)))
    assert [[each["metadata"]["uid"] for each in answer] for answer in answers] == [
        [f"pod-{number}"] for number in range(1000)
    ]
    assert cluster.reads == 1


async def test_what_was_read_is_not_taken_for_news_for_ever(
    cluster: Cluster, read: Unstarted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why a pod does not start would be said of it long after it has started."""
    monkeypatch.setattr(unstarted, "SHARED_SECONDS", 0.02)
    cluster.seconds = 0.0
    cluster.pods = [pod("pod", "job")]
    assert await read.pods_of(job("job"))
    cluster.pods = []
    await asyncio.sleep(0.05)
    assert await read.pods_of(job("job")) == []


async def test_what_takes_long_is_read_seldom(
    cluster: Cluster, read: Unstarted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In namespaces with thousands of events, the API server would do hardly anything else."""
    monkeypatch.setattr(unstarted, "SHARED_SECONDS", 0.0)
    cluster.seconds = 0.05
    for _ in range(10):
        await read.pods_of(job("job"))
        await asyncio.sleep(0.02)
    assert cluster.reads == 1


async def test_a_list_that_fails_is_read_again(cluster: Cluster, read: Unstarted) -> None:
    """One failure would be every Job's answer for seconds."""
    cluster.away = True
    with pytest.raises(UnavailableError):
        await read.pods_of(job("job"))
    cluster.away, cluster.pods = False, [pod("pod", "job")]
    assert await read.pods_of(job("job"))


async def test_who_is_cancelled_does_not_cancel_the_others(
    cluster: Cluster, read: Unstarted
) -> None:
    """A replica that ends one worker would fail all that wait for the same list."""
    cluster.pods = [pod("pod", "job")]
    first = asyncio.create_task(read.pods_of(job("job")))
    second = asyncio.create_task(read.pods_of(job("job")))
    await asyncio.sleep(0)
    first.cancel()
    assert len(await second) == 1


async def test_keeps_of_a_pod_what_tells_why_it_does_not_start(
    cluster: Cluster, read: Unstarted
) -> None:
    """Ten thousand whole pods would be a hundred megabytes."""
    cluster.pods = [pod("pod", "job"), pod("another", "job", controls=False)]
    (kept,) = await read.pods_of(job("job"))
    assert kept["metadata"]["uid"] == "pod"
    assert kept["status"]["conditions"][0]["reason"] == "Unschedulable"
    assert "large" not in str(kept)


async def test_the_newest_warning_of_each_is_kept(cluster: Cluster, read: Unstarted) -> None:
    """What has been mended would be told in place of what is wrong now."""
    cluster.events = [
        warning("pod", "FailedMount", "2026-11-26T12:00:02Z"),
        warning("pod", "Unhealthy", "2026-11-26T12:00:01Z"),
        warning("other", "BackOff", "2026-11-26T12:00:03Z"),
    ]
    (newest,) = await read.warnings_of("legal", "pod")
    assert newest["reason"] == "FailedMount"
    assert await read.warnings_of("legal", "none") == []
    assert cluster.reads == 1
