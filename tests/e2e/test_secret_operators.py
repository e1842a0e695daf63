"""Manifests for those who keep their secrets elsewhere, held to the others' own definitions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster import Cluster
from cluster.errors import CommandFailedError
from definitions import installed_definitions
from images.build import REPOSITORY
from product import Installation

pytestmark = pytest.mark.cluster

EXAMPLES = sorted((REPOSITORY / "manifests" / "examples" / "secrets").glob("*.yaml"))
NAMESPACE = "legal"


@pytest.fixture(scope="module")
def cluster_of_others(installation: Installation) -> Iterator[Cluster]:
    """The cluster, that knows the kinds of the External Secrets Operator and of the CSI driver."""
    cluster = installation.cluster
    with installed_definitions(cluster.kubectl, "external-secrets", "secrets-store"):
        cluster.kubectl("create", "namespace", NAMESPACE)
        yield cluster
        cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def _tried(cluster: Cluster, text: str) -> str:
    """Have the API server judge a manifest, unknown fields included; keep nothing."""
    options = ("--dry-run=server", "--validate=strict", "--namespace", NAMESPACE)
    return cluster.kubectl("create", *options, "-f", "-", input=text)


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_a_manifest_is_accepted(cluster_of_others: Cluster, path: Path) -> None:
    """Whoever copies it would begin with an error."""
    created = _tried(cluster_of_others, path.read_text())
    assert len(created.splitlines()) == len(list(yaml.safe_load_all(path.read_text())))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_a_field_that_is_none_is_refused(cluster_of_others: Cluster, path: Path) -> None:
    """The test above would pass where nobody judges."""
    (first, *_) = yaml.safe_load_all(path.read_text())
    first["spec"]["provider_"] = "vault"
    with pytest.raises(CommandFailedError, match="provider_"):
        _tried(cluster_of_others, json.dumps(first))
