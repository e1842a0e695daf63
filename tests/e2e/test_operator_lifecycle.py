"""One job from its beginning to its end: waiting, running, held, finished, removed."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator

import pypdf
import pytest

from api_client import Api
from e2e_support import exclusive_operator, wait_for
from operator_scene import (
    MISSING_SECRET,
    OPERATOR_USER,
    Object,
    Scene,
    conditions_of,
    creations,
    open_scene,
)
from pdf_security_processor.contract import Seal
from processor import documents, sealing
from product import Installation

pytestmark = pytest.mark.cluster

DEFAULT = "pdfsecurity.dev/is-default-class"


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "lifecycle") as opened:
        opened.add_class()
        opened.put("plain.pdf", documents.plain())
        yield opened


def _holding(job: Object) -> set[str]:
    """Types of the conditions that hold; all must speak of the resource's generation."""
    conditions = conditions_of(job)
    generations = {entry["observedGeneration"] for entry in conditions.values()}
    assert generations == {job["metadata"]["generation"]}
    assert job["status"]["observedGeneration"] == job["metadata"]["generation"]
    return {name for name, entry in conditions.items() if entry["status"] == "True"}


def test_a_job_waits_for_its_class_and_runs_to_its_end(scene: Scene) -> None:
    """Would break: everything; or a job that came before its class is never looked at again."""
    late = f"{scene.namespace}-late"
    spec = scene.spec(target="first.pdf", className=late)
    applied = scene.start("first", spec)
    queued = scene.until("first", "Queued", "ClassNotFound")
    assert _holding(queued) == {"Queued", "Reconciling"}
    assert late in conditions_of(queued)["Queued"]["message"]
    assert scene.jobs_of(applied) == []

    scene.add_class(late)
    done = scene.until("first", "Succeeded")
    assert _holding(done) == {"Complete"}
    conditions = conditions_of(done)
    assert {conditions[name]["status"] for name in ("Queued", "Reconciling")} == {"False"}
    assert scene.events_of(applied, "Succeeded") == [
        ("Normal", "ClassNotFound"),
        ("Normal", "Started"),
        ("Normal", "Succeeded"),
    ]


def test_what_is_encrypted_for_recipients_is_opened_with_the_key_of_one(scene: Scene) -> None:
    """Would break: the image lacks what knows such encryption, or the pod its key."""
    scene.add_secret("recipient", **{"tls-combined.pem": sealing.pem(sealing.RSA)})
    encrypt = {"encrypt": {"recipients": [sealing.certificate(sealing.RSA)]}}
    scene.start("lock", scene.spec(target="locked.pdf", operations=[{"sanitize": {}}, encrypt]))
    scene.until("lock", "Succeeded")
    locked = scene.s3.get_object(Bucket=scene.bucket, Key="locked.pdf")["Body"].read()
    assert b"/Adobe.PubSec" in locked

    key = {"recipientKeySecretRef": {"name": "recipient", "key": "tls-combined.pem"}}
    scene.start("open", scene.spec("locked.pdf", "opened.pdf", operations=[{"decrypt": key}]))
    scene.until("open", "Succeeded")
    opened = scene.s3.get_object(Bucket=scene.bucket, Key="opened.pdf")["Body"].read()
    assert "Hello" in pypdf.PdfReader(io.BytesIO(opened)).pages[0].extract_text()


def test_the_status_tells_what_was_read_what_was_written_and_what_applied(scene: Scene) -> None:
    """Would break: nobody can tell from the resource which bytes came of which, under what."""
    scene.start("told", scene.spec(target="told.pdf"))
    done = scene.until("told", "Succeeded")
    status = done["status"]
    for side, key in (("input", "plain.pdf"), ("output", "told.pdf")):
        content = scene.s3.get_object(Bucket=scene.bucket, Key=key)["Body"].read()
        facts = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pages": 1}
        assert status["report"][side] == facts
    assert status["effective"] == {
        "className": scene.namespace,
        "image": scene.installation.processor_image,
        "cpuLimit": "1",
        "memoryLimit": "768Mi",
        "memoryRequest": "64Mi",
        "scratchSize": "128Mi",
        "activeDeadlineSeconds": 300,
        "backoffLimit": 3,
    }
    assert status["documents"] == {"total": 1, "succeeded": 1, "failed": 0, "progress": "1/1"}
    assert status["attempts"] == 1
    assert status["startTime"] <= status["completionTime"]
    (job,) = scene.jobs_of(done)
    assert status["jobName"] == job["metadata"]["name"]


def test_the_worker_of_a_pod_is_sealed(scene: Scene) -> None:
    """Would break: the container's own profile keeps the worker from sealing itself, unnoticed."""
    scene.start("sealed", scene.spec(target="sealed.pdf", report=scene.at("sealed.json")))
    scene.until("sealed", "Succeeded")
    stored = scene.s3.get_object(Bucket=scene.bucket, Key="sealed.json")["Body"].read()
    seal = Seal.model_validate(json.loads(stored)["seal"])
    assert seal.missing == []


def test_nothing_is_written_into_a_spec(scene: Scene) -> None:
    """Would break: Git shows drift for ever, on a resource that nobody has touched."""
    spec = scene.spec(target="spec.pdf")
    scene.start("untouched", spec)
    done = scene.until("untouched", "Succeeded")
    assert done["spec"] == spec
    assert done["metadata"]["generation"] == 1
    # What the admission policy stamps is told to be the API server's, and Git does not see it.
    assert list(done["metadata"]["annotations"]) == ["pdfsecurity.dev/submitted-by"]
    assert "finalizers" not in done["metadata"]


def test_without_a_default_class_a_job_waits_for_one(scene: Scene, api: Api) -> None:
    """Would break: a job without a class fails, or runs under whichever class comes first."""
    with exclusive_operator():
        defaults = [
            body["metadata"]["name"]
            for body in api.list("pdfsecurityclasses")
            if body["metadata"].get("annotations", {}).get(DEFAULT) == "true"
        ]
        try:
            for name in defaults:
                _mark_default(api, name, None)
            spec = scene.spec(target="default.pdf")
            del spec["className"]
            scene.start("classless", spec)
            queued = scene.until("classless", "Queued", "NoDefaultClass")
            assert "spec.className" in conditions_of(queued)["Queued"]["message"]
        finally:
            for name in defaults:
                _mark_default(api, name, "true")
    done = scene.until("classless", "Succeeded")
    assert done["status"]["effective"]["className"] in defaults
    assert "className" not in done["spec"]


def _mark_default(api: Api, name: str, value: str | None) -> None:
    api.patch("pdfsecurityclasses", name, {"metadata": {"annotations": {DEFAULT: value}}})


def test_a_job_suspended_from_the_beginning_has_no_pod_until_it_is_resumed(scene: Scene) -> None:
    """Would break: what was to be held runs; or what is let go never does."""
    applied = scene.start("held", scene.spec(suspend=True))
    held = scene.until("held", "Suspended")
    assert _holding(held) == {"Suspended"}
    assert scene.jobs_of(applied) == []
    scene.change("held", suspend=False)
    done = scene.until("held", "Succeeded")
    assert _holding(done) == {"Complete"}
    assert conditions_of(done)["Suspended"]["status"] == "False"


def test_suspending_stops_the_pod_and_resuming_starts_another(scene: Scene) -> None:
    """Would break: `suspend` is a word only, and the machine is not given back."""
    applied = scene.start("stopped", scene.waiting_spec(target="stopped.pdf"))
    wait_for(lambda: scene.pods_of(applied), "a pod")
    scene.change("stopped", suspend=True)
    held = scene.until("stopped", "Suspended")
    assert _holding(held) == {"Suspended"}
    wait_for(lambda: not scene.pods_of(applied), "the pod is gone")
    (job,) = scene.jobs_of(applied)
    assert job["spec"]["suspend"] is True

    scene.add_missing_secret()
    scene.change("stopped", suspend=False)
    done = scene.until("stopped", "Succeeded")
    assert done["metadata"]["generation"] == 3
    assert _holding(done) == {"Complete"}
    assert len(scene.jobs_of(applied)) == 1


def test_a_job_goes_with_its_time_to_live_and_without_one_it_stays(scene: Scene) -> None:
    """Would break: what Git owns vanishes; or what asked to go fills etcd."""
    leaving = scene.start("leaving", scene.spec(ttlSecondsAfterFinished=1))
    scene.start("staying")
    wait_for(lambda: scene.read("leaving") == {}, "the resource is gone")
    wait_for(lambda: scene.jobs_of(leaving) == [], "its Job is gone")
    assert ("Normal", "Succeeded") in scene.events_of(leaving, "Succeeded")
    assert scene.ended("staying")["status"]["phase"] == "Succeeded"


def test_a_job_is_given_its_time_to_live_after_the_result_is_recorded(scene: Scene) -> None:
    """Would break: a Job removes itself before anybody has seen how it ended."""
    applied = scene.start("recorded")
    done = scene.until("recorded", "Succeeded")
    name = done["status"]["jobName"]
    job = wait_for(
        lambda: next(
            (job for job in scene.jobs_of(applied) if "ttlSecondsAfterFinished" in job["spec"]),
            None,
        ),
        "the Job has a time to live",
    )
    assert job["spec"]["ttlSecondsAfterFinished"] >= 60
    patches = [
        (entry["objectRef"]["resource"], entry["objectRef"].get("subresource"))
        for entry in scene.writes()
        if entry["verb"] == "patch"
        and entry["user"]["username"] == OPERATOR_USER
        and entry["objectRef"]["name"] in ("recorded", name)
    ]
    assert patches[-1] == ("jobs", None)
    assert set(patches[:-1]) == {("pdfsecurityjobs", "status")}

    # The Job's time comes: by hand, for the operator's setting is for people.
    scene.api.patch("jobs", name, {"spec": {"ttlSecondsAfterFinished": 0}}, scene.namespace)
    wait_for(lambda: scene.jobs_of(applied) == [], "the Job is gone")
    # Another job of the namespace goes all the way: the operator has seen the deletion by then.
    scene.start("after")
    scene.until("after", "Succeeded")
    assert scene.read("recorded")["status"] == done["status"]
    assert scene.read("recorded")["metadata"] == done["metadata"]


def test_a_job_deleted_by_hand_fails_its_owner_and_is_not_run_again(scene: Scene) -> None:
    """Would break: a document is processed twice, or the resource says Running for ever."""
    scene.api.delete("secrets", MISSING_SECRET, scene.namespace)
    applied = scene.start("robbed", scene.waiting_spec())
    running = scene.until("robbed", "Running")
    name = running["status"]["jobName"]
    scene.api.delete("jobs", name, scene.namespace)
    failed = scene.until("robbed", "Failed", "JobDeleted")
    assert _holding(failed) == {"Failed", "Stalled"}
    assert name in conditions_of(failed)["Failed"]["message"]
    assert scene.events_of(applied, "JobDeleted")[-1] == ("Warning", "JobDeleted")
    assert scene.jobs_of(applied) == []
    assert len(creations(scene.writes(), "jobs", name)) == 1
