"""The control plane: its components as processes, its nodes, and ways to ask it. No operator."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cluster import processes, toolchain
from cluster.errors import StartFailedError
from cluster.fake_nodes import MARK, build_node
from cluster.layout import Layout
from controlplane.commands import LOOPBACK, build_commands, choose_ports
from controlplane.files import write_files
from controlplane.probe import get
from controlplane.process import Ending, Process

COMPONENTS = ("etcd", "kubernetes", "kwok", "kubectl")

READY_SECONDS = 120.0
"""For a component; they take two, and a minute while both cores are compiling."""

TOKEN_DURATION = "168h"
"""Longer than any test, shorter than the certificates last."""

NOT_READY_TAINT = "node.kubernetes.io/not-ready"


class ControlPlane:
    """See the package. Components are named as their programs are."""

    def __init__(self, folder: Path, nodes: Sequence[str], pods_per_node: int, *, tainted: bool,
                 pod_seconds: float) -> None:  # fmt: skip
        folders = toolchain.build(COMPONENTS)
        self._layout = Layout(folder.absolute())
        self._nodes = list(nodes)
        self._node_objects = [
            build_node(name, tainted=tainted, pods=pods_per_node) for name in nodes
        ]
        self._ports = choose_ports()
        self._kubectl = folders["kubectl"] / "kubectl"
        self._authority = write_files(self._layout, folders["kwok"], self.server, pod_seconds)
        keys = self._layout.keys
        self._trust = ssl.create_default_context(cafile=str(self.authority_file))
        self._trust.load_cert_chain(keys / "admin.crt", keys / "admin.key")
        # Nothing inherited: a proxy variable would send the components' calls to a proxy.
        environment = {"HOME": str(self.folder), "PATH": os.defpath, "LANG": "C.UTF-8"}
        self._processes = {
            name: Process(
                name,
                command.arguments,
                folder=self.folder,
                log=self._layout.log_of(name),
                environment={**environment, **command.environment},
            )
            for name, command in build_commands(self._layout, folders, self._ports).items()
        }

    @property
    def folder(self) -> Path:
        """Where all of it lies; the logs are in `log`."""
        return self._layout.state

    @property
    def server(self) -> str:
        """Origin of the API server."""
        return f"https://{LOOPBACK}:{self._ports.api_server}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self._layout.kubeconfig

    @property
    def kubectl_path(self) -> Path:
        """The program, for those who run it as somebody else."""
        return self._kubectl

    @property
    def authority_file(self) -> Path:
        """The certificate of whoever signed the API server's."""
        return self._authority.certificate_file

    @property
    def audit_log(self) -> Path:
        """What the API server was asked to do, by the embedded cluster's audit policy.

        A request's line is written before its answer is given, so a killed server loses none.
        """
        return self._layout.audit_log

    @property
    def nodes(self) -> list[str]:
        """Names of the fake nodes."""
        return list(self._nodes)

    def kubectl(self, *arguments: str, input: str | None = None, seconds: float = 120) -> str:  # noqa: A002
        """Run kubectl as the administrator; return what it printed, raise what it complained of."""
        return processes.run(
            [
                self._kubectl,
                f"--kubeconfig={self.kubeconfig}",
                f"--cache-dir={self.folder}/kubectl",
                *arguments,
            ],
            input=input,
            seconds=seconds,
            environment=processes.without_proxies(),
            next_step=f"the logs of the control plane are in {self._layout.logs}",
        )

    def kill(self, name: str) -> None:
        """End a component by SIGKILL."""
        self._processes[name].kill()

    def stop(self, name: str) -> Ending:
        """End a component by SIGTERM, and wait until it has ended."""
        return self._processes[name].terminate()

    def start(self, name: str) -> float:
        """Start a component where it was, on what it has left; return the seconds until ready."""
        self._processes[name].start()
        return self._await(name)

    def restart(self, name: str) -> float:
        """Stop a component and start it again; return the seconds until ready."""
        self.stop(name)
        return self.start(name)

    def pause(self, name: str) -> None:
        """Stop a component where it stands: it answers nothing, and its connections stay."""
        self._processes[name].pause()

    def resume(self, name: str) -> None:
        """Let a paused component go on."""
        self._processes[name].resume()

    def cpu_seconds(self, name: str) -> float:
        """Return the processor time of a component since it was last started."""
        return self._processes[name].cpu_seconds()

    def rss_bytes(self, name: str) -> int:
        """Return the memory that a component has."""
        return self._processes[name].rss_bytes()

    def token_for(self, namespace: str, service_account: str) -> str:
        """Return a token of a service account."""
        return self.kubectl(
            "create", "token", service_account, "-n", namespace, f"--duration={TOKEN_DURATION}"
        ).strip()

    def client_certificate(self, user: str, groups: Sequence[str] = ()) -> tuple[Path, Path]:
        """Return certificate and key of a user who is in these groups."""
        name = hashlib.sha256("\0".join([user, *groups]).encode()).hexdigest()[:16]
        return self._authority.issue(f"user-{name}", common_name=user, organization=groups)

    def open(self) -> None:
        """Start everything; ready when a pod could be created, scheduled and run."""
        for name in ("etcd", "kube-apiserver"):
            self._processes[name].start()
        for name in ("etcd", "kube-apiserver"):
            self._await(name)
        rest = ("kube-controller-manager", "kube-scheduler", "kwok")
        for name in rest:
            self._processes[name].start()
        if self._node_objects:
            nodes = {"apiVersion": "v1", "kind": "List", "items": self._node_objects}
            self.kubectl("create", "-f", "-", input=json.dumps(nodes))
        for name in rest:
            self._await(name)

    def close(self) -> None:
        """Kill everything, those first that would complain of the others' absence."""
        for process in reversed(self._processes.values()):
            process.kill()

    def _await(self, name: str) -> float:
        ready = {
            "etcd": lambda: get(self._ports.etcd, "/readyz") is not None,
            "kube-apiserver": lambda: self._ask("/readyz") is not None,
            "kube-controller-manager": self._has_controllers,
            "kube-scheduler": self._has_scheduler,
            "kwok": self._has_nodes,
        }
        return self._processes[name].wait_until(ready[name], READY_SECONDS)

    def _ask(self, path: str) -> bytes | None:
        return get(self._ports.api_server, path, self._trust)

    def _has_controllers(self) -> bool:
        if get(self._ports.controller_manager, "/healthz", self._trust) is None:
            return False
        # No pod is admitted to a namespace before it has this.
        return self._ask("/api/v1/namespaces/default/serviceaccounts/default") is not None

    def _has_scheduler(self) -> bool:
        return get(self._ports.scheduler, "/readyz", self._trust) is not None

    def _has_nodes(self) -> bool:
        if get(self._ports.kwok, "/healthz") is None:
            return False
        answer = self._ask(f"/api/v1/nodes?labelSelector={MARK}%3Dfake")
        nodes = json.loads(answer)["items"] if answer else []
        return len(nodes) == len(self._nodes) and all(map(_is_usable, nodes))


def _is_usable(node: dict[str, object]) -> bool:
    """Whether it is Ready, and the controllers have noticed."""
    spec, status = node.get("spec"), node.get("status")
    assert isinstance(spec, dict)
    assert isinstance(status, dict)
    if NOT_READY_TAINT in [taint["key"] for taint in spec.get("taints", [])]:
        return False
    conditions = status.get("conditions", [])
    return ("Ready", "True") in [(each["type"], each["status"]) for each in conditions]


@contextmanager
def control_plane(
    folder: Path,
    fake_nodes: int = 5,
    pods_per_node: int = 5000,
    *,
    tainted: bool = False,
    pod_seconds: float = 0,
) -> Iterator[ControlPlane]:
    """Run a control plane while the block runs.

    Args:
        folder: all that it writes goes here, and stays; empty, or not there yet.
        fake_nodes: number of nodes.
        pods_per_node: how many pods one of them takes at the same time.
        tainted: whether only pods with `cluster.fake_nodes.PLACEMENT` land on the nodes.
        pod_seconds: how long the pod of a Job runs before it ends well.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StartFailedError(f"{folder} is not empty", "give every control plane its own folder")
    names = [f"fake-{number}" for number in range(fake_nodes)]
    plane = ControlPlane(folder, names, pods_per_node, tainted=tainted, pod_seconds=pod_seconds)
    try:
        plane.open()
        yield plane
    finally:
        plane.close()
