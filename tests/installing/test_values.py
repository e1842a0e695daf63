"""Values that would install something else than was meant are refused, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from chart.__main__ import CHART
from cluster.errors import CommandFailedError
from helm import helm
from installing.rendering import (
    DIGEST,
    NAMES,
    NOWHERE,
    RELEASE,
    VALUES,
    Object,
    deployment_in,
    image_arguments,
    rendered,
    templated,
)

TAKEN = [
    pytest.param("crds.instal=false", "crds.*additional properties 'instal'", id="misspelt"),
    pytest.param("hostNetwork=true", "additional properties 'hostNetwork'", id="unknown"),
    pytest.param("image.tag=latest", "image.*additional properties 'tag'", id="tag"),
    pytest.param("image.digest=latest", "/image/digest.*does not match", id="no-digest"),
    pytest.param(f"image.digest={DIGEST[:-1]}", "/image/digest.*does not match", id="cut-digest"),
    pytest.param("image.repository=a b", "/image/repository.*does not match", id="repository"),
    pytest.param("image.repository=r.example/o:1", "/image/repository", id="repository-with-tag"),
    pytest.param("replicas=0", "/replicas.*minimum", id="no-replica"),
    pytest.param("replicas=two", "/replicas.*want integer", id="word"),
    pytest.param("replicas=1", "minAvailable is 1 and replicas 1", id="no-drain"),
    pytest.param("resources.limits=null", "/resources.*limits", id="no-limits"),
    pytest.param("resources.limits.memory=lots", "/resources/limits/memory", id="quantity"),
    pytest.param("resources.limits.memory=null", "/resources/limits.*memory", id="no-memory-limit"),
    pytest.param("settings.shards=0", "/settings/shards.*minimum", id="shards"),
    pytest.param("settings.jobTtlSeconds=60", "/settings/jobTtlSeconds.*minimum", id="ttl"),
    pytest.param("settings.logLevel=all", "/settings/logLevel", id="log-level"),
    pytest.param("settings.watchedNamespace=a/b", "/settings/watchedNamespace", id="namespace"),
    pytest.param("settings.tracesEndpoint=ftp://a", "/settings/tracesEndpoint", id="traces"),
    pytest.param(
        "settings.tracesEndpoint=https://me:secret@a", "/settings/tracesEndpoint", id="credentials"
    ),
    pytest.param(
        "restrictedNetwork.enabled=true", "/restrictedNetwork/apiServer/cidrs", id="no-api-server"
    ),
    pytest.param(
        "restrictedNetwork.apiServer.cidrs={0.0.0.0/0}", "/apiServer/cidrs/0", id="everywhere"
    ),
    pytest.param(
        "restrictedNetwork.apiServer.cidrs={::/0}", "/apiServer/cidrs/0", id="everywhere6"
    ),
    pytest.param(
        "restrictedNetwork.apiServer.cidrs={10.0.0.1}", "/apiServer/cidrs/0", id="address"
    ),
    pytest.param("restrictedNetwork.apiServer.ports={0}", "/apiServer/ports/0", id="port"),
    pytest.param("restrictedNetwork.moreEgress[0].to={}", "/moreEgress/0", id="egress-everywhere"),
    pytest.param(
        r"podLabels.app\.kubernetes\.io/name=other",
        "invalid propertyName 'app.kubernetes.io/name'",
        id="label",
    ),
    pytest.param("audit.volume.accessMode=ReadOnlyMany", "/audit/volume/accessMode", id="claim"),
    pytest.param("podAnnotations.a=1", "/podAnnotations/a.*want string", id="annotation"),
    pytest.param(
        "topologySpreadConstraints[0].labelSelector.matchLabels.a=b", "labelSelector", id="selector"
    ),
    pytest.param(
        "podDisruptionBudget.unhealthyPodEvictionPolicy=Never", "/unhealthyPod", id="eviction"
    ),
]


@pytest.mark.parametrize(("value", "message"), TAKEN)
def test_refused(value: str, message: str) -> None:
    """Would break: a typing error passes for a protection that is on, or fails only in a pod."""
    with pytest.raises(CommandFailedError, match=f"(?s){message}"):
        templated("--set", value)


def test_no_digest_says_what_to_do() -> None:
    """Would break: who installs without values gets an image that nobody verified."""
    with pytest.raises(CommandFailedError, match=r"image\.digest is not set: give the digest"):
        helm("template", RELEASE, CHART, home=NOWHERE)


@pytest.mark.parametrize(
    ("value", "variable", "text"),
    [
        pytest.param("shards=4", "PDF_SECURITY_SHARDS", "4", id="shards"),
        pytest.param("workers=12", "PDF_SECURITY_WORKERS", "12", id="workers"),
        # As a number of JSON it would be 1e+05.
        pytest.param(
            "requestsPerSecond=100000", "PDF_SECURITY_REQUESTS_PER_SECOND", "100000", id="rate"
        ),
        pytest.param("resyncSeconds=60", "PDF_SECURITY_RESYNC_SECONDS", "60", id="resync"),
        pytest.param("jobTtlSeconds=120", "PDF_SECURITY_JOB_TTL_SECONDS", "120", id="ttl"),
        pytest.param("logLevel=debug", "PDF_SECURITY_LOG_LEVEL", "debug", id="log-level"),
        pytest.param(
            "watchedNamespace=legal", "PDF_SECURITY_WATCHED_NAMESPACE", "legal", id="namespace"
        ),
        pytest.param(
            "tracesEndpoint=http://c:4318",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://c:4318",
            id="otlp",
        ),
    ],
)
def test_settings_become_variables(value: str, variable: str, text: str) -> None:
    """Would break: a setting is accepted, and the operator never sees it."""
    [container] = _pod("--set", f"settings.{value}")["containers"]
    given = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    assert given == {variable: text}


@pytest.mark.parametrize(
    ("value", "field", "found"),
    [
        pytest.param(
            "image.pullSecrets[0].name=r", "imagePullSecrets", [{"name": "r"}], id="pull-secret"
        ),
        pytest.param("nodeSelector.pool=a", "nodeSelector", {"pool": "a"}, id="node-selector"),
        pytest.param(
            "tolerations[0].key=a,tolerations[0].operator=Exists",
            "tolerations",
            [{"key": "a", "operator": "Exists"}],
            id="tolerations",
        ),
        pytest.param("priorityClassName=", "priorityClassName", None, id="no-priority"),
    ],
)
def test_where_pods_run(value: str, field: str, found: object) -> None:
    """Would break: a value is accepted and stands nowhere."""
    assert _pod("--set", value).get(field) == found


@pytest.mark.parametrize("name", NAMES)
def test_lint(name: str) -> None:
    """Would break: a chart that Helm itself finds fault with."""
    values = VALUES / f"{name}.yaml"
    helm("lint", "--strict", CHART, "--values", values, *image_arguments(), home=NOWHERE)


def test_packed(tmp_path: Path) -> None:
    """Would break: what is released lacks a file that the folder has."""
    helm("package", CHART, "--destination", tmp_path, home=tmp_path)
    [archive] = tmp_path.glob("*.tgz")
    assert rendered(archive) == rendered(CHART)


def _pod(*arguments: str) -> Object:
    spec: Object = deployment_in(templated(*arguments))["spec"]["template"]["spec"]
    return spec
