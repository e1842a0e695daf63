"""Cancelling: whatever is deleted in mid-run leaves no pod, no output, and no half of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_client import Api
from e2e_support import exclusive_operator, wait_for
from operator_scene import Scene, open_scene
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster

SLOW = {"resources": {"requests": {"cpu": "10m"}, "limits": {"cpu": "150m", "memory": "1Gi"}}}
"""Little CPU: the upload takes long enough to be met."""

UPLOAD_BYTES = 96 * 1024**2
"""Several parts, so that the upload can be met half-way."""


@pytest.fixture
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "cancel") as opened:
        opened.add_class()
        opened.put("plain.pdf", documents.plain())
        yield opened


def test_a_job_deleted_while_it_uploads_leaves_no_part_of_its_output(scene: Scene) -> None:
    """Would break: half an output, or parts that nobody sees and everybody pays for."""
    scene.put("large.pdf", documents.incompressible(UPLOAD_BYTES))
    spec = scene.spec("large.pdf", "large-out.pdf", scratchSize="400Mi", **SLOW)
    applied = scene.start("large", spec)
    wait_for(lambda: _uploads(scene), "an upload in parts has begun", 90)
    scene.remove("large")
    wait_for(lambda: not scene.pods_of(applied), "the pod is gone")
    assert scene.jobs_of(applied) == []
    assert _uploads(scene) == []
    assert scene.objects() == {"plain.pdf", "large.pdf"}


def test_a_job_suspended_while_it_uploads_loses_no_attempt(scene: Scene) -> None:
    """Would break: `suspend` fails a job that may not be retried, for no fault of its document."""
    scene.put("large.pdf", documents.incompressible(UPLOAD_BYTES))
    spec = scene.spec("large.pdf", "large-out.pdf", scratchSize="400Mi", backoffLimit=0, **SLOW)
    applied = scene.start("held", spec)
    wait_for(lambda: _uploads(scene), "an upload in parts has begun", 90)
    scene.change("held", suspend=True)
    scene.until("held", "Suspended")
    wait_for(lambda: not scene.pods_of(applied), "the pod is gone")
    assert _uploads(scene) == []
    assert "large-out.pdf" not in scene.objects()
    scene.change("held", suspend=False)
    done = scene.until("held", "Succeeded", seconds=120)
    assert done["status"]["attempts"] == 1
    assert "large-out.pdf" in scene.objects()


def _uploads(scene: Scene) -> list[str]:
    found = scene.s3.list_multipart_uploads(Bucket=scene.bucket).get("Uploads", [])
    return [entry["Key"] for entry in found]


def test_a_job_deleted_before_its_pod_has_started_leaves_nothing(scene: Scene) -> None:
    """Would break: a job that cannot start cannot be got rid of either."""
    applied = scene.start("waiting", scene.waiting_spec())
    wait_for(lambda: scene.pods_of(applied), "a pod")
    scene.remove("waiting")
    wait_for(lambda: not scene.pods_of(applied), "the pod is gone")
    assert scene.jobs_of(applied) == []
    assert scene.read("waiting") == {}
    wait_for(lambda: scene.policies() == {}, "the policies are gone")


def test_a_namespace_deleted_in_mid_run_goes_and_the_operator_stays(scene: Scene, api: Api) -> None:
    """Would break: a namespace hangs in Terminating for ever, or takes the operator with it."""
    names = [f"job-{number}" for number in range(4)]
    for name in names:
        scene.start(name, scene.waiting_spec())
    for name in names:
        scene.until(name, "Running")
    # Held, or a restart that another test wants would be taken for a crash.
    with exclusive_operator():
        operators = _operators(api)
        api.delete("namespaces", scene.namespace)
        wait_for(lambda: api.get("namespaces", scene.namespace) is None, "the namespace is gone")
        assert _operators(api) == operators


def _operators(api: Api) -> dict[str, int]:
    """Restarts of the operator's containers, by pod."""
    pods = api.list("pods", "pdf-security-system")
    return {
        pod["metadata"]["uid"]: pod["status"]["containerStatuses"][0]["restartCount"]
        for pod in pods
    }
