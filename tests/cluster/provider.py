"""What every kind of cluster can do, and the choice among them. Implements none."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster import processes, state
from cluster.errors import CommandFailedError, UnsupportedError
from cluster.layout import Layout, state_folder

Say = Callable[[str], None]

QUESTION_SECONDS = 10.0
"""For the whole question whether Docker can be used: a hanging daemon must not hang the tests."""

SMALL_IMAGE = "hello-world"
"""Pulled to see whether Docker can pull at all; kind's node image comes over the same network."""

OWN_LABEL = "app.kubernetes.io/managed-by"
OWN_VALUE = "pdf-security-test-harness"
OWN_NAMESPACES = f"{OWN_LABEL}={OWN_VALUE}"
"""On the harness's namespaces: `down` removes no other of a cluster that is not ours."""

S3_NODE_PORT = 30770
"""Fixed, since kind publishes only ports named before the cluster is made."""


@dataclass(frozen=True)
class HostFolder:
    """One folder as this machine and as the node name it."""

    here: Path
    on_node: Path


class Provider(ABC):
    """One kind of cluster."""

    name: str
    """As in PDF_SECURITY_CLUSTER."""

    def __init__(self, layout: Layout, say: Say = print) -> None:
        self.layout = layout
        self.say = say

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; it names this cluster alone."""
        return self.layout.kubeconfig

    @abstractmethod
    def up(self) -> None:
        """Bring the cluster up with a Ready node and DNS; quick if it is up already."""

    @abstractmethod
    def down(self) -> None:
        """Remove everything that `up` made; no error if there is nothing."""

    def is_up(self) -> bool:
        """Return whether the API server answers."""
        if not self.kubeconfig.exists():
            return False
        try:
            self.kubectl("get", "--raw", "/readyz", "--request-timeout=5s")
        except CommandFailedError:
            return False
        return True

    @abstractmethod
    def load_image(self, archive: Path) -> str:
        """Put an OCI archive's image on every node; return its reference by digest."""

    @abstractmethod
    def volume_folder(self, name: str) -> HostFolder:
        """Return where a volume's files lie; the folder need not exist yet."""

    @abstractmethod
    def kubectl_program(self) -> Path:
        """Return the kubectl to use."""

    @abstractmethod
    def node_port_address(self) -> str:
        """Return an address at which this machine reaches the node ports."""

    def reaches_service_addresses(self) -> bool:
        """Return whether this machine reaches the addresses of services themselves."""
        return False

    def log(self, component: str) -> str:
        """Return the log of one of the cluster's components."""
        raise UnsupportedError(
            f"{self.name} does not keep the log of {component} on this machine",
            "use the embedded cluster, or `kubectl logs --namespace kube-system`",
        )

    def kubectl(self, *arguments: str, input: str | None = None, seconds: float = 120) -> str:  # noqa: A002
        """Run kubectl against this cluster; return what it printed."""
        return processes.run(
            [self.kubectl_program(), f"--kubeconfig={self.kubeconfig}", *arguments],
            input=input,
            seconds=seconds,
            environment=processes.without_proxies(),
            next_step="is the cluster up? `python -m cluster status`",
        )

    def has_ready(self, workload: str, namespace: str) -> bool:
        """Return whether a workload, such as `deployment/coredns`, is there with a ready pod."""
        path = "jsonpath={.status.readyReplicas}"
        found = self.kubectl("get", workload, "-n", namespace, "-o", path, "--ignore-not-found")
        return found.isdigit() and int(found) > 0


def docker_can_pull(seconds: float = QUESTION_SECONDS) -> bool:
    """Return whether Docker answers and can pull, within the time; hanging counts as no."""
    if not shutil.which("docker"):
        return False
    until = time.monotonic() + seconds
    return all(
        _succeeds(command, until)
        for command in (["docker", "info"], ["docker", "pull", "--quiet", SMALL_IMAGE])
    )


def _succeeds(command: list[str], until: float) -> bool:
    # A group of its own: a child that keeps running would otherwise outlive the question.
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(max(0.0, until - time.monotonic())) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()


def resolve(layout: Layout, name: str | None = None) -> str:
    """Return the name of the provider to use: as asked, as the environment says, or found out."""
    asked = name or os.environ.get("PDF_SECURITY_CLUSTER") or "auto"
    if asked != "auto":
        return asked
    # What runs already was chosen before, and asking Docker takes seconds.
    running = state.provider_of(layout)
    return running or ("kind" if docker_can_pull() else "embedded")


def select(name: str | None = None, say: Say = print) -> Provider:
    """Return the provider called auto, embedded, kind or existing."""
    # Here and not above, since each of them imports this module.
    from cluster.embedded import Embedded
    from cluster.existing import Existing
    from cluster.kind import Kind

    providers: dict[str, type[Provider]] = {
        provider.name: provider for provider in (Embedded, Kind, Existing)
    }
    layout = Layout(state_folder())
    chosen = resolve(layout, name)
    if chosen not in providers:
        raise UnsupportedError(
            f"there is no provider {chosen!r}",
            f"set PDF_SECURITY_CLUSTER to auto or one of: {', '.join(sorted(providers))}",
        )
    return providers[chosen](layout, say)
