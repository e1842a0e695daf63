"""What keeps the audit log away, and the operator killed while it writes: each end is on record."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane import ControlPlane
from controlplane.probe import get
from e2e_support import wait_for
from faults.audit_folder import AuditFolder, audit_folder, full_volume, unmount
from faults.row import Row
from faults.scene import FaultScene
from faults.support import own_plane
from pdf_security_operator.identity import uid_of

KILLS = 8
JOBS = 20


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A plane whose pods run long enough for a kill to meet them."""
    with own_plane(tmp_path_factory.mktemp("audit"), pod_seconds=0.3) as running:
        yield running


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[AuditFolder]:
    """A folder for the audit log."""
    made = audit_folder(tmp_path / "log")
    yield made
    unmount(made.path)


@pytest.mark.fault("52", "the audit log's disk is full", "jobs go on; all is recorded later")
def test_a_full_disk(scene: FaultScene, fault: Row, audit: AuditFolder) -> None:
    """Would break: what was decided meanwhile is on no record, or half a line is."""
    with scene.leading(settings=audit.settings) as operator:
        with full_volume(audit.path):
            scene.create_jobs(JOBS)
            scene.await_final()
            wait_for(lambda: _failures(operator.health_port) > 0, "the disk is full")
            kept, owed = audit.outcomes(), _owed(scene)
            assert len(kept) < JOBS
            assert owed >= JOBS - len(kept)
        begun = time.monotonic()
        wait_for(lambda: not _owed(scene), "all Jobs are let go", 60)
        fault.recovered(time.monotonic() - begun)
        fault.see(f"{owed} Jobs waited for the disk")
        assert audit.outcomes() == _uids(scene)
        scene.verify(fault, operator)
        operator.terminate()
    _assert_whole(audit, fault)


@pytest.mark.fault("52b", "killed while the disk is full", "the next one records what is owed")
def test_a_kill_while_the_disk_is_full(scene: FaultScene, fault: Row, audit: AuditFolder) -> None:
    """Would break: what the dead one had not kept yet is lost with it."""
    with full_volume(audit.path), scene.leading(settings=audit.settings) as operator:
        scene.create_jobs(JOBS)
        scene.create_jobs(3, prefix="refused", scratchSize="1Ti")
        scene.await_final()
        assert len(audit.outcomes()) < JOBS
        operator.kill()
    begun = time.monotonic()
    with scene.leading(settings=audit.settings) as second:
        wait_for(lambda: audit.outcomes() == _uids(scene), "each end is on record", 60)
        fault.recovered(time.monotonic() - begun)
        wait_for(lambda: not _owed(scene), "all Jobs are let go", 60)
        second.terminate()
    _assert_whole(audit, fault)


@pytest.mark.fault("52c", "killed again and again", "the log is whole, with one end of each job")
def test_kills_while_it_is_written(scene: FaultScene, fault: Row, audit: AuditFolder) -> None:
    """Would break: a kill leaves a hole, or what looks like an attack."""
    chance = random.Random(52)
    for _ in range(KILLS):
        with scene.leading(settings=audit.settings) as operator:
            scene.create_jobs(5)
            time.sleep(chance.uniform(0.1, 2.0))
            operator.kill()
        scene.plane.kubectl("delete", "leases", "--all", "-n", "pdf-security-system")
    with scene.leading(settings=audit.settings) as last:
        scene.await_final()
        wait_for(lambda: not _owed(scene), "all Jobs are let go", 60)
        assert audit.outcomes() == _uids(scene)
        last.terminate()
    _assert_whole(audit, fault)


def _assert_whole(audit: AuditFolder, fault: Row) -> None:
    verdict = audit.verdict()
    fault.see(
        f"{verdict.records} records, {verdict.outcomes} ends, {verdict.repeated} twice, "
        f"{verdict.chains} chains"
    )
    assert verdict.findings == []
    assert verdict.open_chains == []


def _uids(scene: FaultScene) -> set[str]:
    return {uid_of(body) for body in scene.security_jobs().values()}


def _owed(scene: FaultScene) -> int:
    """Count the Jobs that have ended and are not let go."""
    return sum(
        "ttlSecondsAfterFinished" not in job["spec"] and bool(job["status"].get("conditions"))
        for job in scene.jobs().values()
    )


def _failures(port: int) -> float:
    prefix = "pdf_security_operator_audit_sink_failures_total{"
    lines = (get(port, "/metrics") or b"").decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(prefix))
