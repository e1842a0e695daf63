"""Kustomize and Helm install the same objects, whichever way is taken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from chart.substitutions import OUTSIDE
from installing.rendering import (
    KEEP,
    NAMES,
    OVERLAYS,
    VALUES,
    Key,
    Object,
    is_hook,
    key_of,
    kustomized,
    templated,
    without_helm,
)

NAMESPACE_KEY: Key = ("Namespace", "", "pdf-security-system")


def _by_key(objects: Sequence[Object]) -> dict[Key, Object]:
    keyed = {key_of(body): body for body in objects}
    assert len(keyed) == len(objects), "an object is there twice"
    return keyed


def _assert_same(by_kustomize: Sequence[Object], by_helm: Sequence[Object]) -> None:
    wanted, found = _by_key(by_kustomize), _by_key([each for each in by_helm if not is_hook(each)])
    # The one that is not: a release is kept in its namespace, which is there before it.
    assert [*OUTSIDE] == ["manifests/base/namespace.yaml"]
    del wanted[NAMESPACE_KEY]
    assert sorted(found) == sorted(wanted)
    for key, body in wanted.items():
        assert without_helm(found[key]) == body, f"{key} is another by Helm"


def test_every_overlay_has_its_values() -> None:
    """Would break: one way of installing has what the other has not, and nothing compares them."""
    assert [file.stem for file in sorted(VALUES.glob("*.yaml"))] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_both_render_the_same(tmp_path: Path, name: str) -> None:
    """Would break: who installs by Helm lacks a policy, a right or a hardening that was added."""
    values = VALUES / f"{name}.yaml"
    _assert_same(kustomized(tmp_path, OVERLAYS / name), templated("--values", values))


@pytest.mark.parametrize(
    ("overlay", "components", "arguments"),
    [
        pytest.param(
            "high-availability", ["shards"], ["--set", "settings.shards=8"], id="shards"
        ),
        pytest.param(
            "cluster-wide", ["audit-volume"], ["--set", "audit.volume.enabled=true"], id="audit"
        ),
        pytest.param(
            "single-namespace",
            ["restricted-network"],
            [
                "--set", "restrictedNetwork.enabled=true",
                "--set", "restrictedNetwork.apiServer.cidrs={192.0.2.10/32}",
            ],
            id="one-namespace-restricted",
        ),
    ],
)  # fmt: skip
def test_what_is_put_together_is_the_same(
    tmp_path: Path, overlay: str, components: list[str], arguments: list[str]
) -> None:
    """Would break: overlays that are the same one by one are another once they are combined."""
    by_kustomize = kustomized(tmp_path, OVERLAYS / overlay, components)
    _assert_same(by_kustomize, templated("--values", VALUES / f"{overlay}.yaml", *arguments))


def test_defaults_are_the_whole_clusters() -> None:
    """Would break: a chart installed without values is none of the ways that are tested."""
    assert templated() == templated("--values", VALUES / "cluster-wide.yaml")


def test_definitions_are_kept() -> None:
    """Would break: `helm uninstall` deletes the definitions, and with them everybody's jobs."""
    objects = templated()
    definitions = [body for body in objects if body["kind"] == "CustomResourceDefinition"]
    assert len(definitions) == 2
    for body in definitions:
        assert body["metadata"]["annotations"] == {KEEP: "keep"}
    others = [body for body in objects if body not in definitions]
    assert [key_of(body) for body in others if KEEP in str(body["metadata"])] == []


def test_definitions_may_be_somebody_elses() -> None:
    """Would break: where a cluster's administrators apply them, the release fights over them."""
    kinds = {body["kind"] for body in templated("--set", "crds.install=false")}
    assert "CustomResourceDefinition" not in kinds


def test_the_release_is_wherever_it_is_put() -> None:
    """Would break: part of a release in another namespace looks for its account in ours."""
    objects = templated("--namespace", "elsewhere")
    assert "pdf-security-system" not in str(objects)
    assert {key_of(body)[1] for body in objects} == {"", "elsewhere"}


def test_an_audit_log_is_kept() -> None:
    """Would break: `helm uninstall` deletes the record of what was done."""
    objects = templated("--set", "audit.volume.enabled=true")
    [claim] = [body for body in objects if body["kind"] == "PersistentVolumeClaim"]
    assert claim["metadata"]["annotations"] == {KEEP: "keep"}
