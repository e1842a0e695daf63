"""Clocks that are wrong, operators that are replaced in mid-run, and a cluster that is restored."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from controlplane import ControlPlane
from controlplane.operator_process import OperatorProcess, build_job, operator_process
from e2e_support import phase_of, wait_for
from faults.client import Client
from faults.row import Row
from faults.scene import SOURCE_VARIABLE, FaultScene, Object
from faults.support import await_condition, hand_over, own_plane, own_scene

LEASE_SECONDS = 10
"""After so many seconds without a renewal another may lead."""

SHIFT = '''"""Shifts the wall clock of the interpreter that finds this on its path."""
import datetime
import time

seconds = {seconds}
time_of_day = time.time
time.time = lambda: time_of_day() + seconds


class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=seconds)


datetime.datetime = Shifted
'''
"""`sitecustomize`: imported before anything else. The monotonic clock goes as it did."""

HOUR = 3600


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A plane whose pods run a moment."""
    with own_plane(tmp_path_factory.mktemp("times"), pod_seconds=0.5) as running:
        yield running


@pytest.mark.fault(
    "51", "leader's clock an hour off", "nobody takes over, jobs done, last their time"
)
@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_leader_with_a_wrong_clock_keeps_its_lease(
    scene: FaultScene, fault: Row, seconds: int
) -> None:
    """Would break: a wrong clock gives two leaders, or none, or ends jobs before their time."""
    with _shifted(scene, seconds) as operator, scene.operator("right") as other:
        other.ready()
        _stay_for_a_lease(operator, other)
        scene.create_jobs(5, activeDeadlineSeconds=60)
        scene.await_final()
        _stay_for_a_lease(operator, other)
        scene.verify(fault, operator)
        assert not other.leads()


@pytest.mark.fault("51b", "clock of who stands by an hour off", "it does not take over")
@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_wrong_clock_that_stands_by_does_not_lead(
    scene: FaultScene, fault: Row, seconds: int
) -> None:
    """Would break: who believes that an hour has passed takes the Lease of one that lives."""
    with scene.leading() as operator, _shifted(scene, seconds, leads=False) as other:
        other.ready()
        scene.create_jobs(5)
        _stay_for_a_lease(operator, other)
        scene.verify(fault, operator)


@pytest.mark.fault("51c", "clock an hour off, resources that delete themselves", "in their time")
@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_time_to_live_is_of_the_servers_clock(
    scene: FaultScene, fault: Row, seconds: int
) -> None:
    """Would break: results vanish before anybody saw them, or stay for an hour too long."""
    with _shifted(scene, seconds):
        [name] = scene.create_jobs(1, ttlSecondsAfterFinished=8)
        scene.await_final()
        time.sleep(4)
        assert phase_of(scene.security_jobs()[name]) == "Succeeded"
        wait_for(lambda: not scene.security_jobs(), "it is deleted", 15)
        fault.see("deleted in its time")


@pytest.mark.fault("55", "replaced in mid-run, and rolled back", "each job done once")
def test_a_rolling_replacement_loses_nothing(scene: FaultScene, fault: Row) -> None:
    """Would break: an upgrade costs jobs, or does them twice."""
    with scene.operator("old") as old:
        wait_for(old.leads, "the old one leads")
        scene.create_jobs(30, "first")
        scene.await_created(5)
        with scene.operator("new") as new:
            hand_over(old, new)
            scene.create_jobs(30, "second")
            scene.await_created(35)
            assert scene.unfinished()
            with scene.operator("old-again") as again:
                hand_over(new, again)
                fault.recovered(scene.await_final())
                scene.verify(fault, again)


@pytest.mark.fault(
    "56", "all resources restored into another cluster", "nothing finished runs again"
)
def test_what_is_restored_elsewhere_is_not_run_again(
    scene: FaultScene, tmp_path: Path, fault: Row
) -> None:
    """Would break: after a restore every document of years is processed again."""
    with scene.leading():
        done = scene.create_jobs(5, "done")
        scene.await_final()
        held = scene.create_jobs(1, "held", suspend=True)
        await_condition(scene, held[0], "Suspended", "Suspended")
        scene.plane.kubectl("cordon", *scene.plane.nodes)
        running = scene.create_jobs(1, "running")
        wait_for(lambda: phase_of(scene.security_jobs()[running[0]]) == "Running", "one runs")
        dump = scene.security_jobs()
    scene.plane.kubectl("uncordon", *scene.plane.nodes)
    with own_scene(tmp_path / "other") as other:
        client = Client(other.plane)
        for body in dump.values():
            _restore(client, other.namespace, body)
        with other.leading():
            # Whether it had ended before the other cluster did, nobody can say.
            await_condition(other, running[0], "Failed", "JobDeleted")
            await_condition(other, held[0], "Suspended", "Suspended")
            other.create_jobs(1, "after")
            other.await_final()
            assert len(other.reader.created(other.namespace)) == 1
            client.patch("pdfsecurityjobs", held[0], {"spec": {"suspend": False}}, other.namespace)
            other.names += held
            other.await_final()
            assert len(other.reader.created(other.namespace)) == 2
            for name in done:
                assert other.security_jobs()[name]["status"] == dump[name]["status"]
    fault.see("5 finished stayed as they were, 1 that ran Failed/JobDeleted, 1 held ran once")


def _restore(client: Client, namespace: str, body: Object) -> None:
    """Create a resource as a backup does: without what the server writes, then its status."""
    name = body["metadata"]["name"]
    client.create("pdfsecurityjobs", build_job(name, namespace, **body["spec"]), namespace)
    status: Any = {"status": body["status"]}
    client.patch("pdfsecurityjobs", name, status, namespace, "status")


def _stay_for_a_lease(leader: OperatorProcess, other: OperatorProcess) -> None:
    """Look on for longer than a Lease lasts."""
    until = time.monotonic() + LEASE_SECONDS + 2
    while time.monotonic() < until:
        assert (leader.leads(), other.leads()) == (True, False)
        time.sleep(0.2)


@contextmanager
def _shifted(scene: FaultScene, seconds: int, *, leads: bool = True) -> Iterator[OperatorProcess]:
    """Run an operator whose wall clock is wrong."""
    folder = scene.folder / "shift"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(SHIFT.format(seconds=seconds))
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get(SOURCE_VARIABLE))))
    settings = {"PYTHONPATH": path}
    with operator_process(scene.plane, scene.folder, name="shifted", settings=settings) as process:
        process.ready()
        if leads:
            wait_for(process.leads, "the one with the wrong clock leads")
        yield process
