"""Process 1 of the node's namespaces: starts everything in order, reaps, says when it is ready.

Run by `embedded` as `python -m cluster.init STATE`. Its death ends every process of the node, and
with them go the mounts, rules and interfaces. Never run it elsewhere: it mounts over /run.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from cluster import addresses
from cluster.commands import build_commands
from cluster.errors import ClusterError, StartFailedError
from cluster.layout import Layout
from cluster.supervisor import Supervisor

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

HIDDEN = ("/run", "/var/lib", "/var/log")
"""Host folders that the node must not write to: it gets its own in their place."""

SETTINGS = {
    "net/ipv4/ip_forward": "1",
    # Without it traffic between pods on the bridge bypasses services and policies.
    "net/bridge/bridge-nf-call-iptables": "1",
}
"""Kernel settings of the node's own network namespace."""


class Node:
    """The node as seen by process 1."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        specification = json.loads(layout.specification.read_text())
        folders = {name: Path(path) for name, path in specification["folders"].items()}
        self._folders = folders
        self._commands = build_commands(layout, folders)
        programs = [str(folder) for folder in folders.values()]
        self.supervisor = Supervisor(layout, os.pathsep.join([*programs, SYSTEM_PATH]))
        self._pause_image = specification["pause_image"]
        self._trust: ssl.SSLContext | None = None

    def start(self) -> None:
        """Bring up everything; each step says what the next one needs of it."""
        self._isolate()
        self._connect()
        wait = self.supervisor.wait_for
        for name in ("etcd", "containerd", "kube-apiserver"):
            self._start(name)
        wait("containerd's socket", self._layout.containerd_socket.exists, 30)
        self._import_pause_image()
        wait("the API server", lambda: self._get("/readyz") is not None, 60)
        for name in ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"):
            self._start(name)
        # kube-router ends at once if the Node is missing or has no addresses for pods.
        wait("the node's pod addresses", self._has_pod_addresses, 60)
        self._start("kube-router")
        wait("the node to be Ready", self._is_ready, 60)

    def _start(self, name: str) -> None:
        self.supervisor.start(self._commands[name])

    def _isolate(self) -> None:
        run, state = self.supervisor.run, self._layout.state
        run(["mount", "--make-rprivate", "/"])
        run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"])
        for folder in HIDDEN[1:]:
            own = state / folder.strip("/").replace("/", "-")
            own.mkdir(exist_ok=True)
            run(["mount", "--bind", str(own), folder])

    def _connect(self) -> None:
        run, interface = self.supervisor.run, addresses.NODE_INTERFACE
        run(["ip", "link", "set", "lo", "up"])
        self.supervisor.wait_for("the network interface", lambda: interface in _interfaces(), 10)
        address = f"{addresses.NODE_ADDRESS}/{addresses.CABLE_PREFIX}"
        run(["ip", "address", "add", address, "dev", interface])
        run(["ip", "link", "set", interface, "up"])
        run(["ip", "route", "add", "default", "via", addresses.HOST_ADDRESS])
        for name, value in SETTINGS.items():
            setting = Path("/proc/sys") / name
            if not setting.exists():
                raise StartFailedError(
                    f"the kernel has no setting {name}",
                    "load its module on the host: `modprobe br_netfilter`",
                )
            setting.write_text(value)

    def _import_pause_image(self) -> None:
        ctr = [f"{self._folders['containerd']}/ctr", "--address"]
        ctr += [str(self._layout.containerd_socket), "--namespace", "k8s.io"]
        self.supervisor.run([*ctr, "images", "import", self._pause_image])

    def _get(self, path: str) -> bytes | None:
        if self._trust is None:
            keys = self._layout.keys
            self._trust = ssl.create_default_context(cafile=str(keys / "ca.crt"))
            self._trust.load_cert_chain(keys / "admin.crt", keys / "admin.key")
        connection = http.client.HTTPSConnection(
            addresses.NODE_ADDRESS, addresses.API_PORT, timeout=5, context=self._trust
        )
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            content = response.read()
        except OSError:
            return None
        finally:
            connection.close()
        return content if response.status == http.client.OK else None

    def _node(self) -> dict[str, Any]:
        content = self._get(f"/api/v1/nodes/{addresses.NODE_NAME}")
        return json.loads(content) if content else {}

    def _has_pod_addresses(self) -> bool:
        return bool(self._node().get("spec", {}).get("podCIDR"))

    def _is_ready(self) -> bool:
        conditions = self._node().get("status", {}).get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _interfaces() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


def main(arguments: list[str]) -> None:
    """Start the node, then tend it until killed."""
    if os.getpid() != 1:
        sys.exit("cluster.init is process 1 of its own namespaces; use `python -m cluster up`")
    layout = Layout(Path(arguments[0]))
    begun = time.monotonic()
    node = Node(layout)
    try:
        node.start()
        layout.ready.write_text(f"{time.monotonic() - begun:.1f}\n")
    except ClusterError as problem:
        node.supervisor.fail(str(problem))
    except Exception:  # Process 1 must not end: whoever waits reads this instead.
        node.supervisor.fail(traceback.format_exc())
    while True:
        node.supervisor.tend()


if __name__ == "__main__":
    main(sys.argv[1:])
