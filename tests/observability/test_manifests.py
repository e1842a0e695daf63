"""What is applied for Prometheus, Grafana and KEDA, held to the definitions of its readers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster.errors import CommandFailedError
from controlplane import ControlPlane
from definitions import installed_definitions
from images.build import REPOSITORY
from monitoring.__main__ import COMPONENT
from observability.scene import Watched
from product import NAMESPACE

Object = dict[str, Any]

AUTOSCALING = sorted((REPOSITORY / "manifests" / "examples" / "autoscaling").glob("*.yaml"))

GUIDE = REPOSITORY / "docs" / "how-to" / "monitor.md"


@pytest.fixture(scope="module")
def plane_of_others(plane: ControlPlane) -> Iterator[ControlPlane]:
    """A control plane that knows the kinds of prometheus-operator and KEDA."""
    with installed_definitions(plane.kubectl, "prometheus-operator", "keda"):
        yield plane


@pytest.fixture(scope="module")
def rendered(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Object]:
    """What an overlay with the component is, by kind."""
    return _rendered(plane, tmp_path_factory.mktemp("overlay"))


@pytest.mark.parametrize("kind", ["PodMonitor", "PrometheusRule", "ConfigMap"])
def test_what_is_applied_is_accepted(
    plane_of_others: ControlPlane, rendered: dict[str, Object], kind: str
) -> None:
    """Whoever takes the component would begin with an error."""
    _try(plane_of_others, rendered[kind])


@pytest.mark.parametrize("kind", ["PodMonitor", "PrometheusRule"])
def test_a_field_that_is_none_is_refused(
    plane_of_others: ControlPlane, rendered: dict[str, Object], kind: str
) -> None:
    """The test above would pass where nobody judges."""
    with pytest.raises(CommandFailedError, match="groups_"):
        _try(plane_of_others, {**rendered[kind], "spec": {**rendered[kind]["spec"], "groups_": []}})


def test_the_operator_is_found(rendered: dict[str, Object]) -> None:
    """Prometheus would scrape nothing, and all alerts but one be silent."""
    monitor, template = rendered["PodMonitor"]["spec"], rendered["Deployment"]["spec"]["template"]
    assert monitor["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    [container] = template["spec"]["containers"]
    [endpoint] = monitor["podMetricsEndpoints"]
    assert endpoint["port"] in {port["name"] for port in container["ports"]}


def test_one_source_of_rules_and_dashboard(rendered: dict[str, Object]) -> None:
    """Two copies differ one day, and the wrong one is looked at."""
    assert rendered["PrometheusRule"]["spec"] == yaml.safe_load(
        (COMPONENT / "rules.yaml").read_text()
    )
    [(name, content)] = rendered["ConfigMap"]["data"].items()
    assert name.endswith(".json")
    assert content == (COMPONENT / "dashboard.json").read_text()
    assert rendered["ConfigMap"]["metadata"]["labels"]["grafana_dashboard"] == "1"


@pytest.mark.parametrize("number", range(2))
def test_what_the_guide_says_to_patch(plane: ControlPlane, tmp_path: Path, number: int) -> None:
    """Whoever copies it would get an error, or take out another alert than they think."""
    patches = re.findall(r"^patches:\n.*?(?=^```)", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    changed = _rendered(plane, tmp_path, **yaml.safe_load(patches[number]))
    if number == 0:
        for kind in ("PodMonitor", "PrometheusRule"):
            assert changed[kind]["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    else:
        assert "PdfSecurityNoStandby" not in json.dumps(changed["PrometheusRule"])
        assert "PdfSecurityNoLeader" in json.dumps(changed["PrometheusRule"])


@pytest.mark.parametrize("path", AUTOSCALING, ids=[path.stem for path in AUTOSCALING])
def test_an_autoscaler_is_accepted(plane_of_others: ControlPlane, path: Path) -> None:
    """Whoever copies it would begin with an error."""
    for each in yaml.safe_load_all(path.read_text()):
        _try(plane_of_others, each)


@pytest.mark.parametrize("path", AUTOSCALING, ids=[path.stem for path in AUTOSCALING])
def test_an_autoscaler_asks_for_what_there_is(watched: Watched, path: Path) -> None:
    """KEDA would see nothing, and scale to what it falls back to."""
    for each in yaml.safe_load_all(path.read_text()):
        for trigger in each["spec"].get("triggers", []) if each["kind"] == "ScaledObject" else []:
            assert len(watched.prometheus.numbers(trigger["metadata"]["query"])) == 1


def _rendered(plane: ControlPlane, folder: Path, **more: Any) -> dict[str, Object]:
    """Give what an overlay with the component is, by kind."""
    base, component = REPOSITORY / "manifests" / "base", COMPONENT
    kustomization = {
        "resources": [os.path.relpath(base, folder)],
        "components": [os.path.relpath(component, folder)],
        **more,
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    objects = list(yaml.safe_load_all(plane.kubectl("kustomize", str(folder))))
    ours = ("PodMonitor", "PrometheusRule", "ConfigMap", "Deployment")
    return {each["kind"]: each for each in objects if each["kind"] in ours}


def _try(plane: ControlPlane, body: Object) -> None:
    """Have the API server judge a manifest, unknown fields included; keep nothing."""
    options = ("--dry-run=server", "--validate=strict", "-f", "-")
    assert body["metadata"].get("namespace") in (NAMESPACE, None)
    plane.kubectl("create", *options, input=json.dumps(body))
