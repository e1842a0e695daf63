"""What happens while the operator is away is made up for when it is back, and nothing twice.

One absence for all tests: everything is prepared before it, done during it, and judged after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from api_client import Api
from e2e_support import wait_for
from operator_scene import Object, Scene, conditions_of, creations, open_scene, operator_down
from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec, JobSpec
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.job import build_job
from pdf_security_operator.status import effective_of
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster


@dataclass(frozen=True)
class Absence:
    """What was done while the operator was down."""

    scene: Scene
    other: Scene
    """A namespace whose only job was deleted meanwhile."""
    before: Object
    """A finished job as it was."""
    foreign: dict[str, Object]
    """Jobs of others, under names that the operator would use, as they were made."""


@pytest.fixture(scope="module")
def absence(api: Api, installation: Installation) -> Iterator[Absence]:
    with (
        open_scene(api, installation, "absence") as scene,
        open_scene(api, installation, "absence") as other,
    ):
        for place in (scene, other):
            place.add_class()
            place.put("plain.pdf", documents.plain())
        scene.start("done")
        scene.start("deleted", scene.waiting_spec())
        scene.start("running", scene.waiting_spec(target="running.pdf"))
        other.start("only", other.waiting_spec())
        for place, name in ((scene, "deleted"), (scene, "running"), (other, "only")):
            job = place.until(name, "Running")
            wait_for(lambda place=place, job=job: place.pods_of(job), f"a pod of {name}")  # type: ignore[misc]
        before = scene.until("done", "Succeeded")
        with operator_down(api):
            scene.remove("deleted")
            other.remove("only")
            scene.start("brief")
            scene.remove("brief")
            scene.add_missing_secret()
            _create_job(scene, scene.start("adopted", scene.spec(target="adopted.pdf")))
            foreign = {
                "nobody": _create_foreign(scene, scene.start("nobody"), None),
                "somebody": _create_foreign(scene, scene.start("somebody"), before),
            }
        yield Absence(scene, other, before, foreign)


def _create_job(scene: Scene, owner: Object) -> Object:
    """Create exactly the Job that the operator would, as if it had died right after it did."""
    class_body = scene.api.get("pdfsecurityclasses", scene.namespace) or {}
    spec = JobSpec.model_validate(owner["spec"])
    class_spec = ClassSpec.model_validate(class_body["spec"])
    limits = effective_limits_of(spec, class_spec)
    job = build_job(owner["metadata"], spec, scene.namespace, class_spec, limits)
    job["metadata"]["annotations"][names.EFFECTIVE_ANNOTATION] = json.dumps(
        effective_of(scene.namespace, class_spec.image, limits)
    )
    return scene.api.create("jobs", job, scene.namespace)


def _create_foreign(scene: Scene, bearer: Object, owner: Object | None) -> Object:
    """Create a Job that bears the name of `bearer`'s and belongs to another, or to nobody."""
    metadata = bearer["metadata"]
    job: Object = {
        "metadata": {"name": f"{metadata['name']}-{metadata['uid']}"},
        "spec": {
            "suspend": True,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "any", "image": scene.installation.processor_image}],
                }
            },
        },
    }
    if owner:
        reference = {
            "apiVersion": names.API_VERSION,
            "kind": names.JOB_KIND,
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "controller": True,
        }
        job["metadata"]["ownerReferences"] = [reference]
    return scene.api.create("jobs", job, scene.namespace)


def test_a_job_that_was_created_before_a_crash_is_adopted(absence: Absence) -> None:
    """Would break: a crash between creation and the status processes a document twice."""
    done = absence.scene.until("adopted", "Succeeded")
    (job,) = absence.scene.jobs_of(done)
    assert done["status"]["jobName"] == job["metadata"]["name"]
    assert done["status"]["effective"]["className"] == absence.scene.namespace
    writes = absence.scene.writes()
    assert len(creations(writes, "jobs", job["metadata"]["name"])) == 1
    assert done["status"]["attempts"] == 1


@pytest.mark.parametrize("name", ["nobody", "somebody"])
def test_a_foreign_job_of_our_name_is_refused_and_left_alone(absence: Absence, name: str) -> None:
    """Would break: whoever may create Jobs forges results, or has a Job of theirs taken away."""
    failed = absence.scene.until(name, "Failed", "NameConflict")
    made = absence.foreign[name]
    assert made["metadata"]["name"] in conditions_of(failed)["Failed"]["message"]
    found = absence.scene.api.get("jobs", made["metadata"]["name"], absence.scene.namespace) or {}
    assert found["spec"] == made["spec"]
    assert found["metadata"]["uid"] == made["metadata"]["uid"]
    assert found["metadata"].get("labels") == made["metadata"].get("labels")


@pytest.mark.parametrize("name", ["deleted", "brief"])
def test_what_was_deleted_meanwhile_leaves_nothing(absence: Absence, name: str) -> None:
    """Would break: pods of resources that are gone run on and write outputs."""
    scene = absence.scene

    def gone() -> bool:
        found = [*scene.api.list("jobs", scene.namespace), *scene.api.list("pods", scene.namespace)]
        return not [entry for entry in found if entry["metadata"]["name"].startswith(name)]

    wait_for(gone, f"no Job and no pod of {name}")
    assert scene.read(name) == {}


def test_policies_whose_last_user_went_meanwhile_are_removed(absence: Absence) -> None:
    """Would break: policies pile up, one pair for each class in each namespace ever used."""
    wait_for(lambda: absence.other.policies() == {}, "the policies are gone")
    assert absence.scene.policies() != {}


def test_a_job_goes_on_from_where_it_was(absence: Absence) -> None:
    """Would break: an upgrade of the operator fails or repeats what runs."""
    done = absence.scene.until("running", "Succeeded")
    assert len(absence.scene.jobs_of(done)) == 1
    assert done["status"]["attempts"] == 1


def test_a_finished_job_is_not_written_again(absence: Absence) -> None:
    """Would break: each restart writes every resource, and wakes everybody who watches them."""
    # Whatever came during the absence is through: so is what the start does.
    absence.scene.until("adopted", "Succeeded")
    now = absence.scene.read("done")
    assert now["metadata"]["resourceVersion"] == absence.before["metadata"]["resourceVersion"]
    assert now == absence.before
    (job,) = absence.scene.jobs_of(now)
    assert len(creations(absence.scene.writes(), "jobs", job["metadata"]["name"])) == 1
