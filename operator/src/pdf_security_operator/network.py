"""Builders of the NetworkPolicies of (namespace, class): pure.

Two of them: one denies everything to all its pods, the other lets the pods
that use a store reach the class's endpoints and name servers, and nothing else.
"""

from typing import Any
from urllib.parse import urlsplit

from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec, DnsPeers
from pdf_security_operator.api.security_class import Peers

DNS_PORT = 53

CLUSTER_DNS = DnsPeers(
    namespace_labels={"kubernetes.io/metadata.name": "kube-system"},
    pod_labels={"k8s-app": "kube-dns"},
)
"""Where name servers are in most clusters; a class names others (NodeLocal DNS, a cloud's own)."""


def deny_policy_name(class_name: str) -> str:
    """Name of the policy that denies everything."""
    return f"pdf-security-deny-{class_name}"


def storage_policy_name(class_name: str) -> str:
    """Name of the policy that opens the way to the stores."""
    return f"pdf-security-storage-{class_name}"


def build_network_policies(
    namespace: str, class_name: str, class_spec: ClassSpec
) -> list[dict[str, Any]]:
    """Build the policies of a class in a namespace, the denying one first."""
    selector = {names.CLASS_LABEL: class_name}
    deny = _policy(
        deny_policy_name(class_name),
        namespace,
        class_name,
        {
            "podSelector": {"matchLabels": selector},
            "policyTypes": ["Ingress", "Egress"],
        },
    )
    egress = _egress_of(class_spec)
    # Built without a way out too: it replaces the one of a class that listed endpoints before.
    storage = _policy(
        storage_policy_name(class_name),
        namespace,
        class_name,
        {
            "podSelector": {"matchLabels": {**selector, names.STORAGE_LABEL: "true"}},
            "policyTypes": ["Egress"],
            **({"egress": egress} if egress else {}),
        },
    )
    return [deny, storage]


def _egress_of(class_spec: ClassSpec) -> list[dict[str, Any]]:
    """List the ways out; none without endpoints, for then names need no resolving either."""
    endpoints = class_spec.storage_endpoints or []
    rules = [
        {
            "to": _peers_of(endpoint),
            "ports": [
                {"protocol": "TCP", "port": port}
                for port in endpoint.ports or [_port(endpoint.url)]
            ],
        }
        for endpoint in endpoints
    ]
    if rules:
        rules.append(
            {
                "to": _peers_of(class_spec.dns or CLUSTER_DNS),
                "ports": [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")],
            }
        )
    # An empty `to` is not "nobody" but "everybody" (Kubernetes API, NetworkPolicyEgressRule).
    return [rule for rule in rules if rule["to"]]


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
