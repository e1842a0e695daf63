"""Proves that NetworkPolicies are enforced, by a pod that must not get through. Tests nothing else.

A cluster without an enforcing network plugin accepts every policy and applies none, silently.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from cluster import images
from cluster.errors import ClusterError, PoliciesNotEnforcedError
from cluster.provider import OWN_LABEL, OWN_VALUE, Provider

NAMESPACE = "pdf-security-canary"

API_PORT = 443

OPEN_MILLISECONDS = 5000
"""For the connection that must stand: services may still be spreading."""

GAP_MILLISECONDS = 5000
"""How long a new pod may still get through. Most plugins, kube-router and kind's among them, learn
a pod's address only from its status, which is written after its containers have started."""

POD_SECONDS = 60.0
"""For one pod to run; it takes two."""


@dataclass(frozen=True)
class Proof:
    """What the canary found."""

    seconds: float
    """How long the proof took."""
    gap_milliseconds: int
    """How long the new pod under the policy still got through after its start."""


def prove(provider: Provider) -> Proof:
    """Raise PoliciesNotEnforcedError unless a policy that denies everything does."""
    begun = time.monotonic()
    image = provider.load_image(images.probe_image())
    address = provider.kubectl(
        "get", "service", "kubernetes", "-n", "default", "-o", "jsonpath={.spec.clusterIP}"
    )
    _remove(provider)
    _apply(provider, build_namespace())
    try:
        # First the open way: a probe that never gets through would prove nothing.
        call = [address, str(API_PORT)]
        opened = build_pod("open", image, [*call, str(OPEN_MILLISECONDS)])
        if _exit_code(provider, opened) != 0:
            raise ClusterError(
                "the canary does not reach the API server even without a policy",
                "services are broken: see `python -m cluster logs kube-proxy`",
            )
        _apply(provider, build_policy())
        closed = build_pod("closed", image, ["closes", *call, str(GAP_MILLISECONDS)])
        if _exit_code(provider, closed) != 0:
            raise PoliciesNotEnforcedError(
                "a pod under a policy that denies everything reached the API server",
                "use a network plugin that enforces policies; on the embedded cluster see "
                "`python -m cluster logs kube-router`",
            )
        gap = int(provider.kubectl("logs", "closed", "-n", NAMESPACE))
    finally:
        _remove(provider, "--wait=false")
    return Proof(time.monotonic() - begun, gap)


def build_namespace() -> dict[str, Any]:
    """Return the canary's namespace, as strict as the product's."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted", OWN_LABEL: OWN_VALUE}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": labels},
    }


def build_policy() -> dict[str, Any]:
    """Return the policy that denies all traffic of the pod called closed."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "closed", "namespace": NAMESPACE},
        "spec": {
            "podSelector": {"matchLabels": {"canary": "closed"}},
            "policyTypes": ["Ingress", "Egress"],
        },
    }


def build_pod(name: str, image: str, call: list[str]) -> dict[str, Any]:
    """Return a pod of the namespace that runs the probe once."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"canary": name}},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "probe",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "args": call,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }


def _exit_code(provider: Provider, pod: dict[str, Any]) -> int:
    _apply(provider, pod)
    name = pod["metadata"]["name"]
    until = time.monotonic() + POD_SECONDS
    while time.monotonic() < until:
        path = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
        code = provider.kubectl("get", "pod", name, "-n", NAMESPACE, "-o", path)
        if code in {"0", "1"}:
            return int(code)
        time.sleep(0.2)
    status = provider.kubectl("get", "pod", name, "-n", NAMESPACE, "-o", "jsonpath={.status}")
    raise ClusterError(
        f"the canary's pod {name} did not end within {POD_SECONDS:.0f} s: {status[:800]}",
        "is the node Ready? `python -m cluster status`",
    )


def _apply(provider: Provider, document: dict[str, Any]) -> None:
    provider.kubectl("apply", "-f", "-", input=json.dumps(document))


def _remove(provider: Provider, *how: str) -> None:
    provider.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", *how)
