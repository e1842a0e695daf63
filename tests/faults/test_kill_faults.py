"""The operator killed, and told to end, at the instants at which it has most to lose.

An instant is held open by a proxy that lets one kind of request wait; twenty more are chosen by
chance.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from controlplane import ControlPlane
from controlplane.operator_process import OperatorProcess
from e2e_support import phase_of, wait_for
from faults.client import Client
from faults.row import Row
from faults.rules import Kind
from faults.scene import FaultScene, Object
from faults.support import own_plane
from pdf_security_operator.identity import controller_uid_of, uid_of
from product import NAMESPACE

HELD_SECONDS = 60.0
"""A request that waits so long at the proxy never arrives: who sent it is dead by then."""

GRACE_SECONDS = 30.0
"""`terminationGracePeriodSeconds` of the Deployment."""

KILLS = 20
JOBS_OF_A_LIFE = 3


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A plane whose pods run long enough to be met."""
    with own_plane(tmp_path_factory.mktemp("kills"), pod_seconds=0.3) as running:
        yield running


@pytest.mark.fault("1", "killed before it creates the Job", "the next one creates it, once")
def test_a_kill_before_the_job_is_created(scene: FaultScene, fault: Row) -> None:
    """Would break: what was decided and not done is taken for done, and the job never runs."""
    with scene.leading() as operator:
        rule = scene.proxy.add(Kind.DELAY, "POST", "/jobs", seconds=HELD_SECONDS)
        scene.create_jobs(5)
        wait_for(lambda: rule.hits == 5, "five Jobs are about to be created")
        operator.kill()
    assert scene.reader.created(scene.namespace) == Counter()
    assert scene.jobs() == {}
    _recover(scene, fault)


@pytest.mark.fault(
    "2", "killed after the Job's creation, before the status", "adopted by UID, none created anew"
)
@pytest.mark.parametrize("answered", [True, False], ids=["answered", "answer-lost"])
def test_a_kill_between_job_and_status(scene: FaultScene, fault: Row, answered: bool) -> None:
    """Would break: the next operator knows nothing of the Job, and the document is done twice."""
    with scene.leading() as operator:
        if answered:
            rule = scene.proxy.add(Kind.DELAY, "PATCH", "/status", seconds=HELD_SECONDS)
        else:
            rule = scene.proxy.add(Kind.LOSE_ANSWER, "POST", "/jobs")
            # Who asks again is not let through: nobody learns of the Job.
            scene.proxy.add(Kind.DELAY, "GET", "/jobs/", seconds=HELD_SECONDS)
        scene.create_jobs(5)
        wait_for(lambda: rule.hits >= 5, "five Jobs were created, and no status is written")
        scene.await_created(5)
        operator.kill()
    bodies = scene.security_jobs()
    if answered:
        assert [body["status"] for body in bodies.values() if "status" in body] == []
    jobs = {name: job["metadata"]["uid"] for name, job in scene.jobs().items()}
    for body in bodies.values():
        assert sum(_is_owned(job, body) for job in scene.jobs().values()) == 1
    with _recovery(scene, fault):
        after = {name: job["metadata"]["uid"] for name, job in scene.jobs().items()}
        # The very same Jobs: not even one that was created again under its name.
        assert after == jobs


@pytest.mark.fault("3", "killed while it lets the Job go", "the Job gets its time to live")
def test_a_kill_before_the_time_to_live_is_set(scene: FaultScene, fault: Row) -> None:
    """Would break: finished Jobs and their pods stay for ever."""
    with scene.leading() as operator:
        rule = scene.proxy.add(Kind.DELAY, "PATCH", "/jobs/", seconds=HELD_SECONDS)
        scene.create_jobs(5)
        wait_for(lambda: rule.hits == 5, "five Jobs are about to be let go")
        operator.kill()
    assert not any("ttlSecondsAfterFinished" in job["spec"] for job in scene.jobs().values())
    with _recovery(scene, fault):
        wait_for(
            lambda: all("ttlSecondsAfterFinished" in it["spec"] for it in scene.jobs().values()),
            "all Jobs have a time to live",
        )


@pytest.mark.fault("3b", "killed while it deletes what is done", "it is deleted, its Job with it")
def test_a_kill_while_a_resource_deletes_itself(scene: FaultScene, fault: Row) -> None:
    """Would break: what was to delete itself stays, for its time came in a bad moment."""
    with scene.leading() as operator:
        rule = scene.proxy.add(Kind.DELAY, "DELETE", "/pdfsecurityjobs/", seconds=HELD_SECONDS)
        scene.create_jobs(5, ttlSecondsAfterFinished=1)
        wait_for(lambda: rule.hits == 5, "five resources are about to be deleted")
        operator.kill()
    assert len(scene.security_jobs()) == 5
    created = scene.reader.created(scene.namespace)
    scene.proxy.mend()
    _forget_leases(scene)
    with scene.leading() as second:
        begun = time.monotonic()
        wait_for(lambda: not scene.security_jobs(), "the resources deleted themselves", 10)
        fault.recovered(time.monotonic() - begun)
        wait_for(lambda: not scene.jobs(), "their Jobs went with them")
        assert scene.reader.created(scene.namespace) == created
        wait_for(lambda: scene.policies() == [], "no NetworkPolicy is left", 20)
        assert second.is_running
    fault.see("5 resources, their Jobs and policies are gone; no Job was created again")


@pytest.mark.fault("3c", "killed while it removes policies", "none is left")
def test_a_kill_while_policies_are_removed(scene: FaultScene, fault: Row) -> None:
    """Would break: policies of jobs long gone stay in everybody's namespaces."""
    with scene.leading() as operator:
        rule = scene.proxy.add(Kind.DELAY, "DELETE", "/networkpolicies/", seconds=HELD_SECONDS)
        scene.create_jobs(2)
        scene.await_final()
        scene.plane.kubectl("delete", "psj", "--all", "-n", scene.namespace)
        wait_for(lambda: rule.hits, "a policy is about to be removed")
        operator.kill()
    assert scene.policies()
    scene.proxy.mend()
    _forget_leases(scene)
    begun = time.monotonic()
    with scene.leading():
        wait_for(lambda: scene.policies() == [], "no NetworkPolicy is left", 20)
    fault.recovered(time.monotonic() - begun)
    fault.see("no policy is left")


@pytest.mark.fault("2b", f"{KILLS} kills at random instants", "one Job each, nothing lost")
def test_kills_at_random_instants(scene: FaultScene, fault: Row) -> None:
    """Would break: there is an instant that nobody thought of, and a document is done twice."""
    chance = random.Random(20_11_1954)
    met: Counter[str] = Counter()
    # A slow way stretches what lies between two writes, and leaves their order as it is.
    scene.proxy.add(Kind.DELAY, "POST|PATCH", "job", seconds=0.35)
    for number in range(KILLS):
        with _successor(scene) as operator, ThreadPoolExecutor(1) as author:
            creation = author.submit(scene.create_jobs, JOBS_OF_A_LIFE)
            time.sleep(chance.uniform(0.1, 1.0 if number % 3 else 2.5))
            operator.kill()
            creation.result()
        met += _standings(scene)
    fault.see("at the kills: " + ", ".join(f"{count} {what}" for what, count in met.items()))
    # The instants of faults 1 and 2, and those in the middle of a run, were among them.
    assert set(met) >= {"without Job", "with Job, without status", "running"}
    _recover(scene, fault)


@pytest.mark.fault("4", "SIGTERM in mid-reconcile", "code 0 in time, Lease released, nothing lost")
def test_sigterm_in_mid_reconcile(scene: FaultScene, fault: Row) -> None:
    """Would break: each rolling update leaves the others waiting, or half a job behind."""
    with scene.leading() as operator:
        rule = scene.proxy.add(Kind.DELAY, "POST|PATCH", "job", seconds=0.4)
        scene.create_jobs(40)
        wait_for(lambda: rule.hits >= 10, "ten writes are under way")
        ending = operator.terminate(GRACE_SECONDS)
    fault.see(f"code {ending.code} after {ending.seconds:.1f} s")
    assert ending.code == 0
    assert ending.seconds < GRACE_SECONDS
    lease = Client(scene.plane).get("leases", "pdf-security-operator-shard-0", NAMESPACE)
    assert lease is not None
    assert lease["spec"].get("holderIdentity", "") == ""
    assert scene.unfinished(), "it had nothing left to do"
    _recover(scene, fault)


@pytest.mark.fault("4b", "SIGTERM while the API server hangs", "code 0 in its grace time")
def test_sigterm_while_nothing_is_answered(scene: FaultScene, fault: Row) -> None:
    """Would break: whoever ends while the API server hangs is killed, in the middle of anything."""
    with scene.leading() as operator:
        scene.create_jobs(5)
        scene.proxy.add(Kind.DELAY, seconds=HELD_SECONDS)
        scene.create_jobs(5)
        time.sleep(0.5)
        ending = operator.terminate(GRACE_SECONDS)
    fault.see(f"code {ending.code} after {ending.seconds:.1f} s")
    assert ending.code == 0
    # Its Lease could not be given back.
    _forget_leases(scene)
    _recover(scene, fault)


@contextmanager
def _recovery(scene: FaultScene, fault: Row) -> Iterator[None]:
    """Start another operator, without waiting for the dead one's Lease, and see all come right.

    The block runs when everything has come to its end, and nothing was removed yet.
    """
    scene.proxy.mend()
    _forget_leases(scene)
    begun = time.monotonic()
    with scene.operator() as operator:
        operator.ready()
        scene.await_final()
        fault.recovered(time.monotonic() - begun)
        yield
        scene.verify(fault, operator)


def _recover(scene: FaultScene, fault: Row) -> None:
    with _recovery(scene, fault):
        pass


@contextmanager
def _successor(scene: FaultScene) -> Iterator[OperatorProcess]:
    _forget_leases(scene)
    with scene.operator() as operator:
        operator.ready()
        wait_for(operator.leads, "the next one leads")
        yield operator


def _forget_leases(scene: FaultScene) -> None:
    # How long a Lease is waited for is another test's question.
    scene.plane.kubectl("delete", "leases", "--all", "-n", NAMESPACE)


def _is_owned(job: Object, body: Object) -> bool:
    return controller_uid_of(job) == uid_of(body)


def _standings(scene: FaultScene) -> Counter[str]:
    """Tell where the unfinished resources stood when the operator died."""
    jobs = list(scene.jobs().values())
    found: Counter[str] = Counter()
    for body in scene.security_jobs().values():
        owned = [job for job in jobs if _is_owned(job, body)]
        ended = [job for job in owned if job["status"].get("completionTime")]
        if phase_of(body) in ("Succeeded", "Failed"):
            continue
        if not owned:
            found["without Job"] += 1
        elif "status" not in body:
            found["with Job, without status"] += 1
        elif ended:
            found["ended unrecorded"] += 1
        else:
            found["running"] += 1
    return found
