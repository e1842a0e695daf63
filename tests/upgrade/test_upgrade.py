"""From the release before to this one on the real cluster, with jobs running and more coming."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from api_client import Api
from cluster import Cluster
from cluster.progress import Progress
from e2e_support import exclusive_operator, wait_for
from images.build import REPOSITORY, build_images
from operator_scene import Scene, creations, open_scene
from pdf_security_operator.identity import job_name_of
from processor import documents
from product import (
    DEPLOYMENT,
    NAMESPACE,
    OVERLAY,
    Installation,
    await_admission,
    await_kinds,
    install_by_helm,
    install_by_kustomize,
    write_overlay,
)
from upgrade.load import load
from upgrade.previous import build_images_of, check_out

pytestmark = pytest.mark.cluster

WAITING = [f"waiting-{number}" for number in range(3)]
"""Jobs of the version before, with pods that run across the upgrade and wait for a Secret."""

BEFORE_SECONDS = 10.0
AFTER_SECONDS = 15.0
"""Of the load, around the upgrade itself."""

WAYS = {"kustomize": install_by_kustomize, "helm": install_by_helm}


@pytest.fixture(scope="module")
def previous(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Installation]:
    """The checkout of the release before this one, and its images in the cluster."""
    checkout = check_out(tmp_path_factory.mktemp("previous") / "checkout")
    archives = build_images_of(checkout)
    loaded = {name: cluster.load_image(archive) for name, archive in archives.items()}
    return checkout, Installation(cluster, loaded["operator"], loaded["processor"])


@pytest.fixture(scope="module")
def current(cluster: Cluster) -> Installation:
    """The images of this checkout in the cluster."""
    with Progress() as progress:
        built = {image.name: image for image in build_images(progress)}
    loaded = {name: cluster.load_image(REPOSITORY / built[name].archive) for name in built}
    return Installation(cluster, loaded["operator"], loaded["processor"])


def _clear(cluster: Cluster, installation: Installation) -> None:
    """Take away whatever is installed, by whichever way; its definitions and jobs with it."""
    write_overlay(installation, REPOSITORY)
    cluster.kubectl("delete", "-k", str(OVERLAY), "--ignore-not-found", seconds=300)


def _install_before(checkout: Path, installation: Installation, way: str) -> None:
    """Install the release before; by its chart where it has one, else by its manifests."""
    write_overlay(installation, checkout)
    has_chart = (checkout / "charts").is_dir()
    (WAYS[way] if has_chart else install_by_kustomize)(installation, checkout)
    _settle(installation.cluster)


def _settle(cluster: Cluster) -> None:
    await_kinds(cluster.kubectl)
    cluster.kubectl(
        "rollout", "status", f"deployment/{DEPLOYMENT}", "-n", NAMESPACE, "--timeout=120s"
    )
    await_admission(cluster.kubectl)


def _image_in_use(api: Api) -> str:
    deployment = api.get("deployments", DEPLOYMENT, NAMESPACE) or {}
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    return str(container["image"])


@pytest.mark.parametrize("way", WAYS)
def test_an_upgrade_loses_nothing_and_doubles_nothing(
    api: Api, previous: tuple[Path, Installation], current: Installation, way: str
) -> None:
    """Would break: an upgrade costs jobs, does them twice, or lets running ones never end.

    The class names the processor before all the while: an administrator moves it on his own time.
    """
    checkout, before = previous
    with exclusive_operator():
        _clear(current.cluster, current)
        _install_before(checkout, before, way)
        assert _image_in_use(api) == before.operator_image
        with open_scene(api, before, "upgrade") as scene:
            scene.add_class()
            scene.put("plain.pdf", documents.plain())
            for name in WAITING:
                scene.start(name, scene.waiting_spec())
                scene.until(name, "Running")
            with load(scene, "load") as made:
                time.sleep(BEFORE_SECONDS)
                write_overlay(current, REPOSITORY)
                WAYS[way](current, REPOSITORY)
                _settle(current.cluster)
                assert _image_in_use(api) == current.operator_image
                time.sleep(AFTER_SECONDS)
            for name in WAITING:
                assert scene.read(name)["status"]["phase"] == "Running"
            scene.add_missing_secret()
            assert made.refused == []
            _assert_each_done_once(scene, [*WAITING, *made.accepted])
            _move_class_on(scene, current)


def _assert_each_done_once(scene: Scene, names: list[str]) -> None:
    """Assert that every job ended well, by one Job and with one output."""
    for name in names:
        assert scene.ended(name, 180)["status"]["phase"] == "Succeeded", name
    writes = scene.writes()
    created = Counter(
        writes[place]["objectRef"].get("name", "") for place in creations(writes, "jobs")
    )
    expected = {job_name_of(name, scene.read(name)["metadata"]["uid"]) for name in names}
    assert set(created) == expected
    assert [name for name, count in created.items() if count > 1] == []
    outputs = [key for key in scene.objects() if key.startswith("out-")]
    assert len(outputs) == len(names)


def _move_class_on(scene: Scene, current: Installation) -> None:
    """Let the class name this version's processor, and see a job of it."""
    spec = {"spec": {"image": current.processor_image}}
    changed = scene.api.patch("pdfsecurityclasses", scene.namespace, spec)

    def seen() -> bool:
        known = scene.api.get("pdfsecurityclasses", scene.namespace) or {}
        observed = known.get("status", {}).get("observedGeneration")
        return bool(observed == changed["metadata"]["generation"])

    wait_for(seen, "the operator has seen the class's change")
    scene.start("moved-on")
    done = scene.until("moved-on", "Succeeded")
    assert done["status"]["effective"]["image"] == current.processor_image
