"""The real API server refuses every invalid resource of the table, and names the field."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import pytest

from cluster import Cluster
from cluster.errors import CommandFailedError
from e2e_support import without_class_policies
from invalid_resources import IMMUTABLE, INVALID, MUTABLE, STORED, VALID, Change, Invalid, Manifest

FEWEST = 30
"""Invalid resources that are tested, at least."""


@pytest.fixture(scope="module", autouse=True)
def _definitions_alone(cluster_with_crds: Cluster) -> Iterator[None]:
    """Take away what judges a job by its class: what the definitions say is tested here."""
    cluster = cluster_with_crds
    with without_class_policies(cluster, lambda: _is_accepted(cluster, VALID["least"])):
        yield


def _is_accepted(cluster: Cluster, manifest: Manifest) -> bool:
    try:
        create(cluster, manifest)
    except CommandFailedError:
        return False
    return True


def create(cluster: Cluster, manifest: Manifest) -> str:
    """Ask the API server, which stores nothing."""
    text = json.dumps(manifest)
    return cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", input=text)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in INVALID])
def test_refused(cluster_with_crds: Cluster, case: Invalid) -> None:
    """An invalid resource would be stored, and fail later where its author no longer looks."""
    with pytest.raises(CommandFailedError) as refusal:
        create(cluster_with_crds, case.manifest)
    said = str(refusal.value)
    # Indices apart: the API server names the list where the rule is the list's.
    assert (case.server_field or case.field) in said, said
    assert (case.server_message or case.message).lower() in said.lower(), said


def test_enough() -> None:
    """The table would have shrunk."""
    assert len(INVALID) >= FEWEST


@pytest.mark.parametrize("manifest", [pytest.param(m, id=name) for name, m in VALID.items()])
def test_accepted(cluster_with_crds: Cluster, manifest: Manifest) -> None:
    """A good resource would be refused."""
    assert "created" in create(cluster_with_crds, manifest)


@pytest.fixture(scope="module")
def stored(cluster_with_crds: Cluster) -> Iterator[Manifest]:
    """A resource in the cluster, suspended so that nothing is run for it."""
    cluster_with_crds.kubectl("apply", "-f", "-", input=json.dumps(STORED))
    yield STORED
    cluster_with_crds.kubectl("delete", "-f", "-", input=json.dumps(STORED))


def changed(manifest: Manifest, change: Change) -> str:
    """Give the manifest with a changed spec."""
    copied = copy.deepcopy(manifest)
    change(copied["spec"])
    return json.dumps(copied)


@pytest.mark.parametrize(("name", "change"), IMMUTABLE.items(), ids=IMMUTABLE)
def test_immutable(cluster_with_crds: Cluster, stored: Manifest, name: str, change: Change) -> None:
    """A running job's meaning would change under it."""
    field = name.split("-")[0]
    with pytest.raises(CommandFailedError, match=f"spec.{field}.*immutable"):
        cluster_with_crds.kubectl(
            "replace", "--dry-run=server", "-f", "-", input=changed(stored, change)
        )


@pytest.mark.parametrize("change", MUTABLE.values(), ids=MUTABLE)
def test_mutable(cluster_with_crds: Cluster, stored: Manifest, change: Change) -> None:
    """A job could not be suspended, resumed or given a time to live."""
    cluster_with_crds.kubectl(
        "replace", "--dry-run=server", "-f", "-", input=changed(stored, change)
    )


def test_explains_every_field(cluster_with_crds: Cluster) -> None:
    """A field would be shown to users without a word on what it means."""
    text = cluster_with_crds.kubectl("get", "crd", "pdfsecurityjobs.pdfsecurity.dev", "-o", "json")
    schema = json.loads(text)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert undescribed(schema["properties"]["spec"], "spec") == []
    shown = cluster_with_crds.kubectl("explain", "psj.spec", "--recursive")
    assert "ownerPasswordSecretRef" in shown


def undescribed(schema: Manifest, path: str) -> list[str]:
    """List the fields below that have no description."""
    found = [] if schema.get("description") else [path]
    for name, below in schema.get("properties", {}).items():
        found += undescribed(below, f"{path}.{name}")
    return found + (
        undescribed(schema["items"], f"{path}[]") if "properties" in schema.get("items", {}) else []
    )
