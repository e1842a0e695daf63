"""Watches that break, fall silent, tell of errors or tell things twice; the API server is well."""

from __future__ import annotations

import functools
import time

import pytest

from controlplane.operator_process import OperatorProcess
from e2e_support import wait_for
from faults.row import Row
from faults.rules import Kind, build_error_event
from faults.scene import FaultScene

BATCH = "/apis/batch/v1"
JOBS = f"{BATCH}/jobs"
SECURITY_JOBS = "/pdfsecurityjobs"

BOTH = pytest.mark.parametrize("path", [JOBS, SECURITY_JOBS], ids=["jobs", "security-jobs"])

PROMPT_SECONDS = 15.0
"""For a few jobs after a watch that broke; without a fault they take one or two."""

QUIET_SECONDS = 75.0
"""Silence is a fault after longer than the bookmarks, of about a minute, are apart."""

STUBBORN_SECONDS = 3.0
LISTS_MOST = 20
"""A server that forgets at once what it listed is not to be asked for the list in a tight loop."""


@BOTH
@pytest.mark.fault("7a", "watch tells 410 (ERROR event)", "lists anew at once, nothing twice")
def test_a_watch_that_tells_410(scene: FaultScene, fault: Row, path: str) -> None:
    """Would break: after etcd's compaction an operator sees no change any more."""
    with scene.leading() as operator:
        scene.create_jobs(3)
        scene.await_final()
        begun = time.monotonic()
        assert scene.proxy.inject(path, build_error_event(410)) == 1
        _finishes_five(scene, fault)
        assert scene.proxy.record.select("GET", rf"{path}\?.*limit=", since=begun)
        scene.verify(fault, operator)


@BOTH
@pytest.mark.fault("7b", "watch request answered 410", "lists anew at once, nothing twice")
def test_a_watch_request_that_is_answered_410(scene: FaultScene, fault: Row, path: str) -> None:
    """Would break: the same version is asked for again and again, and nothing is seen meanwhile."""
    with scene.leading() as operator:
        scene.create_jobs(3)
        scene.await_final()
        begun = time.monotonic()
        gone = scene.proxy.add(Kind.ANSWER, "GET", f"{path}.*watch=true", status=410)
        assert scene.proxy.reset_watches(path) == 1
        lists = functools.partial(
            scene.proxy.record.select, "GET", rf"{path}\?.*limit=", since=begun
        )
        wait_for(lists, "all is listed anew", PROMPT_SECONDS)
        time.sleep(STUBBORN_SECONDS)
        scene.proxy.mend()
        fault.see(f"{gone.hits} watches refused, {len(lists())} lists")
        assert len(lists()) <= LISTS_MOST
        _finishes_five(scene, fault)
        scene.verify(fault, operator)


@BOTH
@pytest.mark.fault("8", "watch falls silent", f"another connection in {QUIET_SECONDS:.0f} s")
def test_a_watch_that_falls_silent(scene: FaultScene, fault: Row, path: str) -> None:
    """Would break: behind a dead load balancer every job waits or runs for ever."""
    with scene.leading() as operator:
        [silenced] = scene.proxy.watches(path)
        begun = time.monotonic()
        assert scene.proxy.silence(path) == 1
        scene.create_jobs(5)
        wait_for(lambda: silenced not in scene.proxy.watches(path), "it is given up", QUIET_SECONDS)
        fault.see(f"given up after {time.monotonic() - begun:.0f} s")
        scene.await_final(PROMPT_SECONDS)
        fault.recovered(time.monotonic() - begun)
        scene.verify(fault, operator)


@BOTH
@pytest.mark.fault("9", "connection of a watch is reset", "goes on where it was, nothing is missed")
def test_a_watch_that_is_reset(scene: FaultScene, fault: Row, path: str) -> None:
    """Would break: what changed while the connection was down is never seen."""
    with scene.leading() as operator:
        for _ in range(4):
            scene.create_jobs(5)
            scene.await_created(len(scene.names) - 4)
            assert scene.proxy.reset_watches(path) == 1
            _awaits_watch(scene, path)
        fault.recovered(scene.await_final(PROMPT_SECONDS))
        scene.verify(fault, operator)


@BOTH
@pytest.mark.fault("10", "watch tells 500 (ERROR event)", "watches on after a pause")
def test_a_watch_that_tells_another_error(scene: FaultScene, fault: Row, path: str) -> None:
    """Would break: one error of the API server's own, and a watch ends for good."""
    with scene.leading() as operator:
        scene.create_jobs(3)
        scene.await_final()
        assert scene.proxy.inject(path, build_error_event(500)) == 1
        _finishes_five(scene, fault)
        assert operator.is_ready("/healthz")
        scene.verify(fault, operator)


@pytest.mark.fault("17a", "lists of before answered at the start", "no second Job")
def test_lists_that_are_stale_at_the_start(scene: FaultScene, fault: Row) -> None:
    """Would break: a replica that starts on an old list runs every job a second time."""
    proxy = scene.proxy
    # What an operator saw that came and went before any of it was carried out.
    proxy.remember()
    scene.create_jobs(6)
    held = proxy.add(Kind.ANSWER, "POST", "/leases", status=503)
    with scene.operator("early") as early:
        early.ready()
        wait_for(lambda: held.hits and scene.is_watched(), "everything was listed")
    proxy.mend()
    with scene.operator("first") as first:
        first.ready()
        scene.await_final()
        # It gives its Lease back, or the next one waits for the end of it.
        first.terminate()
    lists = (JOBS, f"{SECURITY_JOBS}\\?")
    stale = [proxy.add(Kind.STALE, "GET", rf"{path}.*limit=", count=2) for path in lists]
    begun = time.monotonic()
    with scene.leading() as operator:
        fault.see(f"{sum(rule.hits for rule in stale)} lists of before")
        _acts(scene, operator)
        fault.recovered(time.monotonic() - begun)
        scene.verify(fault, operator)


@pytest.mark.fault("17b", "lists of before answered after a 410", "nothing is taken back or twice")
def test_lists_that_are_stale_after_410(scene: FaultScene, fault: Row) -> None:
    """Would break: jobs that are missing from an old list are taken for deleted, and run again."""
    proxy = scene.proxy
    proxy.remember()
    with scene.leading() as operator:
        scene.create_jobs(6)
        scene.await_final()
        stale = proxy.add(Kind.STALE, "GET", f"{JOBS}.*limit=", count=2)
        again = proxy.add(Kind.STALE, "GET", f"{SECURITY_JOBS}.*limit=", count=2)
        # These are known when the lists come that know nothing of them, and still to be begun.
        held = proxy.add(Kind.DELAY, "POST", f"{BATCH}.*/jobs", seconds=3)
        scene.create_jobs(5)
        wait_for(lambda: held.hits == 5, "their Jobs are on their way")
        begun = time.monotonic()
        for path in (JOBS, SECURITY_JOBS):
            assert proxy.inject(path, build_error_event(410)) == 1
        wait_for(lambda: stale.hits and again.hits, "both were listed anew")
        scene.await_final(PROMPT_SECONDS)
        fault.recovered(time.monotonic() - begun)
        fault.see(f"{stale.hits + again.hits} lists of before")
        scene.verify(fault, operator)


@pytest.mark.fault("17c", "watch events twice and in no order", "as in order and once")
def test_events_twice_and_in_no_order(scene: FaultScene, fault: Row) -> None:
    """Would break: an old state overtakes a new one, and a finished job runs, or runs again."""
    with scene.leading() as operator:
        for path in (JOBS, SECURITY_JOBS, "/networkpolicies"):
            scene.proxy.shuffle(path)
        scene.create_jobs(20)
        fault.recovered(scene.await_final(PROMPT_SECONDS))
        statuses = len(scene.proxy.record.select("PATCH", "/status"))
        fault.see(f"{statuses / 20:.1f} status writes a job")
        scene.verify(fault, operator)


@pytest.mark.fault("17d", "an old event of what was deleted", "it stays deleted")
def test_an_old_event_brings_nothing_back(scene: FaultScene, fault: Row) -> None:
    """Would break: what somebody deleted is run again, for nobody."""
    with scene.leading() as operator:
        [name] = scene.create_jobs(1)
        old = {key: value for key, value in scene.security_jobs()[name].items() if key != "status"}
        scene.await_final()
        made = scene.reader.created(scene.namespace)
        scene.plane.kubectl("delete", "psj", name, "-n", scene.namespace)
        # The garbage collector would, when it has learned of the kind.
        scene.plane.kubectl("delete", "jobs", "--all", "-n", scene.namespace)
        scene.names.remove(name)
        assert scene.proxy.inject(SECURITY_JOBS, {"type": "MODIFIED", "object": old}) == 1
        _acts(scene, operator)
        again = scene.reader.created(scene.namespace)
        assert {job: again[job] for job in made} == made
        fault.see(f"{made.total()} Job of the deleted one, before and after")


def _finishes_five(scene: FaultScene, fault: Row) -> None:
    scene.create_jobs(5)
    fault.recovered(scene.await_final(PROMPT_SECONDS))


def _awaits_watch(scene: FaultScene, path: str) -> None:
    wait_for(lambda: scene.proxy.watches(path), f"a new watch of {path}", 30)


def _acts(scene: FaultScene, operator: OperatorProcess) -> None:
    """Wait until the operator has surely been through everything that it saw at its start."""
    assert operator.is_running
    scene.create_jobs(1, "after")
    scene.await_final()
