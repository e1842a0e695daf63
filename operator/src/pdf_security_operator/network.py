"""Builders of the NetworkPolicies of (namespace, class): pure.

Three of them: one denies everything to all its pods, but what a sidecar of all of them must reach;
the others let the pods that use a store, and those that read over HTTP, each reach what the class
lists for that and name servers, and no more.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec, DnsPeers, Endpoint, Peers

DNS_PORT = 53

CLUSTER_DNS = DnsPeers(
    namespace_labels={"kubernetes.io/metadata.name": "kube-system"},
    pod_labels={"k8s-app": "kube-dns"},
)
"""Where name servers are in most clusters; a class names others (NodeLocal DNS, a cloud's own)."""


Way = tuple[Peers, Sequence[int]]
"""Who may be reached, and on which ports."""


def deny_policy_name(class_name: str) -> str:
    """Name of the policy that denies everything."""
    return f"pdf-security-deny-{class_name}"


def storage_policy_name(class_name: str) -> str:
    """Name of the policy that opens the way to the stores."""
    return f"pdf-security-storage-{class_name}"


def http_policy_name(class_name: str) -> str:
    """Name of the policy that opens the way to sources over HTTP."""
    return f"pdf-security-http-{class_name}"


def build_network_policies(
    namespace: str, class_name: str, class_spec: ClassSpec
) -> list[dict[str, Any]]:
    """Build the policies of a class in a namespace, the denying one first."""
    selector = {names.CLASS_LABEL: class_name}
    dns = class_spec.dns or CLUSTER_DNS
    deny = _policy(
        deny_policy_name(class_name),
        namespace,
        class_name,
        {
            "podSelector": {"matchLabels": selector},
            "policyTypes": ["Ingress", "Egress"],
            **_egress_of(_ways_of_sidecar(class_spec), dns),
        },
    )
    ways: list[tuple[str, str, Sequence[Endpoint] | None]] = [
        (storage_policy_name(class_name), names.STORAGE_LABEL, class_spec.storage_endpoints),
        (http_policy_name(class_name), names.HTTP_LABEL, class_spec.http_sources),
    ]
    return [
        deny,
        *(
            _policy(
                name,
                namespace,
                class_name,
                {
                    "podSelector": {"matchLabels": {**selector, label: "true"}},
                    "policyTypes": ["Egress"],
                    # Built without a way out too: it replaces the one of a class that listed
                    # endpoints before.
                    **_egress_of(_ways_of(endpoints), dns),
                },
            )
            for name, label, endpoints in ways
        ),
    ]


def _ways_of(endpoints: Sequence[Endpoint] | None) -> list[Way]:
    return [(each, each.ports or [_port(each.url)]) for each in endpoints or ()]


def _ways_of_sidecar(class_spec: ClassSpec) -> list[Way]:
    peers = class_spec.sidecar.peers if class_spec.sidecar else None
    return [(each, each.ports) for each in peers or ()]


def _egress_of(ways: Sequence[Way], dns: DnsPeers) -> dict[str, Any]:
    """Give the ways out; without any none at all, for then names need no resolving either."""
    rules = [
        {"to": _peers_of(peers), "ports": [{"protocol": "TCP", "port": port} for port in ports]}
        for peers, ports in ways
    ]
    if rules:
        rules.append(
            {
                "to": _peers_of(dns),
                "ports": [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")],
            }
        )
    # An empty `to` is not "nobody" but "everybody" (Kubernetes API, NetworkPolicyEgressRule).
    egress = [rule for rule in rules if rule["to"]]
    return {"egress": egress} if egress else {}


def _peers_of(peers: Peers) -> list[dict[str, Any]]:
    """Turn address blocks and labels into NetworkPolicy peers."""
    selected: dict[str, Any] = {}
    if peers.namespace_labels:
        selected["namespaceSelector"] = {"matchLabels": peers.namespace_labels}
    if peers.pod_labels:
        selected["podSelector"] = {"matchLabels": peers.pod_labels}
    blocks = [{"ipBlock": {"cidr": cidr}} for cidr in peers.cidrs or []]
    return blocks + ([selected] if selected else [])


def _port(url: str) -> int:
    return urlsplit(url).port or 443


def _policy(name: str, namespace: str, class_name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": name,
            "namespace": namespace,
            # Without an owner: the garbage collector would remove them with their class at once,
            # from under pods that still run.
            "labels": {names.MANAGED_BY_LABEL: names.MANAGED_BY, names.CLASS_LABEL: class_name},
        },
        "spec": spec,
    }
