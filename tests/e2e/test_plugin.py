"""`kubectl pdfsec` on a real cluster: what needs containers, which are their logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from api_client import Api
from operator_scene import Scene, open_scene
from plugin.person import Person, build_kubeconfig, write_kubeconfig
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "plugin") as opened:
        opened.add_class()
        opened.put("plain.pdf", documents.plain())
        yield opened


@pytest.fixture
def viewer(scene: Scene, tmp_path: Path) -> Person:
    """Somebody who may `view` the namespace, and nothing else."""
    cluster, namespace = scene.installation.cluster, scene.namespace
    account = f"viewer-{tmp_path.name.replace('_', '-')[:40].lower()}"
    scene.api.create("serviceaccounts", {"metadata": {"name": account}}, namespace)
    cluster.kubectl(
        "create", "rolebinding", account, "--clusterrole=view", "-n", namespace,
        f"--serviceaccount={namespace}:{account}",
    )  # fmt: skip
    token = cluster.kubectl("create", "token", account, "-n", namespace).strip()
    known = yaml.safe_load(cluster.kubeconfig.read_text())
    [entry] = known["clusters"]
    document = build_kubeconfig(entry["cluster"]["server"], Path(), namespace, {"token": token})
    document["clusters"][0]["cluster"] = entry["cluster"]
    return Person(write_kubeconfig(tmp_path / "config", document), namespace, token)


def test_the_log_of_a_job_is_the_processors(scene: Scene, viewer: Person) -> None:
    """Whoever looks for what became of a document would have to find its pod first."""
    scene.start("logged")
    followed = viewer.run("logs", "logged", "-f")
    assert followed.status == 0, followed.err
    events = [json.loads(line)["event"] for line in followed.lines]
    assert "worker.finished" in events
    assert followed.err.startswith("note: log of the pod logged-")
    scene.until("logged", "Succeeded")
    assert viewer.run("logs", "logged").lines == followed.lines


def test_a_pod_without_its_secret_is_explained(scene: Scene, viewer: Person) -> None:
    """A person would see that the pod does not start, and not why."""
    scene.start("waits", scene.waiting_spec())
    scene.until("waits", "Running", "FailedMount")
    explained = viewer.run("explain", "waits", "--json").document
    assert any("create it" in action for action in explained["actions"])
    assert "comes-later" in json.dumps(explained["facts"])
    early = viewer.run("logs", "waits")
    assert early.status == 6
    assert "its pod has not started" in early.err


def test_a_failure_has_its_exit_code_and_its_advice(scene: Scene, viewer: Person) -> None:
    """A script would not know an input that is missing from one that is damaged."""
    scene.start("missing", scene.spec(source="nothing.pdf"))
    assert viewer.run("watch", "missing", "--timeout=60s").status == 21
    assert "check bucket, key, claim, path and URL" in viewer.run("explain", "missing").out
