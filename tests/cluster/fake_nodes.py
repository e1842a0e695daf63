"""Nodes that run nothing, for load tests: kwok tells the API server that their pods ran.

They measure the control plane and the operator without the cost of containers. Never a place for
tests of isolation.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cluster import processes, toolchain
from cluster.errors import StartFailedError
from cluster.session import Cluster

MARK = "kwok.x-k8s.io/node"
"""Annotation, label and taint of a fake node."""

PLACEMENT: dict[str, Any] = {
    "nodeSelector": {MARK: "fake"},
    "tolerations": [{"key": MARK, "operator": "Exists", "effect": "NoSchedule"}],
}
"""Put into a pod's spec, it sends the pod to a fake node and nowhere else."""

READY_SECONDS = 60.0


@contextmanager
def fake_nodes(cluster: Cluster, count: int = 5) -> Iterator[list[str]]:
    """Run kwok with so many fake nodes while the block runs; give their names."""
    names = [f"fake-{number}" for number in range(count)]
    folder = toolchain.build(["kwok"])["kwok"]
    stages = "\n---\n".join(file.read_text() for file in sorted(folder.glob("*.yaml")))
    configuration = cluster.layout.state / "kwok.yaml"
    configuration.write_text(stages)
    command = [
        str(folder / "kwok"),
        f"--kubeconfig={cluster.kubeconfig}",
        f"--config={configuration}",
        "--manage-all-nodes=false",
        f"--manage-nodes-with-annotation-selector={MARK}=fake",
    ]
    cluster.layout.logs.mkdir(exist_ok=True)
    with cluster.layout.log_of("kwok").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=processes.without_proxies(),
        )
        try:
            nodes = {"apiVersion": "v1", "kind": "List", "items": [*map(build_node, names)]}
            cluster.kubectl("apply", "-f", "-", input=json.dumps(nodes))
            _wait_until_ready(cluster, process, names)
            yield names
        finally:
            cluster.kubectl("delete", "nodes", "-l", f"{MARK}=fake", "--wait=false")
            process.terminate()
            process.wait(30)


def build_node(name: str, *, tainted: bool = True, pods: int | None = None) -> dict[str, Any]:
    """Return a fake node.

    Args:
        name: its name.
        tainted: whether only pods with `PLACEMENT` land on it.
        pods: how many it takes, with room for what they ask for; without it the capacity comes
            from kwok's first stage, which takes a million, but none that asks for ephemeral
            storage.
    """
    node: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": {MARK: "fake"}, "labels": {MARK: "fake"}},
    }
    if tainted:
        # Nothing lands here by accident: its output would be a lie.
        node["spec"] = {"taints": [{"key": MARK, "value": "fake", "effect": "NoSchedule"}]}
    if pods is not None:
        room = {"cpu": "100k", "memory": "100Ti", "ephemeral-storage": "100Ti", "pods": str(pods)}
        node["status"] = {"capacity": room, "allocatable": room}
    return node


def _wait_until_ready(cluster: Cluster, process: subprocess.Popen[bytes], names: list[str]) -> None:
    path = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
    until = time.monotonic() + READY_SECONDS
    while True:
        states = cluster.kubectl("get", "nodes", "-l", f"{MARK}=fake", "-o", path).split()
        if states == ["True"] * len(names):
            return
        if process.poll() is not None or time.monotonic() > until:
            raise StartFailedError(
                "the fake nodes do not become Ready: "
                + cluster.layout.log_of("kwok").read_text()[-800:],
                "see `python -m cluster logs kwok`",
            )
        time.sleep(0.2)
