"""The command lines of the plane: the embedded cluster's, and what is different. Starts nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cluster import commands
from cluster.commands import Command
from cluster.fake_nodes import MARK
from cluster.layout import Layout
from controlplane.ports import free_ports

LOOPBACK = "127.0.0.1"

Changes = Mapping[str, str | None]
"""Flag -> its value here; None where it is left out."""


@dataclass(frozen=True)
class Ports:
    """Where the plane listens, for as long as it is: a component comes back to its own."""

    etcd: int
    etcd_peers: int
    api_server: int
    controller_manager: int
    scheduler: int
    kwok: int


def choose_ports() -> Ports:
    """Choose ports for one plane."""
    return Ports(*free_ports(6))


def build_commands(layout: Layout, folders: Mapping[str, Path], ports: Ports) -> dict[str, Command]:
    """Return every component's command by its name, in the order in which they start."""
    # It also builds the commands of what is not run here, of whatever folder.
    embedded = commands.build_commands(layout, defaultdict(Path, folders))
    changes = {
        "etcd": _etcd(ports),
        "kube-apiserver": _api_server(ports),
        "kube-controller-manager": _controller_manager(layout, ports),
        "kube-scheduler": _serving(layout, ports.scheduler),
    }
    built = {name: _changed(embedded[name], each) for name, each in changes.items()}
    return {**built, "kwok": _kwok(layout, folders["kwok"], ports.kwok)}


def _etcd(ports: Ports) -> Changes:
    clients = f"http://{LOOPBACK}:{ports.etcd}"
    peers = f"http://{LOOPBACK}:{ports.etcd_peers}"
    return {
        "--listen-client-urls": clients,
        "--advertise-client-urls": clients,
        "--listen-peer-urls": peers,
        "--initial-advertise-peer-urls": peers,
        "--initial-cluster": f"default={peers}",
        # Tens of thousands of Jobs write more than the default of 2 GiB before the API server has
        # the old revisions compacted, which it does every five minutes.
        "--quota-backend-bytes": str(8 * 1024**3),
    }


def _api_server(ports: Ports) -> Changes:
    return {
        "--etcd-servers": f"http://{LOOPBACK}:{ports.etcd}",
        "--secure-port": str(ports.api_server),
        "--bind-address": LOOPBACK,
        "--advertise-address": LOOPBACK,
        # Endpoints must not be of loopback, and there is no pod that would use them.
        "--endpoint-reconciler-type": "none",
        "--kubelet-client-certificate": None,
        "--kubelet-client-key": None,
        "--kubelet-preferred-address-types": None,
    }


def _controller_manager(layout: Layout, ports: Ports) -> Changes:
    return {
        # From 12,500 ended pods on it would delete them all, again and again: each waits for the
        # Job controller, which is kept from its work by that.
        "--terminated-pod-gc-threshold": "0",
        **_serving(layout, ports.controller_manager),
        # kwok gives the pods their addresses, and the blocks would be enough for 64 nodes.
        "--allocate-node-cidrs": None,
        "--cluster-cidr": None,
        "--node-cidr-mask-size": None,
        # The nodes are Ready once and for all: nobody tells that they live.
        "--node-monitor-grace-period": "24h",
    }


def _serving(layout: Layout, port: int) -> Changes:
    return {
        "--bind-address": LOOPBACK,
        "--secure-port": str(port),
        # On the same address; one that each makes for itself could not be verified.
        "--tls-cert-file": f"{layout.keys}/apiserver.crt",
        "--tls-private-key-file": f"{layout.keys}/apiserver.key",
    }


def _kwok(layout: Layout, programs: Path, port: int) -> Command:
    return Command(
        "kwok",
        [
            f"{programs}/kwok",
            f"--kubeconfig={layout.kubeconfig}",
            f"--config={layout.state}/kwok.yaml",
            f"--server-address={LOOPBACK}:{port}",
            "--manage-all-nodes=false",
            f"--manage-nodes-with-annotation-selector={MARK}=fake",
            # The default has room for 254 pods and goes on in whatever lies behind it.
            "--cidr=10.128.0.0/9",
        ],
    )


def _changed(command: Command, changes: Changes) -> Command:
    program, *flags = command.arguments
    kept = [flag for flag in flags if flag.partition("=")[0] not in changes]
    added = [f"{flag}={value}" for flag, value in changes.items() if value is not None]
    return replace(command, arguments=[program, *kept, *added])
