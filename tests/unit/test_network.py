"""NetworkPolicies: everything is denied but the class's endpoints and name servers."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator.api import ClassSpec
from pdf_security_operator.network import build_network_policies
from unit.resources import class_spec, http_class_spec

CLUSTER_DNS = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}


def _built(**changes: Any) -> list[dict[str, Any]]:
    return build_network_policies(
        "legal", "standard", ClassSpec.model_validate(class_spec(**changes))
    )


def test_deny() -> None:
    """A pod without a store could reach the network, or be reached."""
    deny, *_ = _built()
    assert deny == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "pdf-security-deny-standard",
            "namespace": "legal",
            "labels": {
                "app.kubernetes.io/managed-by": "pdf-security-operator",
                "pdfsecurity.dev/class": "standard",
            },
        },
        "spec": {
            "podSelector": {"matchLabels": {"pdfsecurity.dev/class": "standard"}},
            "policyTypes": ["Ingress", "Egress"],
        },
    }


def test_storage() -> None:
    """Pods without a store would share the way out, or those with one would not find it."""
    deny, storage, _ = _built()
    assert storage["metadata"] == {**deny["metadata"], "name": "pdf-security-storage-standard"}
    assert storage["spec"] == {
        "podSelector": {
            "matchLabels": {
                "pdfsecurity.dev/class": "standard",
                "pdfsecurity.dev/storage-access": "true",
            }
        },
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [{"ipBlock": {"cidr": "10.0.3.0/24"}}],
                "ports": [{"protocol": "TCP", "port": 443}],
            },
            CLUSTER_DNS,
        ],
    }


@pytest.mark.parametrize(
    ("endpoint", "to", "ports"),
    [
        pytest.param(
            {"url": "https://s3", "cidrs": ["10.0.0.0/8", "fd00::/8"]},
            [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"ipBlock": {"cidr": "fd00::/8"}}],
            [443],
            id="blocks",
        ),
        pytest.param(
            {"url": "https://s3:8443", "podLabels": {"app": "s3"}},
            [{"podSelector": {"matchLabels": {"app": "s3"}}}],
            [8443],
            id="pods-of-the-namespace",
        ),
        pytest.param(
            {"url": "https://s3", "namespaceLabels": {"team": "storage"}, "ports": [9000, 9001]},
            [{"namespaceSelector": {"matchLabels": {"team": "storage"}}}],
            [9000, 9001],
            id="namespaces-and-own-ports",
        ),
        pytest.param(
            {
                "url": "https://s3",
                "cidrs": ["10.0.0.0/8"],
                "namespaceLabels": {"team": "storage"},
                "podLabels": {"app": "s3"},
            },
            [
                {"ipBlock": {"cidr": "10.0.0.0/8"}},
                {
                    "namespaceSelector": {"matchLabels": {"team": "storage"}},
                    "podSelector": {"matchLabels": {"app": "s3"}},
                },
            ],
            [443],
            id="pods-in-namespaces-is-one-peer",
        ),
    ],
)
def test_peers(endpoint: dict[str, Any], to: list[dict[str, Any]], ports: list[int]) -> None:
    """Pods would reach more than the class says, or not the store."""
    _, storage, _ = _built(storageEndpoints=[endpoint])
    assert storage["spec"]["egress"] == [
        {"to": to, "ports": [{"protocol": "TCP", "port": port} for port in ports]},
        CLUSTER_DNS,
    ]


def test_own_name_servers() -> None:
    """Names would not resolve where the cluster's name servers are elsewhere."""
    _, storage, _ = _built(dns={"cidrs": ["169.254.20.10/32"]})
    assert storage["spec"]["egress"][-1] == {
        **CLUSTER_DNS,
        "to": [{"ipBlock": {"cidr": "169.254.20.10/32"}}],
    }


@pytest.mark.parametrize("endpoints", [None, []], ids=["left-out", "empty"])
def test_without_endpoints(endpoints: list[Any] | None) -> None:
    """The way out of a class that listed endpoints before would stay open, or DNS would."""
    _, storage, _ = _built(storageEndpoints=endpoints)
    assert "egress" not in storage["spec"]
    assert storage["spec"]["policyTypes"] == ["Egress"]


def test_sources_over_http_are_a_way_of_their_own() -> None:
    """Pods that read over HTTP would reach the stores, or pods with a store the sources."""
    deny, storage, http = build_network_policies(
        "legal", "standard", ClassSpec.model_validate(http_class_spec())
    )
    assert storage == _built()[1]
    assert http["metadata"] == {**deny["metadata"], "name": "pdf-security-http-standard"}
    assert http["spec"] == {
        "podSelector": {
            "matchLabels": {
                "pdfsecurity.dev/class": "standard",
                "pdfsecurity.dev/http-access": "true",
            }
        },
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [{"ipBlock": {"cidr": "10.0.7.0/24"}}],
                "ports": [{"protocol": "TCP", "port": 443}],
            },
            {
                "to": [{"podSelector": {"matchLabels": {"app": "archive"}}}],
                "ports": [{"protocol": "TCP", "port": 8443}],
            },
            CLUSTER_DNS,
        ],
    }


@pytest.mark.parametrize("sources", [None, []], ids=["left-out", "empty"])
def test_without_sources(sources: list[Any] | None) -> None:
    """The way out of a class that listed sources before would stay open, or DNS would."""
    _, _, http = _built(httpSources=sources)
    assert "egress" not in http["spec"]
    assert http["spec"]["policyTypes"] == ["Egress"]


MESH = {"namespaceLabels": {"kubernetes.io/metadata.name": "istio-system"}, "ports": [15012]}


def test_what_a_sidecar_must_reach() -> None:
    """A sidecar would never be ready, and hold every job; or pods reach more than that."""
    plain = _built()
    deny, *others = _built(sidecar={"peers": [MESH]})
    assert deny["spec"] == {
        **plain[0]["spec"],
        "egress": [
            {
                "to": [{"namespaceSelector": {"matchLabels": MESH["namespaceLabels"]}}],
                "ports": [{"protocol": "TCP", "port": 15012}],
            },
            CLUSTER_DNS,
        ],
    }
    assert others == plain[1:]


@pytest.mark.parametrize("empty", [{"cidrs": []}, {"podLabels": {}}, {}], ids=str)
def test_no_peer_is_nobody(empty: dict[str, Any]) -> None:
    """An empty `to` means everybody: a class with an empty list would open the whole network."""
    spec = ClassSpec.model_validate(class_spec())
    assert spec.storage_endpoints
    endpoint = spec.storage_endpoints[0].model_copy(
        update={"cidrs": None, "namespace_labels": None, "pod_labels": None, **empty}
    )
    without = spec.model_copy(update={"storage_endpoints": [endpoint]})
    _, storage, _ = build_network_policies("legal", "standard", without)
    assert storage["spec"]["egress"] == [CLUSTER_DNS]
