"""Two operators and more: who acts, who takes over and when, and who must not act any more.

Each has a service account of its own with the same rights, so that the audit log tells them apart.
"""

from __future__ import annotations

import datetime
import http.client
import itertools
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pytest

from controlplane import ControlPlane
from controlplane.operator_process import build_job
from e2e_support import phase_of, wait_for
from faults.client import Client
from faults.replica import Replica, grant, replica
from faults.row import Row
from faults.scene import FaultScene, Object
from faults.support import own_plane
from pdf_security_operator.shards import shard_of
from product import DEPLOYMENT, NAMESPACE

TAKEOVER_SECONDS = 15.0
"""From a leader's death to the first Job that the other creates."""

RELEASED_SECONDS = 3.0
"""The same when the leader said that it ends: a look at the Leases takes a second."""

PAUSE_SECONDS = 60.0 if os.environ.get("PDF_SECURITY_FAULTS_FULL") else 20.0

SHARDS = 4
MEMBERS = 3
SHARED_NAMESPACES = 12


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A plane on which each replica may do what the operator may."""
    with own_plane(tmp_path_factory.mktemp("leaders"), pod_seconds=0.3) as running:
        for number in range(MEMBERS):
            grant(running, f"replica-{number}")
        yield running


@pytest.mark.fault("5", "two operators, the leader killed", "one acts; the other within 15 s")
def test_a_killed_leader_is_followed(scene: FaultScene, fault: Row) -> None:
    """Would break: two operators act at once, or none does after a node has died."""
    with _pair(scene) as (leader, other):
        scene.create_jobs(20)
        scene.await_final()
        assert set(_writers(scene)) == {leader.user}
        assert (leader.measured(), other.measured()) == ({0}, set())
        assert _holder(scene).startswith(f"{leader.name}_")
        assert "lease.gained" not in other.process.log.read_text()
        leader.process.kill()
        seconds = _seconds_to_first_job(scene, other)
        fault.recovered(seconds)
        assert seconds < TAKEOVER_SECONDS
        assert _holder(scene).startswith(f"{other.name}_")
        scene.verify(fault, other.process)


@pytest.mark.fault("5b", "two operators, the leader stopped", "the other acts within 3 s")
def test_a_leader_that_ends_is_followed_at_once(scene: FaultScene, fault: Row) -> None:
    """Would break: each rolling update stands still for as long as a Lease lasts."""
    with _pair(scene) as (leader, other):
        scene.create_jobs(20)
        scene.await_created(5)
        stopped = time.time()
        ending = leader.process.terminate()
        assert ending.code == 0
        seconds = _seconds_to_first_job(scene, other, since=stopped)
        fault.recovered(seconds - ending.seconds)
        fault.see(f"first Job {seconds:.1f} s after SIGTERM, which took {ending.seconds:.1f} s")
        assert seconds - ending.seconds < RELEASED_SECONDS
        scene.verify(fault, other.process)


@pytest.mark.fault("6", f"leader paused {PAUSE_SECONDS:.0f} s", "fenced when it wakes: no write")
def test_a_paused_leader_writes_nothing_when_it_wakes(scene: FaultScene, fault: Row) -> None:
    """Would break: a process that slept goes on with what it meant to do, against its successor."""
    # In the middle of work: what it has decided waits for its turn to be sent.
    slow = {"PDF_SECURITY_REQUESTS_PER_SECOND": "5"}
    with _pair(scene, slow) as (leader, other):
        scene.create_jobs(60)
        scene.await_created(10)
        leader.process.pause()
        paused = time.time()
        scene.create_jobs(10)
        seconds = _seconds_to_first_job(scene, other, since=paused)
        fault.recovered(seconds)
        assert seconds < TAKEOVER_SECONDS
        scene.await_final()
        # What it finds done it would like to do; and this is left to be done.
        time.sleep(max(0.0, paused + PAUSE_SECONDS - time.time()))
        before = _writers(scene)
        known = len(_writes_of(scene, leader))
        scene.create_jobs(10)
        leader.process.resume()
        scene.create_jobs(10)
        scene.await_final()
        wait_for(lambda: "lease.lost" in leader.process.log.read_text(), "it knows")
        time.sleep(3)
        after = _writers(scene)
        woken = _writes_of(scene, leader)[known:]
        fault.see(f"writes of the one that woke: {woken}")
        assert woken == []
        assert after[other.user] > before[other.user]
        assert (leader.shards, other.shards) == ([], [0])
        wait_for(leader.process.is_ready, "the one that woke stands by")
        scene.verify(fault, other.process)


@pytest.mark.fault("5c", "three operators share four shards, one killed", "all held again, once")
def test_shards_are_shared_and_taken_over(scene: FaultScene, fault: Row) -> None:
    """Would break: namespaces are nobody's after a node has died, or two operators' at once."""
    client = Client(scene.plane)
    namespaces = _spread_names(scene.namespace)
    for namespace in namespaces:
        client.create("namespaces", {"metadata": {"name": namespace}})
    settings = {"PDF_SECURITY_SHARDS": str(SHARDS)}
    with ExitStack() as stack:
        replicas = [
            stack.enter_context(replica(scene, number, settings)) for number in range(MEMBERS)
        ]
        for each in replicas:
            each.process.ready()
        wait_for(lambda: _stay_held(replicas), "all shards are held, and stay so")
        fault.see("shards " + ", ".join(str(each.shards) for each in replicas))
        _create_in(client, namespaces, "before", 3)
        victim = next(each for each in replicas if each.shards)
        left = [each for each in replicas if each is not victim]
        wait_for(lambda: _done(client, namespaces) >= SHARED_NAMESPACES, "some are done")
        victim.process.kill()
        killed = time.monotonic()
        _create_in(client, namespaces, "after", 2)
        wait_for(lambda: _all_held(left), "all shards are held again")
        fault.recovered(time.monotonic() - killed)
        assert fault.recovery_s is not None
        assert fault.recovery_s < TAKEOVER_SECONDS
        count = 5 * SHARED_NAMESPACES
        wait_for(lambda: _done(client, namespaces) == count, f"{count} jobs are done")
        _assert_shared_well(scene, namespaces, replicas, fault)
        fault.lost = count - _done(client, namespaces)
    for namespace in namespaces:
        client.delete("namespaces", namespace)


def _assert_shared_well(
    scene: FaultScene, namespaces: list[str], replicas: list[Replica], fault: Row
) -> None:
    users: Counter[str] = Counter()
    for namespace in namespaces:
        created = scene.reader.created(namespace)
        fault.doubled += created.total() - len(created)
        assert (len(created), created.total()) == (5, 5)
        users += _writers(scene, namespace)
    fault.see("writes " + ", ".join(str(users[each.user]) for each in replicas))
    # Also the one that stood by, since two are left who share.
    assert all(users[each.user] for each in replicas)


@contextmanager
def _pair(
    scene: FaultScene, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[Replica, Replica]]:
    """Run two operators: one that leads, with these settings, and one that stands by."""
    with replica(scene, 0, settings) as leader:
        wait_for(leader.process.leads, "the first one leads")
        with replica(scene, 1) as other:
            other.process.ready()
            assert other.shards == []
            yield leader, other


def _seconds_to_first_job(scene: FaultScene, other: Replica, since: float | None = None) -> float:
    """Wait for the first Job that another creates; return the seconds from then, or from now."""
    begun = time.time() if since is None else since
    scene.create_jobs(3)
    wait_for(lambda: _creations_of(scene, other), f"a Job by {other.name}", 60)
    return min(_creations_of(scene, other)) - begun


def _creations_of(scene: FaultScene, by: Replica) -> list[float]:
    return [
        datetime.datetime.fromisoformat(event["stageTimestamp"]).timestamp()
        for event in _events(scene, scene.namespace)
        if event["user"]["username"] == by.user
        and (event["verb"], event["objectRef"]["resource"]) == ("create", "jobs")
        and event["responseStatus"]["code"] == http.client.CREATED
    ]


def _writers(scene: FaultScene, namespace: str = "") -> Counter[str]:
    """Count what each of the replicas wrote into a namespace, or tried to."""
    events = _events(scene, namespace or scene.namespace)
    return Counter(event["user"]["username"] for event in events)


def _writes_of(scene: FaultScene, by: Replica) -> list[str]:
    """Tell what a replica wrote, or tried to, and what it was answered."""
    return [
        f"{event['verb']} {event['objectRef']['resource']} {event['responseStatus']['code']}"
        for event in _events(scene, scene.namespace)
        if event["user"]["username"] == by.user
    ]


def _events(scene: FaultScene, namespace: str) -> Iterator[Object]:
    with scene.plane.audit_log.open() as log:
        for line in log:
            # The last line may be half written.
            if ":replica-" in line and line.endswith("\n"):
                event = json.loads(line)
                if event["objectRef"].get("namespace") == namespace:
                    yield event


def _holder(scene: FaultScene) -> str:
    lease = Client(scene.plane).get("leases", f"{DEPLOYMENT}-shard-0", NAMESPACE)
    assert lease is not None
    return str(lease["spec"]["holderIdentity"])


def _all_held(replicas: list[Replica]) -> bool:
    """Whether each shard is held by exactly one, and nobody has them all."""
    held = [each.shards for each in replicas]
    every = sorted(shard for shards in held for shard in shards)
    # Of three, two with two each have no more than their share; the third one stands by.
    return every == list(range(SHARDS)) and max(map(len, held)) == SHARDS // 2


def _stay_held(replicas: list[Replica]) -> bool:
    """Whether they are all held for a while: members that are new are given theirs meanwhile."""
    until = time.monotonic() + 5
    while _all_held(replicas):
        if time.monotonic() > until:
            return True
        time.sleep(0.2)
    return False


def _spread_names(prefix: str) -> list[str]:
    """Choose names of namespaces, as many of each shard."""
    names = (f"{prefix}-{number}" for number in itertools.count())
    found: dict[int, list[str]] = {shard: [] for shard in range(SHARDS)}
    while any(len(each) < SHARED_NAMESPACES // SHARDS for each in found.values()):
        name = next(names)
        found[shard_of(name, SHARDS)].append(name)
    return [name for each in found.values() for name in each[: SHARED_NAMESPACES // SHARDS]]


def _create_in(client: Client, namespaces: list[str], name: str, count: int) -> None:
    for namespace in namespaces:
        for number in range(count):
            body = build_job(f"{name}-{number}", namespace)
            client.create("pdfsecurityjobs", body, namespace)


def _done(client: Client, namespaces: list[str]) -> int:
    return sum(
        phase_of(body) == "Succeeded" and body["metadata"]["namespace"] in namespaces
        for body in client.list("pdfsecurityjobs")
    )
