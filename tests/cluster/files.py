"""Writes the embedded node's keys and configuration files into a fresh state folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import addresses, configuration
from cluster.certificates import Authority, write_private
from cluster.layout import Layout


@dataclass(frozen=True)
class User:
    """A client of the API server with a certificate of its own."""

    certificate: str
    common_name: str
    organization: str = ""


USERS = {
    "admin": User("admin", "pdf-security-admin", "system:masters"),
    "controller-manager": User("controller-manager", "system:kube-controller-manager"),
    "scheduler": User("scheduler", "system:kube-scheduler"),
    "kubelet": User("node", f"system:node:{addresses.NODE_NAME}", "system:nodes"),
    "proxy": User("proxy", "system:kube-proxy"),
    # Its own manifest asks for a dozen rights; the harness tests policies, not its RBAC.
    "router": User("router", "kube-router", "system:masters"),
}
"""Kubeconfig -> who it speaks for."""


def write_files(layout: Layout, folders: Mapping[str, Path]) -> None:
    """Write everything that process 1 and the components read."""
    for folder in (layout.logs, layout.volumes, layout.kubeconfig_of("any").parent):
        folder.mkdir(parents=True, exist_ok=True)
    _write_keys(layout)
    _write_kubeconfigs(layout)
    state = layout.state
    _write_json(state / "audit-policy.json", configuration.build_audit_policy())
    _write_json(state / "kubelet.json", configuration.build_kubelet(layout))
    _write_json(
        state / "scheduler.json", configuration.build_scheduler(layout.kubeconfig_of("scheduler"))
    )
    network = state / "cni" / "net.d"
    network.mkdir(parents=True, exist_ok=True)
    _write_json(network / "10-pods.conflist", configuration.build_pod_network(layout))
    (state / "containerd").mkdir(exist_ok=True)
    (state / "containerd.toml").write_text(
        configuration.build_containerd(layout, folders["cni"], folders["runc"] / "runc")
    )
    (state / "resolv.conf").touch()


def _write_keys(layout: Layout) -> None:
    authority = Authority(layout.keys)
    authority.issue(
        "apiserver",
        common_name="kube-apiserver",
        names=(
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ),
        addresses=("127.0.0.1", addresses.NODE_ADDRESS, addresses.API_SERVICE_ADDRESS),
    )
    authority.issue(
        "apiserver-kubelet", common_name="apiserver-kubelet", organization="system:masters"
    )
    for user in USERS.values():
        # The node's is its server certificate too.
        serves = user.certificate == "node"
        authority.issue(
            user.certificate,
            common_name=user.common_name,
            organization=user.organization,
            names=(addresses.NODE_NAME,) if serves else (),
            addresses=(addresses.NODE_ADDRESS, "127.0.0.1") if serves else (),
        )
    authority.signing_key("service-accounts")


def _write_kubeconfigs(layout: Layout) -> None:
    keys = layout.keys
    for name, user in USERS.items():
        document = configuration.build_kubeconfig(
            addresses.API_ADDRESS,
            (keys / "ca.crt").read_bytes(),
            (keys / f"{user.certificate}.crt").read_bytes(),
            (keys / f"{user.certificate}.key").read_bytes(),
        )
        content = json.dumps(document, indent=1).encode()
        write_private(layout.kubeconfig if name == "admin" else layout.kubeconfig_of(name), content)


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1))
