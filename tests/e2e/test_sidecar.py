"""A container that an injector puts beside the processor: a stand-in for a service mesh's.

It is ready when it has reached what stands for the mesh's control plane, and never ends by itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import pytest

from api_client import Api, path_of
from e2e_support import wait_for
from hardening.image import PYTHON
from operator_scene import Object, Scene, open_scene
from pdf_security_operator.hardening import container_hardening, pod_hardening
from processor import documents
from product import Installation, build_class

pytestmark = pytest.mark.cluster

INJECTION = Template(Path(__file__).with_name("sidecar-injection.yaml").read_text())

LABELS = {"mesh.example/inject": "true"}

PROGRAM = """
import signal, socket, sys, time
# The first process of a container ends by no signal that it does not ask for.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
# Until then the network plugin may not have seen the pod.
time.sleep(2)
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5).close()
except OSError as error:
    sys.exit(f"no control plane: {error}")
with socket.create_server(("127.0.0.1", 15021)) as ready:
    while True:
        ready.accept()[0].close()
"""

IS_READY = "import socket; socket.create_connection(('127.0.0.1', 15021)).close()"


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "sidecar") as opened:
        letter = base64.b64encode(documents.plain()).decode()
        body = {"metadata": {"name": "letters"}, "binaryData": {"letter.pdf": letter}}
        api.create("configmaps", body, opened.namespace)
        manifest = _injection(opened)
        kubectl = installation.cluster.kubectl
        kubectl("apply", "-f", "-", input=manifest)
        try:
            wait_for(lambda: _is_injected(opened), "the policy injects", 10)
            yield opened
        finally:
            kubectl("delete", "-f", "-", input=manifest)


def _injection(scene: Scene) -> str:
    control_plane = urlsplit(scene.installation.cluster.s3.endpoint)
    assert control_plane.hostname
    where = [control_plane.hostname, str(control_plane.port)]
    return INJECTION.substitute(
        namespace=scene.namespace,
        image=build_class(scene.installation)["spec"]["image"],
        command=json.dumps([PYTHON, "-I", "-c", PROGRAM, *where]),
        probe=json.dumps([PYTHON, "-I", "-c", IS_READY]),
    )


def _is_injected(scene: Scene) -> bool:
    """Ask what would become of a pod: a policy is known a second after it is there."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "trial", "labels": LABELS},
        "spec": {
            **pod_hardening(user_namespace=True),
            "containers": [{"name": "trial", "image": "trial", **container_hardening()}],
        },
    }
    path = f"{path_of('pods', scene.namespace)}?dryRun=All"
    return "initContainers" in scene.api.call("POST", path, json=pod)["spec"]


def _inspection(class_name: str) -> Object:
    """Build a spec whose own pod needs no network at all."""
    return {
        "className": class_name,
        "input": {"configMap": {"name": "letters", "key": "letter.pdf"}},
        "operations": [{"inspect": {}}],
    }


def _control_plane_of(scene: Scene) -> Object:
    """Give the peers of the store, which stands for the control plane."""
    store = build_class(scene.installation)["spec"]["storageEndpoints"][0]
    port = urlsplit(store["url"]).port
    peers = {
        name: store[name] for name in ("cidrs", "namespaceLabels", "podLabels") if name in store
    }
    return {**peers, "ports": store.get("ports") or [port]}


def test_a_job_ends_beside_a_sidecar_that_does_not(scene: Scene) -> None:
    """Would break: in a mesh every Job runs until its deadline, its document done or not."""
    name = f"{scene.namespace}-meshed"
    scene.add_class(name, sidecar={"labels": LABELS, "peers": [_control_plane_of(scene)]})
    scene.start("meshed", _inspection(name))
    job = scene.until("meshed", "Succeeded")
    (pod,) = scene.pods_of(job)
    (sidecar,) = pod["status"]["initContainerStatuses"]
    assert (sidecar["name"], sidecar["restartCount"]) == ("mesh", 0)
    assert sidecar["state"]["terminated"]["exitCode"] == 0
    assert job["status"]["documents"]["succeeded"] == 1


def test_a_class_that_does_not_ask_has_none(scene: Scene) -> None:
    """Would break: a mesh joins pods that have nothing to do with it."""
    scene.add_class()
    scene.start("plain", _inspection(scene.namespace))
    (pod,) = scene.pods_of(scene.until("plain", "Succeeded"))
    assert "initContainers" not in pod["spec"]


def test_a_sidecar_that_does_not_start_is_told(scene: Scene) -> None:
    """Would break: pods reach a control plane that their class does not list, or wait unexplained.

    The store's own policy lets nothing out here: the job uses none.
    """
    name = f"{scene.namespace}-fenced"
    scene.add_class(name, sidecar={"labels": LABELS})
    job = scene.start("fenced", _inspection(name))
    scene.until("fenced", "Running", "CrashLoopBackOff", seconds=120)

    def log() -> str:
        (pod,) = scene.pods_of(job)
        return scene.installation.cluster.kubectl(
            "logs", "-n", scene.namespace, pod["metadata"]["name"], "-c", "mesh", "--previous"
        )

    wait_for(lambda: "no control plane" in log(), "the sidecar's log", 30)
