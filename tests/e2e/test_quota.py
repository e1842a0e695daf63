"""The bounds of a tenant's namespace, as the manifests have them, around real jobs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_client import AnsweredError, Api
from e2e_support import wait_for
from images.build import REPOSITORY
from operator_scene import Scene, open_scene
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster

QUOTA = REPOSITORY / "manifests" / "components" / "tenant-quota" / "quota.yaml"


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "quota") as opened:
        opened.add_class()
        opened.put("plain.pdf", documents.plain())
        installation.cluster.kubectl("apply", "-n", opened.namespace, "-f", str(QUOTA))
        yield opened


def _bound(scene: Scene, **hard: str) -> None:
    """Set bounds of the quota, and wait until they are counted by."""
    patch = {"spec": {"hard": dict(hard)}}
    scene.api.patch("resourcequotas", "pdf-security", patch, scene.namespace)

    def counted() -> bool:
        quota = scene.api.get("resourcequotas", "pdf-security", scene.namespace) or {}
        known = quota.get("status", {}).get("hard", {})
        return all(known.get(name) == value for name, value in hard.items())

    wait_for(counted, "the quota is counted")


def test_a_job_fits_into_the_bounds(scene: Scene) -> None:
    """A tenant could run nothing: a pod that lacks a number is refused under a quota."""
    scene.start("fits")
    scene.until("fits", "Succeeded")


def test_one_resource_too_many_is_refused_by_name(scene: Scene) -> None:
    """A tenant could fill the API server's store."""
    _bound(scene, **{"count/pdfsecurityjobs.pdfsecurity.dev": "1"})
    with pytest.raises(AnsweredError, match="exceeded quota: pdf-security"):
        scene.start("too-many")
    _bound(scene, **{"count/pdfsecurityjobs.pdfsecurity.dev": "2k"})


def test_one_job_too_many_waits_and_says_why(scene: Scene) -> None:
    """What is submitted beyond the quota would fail, or wait without a word."""
    running = len(scene.api.list("jobs", scene.namespace))
    _bound(scene, **{"count/jobs.batch": str(running)})
    scene.start("waits")
    scene.until("waits", "Queued", "QuotaExceeded")
    _bound(scene, **{"count/jobs.batch": "500"})
    scene.until("waits", "Succeeded", seconds=90)


def test_a_pod_without_room_is_told(scene: Scene) -> None:
    """A job whose pod is refused would look as if it ran."""
    _bound(scene, **{"requests.memory": "1Mi"})
    scene.start("no-room")
    scene.until("no-room", "Running", "FailedCreate", seconds=90)
    _bound(scene, **{"requests.memory": "64Gi"})
    scene.until("no-room", "Succeeded", seconds=120)
