"""Who waits when one wants everything: bursts of a user, and many namespaces at once."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from controlplane import ControlPlane
from controlplane.operator_process import build_class, build_job
from e2e_support import wait_for
from faults.client import Client
from faults.history import Step, history
from faults.row import Row
from faults.scene import FaultScene, Object
from faults.support import admit_authors, own_plane
from figures import jain_index

FULL = bool(os.environ.get("PDF_SECURITY_FAULTS_FULL"))

TOTAL = 20
OF_A_USER = 15

BURST = 1000 if FULL else 300
OTHERS = 10

OTHERS_SECONDS = 15.0
"""Five places are never the burst's: ten jobs come through in two turns of a few seconds each. The
whole burst takes several times as long."""

NAMESPACES = 20
SMALLEST = 5
LEAST_INDEX = 0.95


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A plane whose pods run long enough for others to wait."""
    with own_plane(tmp_path_factory.mktemp("fairness"), pod_seconds=0.5) as running:
        admit_authors(running)
        yield running


@pytest.mark.fault("54", f"one user's burst of {BURST}", "the others' jobs do not wait for it")
def test_a_burst_of_one_user_holds_up_nobody(
    scene: FaultScene, plane: ControlPlane, client: Client, fault: Row
) -> None:
    """Would break: whoever submits most has the whole class, and everybody else the next day."""
    limits = {"total": TOTAL, "perUser": OF_A_USER}
    _add_class(client, scene.namespace, limits)
    with scene.leading() as operator, history(plane, client) as told:
        _submit(Client(plane, "busy", ["authors"]), scene, "busy", BURST)
        _submit(Client(plane, "other", ["authors"]), scene, "other", OTHERS)
        submitted = time.monotonic()
        wait_for(lambda: not _unfinished(scene, "other"), "the others' jobs are done")
        seconds = time.monotonic() - submitted
        left = len(_unfinished(scene, "busy"))
        fault.see(f"the others' {OTHERS} done in {seconds:.1f} s, {left} of the burst left")
        assert seconds < OTHERS_SECONDS
        assert left > BURST / 4
        fault.recovered(seconds)
        scene.await_final(600)
        of_all = told.most_at_once()["all"]
        of_users = told.most_at_once(lambda step: step.user)
        fault.see(f"at once {of_all} of all, {of_users['busy']} of the burst")
        # What may be used is used, and never more.
        assert (of_all, of_users["busy"]) == (TOTAL, OF_A_USER)
        scene.verify(fault, operator)


@pytest.mark.fault(
    "54b", f"{NAMESPACES} namespaces of 5 to 100 jobs", "equal shares (Jain >= 0.95)"
)
def test_namespaces_get_equal_shares(
    scene: FaultScene, plane: ControlPlane, client: Client, fault: Row
) -> None:
    """Would break: a namespace with many jobs gets more than one with few, which then waits."""
    _add_class(client, scene.namespace, {"total": TOTAL})
    sizes = {f"{scene.namespace}-{n}": SMALLEST * (n + 1) for n in range(NAMESPACES)}
    for namespace, size in sizes.items():
        client.create("namespaces", {"metadata": {"name": namespace}})
        for number in range(size):
            body = build_job(f"job-{number}", namespace, className=scene.namespace)
            client.create("pdfsecurityjobs", body, namespace)
    with history(plane, client) as told, scene.leading() as operator:
        # All that is to be compared, and a while longer.
        enough = sum(sizes.values()) if FULL else NAMESPACES * (SMALLEST + 2)
        wait_for(lambda: len(told.begun()) >= enough, "all that counts was admitted", 600)
        assert operator.is_ready()
        shares = _shares_while_all_wait(told.begun(), sizes)
        index = jain_index([shares[namespace] for namespace in sizes])
        print(f"Jain's index {index:.4f} of {sorted(shares.values())}")
        fault.see(f"Jain's index {index:.4f} over {shares.total()} admissions")
        assert told.most_at_once()["all"] == TOTAL
        assert index >= LEAST_INDEX
        for namespace in sizes:
            client.delete("namespaces", namespace)


def _shares_while_all_wait(begun: list[Step], sizes: dict[str, int]) -> Counter[str]:
    """Count admissions until the first namespace has nothing that waits."""
    shares: Counter[str] = Counter()
    for step in begun:
        if shares[step.namespace] + 1 == sizes[step.namespace]:
            break
        shares[step.namespace] += 1
    return shares


def _add_class(client: Client, name: str, concurrency: Object) -> None:
    body = build_class(name, concurrency=concurrency)
    del body["metadata"]["annotations"]
    client.create("pdfsecurityclasses", body)


def _submit(user: Client, scene: FaultScene, prefix: str, count: int) -> None:
    for number in range(count):
        name = f"{prefix}-{number}"
        body = build_job(name, scene.namespace, className=scene.namespace)
        user.create("pdfsecurityjobs", body, scene.namespace)
        scene.names.append(name)


def _unfinished(scene: FaultScene, prefix: str) -> list[str]:
    return [name for name in scene.unfinished() if name.startswith(f"{prefix}-")]
