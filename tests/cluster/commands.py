"""The command line of each of the node's components, as data. Starts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cluster import addresses
from cluster.layout import Layout


@dataclass(frozen=True)
class Command:
    """One long-running component."""

    name: str
    arguments: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    restarts: int = 0
    """How often it may die and be started again; beyond that the cluster has failed."""


def build_commands(layout: Layout, folders: Mapping[str, Path]) -> dict[str, Command]:
    """Return every component's command by its name."""
    kubernetes = folders["kubernetes"]
    commands = [
        _etcd(layout, folders["etcd"]),
        _api_server(layout, kubernetes),
        _controller_manager(layout, kubernetes),
        Command(
            "kube-scheduler",
            [f"{kubernetes}/kube-scheduler", f"--config={layout.state}/scheduler.json"],
        ),
        Command(
            "containerd",
            [f"{folders['containerd']}/containerd", "-c", f"{layout.state}/containerd.toml"],
        ),
        Command(
            "kubelet",
            [
                f"{kubernetes}/kubelet",
                f"--config={layout.state}/kubelet.json",
                f"--kubeconfig={layout.kubeconfig_of('kubelet')}",
                f"--root-dir={layout.state}/kubelet",
                f"--hostname-override={addresses.NODE_NAME}",
                f"--node-ip={addresses.NODE_ADDRESS}",
            ],
        ),
        _proxy(layout, kubernetes),
        _router(layout, folders["kube-router"]),
    ]
    return {command.name: command for command in commands}


def _etcd(layout: Layout, programs: Path) -> Command:
    return Command(
        "etcd",
        [
            f"{programs}/etcd",
            f"--data-dir={layout.state}/etcd",
            f"--listen-client-urls={addresses.ETCD_ADDRESS}",
            f"--advertise-client-urls={addresses.ETCD_ADDRESS}",
            f"--listen-peer-urls={addresses.ETCD_PEER_ADDRESS}",
            # A test cluster never outlives its machine's power.
            "--unsafe-no-fsync",
        ],
    )


def _api_server(layout: Layout, programs: Path) -> Command:
    keys = layout.keys
    return Command(
        "kube-apiserver",
        [
            f"{programs}/kube-apiserver",
            f"--etcd-servers={addresses.ETCD_ADDRESS}",
            f"--secure-port={addresses.API_PORT}",
            "--bind-address=0.0.0.0",
            f"--advertise-address={addresses.NODE_ADDRESS}",
            f"--tls-cert-file={keys}/apiserver.crt",
            f"--tls-private-key-file={keys}/apiserver.key",
            f"--client-ca-file={keys}/ca.crt",
            f"--service-account-key-file={keys}/service-accounts.pub",
            f"--service-account-signing-key-file={keys}/service-accounts.key",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-cluster-ip-range={addresses.SERVICE_NETWORK}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            f"--kubelet-client-certificate={keys}/apiserver-kubelet.crt",
            f"--kubelet-client-key={keys}/apiserver-kubelet.key",
            # The node's name resolves nowhere.
            "--kubelet-preferred-address-types=InternalIP",
            f"--audit-policy-file={layout.state}/audit-policy.json",
            f"--audit-log-path={layout.audit_log}",
        ],
    )


def _controller_manager(layout: Layout, programs: Path) -> Command:
    keys = layout.keys
    return Command(
        "kube-controller-manager",
        [
            f"{programs}/kube-controller-manager",
            f"--kubeconfig={layout.kubeconfig_of('controller-manager')}",
            f"--service-account-private-key-file={keys}/service-accounts.key",
            f"--root-ca-file={keys}/ca.crt",
            f"--cluster-signing-cert-file={keys}/ca.crt",
            f"--cluster-signing-key-file={keys}/ca.key",
            "--use-service-account-credentials",
            "--allocate-node-cidrs",
            f"--cluster-cidr={addresses.POD_NETWORK}",
            f"--node-cidr-mask-size={addresses.NODE_POD_PREFIX}",
            "--leader-elect=false",
            # With the defaults a thousand Jobs take minutes, whoever creates them.
            "--kube-api-qps=1000",
            "--kube-api-burst=2000",
            "--concurrent-job-syncs=20",
        ],
    )


def _proxy(layout: Layout, programs: Path) -> Command:
    return Command(
        "kube-proxy",
        [
            f"{programs}/kube-proxy",
            f"--kubeconfig={layout.kubeconfig_of('proxy')}",
            "--proxy-mode=iptables",
            f"--cluster-cidr={addresses.POD_NETWORK}",
            f"--hostname-override={addresses.NODE_NAME}",
            # These limits belong to the whole machine, and are not ours to set.
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
        ],
        restarts=3,
    )


def _router(layout: Layout, programs: Path) -> Command:
    return Command(
        "kube-router",
        [
            f"{programs}/kube-router",
            f"--kubeconfig={layout.kubeconfig_of('router')}",
            "--run-firewall=true",
            "--run-router=false",
            "--run-service-proxy=false",
            f"--service-cluster-ip-range={addresses.SERVICE_NETWORK}",
            f"--hostname-override={addresses.NODE_NAME}",
            "--health-port=0",
            "--metrics-port=0",
        ],
        {"NODE_NAME": addresses.NODE_NAME},
        # Dead, it leaves new pods without any policy, silently.
        restarts=10,
    )
