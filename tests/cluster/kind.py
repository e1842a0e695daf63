"""A cluster in Docker containers, made by kind. Nothing here knows of the embedded cluster.

Not tried on the build machine, which has no Docker engine: the unit tests check the commands and
the configuration only. Written after kind's own documentation; its built-in network plugin
enforces NetworkPolicies since 0.24, which the canary proves anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cluster import processes, state, toolchain
from cluster.existing import installed_kubectl
from cluster.oci import read_identity, reference_by_digest
from cluster.provider import S3_NODE_PORT, HostFolder, Provider

NAME = "pdf-security"
NODE = f"{NAME}-control-plane"

VOLUMES_ON_NODE = "/volumes"

CREATE_SECONDS = 600.0
"""The node image has a gigabyte, and may have to be pulled first."""


class Kind(Provider):
    """See the module."""

    name = "kind"

    def up(self) -> None:
        """Create the cluster unless it is there."""
        state.refuse_foreign(self.layout, self.name)
        if NAME in self._kind("get", "clusters").split():
            if self.is_up():
                return
            self._kind("delete", "cluster", "--name", NAME)
        state.make(self.layout, self.name)
        self.layout.volumes.mkdir(exist_ok=True)
        self.layout.specification.write_text(json.dumps({"provider": self.name}))
        file = self.layout.state / "kind.json"
        file.write_text(json.dumps(build_configuration(self.layout.volumes), indent=1))
        self.say("creating a kind cluster")
        self._kind(
            "create", "cluster", "--name", NAME, "--config", str(file),
            "--kubeconfig", str(self.kubeconfig), "--wait", "120s",
        )  # fmt: skip

    def down(self) -> None:
        """Delete the cluster and its files."""
        state.refuse_foreign(self.layout, self.name)
        self._kind("delete", "cluster", "--name", NAME, "--kubeconfig", str(self.kubeconfig))
        state.remove(self.layout, self.name)

    def load_image(self, archive: Path) -> str:
        """Load the archive into the node and name the image by its digest there."""
        reference, digest = read_identity(archive)
        by_digest = reference_by_digest(reference, digest)
        self._kind("load", "image-archive", str(archive), "--name", NAME)
        # kind imports names with tags only, yet pods name digests.
        processes.run(
            ["docker", "exec", NODE, "ctr", "--namespace=k8s.io", "images", "tag", "--force",
             reference, by_digest],
            next_step=f"does the container run? See `docker logs {NODE}`",
        )  # fmt: skip
        return by_digest

    def volume_folder(self, name: str) -> HostFolder:
        """Return a folder beneath the one that is mounted into the node."""
        return HostFolder(self.layout.volumes / name, Path(VOLUMES_ON_NODE) / name)

    def kubectl_program(self) -> Path:
        """Return the installed kubectl, or else compile one."""
        if shutil.which("kubectl"):
            return installed_kubectl()
        return toolchain.build(["kubectl"])["kubectl"] / "kubectl"

    def node_port_address(self) -> str:
        """Docker publishes the port on this machine's loopback."""
        return "127.0.0.1"

    def _kind(self, *arguments: str) -> str:
        program = shutil.which("kind") or str(toolchain.build(["kind"])["kind"] / "kind")
        command: Sequence[str] = [program, *arguments]
        return processes.run(
            command,
            next_step="does `docker info` answer? Without Docker use PDF_SECURITY_CLUSTER=embedded",
            seconds=CREATE_SECONDS,
            environment=dict(os.environ),
        )


def build_configuration(volumes: Path) -> dict[str, Any]:
    """Return kind's cluster configuration: one node, S3's port and the volumes' folder."""
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [
            {
                "role": "control-plane",
                "extraMounts": [
                    {"hostPath": str(volumes), "containerPath": VOLUMES_ON_NODE},
                ],
                "extraPortMappings": [
                    {
                        "containerPort": S3_NODE_PORT,
                        "hostPort": S3_NODE_PORT,
                        "listenAddress": "127.0.0.1",
                    }
                ],
            }
        ],
    }
