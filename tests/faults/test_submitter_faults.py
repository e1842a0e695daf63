"""Who submitted a job: forged, changed, and unknown because the policies that tell it are gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api_client import MERGE_PATCH, AnsweredError, path_of
from controlplane import ControlPlane
from controlplane.operator_process import build_class, build_job
from e2e_support import wait_for
from faults.client import Client
from faults.history import history
from faults.row import Row
from faults.scene import FaultScene, Object
from faults.support import admit_authors, own_plane
from images.build import REPOSITORY
from pdf_security_operator.names import SUBMITTER_ANNOTATION

POLICIES = str(REPOSITORY / "manifests" / "base" / "submitter-policy.yaml")

OF_A_USER = 2


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A plane on which members of `authors` may write jobs."""
    with own_plane(tmp_path_factory.mktemp("users"), pod_seconds=0.5) as running:
        admit_authors(running)
        yield running


@pytest.fixture
def jane(plane: ControlPlane) -> Client:
    """An author."""
    return Client(plane, "jane", ["authors"])


@pytest.fixture
def bob(plane: ControlPlane) -> Client:
    """Another author."""
    return Client(plane, "bob", ["authors"])


@pytest.mark.fault("53b", "a user forges the submitter", "overwritten, and never changed")
def test_nobody_submits_in_anothers_name(
    scene: FaultScene, jane: Client, bob: Client, fault: Row
) -> None:
    """Would break: one user has the places of all, by writing others' names on the jobs."""
    namespace = scene.namespace
    body = build_job("forged", namespace)
    body["metadata"]["annotations"] = {SUBMITTER_ANNOTATION: "bob", "note": "kept"}
    created = jane.create("pdfsecurityjobs", body, namespace)
    assert created["metadata"]["annotations"] == {SUBMITTER_ANNOTATION: "jane", "note": "kept"}
    scene.names.append("forged")
    # Each policy is in force a moment after it was created, and this one after the other.
    wait_for(lambda: _refuses_changes(jane, namespace, "forged"), "changes are judged")
    for user in (jane, bob):
        change = {"metadata": {"annotations": {SUBMITTER_ANNOTATION: "bob"}}}
        with pytest.raises(AnsweredError, match=f"annotations.{SUBMITTER_ANNOTATION}") as no:
            user.patch("pdfsecurityjobs", "forged", change, namespace)
        assert no.value.code == 403
        # Who leaves it out keeps it, as `kubectl replace` has to be able to.
        removal: Object = {"metadata": {"annotations": {SUBMITTER_ANNOTATION: None}}}
        kept = user.patch("pdfsecurityjobs", "forged", removal, namespace)
        assert kept["metadata"]["annotations"][SUBMITTER_ANNOTATION] == "jane"
    # Whoever may change jobs may change all else, and the operator its status.
    bob.patch("pdfsecurityjobs", "forged", {"metadata": {"labels": {"seen": "yes"}}}, namespace)
    with scene.leading() as operator:
        scene.await_final()
        body = scene.security_jobs()["forged"]
        assert body["metadata"]["annotations"][SUBMITTER_ANNOTATION] == "jane"
        assert body["metadata"]["labels"] == {"seen": "yes"}
        [job] = scene.jobs().values()
        assert job["metadata"]["annotations"][SUBMITTER_ANNOTATION] == "jane"
        scene.verify(fault, operator)


@pytest.mark.fault("53", "admission policies removed", "unstamped jobs count as one user's")
@pytest.mark.parametrize("stamped", [True, False], ids=["with-policies", "without"])
def test_limits_hold_without_the_policies(
    scene: FaultScene, plane: ControlPlane, jane: Client, bob: Client, fault: Row, stamped: bool
) -> None:
    """Would break: once the policies are gone, there is no limit for anybody."""
    admin, namespace = Client(plane), scene.namespace
    narrow = build_class(namespace, concurrency={"perUser": OF_A_USER})
    del narrow["metadata"]["annotations"]
    admin.create("pdfsecurityclasses", narrow)
    with _policies(plane, jane, namespace, there=stamped):
        for number in range(5):
            for user, name in ((jane, "jane"), (bob, "bob")):
                body = build_job(f"{name}-{number}", namespace, className=namespace)
                user.create("pdfsecurityjobs", body, namespace)
                scene.names.append(f"{name}-{number}")
        with history(plane, admin) as told, scene.leading() as operator:
            scene.await_final()
            most = told.most_at_once(lambda step: step.user)
            expected = {"jane": 2, "bob": 2} if stamped else {"": 2}
            assert most == expected
            fault.see(f"at once {most}")
            scene.verify(fault, operator)


@contextmanager
def _policies(plane: ControlPlane, user: Client, namespace: str, *, there: bool) -> Iterator[None]:
    """Take the policies away meanwhile, unless they are to be there."""
    if there:
        yield
        return
    plane.kubectl("delete", "-f", POLICIES)
    try:
        wait_for(lambda: not _stamp_of_a_trial(user, namespace), "the policies are not in force")
        yield
    finally:
        plane.kubectl("create", "-f", POLICIES)
        wait_for(lambda: _stamp_of_a_trial(user, namespace), "the policies are in force again")


def _stamp_of_a_trial(user: Client, namespace: str) -> str:
    path = f"{path_of('pdfsecurityjobs', namespace)}?dryRun=All"
    tried: Object = user.call("POST", path, json=build_job("trial", namespace))
    return str(tried["metadata"].get("annotations", {}).get(SUBMITTER_ANNOTATION, ""))


def _refuses_changes(user: Client, namespace: str, name: str) -> bool:
    path = f"{path_of('pdfsecurityjobs', namespace, name)}?dryRun=All"
    change = json.dumps({"metadata": {"annotations": {SUBMITTER_ANNOTATION: "trial"}}})
    try:
        user.call("PATCH", path, body=change, headers=MERGE_PATCH)
    except AnsweredError:
        return True
    return False
