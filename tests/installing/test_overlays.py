"""A real API server takes every overlay, `restricted` lets it run, and it is as hard as Jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cluster.errors import CommandFailedError
from controlplane import ControlPlane
from hardening.mutants import ABSENT, put
from images.build import REPOSITORY
from installing.hardened import hardening_faults_of
from installing.rendering import (
    COMPONENTS,
    IMAGE,
    NAMES,
    OVERLAYS,
    VALUES,
    Object,
    deployment_in,
    is_hook,
    kustomized,
    templated,
    write_kustomization,
)
from pdf_security_operator import names
from product import await_kinds

TENANT = [path.name for path in sorted(COMPONENTS.glob("tenant-*"))]

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


@pytest.fixture(scope="module")
def ready(plane: ControlPlane) -> ControlPlane:
    """The definitions served, and the namespaces there that objects are to be in."""
    plane.kubectl("apply", "--server-side", "-k", str(REPOSITORY / "crds"))
    await_kinds(plane.kubectl)
    for namespace in ("pdf-security-system", "documents", "legal"):
        plane.kubectl("create", "namespace", namespace)
        plane.kubectl("label", "namespace", namespace, RESTRICTED)
    return plane


def _dry_run(plane: ControlPlane, *objects: Object) -> str:
    """Ask the API server whether it would take objects, all admission included."""
    document = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    return plane.kubectl(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-",
        input=json.dumps(document),
    )  # fmt: skip


def _pod(template: Object) -> Object:
    """Make the pod of a template: the API server judges pods, and of Deployments only warns."""
    metadata = {**template["metadata"], "name": "operator", "namespace": "pdf-security-system"}
    spec = {**template["spec"], "serviceAccountName": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("name", NAMES)
def test_overlay_is_accepted(ready: ControlPlane, tmp_path: Path, name: str) -> None:
    """Would break: an overlay with a field that is no field, or that contradicts another."""
    objects = kustomized(tmp_path, OVERLAYS / name)
    assert _dry_run(ready, *objects).count("serverside-applied") == len(objects)


@pytest.mark.parametrize("name", NAMES)
def test_chart_is_accepted(ready: ControlPlane, name: str) -> None:
    """Would break: what Helm adds, hooks included, is refused when somebody installs."""
    everything = templated("--values", VALUES / f"{name}.yaml")
    # A pod is judged with its account, which is not there in a dry run.
    objects = [body for body in everything if body["kind"] != "Pod"]
    assert _dry_run(ready, *objects).count("serverside-applied") == len(objects)


@pytest.mark.parametrize("name", TENANT)
def test_component_of_a_tenant_is_accepted(ready: ControlPlane, tmp_path: Path, name: str) -> None:
    """Would break: what a kustomization says how to use cannot be used so."""
    component = f"../{name}"
    (tmp_path / name).mkdir()
    for file in (COMPONENTS / name).iterdir():
        (tmp_path / name / file.name).write_text(file.read_text())
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    kustomization = {"namespace": "legal", "components": [component]}
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    told = ready.kubectl("apply", "--server-side", "--dry-run=server", "-k", str(overlay))
    assert "serverside-applied" in told


@pytest.mark.parametrize("name", NAMES)
def test_operator_is_as_hard_as_a_jobs_pod(ready: ControlPlane, tmp_path: Path, name: str) -> None:
    """Would break: whoever takes the operator over has more than its rights at the API server."""
    deployment = deployment_in(kustomized(tmp_path, OVERLAYS / name))
    pod = _pod(deployment["spec"]["template"])
    assert hardening_faults_of(pod["spec"]) == []
    _dry_run(ready, pod)


SOFTER = [
    pytest.param("hostUsers", ABSENT, "hostUsers", False, id="users"),
    pytest.param("hostNetwork", True, "hostNetwork", True, id="network"),
    pytest.param("securityContext/runAsUser", 1, "securityContext.runAsUser", False, id="user"),
    pytest.param(
        "securityContext/supplementalGroupsPolicy",
        ABSENT,
        "securityContext.supplementalGroupsPolicy",
        False,
        id="groups",
    ),
    pytest.param(
        "containers/operator/securityContext/readOnlyRootFilesystem",
        ABSENT,
        "operator.securityContext.readOnlyRootFilesystem",
        False,
        id="read-only",
    ),
    pytest.param(
        "containers/operator/securityContext/capabilities",
        ABSENT,
        "operator.securityContext.capabilities",
        True,
        id="capabilities",
    ),
    pytest.param(
        "containers/operator/securityContext/allowPrivilegeEscalation",
        True,
        "operator.securityContext.allowPrivilegeEscalation",
        True,
        id="escalation",
    ),
    pytest.param(
        "containers/operator/resources/limits/memory",
        ABSENT,
        "operator.resources.limits.memory",
        False,
        id="memory",
    ),
    pytest.param("containers/operator/image", f"{IMAGE}:latest", "operator.image", False, id="tag"),
]


@pytest.mark.parametrize(("path", "value", "fault", "refused"), SOFTER)
def test_softer_is_noticed(
    ready: ControlPlane, tmp_path: Path, path: str, value: object, fault: str, refused: bool
) -> None:
    """Would break: the test before finds nothing, whatever is taken away."""
    deployment = deployment_in(kustomized(tmp_path, OVERLAYS / "cluster-wide"))
    pod = _pod(deployment["spec"]["template"])
    put(f"spec/{path}", value)(pod)
    assert hardening_faults_of(pod["spec"]) == [fault]
    if refused:
        with pytest.raises(CommandFailedError, match=r"violates PodSecurity|is invalid"):
            _dry_run(ready, pod)


@pytest.mark.parametrize("name", NAMES)
def test_the_pod_of_helms_test_is_as_hard(ready: ControlPlane, name: str) -> None:
    """Would break: a pod with a shell, or as root, runs beside the operator for a moment."""
    objects = templated("--values", VALUES / f"{name}.yaml")
    [pod] = [body for body in objects if is_hook(body) and body["kind"] == "Pod"]
    [container] = pod["spec"]["containers"]
    operator = deployment_in(objects)["spec"]["template"]["spec"]
    assert container["image"] == operator["containers"][0]["image"]
    assert "command" not in container
    assert container["args"] == ["check"]
    assert hardening_faults_of(pod["spec"]) == []
    _dry_run(ready, _pod(pod))


def test_nothing_runs_by_tag(tmp_path: Path) -> None:
    """Would break: an overlay or a component brings a second image, by a tag that may move."""
    for name in NAMES:
        rendered = yaml.safe_dump_all(kustomized(tmp_path / name, OVERLAYS / name))
        assert set(_images(rendered)) == {deployment_image()}


def deployment_image() -> str:
    """Name the only image that any overlay runs."""
    [container] = deployment_in(templated())["spec"]["template"]["spec"]["containers"]
    return str(container["image"])


def _images(rendered: str) -> list[str]:
    lines = [line.strip() for line in rendered.splitlines()]
    return [line.split()[-1] for line in lines if line.startswith(("image: ", "- image: "))]


def _selected(policy: Object) -> dict[str, str]:
    labels: dict[str, str] = policy["spec"]["podSelector"].get("matchLabels", {})
    return labels


def test_a_restricted_network_lets_the_operator_to_the_api_server_alone(tmp_path: Path) -> None:
    """Would break: a way out for whoever takes the operator over; or none to the API server."""
    objects = kustomized(tmp_path, OVERLAYS / "restricted-network")
    policies = {
        body["metadata"]["name"]: body for body in objects if body["kind"] == "NetworkPolicy"
    }
    deny = policies.pop("pdf-security-default-deny")["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    labels = deployment_in(objects)["spec"]["template"]["metadata"]["labels"]
    ways = [
        rule
        for policy in policies.values()
        if _selected(policy).items() <= labels.items()
        for rule in policy["spec"].get("egress", ())
    ]
    ports = [{"protocol": "TCP", "port": port} for port in (443, 6443)]
    assert ways == [{"to": [{"ipBlock": {"cidr": "192.0.2.10/32"}}], "ports": ports}]


def test_the_policy_of_a_tenant_is_of_all_pods_of_jobs() -> None:
    """Would break: the label of Jobs' pods changes, and the second wall stands around nobody."""
    policy = yaml.safe_load((COMPONENTS / "tenant-network" / "default-deny.yaml").read_text())
    assert _selected(policy) == {names.MANAGED_BY_LABEL: names.MANAGED_BY}


def _rules_elsewhere(objects: list[Object], *, own: str, watched: str) -> list[str]:
    """Name what gives the operator rights in other namespaces than its own and the watched."""
    bindings = [body for body in objects if body["kind"].endswith("RoleBinding")]
    return [
        body["metadata"]["name"]
        for body in bindings
        # A namespace at one of the cluster's says nothing.
        if body["kind"] == "ClusterRoleBinding"
        or body["metadata"]["namespace"] not in (own, watched)
    ]


@pytest.mark.parametrize(
    "render",
    [
        pytest.param(
            lambda folder: kustomized(folder, OVERLAYS / "single-namespace"), id="kustomize"
        ),
        pytest.param(
            lambda _: templated("--values", VALUES / "single-namespace.yaml", "--skip-tests"),
            id="helm",
        ),
    ],
)
def test_one_namespace_has_rights_in_no_other(
    tmp_path: Path, render: Callable[[Path], list[Object]]
) -> None:
    """Would break: an operator for one tenant can delete another's jobs."""
    objects = render(tmp_path)
    elsewhere = _rules_elsewhere(objects, own="pdf-security-system", watched="documents")
    assert elsewhere == ["pdf-security-operator-classes"]
    [classes] = [
        body
        for body in objects
        if body["kind"] == "ClusterRole" and body["metadata"]["name"] == elsewhere[0]
    ]
    assert {resource for rule in classes["rules"] for resource in rule["resources"]} == {
        "pdfsecurityclasses",
        "pdfsecurityclasses/status",
    }
    [container] = deployment_in(objects)["spec"]["template"]["spec"]["containers"]
    assert {"name": "PDF_SECURITY_WATCHED_NAMESPACE", "value": "documents"} in container["env"]


def test_a_kustomization_as_the_how_to_has_it(ready: ControlPlane, tmp_path: Path) -> None:
    """Would break: `kubectl apply -k` refuses what `kubectl kustomize` renders."""
    write_kustomization(tmp_path, OVERLAYS / "cluster-wide")
    told = ready.kubectl("apply", "--server-side", "--dry-run=server", "-k", str(tmp_path))
    assert "deployment.apps/pdf-security-operator serverside-applied" in told
