"""What the product puts into a cluster, rendered: Jobs, policies, the operator and its rights.

Builders render it, the same that run; nothing is described a second time here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from images.build import REPOSITORY
from pdf_security_operator.api import ClassSpec
from pdf_security_operator.network import build_network_policies
from scanners.finding import CANARY
from unit.resources import DIGEST, class_spec

Object = dict[str, Any]

GOLDEN = REPOSITORY / "tests" / "unit" / "golden"
"""Jobs as `build_job` renders them; a test holds them to it."""

BASE = REPOSITORY / "manifests" / "base"

RENDERED = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "Deployment",
        "Job",
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Role",
        "RoleBinding",
        "ServiceAccount",
    }
)
"""Kinds that scanners know; definitions and admission policies they do not."""


def rendered_objects() -> list[Object]:
    """Return every object, as it is applied."""
    objects = [*_jobs(), *_network_policies(), *_base()]
    return [each for each in objects if each["kind"] in RENDERED]


def build_canary() -> Object:
    """Build a pod that no scanner may let pass."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": CANARY, "namespace": "legal"},
        "spec": {
            "hostNetwork": True,
            "containers": [
                {
                    "name": "any",
                    "image": "any:latest",
                    "securityContext": {"privileged": True, "runAsUser": 0},
                }
            ],
        },
    }


def pods_of(objects: list[Object]) -> Iterator[Object]:
    """Give each pod template as a pod: kubesec knows no Job."""
    for each in objects:
        if each["kind"] in ("Job", "Deployment"):
            template = each["spec"]["template"]
            metadata = {
                "name": each["metadata"]["name"],
                "namespace": each["metadata"]["namespace"],
            }
            yield {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {**template["metadata"], **metadata},
                "spec": template["spec"],
            }


def write_objects(file: Path, objects: list[Object]) -> Path:
    """Write objects as one YAML file."""
    file.write_text(yaml.safe_dump_all(objects, sort_keys=False))
    return file


def _jobs() -> Iterator[Object]:
    for file in sorted(GOLDEN.glob("*.yaml")):
        job = yaml.safe_load(file.read_text())
        # All are of one resource; scanners tell objects apart by name.
        job["metadata"]["name"] = file.stem
        yield job


def _network_policies() -> list[Object]:
    return build_network_policies("legal", "standard", ClassSpec.model_validate(class_spec()))


def _base() -> Iterator[Object]:
    kustomization = yaml.safe_load((BASE / "kustomization.yaml").read_text())
    for name in kustomization["resources"]:
        if name.endswith(".yaml"):
            for each in yaml.safe_load_all((BASE / name).read_text()):
                if each["kind"] == "Deployment":
                    # An overlay names the image by digest, as the README says.
                    for container in each["spec"]["template"]["spec"]["containers"]:
                        container["image"] = f"registry.example/operator@sha256:{DIGEST}"
                yield each
