"""The plane and the operator of all tests of the plugin, and people with bounded rights there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from controlplane import ControlPlane, control_plane
from controlplane.operator_process import (
    OperatorProcess,
    build_class,
    build_job,
    install,
    operator_process,
)
from e2e_support import wait_for
from faults.client import Client
from faults.proxy import FaultProxy, fault_proxy
from plugin.person import Object, Person, build_kubeconfig, write_kubeconfig

ROLES = {
    "author": ("pdf-security-job-author", "pdf-security-class-user", "view"),
    "viewer": ("view",),
    "reader": ("pdf-security-job-viewer",),
    "stranger": (),
}
"""Who may what: `view` has pods, logs, events and Jobs, and the viewer's role is part of it."""

POD_SECONDS = 1.0

TOO_MUCH = {"requests": {"cpu": "900000"}, "limits": {"cpu": "900000"}}
"""No node has room for it."""


@dataclass(frozen=True)
class Place:
    """A namespace with a class of the same name that has one place, and its people."""

    plane: ControlPlane
    namespace: str
    administrator: Client
    folder: Path

    def stuck(self, name: str) -> Object:
        """Build a job whose pod finds no node, and which holds the place of its class."""
        return build_job(name, self.namespace, className=self.namespace, resources=TOO_MUCH)

    def create(self, body: Object) -> None:
        """Create a job as the administrator."""
        self.administrator.create("pdfsecurityjobs", body, self.namespace)

    def person(self, role: str, server: str | None = None, **cluster: object) -> Person:
        """Give somebody who has the roles of `ROLES`."""
        token = self.plane.token_for(self.namespace, role)
        document = build_kubeconfig(
            server or self.plane.server,
            self.plane.authority_file,
            self.namespace,
            {"token": token},
            **cluster,
        )
        path = self.folder / f"{role}-{uuid.uuid4().hex[:6]}" / "config"
        return Person(write_kubeconfig(path, document), self.namespace, token)


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One control plane for all tests here."""
    folder = tmp_path_factory.mktemp("plugin")
    with control_plane(folder / "plane", fake_nodes=1, pod_seconds=POD_SECONDS) as running:
        install(running)
        yield running


@pytest.fixture(scope="session")
def operator(
    plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """An operator that leads."""
    with operator_process(plane, tmp_path_factory.mktemp("operator")) as process:
        process.ready()
        wait_for(process.leads, "the operator leads")
        yield process


@pytest.fixture
def place(plane: ControlPlane, operator: OperatorProcess, tmp_path: Path) -> Iterator[Place]:
    """A namespace of the test's own, and accounts in it for each of the roles."""
    del operator
    administrator, namespace = Client(plane), f"plugin-{uuid.uuid4().hex[:8]}"
    administrator.create("namespaces", {"metadata": {"name": namespace}})
    narrow = build_class(namespace, bounds={"cpu": "1000000"}, concurrency={"total": 1})
    del narrow["metadata"]["annotations"]
    administrator.create("pdfsecurityclasses", narrow)
    administrator.create(
        "configmaps", {"metadata": {"name": "letters"}, "binaryData": {}}, namespace
    )
    for account, roles in ROLES.items():
        administrator.create("serviceaccounts", {"metadata": {"name": account}}, namespace)
        for role in roles:
            administrator.create("rolebindings", _binding(account, role, namespace), namespace)
    yield Place(plane, namespace, administrator, tmp_path)
    administrator.delete("namespaces", namespace)
    administrator.delete("pdfsecurityclasses", namespace)


@pytest.fixture
def author(place: Place) -> Person:
    """Somebody who may write jobs and see their pods, and nothing else."""
    return place.person("author")


@pytest.fixture
def viewer(place: Place) -> Person:
    """Somebody who may see everything but Secrets in the namespace."""
    return place.person("viewer")


@pytest.fixture
def reader(place: Place) -> Person:
    """Somebody who may see jobs, and neither pods nor events."""
    return place.person("reader")


@pytest.fixture
def proxy(plane: ControlPlane) -> Iterator[FaultProxy]:
    """A proxy before the plane, that lies when it is told to."""
    with fault_proxy(plane) as running:
        yield running


def end_pod(place: Place, code: int) -> None:
    """Let the pod of the namespace that has not ended end with an exit code."""

    def pending() -> Object | None:
        pods = place.administrator.list("pods", place.namespace)
        return next((each for each in pods if each["status"]["phase"] == "Pending"), None)

    pod = wait_for(pending, "a pod", 30)
    terminated = {"exitCode": code, "reason": "Error", "finishedAt": "2026-01-01T00:00:00Z"}
    container = {
        "name": "processor",
        "image": "i",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": terminated},
    }
    status = {"phase": "Failed", "containerStatuses": [container]}
    name = pod["metadata"]["name"]
    place.administrator.patch("pods", name, {"status": status}, place.namespace, "status")


class Until(Protocol):
    """Waits for a job."""

    def __call__(self, name: str, phase: str, reason: str = "") -> Object:
        """Wait until a job has a phase, and a reason where one is given; return it."""


@pytest.fixture
def until(place: Place) -> Until:
    """Wait for jobs of the namespace."""

    def waiting(name: str, phase: str, reason: str = "") -> Object:
        def found() -> Object | None:
            job = place.administrator.get("pdfsecurityjobs", name, place.namespace) or {}
            status = job.get("status", {})
            fits = status.get("phase") == phase and reason in ("", status["reason"])
            return job if fits else None

        return wait_for(found, f"{name} is {phase} {reason}", 30)

    return waiting


def _binding(account: str, role: str, namespace: str) -> Object:
    group = "rbac.authorization.k8s.io"
    return {
        "metadata": {"name": f"{account}-{role}"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }
