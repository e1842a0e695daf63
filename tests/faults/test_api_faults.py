"""The API server and etcd are away, overloaded, or do the work and do not say so."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from controlplane.operator_process import OperatorProcess
from controlplane.probe import get
from e2e_support import wait_for
from faults.row import Row
from faults.rules import Kind, Request
from faults.scene import FaultScene, Object
from pdf_security_operator.endings import ending_of

OUTAGE_SECONDS = 300.0 if os.environ.get("PDF_SECURITY_FAULTS_FULL") == "1" else 60.0

CONTROLLERS_SECONDS = 120.0
"""After an outage, for Kubernetes' own controllers, whose clients back off up to 30 s and more."""

CATCH_UP_SECONDS = 30.0
"""After an outage, for the operator alone: its longest pauses are 5 s, and it needs a Lease."""

HOLD_SECONDS = 8

WRITES = "POST|PUT|PATCH|DELETE"


@pytest.mark.fault("11", "API server killed with jobs in flight", "goes on, one Job each")
def test_the_api_server_is_restarted(scene: FaultScene, fault: Row) -> None:
    """Would break: each upgrade of the control plane loses what was being created then."""
    with scene.leading() as operator:
        _begin(scene, fault, 100)
        scene.plane.kill("kube-apiserver")
        scene.plane.start("kube-apiserver")
        begun = time.time()
        scene.await_created(100, CATCH_UP_SECONDS)
        fault.recovered(_seconds_to_last_job(scene, begun))
        scene.await_final(CONTROLLERS_SECONDS)
        scene.verify(fault, operator)


@pytest.mark.fault("12", f"API server away for {OUTAGE_SECONDS:.0f} s", "lives, and catches up")
def test_the_api_server_is_away(scene: FaultScene, fault: Row) -> None:
    """Would break: in an outage of the API server the kubelet restarts the operator for nothing."""
    with scene.leading() as operator:
        _begin(scene, fault, 30)
        with _asked(operator) as answers:
            scene.plane.kill("kube-apiserver")
            time.sleep(OUTAGE_SECONDS)
            scene.plane.start("kube-apiserver")
            begun = time.time()
            scene.await_created(30, CATCH_UP_SECONDS)
        fault.recovered(_seconds_to_last_job(scene, begun))
        assert len(answers) > OUTAGE_SECONDS / 2
        assert set(answers) == {True}
        fault.see(f"/healthz said 200 in {len(answers)} of {len(answers)}")
        scene.await_final(CONTROLLERS_SECONDS)
        scene.create_jobs(10)
        scene.await_created(40, CATCH_UP_SECONDS)
        scene.await_final(CONTROLLERS_SECONDS)
        scene.verify(fault, operator)


@pytest.mark.fault("13", "etcd killed with jobs in flight", "goes on, one Job each")
def test_etcd_is_restarted(scene: FaultScene, fault: Row) -> None:
    """Would break: an error of the API server's own is taken for an answer about the job."""
    with scene.leading() as operator:
        _begin(scene, fault, 100)
        scene.plane.kill("etcd")
        # Long enough that requests end in errors, and do not just wait.
        time.sleep(5)
        scene.plane.start("etcd")
        begun = time.time()
        scene.await_created(100, CATCH_UP_SECONDS)
        fault.recovered(_seconds_to_last_job(scene, begun))
        # A kubelet tries again what it could not tell; the fake one does so when it starts.
        scene.plane.restart("kwok")
        scene.await_final(CONTROLLERS_SECONDS)
        scene.verify(fault, operator)


@pytest.mark.fault("14", f"429 with Retry-After: {HOLD_SECONDS}", "asks nothing for as long")
def test_too_many_requests(scene: FaultScene, fault: Row) -> None:
    """Would break: an operator that does not wait keeps an overloaded API server down."""
    with scene.leading() as operator:
        scene.create_jobs(3)
        scene.await_final()
        busy = scene.proxy.add(
            Kind.ANSWER, "POST", "/jobs", status=429, retry_after=HOLD_SECONDS, count=1
        )
        scene.create_jobs(20)
        wait_for(lambda: busy.hits, "one request is answered 429")
        refused = scene.proxy.record.select("POST", "/jobs")[-1]
        # What was on its way at that moment is through.
        begun = time.monotonic() + 0.5
        end = begun + HOLD_SECONDS - 1
        while time.monotonic() < end:
            time.sleep(0.1)
        sent = scene.proxy.record.select(since=begun, until=end)
        others = [each for each in sent if "/leases" not in each.path]
        assert others == []
        assert len(sent) > 0
        fault.see(f"{len(sent)} requests for Leases, no others")
        scene.await_final()
        fault.recovered(time.monotonic() - refused.at - HOLD_SECONDS)
        scene.verify(fault, operator)


@pytest.mark.fault("15a", "503 for 30 % of all writes, 10 s", "tried again until they are through")
def test_bursts_of_503(scene: FaultScene, fault: Row) -> None:
    """Would break: a write that failed is taken for one that was made."""
    with scene.leading() as operator:
        burst = scene.proxy.add(Kind.ANSWER, WRITES, "", status=503, probability=0.3)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            scene.create_jobs(10)
            time.sleep(1)
        scene.proxy.mend()
        fault.recovered(scene.await_final())
        fault.see(f"{burst.hits} writes refused")
        scene.verify(fault, operator)


@pytest.mark.fault("15b", "answers to POST of Jobs lost", "found again, no second Job")
def test_answers_to_creations_are_lost(scene: FaultScene, fault: Row) -> None:
    """Would break: a document is processed twice, and the second run fails on what is there."""
    with scene.leading() as operator:
        # Blind as well, or the watch would show what the answers did not tell.
        scene.proxy.add(Kind.ANSWER, "GET", "/jobs.*watch=true", status=503)
        assert scene.proxy.reset_watches("/batch/v1/jobs") == 1
        lost = scene.proxy.add(Kind.LOSE_ANSWER, "POST", "/batch/v1/.*/jobs", count=10)
        scene.create_jobs(20)
        wait_for(lambda: lost.hits == 10, "10 answers are lost")
        scene.await_created(20)
        wait_for(lambda: len(_statuses(scene, "/batch/v1/.*/jobs", 409)) == 10, "10 are found")
        scene.proxy.mend()
        fault.recovered(scene.await_final())
        posts = scene.proxy.record.select("POST", "/batch/v1/.*/jobs")
        assert len([post for post in posts if post.reached == 201]) == 20
        fault.see(f"{len(posts)} POSTs, 20 of them created, 10 answers lost")
        scene.verify(fault, operator)


@pytest.mark.fault("15c", "answers to PATCH of a status lost", "written again, nothing twice")
def test_answers_to_statuses_are_lost(scene: FaultScene, fault: Row) -> None:
    """Would break: a status whose answer was lost conflicts with itself for ever."""
    with scene.leading() as operator:
        lost = scene.proxy.add(Kind.LOSE_ANSWER, "PATCH", "/pdfsecurityjobs/.*/status", count=15)
        scene.create_jobs(15)
        fault.recovered(scene.await_final())
        assert lost.hits == 15
        patches = scene.proxy.record.select("PATCH", "/pdfsecurityjobs/.*/status")
        taken = len([patch for patch in patches if patch.reached == 200])
        fault.see(f"{len(patches)} PATCHes for 15 jobs, {taken} taken, 15 answers lost")
        scene.verify(fault, operator)


@pytest.mark.fault("16", "409 to PATCH of a status", "read again and written")
def test_conflicts_of_statuses(scene: FaultScene, fault: Row) -> None:
    """Would break: a status that somebody's edit overtook is never written, or overwrites it."""
    with scene.leading() as operator:
        conflict = scene.proxy.add(Kind.ANSWER, "PATCH", "/pdfsecurityjobs/.*/status", status=409)
        scene.create_jobs(10)
        scene.await_created(10)
        # Until the last status of each was refused as well.
        wait_for(lambda: all(map(_has_ended, scene.jobs().values())), "all Jobs have ended")
        time.sleep(1)
        fault.see(f"{conflict.hits} conflicts")
        assert conflict.hits >= 20
        assert len(scene.unfinished()) == 10
        scene.proxy.mend()
        fault.recovered(scene.await_final())
        scene.verify(fault, operator)


def _begin(scene: FaultScene, fault: Row, count: int) -> None:
    """Create PdfSecurityJobs, and return while the creation of half of their Jobs is on its way."""
    scene.proxy.add(Kind.DELAY, "POST", "/batch/v1/.*/jobs", seconds=2, probability=0.5)
    scene.create_jobs(count)
    scene.await_created(count // 4)
    done = len(scene.reader.created(scene.namespace))
    assert done < count
    fault.see(f"{done} of {count} Jobs before")


def _has_ended(job: Object) -> bool:
    return bool(ending_of(job.get("status", {})))


def _statuses(scene: FaultScene, path: str, status: int) -> list[Request]:
    return [each for each in scene.proxy.record.select("POST", path) if each.reached == status]


@contextmanager
def _asked(operator: OperatorProcess) -> Iterator[list[bool]]:
    """Ask for liveness each second while the block runs, as the kubelet would."""
    answers: list[bool] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(1.0):
            answers.append(get(operator.health_port, "/healthz") is not None)

    asker = threading.Thread(target=ask, name="kubelet")
    asker.start()
    try:
        yield answers
    finally:
        ended.set()
        asker.join()


def _seconds_to_last_job(scene: FaultScene, begun: float) -> float:
    """Seconds from a time of day to the last creation of a Job, by the audit log."""
    return max(0.0, max(each.at for each in scene.reader.creations(scene.namespace)) - begun)
