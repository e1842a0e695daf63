"""Configuration files of the node's components, as data. Writes nothing, starts nothing.

The commands that read them are in `commands`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from cluster import addresses
from cluster.layout import Layout

Document = dict[str, Any]


EVICTION = {
    "memory.available": "100Mi",
    "nodefs.available": "1%",
    "nodefs.inodesFree": "1%",
    "imagefs.available": "1%",
}
"""Loose: a full build machine is no reason to end pods."""


def build_audit_policy() -> Document:
    """Return what the API server logs: who wrote what the tests ask about, who read Secrets."""
    writes = ["create", "update", "patch", "delete", "deletecollection"]
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        # Each request is logged once, when it is through.
        "omitStages": ["RequestReceived"],
        "rules": [
            {
                "level": "Metadata",
                "verbs": writes,
                "resources": [
                    {"group": "batch", "resources": ["jobs", "jobs/status"]},
                    {"group": "pdfsecurity.dev"},
                    {"group": "networking.k8s.io", "resources": ["networkpolicies"]},
                    {"group": "", "resources": ["secrets", "pods"]},
                ],
            },
            {
                "level": "Metadata",
                "verbs": ["get", "list", "watch"],
                "resources": [{"group": "", "resources": ["secrets"]}],
            },
            {"level": "None"},
        ],
    }


def build_scheduler(kubeconfig: Path) -> Document:
    """Return the scheduler's configuration; at its default rates every benchmark measures it."""
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        "clientConnection": {"kubeconfig": str(kubeconfig), "qps": 1000, "burst": 2000},
    }


def build_kubelet(layout: Layout) -> Document:
    """Return the kubelet's configuration; every folder of it lies in the state folder."""
    keys, kubelet = layout.keys, layout.state / "kubelet"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        # Version 1 of cgroups is what many build machines still have.
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(keys / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(keys / "node.crt"),
        "tlsPrivateKeyFile": str(keys / "node.key"),
        "clusterDomain": "cluster.local",
        "clusterDNS": [addresses.DNS_SERVICE_ADDRESS],
        # The machine's own may name a resolver that only the host reaches.
        "resolvConf": str(layout.state / "resolv.conf"),
        "failSwapOn": False,
        "podPidsLimit": addresses.MAXIMUM_POD_PIDS,
        "maxPods": addresses.MAXIMUM_PODS,
        "serializeImagePulls": False,
        # Imported images cannot be pulled again once collected.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": EVICTION,
        "kubeAPIQPS": 500,
        "kubeAPIBurst": 1000,
        "eventRecordQPS": 100,
        "eventBurst": 200,
        "volumePluginDir": str(kubelet / "volume-plugins"),
        "podLogsDir": str(layout.state / "pod-logs"),
    }


def build_containerd(layout: Layout, cni_programs: Path, runc: Path) -> str:
    """Return containerd's configuration, version 3."""
    folder = layout.state / "containerd"
    values = {name: json.dumps(str(value)) for name, value in {
        "root": folder / "root",
        "state": folder / "state",
        "opt": folder / "opt",
        "socket": layout.containerd_socket,
        "pause": addresses.PAUSE_REFERENCE,
        "cni_programs": cni_programs,
        "cni_configuration": layout.state / "cni" / "net.d",
        "runc": runc,
    }.items()}  # fmt: skip
    return _CONTAINERD.format(**values)


# restrict_oom_score_adj: where CAP_SYS_RESOURCE is missing, no sandbox starts without it.
# nri and opt: by default they make folders beneath /opt.
_CONTAINERD = """\
version = 3
root = {root}
state = {state}
disabled_plugins = ['io.containerd.nri.v1.nri']
[grpc]
address = {socket}
[plugins.'io.containerd.internal.v1.opt']
path = {opt}
[plugins.'io.containerd.cri.v1.images']
snapshotter = 'overlayfs'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = {pause}
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
enable_selinux = false
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = [{cni_programs}]
conf_dir = {cni_configuration}
[plugins.'io.containerd.cri.v1.runtime'.containerd]
default_runtime_name = 'runc'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = {runc}
SystemdCgroup = false
"""


def build_pod_network(layout: Layout) -> Document:
    """Return the CNI configuration: one bridge, addresses from the node's own block."""
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "ipMasq": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": addresses.NODE_POD_NETWORK}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "dataDir": str(layout.state / "cni" / "addresses"),
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def build_kubeconfig(server: str, authority: bytes, certificate: bytes, key: bytes) -> Document:
    """Return a kubeconfig that carries its certificates in itself."""

    def text(content: bytes) -> str:
        return b64encode(content).decode()

    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "pdf-security",
        "contexts": [
            {"name": "pdf-security", "context": {"cluster": "pdf-security", "user": "user"}}
        ],
        "clusters": [
            {
                "name": "pdf-security",
                "cluster": {"server": server, "certificate-authority-data": text(authority)},
            }
        ],
        "users": [
            {
                "name": "user",
                "user": {
                    "client-certificate-data": text(certificate),
                    "client-key-data": text(key),
                },
            }
        ],
    }
