"""Resources that come and go unseen, that are nobody's or anybody's, or that no schema checked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from api_client import AnsweredError
from cluster.errors import CommandFailedError
from controlplane import ControlPlane
from controlplane.operator_process import build_class, build_job
from e2e_support import wait_for
from faults.client import Client
from faults.row import Row
from faults.scene import FaultScene, Object
from faults.support import await_condition, own_plane, own_scene
from images.build import REPOSITORY
from pdf_security_operator.identity import job_name_of
from pdf_security_operator.names import CLASS_LABEL
from product import CLASS, NAMESPACE, await_kinds

IMAGE = f"localhost/anything@sha256:{'b' * 64}"

ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
"""A schema that lets everything through."""

ODD: dict[str, Any] = {
    "empty": {},
    "number": {"input": 5, "operations": "inspect"},
    "priority-is-text": {"priority": "high", "className": CLASS},
    "class-is-no-name": {"className": {"name": "standard"}},
    "late": {"ttlSecondsAfterFinished": "soon", "operations": [{"inspect": {}}]},
    "deep": {"operations": [{"inspect": {"inspect": [[[[[[[[[[{}]]]]]]]]]]}}]},
}
"""Specs that no schema of ours lets through."""

SHAPELESS: dict[str, Any] = {"text": "inspect", "list": [{"inspect": {}}], "missing": None}
"""Specs that are none at all; None is left out."""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A plane whose pods can be met while they run."""
    with own_plane(tmp_path_factory.mktemp("admission"), pod_seconds=1.5) as running:
        yield running


@pytest.mark.fault("18", "created and deleted while the operator is down", "nothing is left")
def test_what_came_and_went_unseen_leaves_nothing(
    scene: FaultScene, client: Client, fault: Row
) -> None:
    """Would break: an operator that comes back works for resources that nobody wants any more."""
    for number in range(5):
        body = build_job(f"gone-{number}", scene.namespace)
        client.create("pdfsecurityjobs", body, scene.namespace)
    for number in range(5):
        client.delete("pdfsecurityjobs", f"gone-{number}", scene.namespace)
    scene.create_jobs(1, "stays")
    with scene.leading() as operator:
        scene.verify(fault, operator)
    fault.see("no Job of the five that were gone")


@pytest.mark.fault("19", "deleted in mid-run", "Job, pod and policies go too")
def test_what_is_deleted_in_mid_run_takes_all_along(
    scene: FaultScene, client: Client, fault: Row
) -> None:
    """Would break: a pod goes on with a document whose job was withdrawn."""
    with scene.leading() as operator:
        [name] = scene.create_jobs(1)
        wait_for(lambda: _running_pods(client, scene.namespace), "its pod runs")
        client.delete("pdfsecurityjobs", name, scene.namespace)
        begun = time.monotonic()
        wait_for(lambda: not client.list("pods", scene.namespace), "no pod is left", 20)
        assert scene.jobs() == {}
        fault.recovered(time.monotonic() - begun)
        wait_for(lambda: scene.policies() == [], "no NetworkPolicy is left", 20)
        assert scene.reader.created(scene.namespace).total() == 1
        assert operator.is_ready()


@pytest.mark.fault("20", "a foreign Job bears our name", "Failed/NameConflict, it is left alone")
@pytest.mark.parametrize("labelled", [False, True], ids=["plain", "with-our-labels"])
def test_a_foreign_job_of_our_name_is_left_alone(
    scene: FaultScene, client: Client, fault: Row, labelled: bool
) -> None:
    """Would break: whoever may create Jobs has the operator vouch for what they did."""
    [name] = scene.create_jobs(1)
    uid = scene.security_jobs()[name]["metadata"]["uid"]
    foreign = _build_foreign(job_name_of(name, uid), labelled=labelled)
    made = client.create("jobs", foreign, scene.namespace)
    with scene.leading() as operator:
        await_condition(scene, name, "Failed", "NameConflict")
        kept = client.get("jobs", job_name_of(name, uid), scene.namespace)
        assert kept is not None
        assert (kept["metadata"]["uid"], kept["spec"]) == (made["metadata"]["uid"], made["spec"])
        assert "ownerReferences" not in kept["metadata"]
        client.delete("jobs", job_name_of(name, uid), scene.namespace)
        scene.verify(fault, operator, phase="Failed")


@pytest.mark.fault("20b", "another's Job bears our name", "Failed/NameConflict, it is left alone")
def test_a_job_of_another_is_not_taken_over(scene: FaultScene, client: Client, fault: Row) -> None:
    """Would break: one resource tells the result of another's Job as its own."""
    name, other = scene.create_jobs(2)
    bodies = scene.security_jobs()
    job_name = job_name_of(name, bodies[name]["metadata"]["uid"])
    foreign = _build_foreign(job_name, labelled=True)
    owner = {"name": other, "uid": bodies[other]["metadata"]["uid"], "controller": True}
    kind = {"apiVersion": bodies[other]["apiVersion"], "kind": bodies[other]["kind"]}
    foreign["metadata"]["ownerReferences"] = [{**kind, **owner}]
    client.create("jobs", foreign, scene.namespace)
    with scene.leading():
        await_condition(scene, name, "Failed", "NameConflict")
        await_condition(scene, other, "Complete", "Succeeded")
        kept = client.get("jobs", job_name, scene.namespace)
        assert kept is not None
        assert kept["spec"]["suspend"] is True
        fault.see("the other one Succeeded by its own Job")


@pytest.mark.fault("22", "malformed and extreme resources", "refused or handled; the rest goes on")
def test_extreme_resources_stop_nobody(scene: FaultScene, client: Client, fault: Row) -> None:
    """Would break: one author's resource keeps the operator from everybody else's."""
    namespace = scene.namespace
    with scene.leading() as operator:
        for annotations in ({"not a key": ""}, {"../../etc": ""}, {"large": "x" * 262_145}):
            body = build_job("refused", namespace)
            body["metadata"]["annotations"] = annotations
            with pytest.raises(AnsweredError, match="annotations"):
                client.create("pdfsecurityjobs", body, namespace)
        with pytest.raises(AnsweredError, match="must be no more than 253"):
            client.create("pdfsecurityjobs", build_job("a" * 254, namespace), namespace)
        for name in ("a" * 253, "1.2.3", "x" + ".y" * 100):
            scene.names.append(name)
            body = build_job(name, namespace)
            body["metadata"]["annotations"] = {"note": "\u0000\u202e" + "x" * 200_000}
            client.create("pdfsecurityjobs", body, namespace)
        scene.verify(fault, operator)
        # Fit for the schema, and for nothing else.
        for name, reason, spec in (
            ("no-class", "ClassNotFound", {"className": "nowhere"}),
            ("too-large", "LimitExceeded", {"resources": {"limits": {"memory": "999Ti"}}}),
            ("no-queue", "QueueNotAllowed", {"queueName": "nowhere"}),
        ):
            client.create("pdfsecurityjobs", build_job(name, namespace, **spec), namespace)
            kind = "Queued" if name == "no-class" else "Failed"
            await_condition(scene, name, kind, reason)
        assert operator.is_ready()


@pytest.mark.fault("22b", "objects that no schema checked", "InvalidSpec; the rest goes on")
@pytest.mark.parametrize("specs", [ODD, SHAPELESS], ids=["odd", "shapeless"])
def test_objects_that_no_schema_checked_stop_nobody(
    tmp_path: Path, fault: Row, specs: dict[str, Any]
) -> None:
    """Would break: what an older or a missing schema let through ends the operator at each start.

    Once while it runs, and once as what it finds at its start.
    """
    with own_scene(tmp_path) as scene:
        client = Client(scene.plane)
        _loosen(scene.plane)
        with scene.leading() as operator:
            for name, spec in specs.items():
                let_through = partial(_created_odd, client, scene, name, spec)
                wait_for(let_through, f"{name} is let through")
            for name in specs:
                await_condition(scene, name, "Failed", "InvalidSpec")
            scene.create_jobs(3)
            scene.await_final()
            assert operator.terminate().code == 0
        scene.plane.kubectl("delete", "leases", "--all", "-n", NAMESPACE)
        with scene.leading() as operator:
            scene.create_jobs(3)
            scene.await_final()
            assert operator.is_ready()
            assert operator.is_ready("/healthz")
        fault.see(f"{len(specs)} odd specs Failed/InvalidSpec, 6 good jobs done")


@pytest.mark.fault(
    "23", "definitions absent at the start", "unready and alive, works when they come"
)
def test_an_operator_waits_for_its_definitions(tmp_path: Path, fault: Row) -> None:
    """Would break: whoever installs in another order has an operator that restarts, or is deaf."""
    with own_scene(tmp_path) as scene:
        crds = ["-k", str(REPOSITORY / "crds")]
        scene.plane.kubectl("delete", *crds, "--wait")
        with scene.operator() as operator:
            operator.ready(path="/healthz")
            for _ in range(30):
                assert not operator.is_ready()
                assert operator.is_ready("/healthz")
                time.sleep(0.2)
            scene.plane.kubectl("create", *crds)
            begun = time.monotonic()
            wait_for(operator.is_ready, "it is ready")
            fault.recovered(time.monotonic() - begun)
            _recreate_class(scene.plane)
            scene.create_jobs(3)
            scene.await_final()
        fault.see("unready for 6 s, alive, then 3 jobs done")


def _running_pods(client: Client, namespace: str) -> list[Object]:
    return client.list("pods", namespace, fieldSelector="status.phase=Running")


def _build_foreign(name: str, *, labelled: bool) -> Object:
    """Build a Job of somebody else, held, under a name that the operator would use."""
    labels = {"app.kubernetes.io/managed-by": "pdf-security-operator", CLASS_LABEL: CLASS}
    container = {"name": "processor", "image": IMAGE}
    return {
        "metadata": {"name": name, "labels": labels if labelled else {}},
        "spec": {
            "suspend": True,
            "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
        },
    }


def _loosen(plane: ControlPlane) -> None:
    """Let the API server take anything for a PdfSecurityJob, as one without our policies would."""
    bindings = ("pdf-security-references", "pdf-security-class")
    plane.kubectl("delete", "validatingadmissionpolicybinding", *bindings)
    name = "pdfsecurityjobs.pdfsecurity.dev"
    definition = json.loads(plane.kubectl("get", "crd", name, "-o", "json"))
    for version in definition["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"] = ANYTHING
    plane.kubectl("replace", "-f", "-", input=json.dumps(definition))


def _created_odd(client: Client, scene: FaultScene, name: str, spec: Any) -> bool:
    body = {**build_job(name, scene.namespace), "spec": spec}
    if spec is None:
        del body["spec"]
    try:
        client.create("pdfsecurityjobs", body, scene.namespace)
    except AnsweredError:
        # The old schema is still in force, or a policy.
        return False
    return True


def _recreate_class(plane: ControlPlane) -> None:
    await_kinds(plane.kubectl)
    document = json.dumps(build_class())

    def created() -> bool:
        try:
            plane.kubectl("apply", "-f", "-", input=document)
            plane.kubectl("create", "--dry-run=server", "-f", "-", input=json.dumps(build_job("a")))
        except CommandFailedError:
            # The API server knows the kind, or the policies do, a moment later.
            return False
        return True

    wait_for(created, "the class is there, and jobs are admitted")
