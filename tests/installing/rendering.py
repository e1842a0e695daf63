"""Renders overlays and chart to objects, by the programs that people use. Compares nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from chart.__main__ import CHART
from chart.substitutions import NAMESPACE
from cluster import processes, toolchain
from helm import helm
from images.build import REPOSITORY

Object = dict[str, Any]
Key = tuple[str, str, str]

OVERLAYS = REPOSITORY / "manifests" / "overlays"
COMPONENTS = REPOSITORY / "manifests" / "components"
VALUES = CHART / "values"

RELEASE = "pdf-security-operator"

IMAGE = "registry.example/pdf-security-operator"
DIGEST = f"sha256:{'d' * 64}"

NAMES = sorted(folder.name for folder in OVERLAYS.iterdir())
"""Of the overlays, and of the values that say the same."""

HELM_LABELS = (
    "helm.sh/chart",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
)
"""What charts say of themselves (https://helm.sh/docs/chart_best_practices/labels)."""

KEEP = "helm.sh/resource-policy"

HOOK = "helm.sh/hook"

NOWHERE = Path("/nonexistent")
"""Home of a helm that knows no cluster and learns nothing."""


def image_arguments() -> list[str]:
    """Give helm's arguments for the image that `kustomized` names."""
    return ["--set", f"image.repository={IMAGE}", "--set", f"image.digest={DIGEST}"]


def templated(*arguments: str | Path) -> list[Object]:
    """Render the chart; hooks are among the objects."""
    return _parsed(rendered(CHART, *arguments))


def rendered(chart: Path, *arguments: str | Path) -> str:
    """Render a chart, a folder or an archive, to text."""
    command: list[str | Path] = ["template", RELEASE, chart, "--namespace", NAMESPACE]
    return helm(*command, *image_arguments(), *arguments, home=NOWHERE)


def kustomized(folder: Path, overlay: Path, components: Iterable[str] = ()) -> list[Object]:
    """Render an overlay with the image by digest, as docs/how-to/install.md has it written.

    Args:
        folder: for the kustomization.
        overlay: folder of the overlay.
        components: names of further ones.
    """
    write_kustomization(folder, overlay, components)
    kubectl = toolchain.build(["kubectl"])["kubectl"] / "kubectl"
    rendering: list[str | Path] = [kubectl, "kustomize", folder]
    return _parsed(processes.run(rendering, next_step="see the message", environment={}))


def write_kustomization(folder: Path, overlay: Path, components: Iterable[str] = ()) -> None:
    """Write what a user writes: an overlay of ours, the image, and components."""
    folder.mkdir(parents=True, exist_ok=True)
    kustomization = {
        "resources": [os.path.relpath(overlay, folder)],
        "components": [os.path.relpath(COMPONENTS / name, folder) for name in components],
        "images": [{"name": "localhost/pdf-security-operator", "newName": IMAGE, "digest": DIGEST}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))


def is_hook(body: Object) -> bool:
    """Whether Helm makes it for a moment, and not with the release."""
    return HOOK in body["metadata"].get("annotations", {})


def key_of(body: Object) -> Key:
    """Tell objects apart."""
    metadata = body["metadata"]
    return body["kind"], metadata.get("namespace", ""), metadata["name"]


def without_helm(body: Object) -> Object:
    """Leave out what Helm adds by convention, and nothing else."""
    metadata = dict(body["metadata"])
    labels = {
        name: value for name, value in metadata.pop("labels", {}).items() if name not in HELM_LABELS
    }
    annotations = {
        name: value for name, value in metadata.pop("annotations", {}).items() if name != KEEP
    }
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    return {**body, "metadata": metadata}


def deployment_in(objects: Iterable[Object]) -> Object:
    """Pick the operator's Deployment."""
    [deployment] = [body for body in objects if body["kind"] == "Deployment"]
    return deployment


def _parsed(text: str) -> list[Object]:
    # The definitions take libyaml a tenth of the time.
    return [body for body in yaml.load_all(text, Loader=yaml.CSafeLoader) if body]
