"""Helm's releases on a control plane, and the operator that runs with a release's rights.

Installs, upgrades, takes away; asserts nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chart.__main__ import CHART
from chart.substitutions import NAMESPACE
from cluster.errors import CommandFailedError
from controlplane import ControlPlane
from controlplane.operator_process import (
    OperatorProcess,
    build_class,
    build_job,
    operator_process,
)
from e2e_support import Object, phase_of, wait_for
from helm import helm
from images.build import REPOSITORY
from installing.rendering import RELEASE, deployment_in, image_arguments, templated
from product import await_admission, await_kinds

NAMESPACE_FILE = REPOSITORY / "manifests" / "base" / "namespace.yaml"

DEFINITIONS = ("pdfsecurityjobs.pdfsecurity.dev", "pdfsecurityclasses.pdfsecurity.dev")


class Releases:
    """The one release on a plane, by the commands of docs/how-to."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def run(self, command: str, *arguments: str | Path) -> str:
        """Run helm on the plane, for the release's namespace."""
        place: list[str | Path] = ["--kubeconfig", self._plane.kubeconfig, "--namespace", NAMESPACE]
        return helm(command, *arguments, *place, home=self._plane.folder)

    def install(self, *arguments: str | Path, chart: Path = CHART) -> None:
        """Install, and wait until the operator's pods are ready, which here are feigned."""
        self._plane.kubectl("apply", "--server-side", "-f", str(NAMESPACE_FILE))
        self.run("install", RELEASE, chart, *image_arguments(), "--wait", *arguments)
        await_kinds(self._plane.kubectl)
        await_admission(self._plane.kubectl)

    def upgrade(self, *arguments: str | Path, chart: Path = CHART) -> None:
        """Upgrade, and wait."""
        self.run("upgrade", RELEASE, chart, *image_arguments(), "--wait", *arguments)

    def uninstall(self) -> None:
        """Uninstall, and wait until all is gone that goes."""
        self.run("uninstall", RELEASE, "--wait")

    def clear(self) -> None:
        """Leave nothing to the next test, in whatever state this one ended."""
        plane = self._plane
        self.run("uninstall", RELEASE, "--ignore-not-found", "--wait")
        # To the end: what is installed while its definition goes, goes with it.
        plane.kubectl("delete", "crd", *DEFINITIONS, "--ignore-not-found")
        plane.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
        plane.kubectl("delete", "networkpolicies", "--all", "-A")

    @contextmanager
    def operator(self, folder: Path, *arguments: str | Path) -> Iterator[OperatorProcess]:
        """Run the operator as the release's Deployment has it set, with the release's rights.

        Args:
            folder: for its log and token.
            arguments: helm's, those that the release was installed with.
        """
        pod = deployment_in(templated(*arguments))["spec"]["template"]["spec"]
        variables = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
        settings = {name: value for name, value in variables.items() if value}
        with operator_process(self._plane, folder, settings=settings) as process:
            process.ready()
            process.settled()
            yield process


def create(plane: ControlPlane, body: Object, **metadata: Any) -> None:
    """Create an object."""
    changed = {**body, "metadata": {**body["metadata"], **metadata}}
    plane.kubectl("create", "-f", "-", input=json.dumps(changed))


def create_class(plane: ControlPlane) -> None:
    """Create the default class."""
    create(plane, build_class())


def run_job(plane: ControlPlane, name: str, namespace: str = "default", **metadata: Any) -> Object:
    """Create a PdfSecurityJob, and wait until it has succeeded."""
    create(plane, build_job(name, namespace), **metadata)

    def succeeded() -> Object | None:
        body = read(plane, name, namespace)
        return body if body and phase_of(body) == "Succeeded" else None

    return wait_for(succeeded, f"{name} Succeeded")


def read(plane: ControlPlane, name: str, namespace: str = "default") -> Object | None:
    """Read a PdfSecurityJob; None where there is none, or nobody knows what that is."""
    try:
        answer = plane.kubectl("get", "psj", name, "-n", namespace, "-o", "json")
    except CommandFailedError:
        return None
    body: Object = json.loads(answer)
    return body
