"""`python -m product` installs the operator as a user would: images, manifests or chart, class.

`PDF_SECURITY_INSTALL` says how: `kustomize`, which is the default, or `helm`.
Used by the demonstration and the tests. Makes no cluster and no image itself.
"""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chart.__main__ import CHART
from cluster import Cluster, ensure_up
from cluster.errors import CommandFailedError, RefusedError
from cluster.progress import Progress
from helm import helm
from images.build import REPOSITORY, build_images

OVERLAY = REPOSITORY / "build" / "overlay"
"""The generated kustomization: base, images by digest, class."""

NAMESPACE = "pdf-security-system"
DEPLOYMENT = "pdf-security-operator"
CLASS = "standard"

WAY_VARIABLE = "PDF_SECURITY_INSTALL"

SERVED_SECONDS = ADMITTED_SECONDS = 30.0
"""It takes one or two."""

Kubectl = Callable[..., str]
"""Runs kubectl with arguments, and `input` and `seconds` by name; returns what it printed."""


@dataclass(frozen=True)
class Installation:
    """What runs where. References are by digest."""

    cluster: Cluster
    operator_image: str
    processor_image: str


def install(cluster: Cluster, say: Callable[[str], None] = print) -> Installation:
    """Build and load the images, install, wait until the operator is ready.

    Raises:
        RefusedError: `PDF_SECURITY_INSTALL` names no way to install.
    """
    put_objects = way_to_install()
    with Progress() as progress:
        built = {image.name: image for image in build_images(progress)}
    references = {}
    for name, image in built.items():
        references[name] = cluster.load_image(REPOSITORY / image.archive)
        say(f"loaded {references[name]}")
    installation = Installation(cluster, references["operator"], references["processor"])
    write_overlay(installation, REPOSITORY)
    put_objects(installation, REPOSITORY)
    await_kinds(cluster.kubectl)
    # The class last: the API server knows its kind only now.
    cluster.kubectl("apply", "-f", str(OVERLAY / "class" / "class.yaml"))
    cluster.kubectl(
        "rollout", "status", f"deployment/{DEPLOYMENT}", "-n", NAMESPACE, "--timeout=90s"
    )
    await_admission(cluster.kubectl)
    say("the operator is ready")
    return installation


def way_to_install(
    environment: Mapping[str, str] = os.environ,
) -> Callable[[Installation, Path], None]:
    """Return what puts the objects of an installation from a checkout into its cluster.

    Raises:
        RefusedError: the environment names no way.
    """
    ways = {"kustomize": install_by_kustomize, "helm": install_by_helm}
    way = environment.get(WAY_VARIABLE, "kustomize")
    if way not in ways:
        raise RefusedError(f"{WAY_VARIABLE} is {way!r}", f"set it to one of {', '.join(ways)}")
    return ways[way]


def install_by_kustomize(installation: Installation, checkout: Path) -> None:
    """Install or upgrade by `kubectl apply -k`, the definitions first."""
    kubectl = installation.cluster.kubectl
    kubectl("apply", "-k", str(checkout / "crds"))
    await_kinds(kubectl)
    kubectl("apply", "-k", str(checkout / OVERLAY.relative_to(REPOSITORY)))


def install_by_helm(installation: Installation, checkout: Path) -> None:
    """Install or upgrade the release; what kustomize installed becomes the release's."""
    cluster = installation.cluster
    cluster.kubectl("apply", "-f", str(checkout / "manifests" / "base" / "namespace.yaml"))
    arguments = release_arguments(installation.operator_image, checkout)
    home = cluster.layout.state / "helm"
    helm(*arguments, "--kubeconfig", cluster.kubeconfig, home=home)


def release_arguments(operator_image: str, checkout: Path) -> list[str]:
    """Give helm's arguments that install or upgrade, whatever is there.

    Args:
        operator_image: by digest.
        checkout: whose chart it is.
    """
    repository, digest = operator_image.split("@")
    return [
        "upgrade", "--install", DEPLOYMENT, str(checkout / CHART.relative_to(REPOSITORY)),
        "--namespace", NAMESPACE,
        "--set", f"image.repository={repository}", "--set", f"image.digest={digest}",
        # A cluster that is kept may have been installed the other way.
        "--take-ownership", "--force-conflicts",
    ]  # fmt: skip


def await_kinds(kubectl: Kubectl) -> None:
    """Wait until the API server serves our kinds."""
    for plural in ("pdfsecurityjobs", "pdfsecurityclasses"):
        await_definition(kubectl, f"crd/{plural}.pdfsecurity.dev")


def await_definition(kubectl: Kubectl, *which: str) -> None:
    """Wait until the API server serves what a definition defines.

    One that is a moment old has null for its conditions, which `kubectl wait` takes for an error.

    Args:
        kubectl: runs it.
        which: the definition, by kind and name, or `-f` and a file.

    Raises:
        CommandFailedError: it is not served after `SERVED_SECONDS`.
    """
    _until_it_passes(
        SERVED_SECONDS, kubectl, "wait", "--for=condition=Established", "--timeout=30s", *which
    )


def await_admission(kubectl: Kubectl) -> None:
    """Wait until jobs are let in: the policy that stamps them learns of their kind a moment later.

    Raises:
        CommandFailedError: they are still refused after `ADMITTED_SECONDS`.
    """
    job = {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityJob",
        "metadata": {"name": "any", "namespace": NAMESPACE},
        "spec": {
            "input": {"configMap": {"name": "a", "key": "a"}},
            "operations": [{"inspect": {}}],
        },
    }
    create = ("create", "--dry-run=server", "-f", "-")
    _until_it_passes(ADMITTED_SECONDS, kubectl, *create, input=json.dumps(job))


def _until_it_passes(seconds: float, kubectl: Kubectl, *arguments: str, **options: str) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            kubectl(*arguments, **options)
        except CommandFailedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def build_class(installation: Installation) -> dict[str, Any]:
    """Build the class of the demonstration: small requests, so that many pods fit one machine."""
    s3 = installation.cluster.s3
    server = {
        "url": s3.endpoint,
        "caBundle": Path(s3.ca_file).read_text(),
        "namespaceLabels": {"kubernetes.io/metadata.name": "storage"},
        "podLabels": {"app": "s3"},
    }
    return {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityClass",
        "metadata": {
            "name": CLASS,
            "annotations": {"pdfsecurity.dev/is-default-class": "true"},
        },
        "spec": {
            "image": installation.processor_image,
            "storageEndpoints": [server],
            # It has a bucket that anybody may read, by plain GET.
            "httpSources": [copy.deepcopy(server)],
            "defaults": {
                "resources": {
                    "requests": {"cpu": "10m", "memory": "64Mi"},
                    "limits": {"cpu": "1", "memory": "768Mi"},
                },
                "scratchSize": "128Mi",
                "activeDeadlineSeconds": 300,
            },
        },
    }


def build_credentials(installation: Installation, namespace: str) -> dict[str, Any]:
    """Build the Secret with the S3 server's credentials."""
    s3 = installation.cluster.s3
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s3", "namespace": namespace},
        "stringData": {"accessKeyId": s3.access_key, "secretAccessKey": s3.secret_key},
    }


def apply(cluster: Cluster, *objects: dict[str, Any]) -> None:
    """Apply objects; through stdin, for Secrets may be among them."""
    document = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    cluster.kubectl("apply", "-f", "-", input=json.dumps(document))


def write_overlay(installation: Installation, checkout: Path) -> None:
    """Write what a user writes beside a checkout: its base, the image by digest, and a class."""
    folder = checkout / OVERLAY.relative_to(REPOSITORY)
    (folder / "class").mkdir(parents=True, exist_ok=True)
    name, digest = installation.operator_image.split("@")
    kustomization = {
        "resources": ["../../manifests/base"],
        "images": [{"name": "localhost/pdf-security-operator", "newName": name, "digest": digest}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    (folder / "class" / "class.yaml").write_text(yaml.safe_dump(build_class(installation)))


if __name__ == "__main__":
    install(ensure_up())
