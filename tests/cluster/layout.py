"""Where things lie: the cache that stays, and the state folder that `down` removes. No I/O.

The addresses of the embedded cluster are in `configuration`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
"""This package's folder: go.mod files and C sources lie beneath it."""

DEFAULT_STATE = Path("/var/tmp/pdf-security-cluster")
"""On a disk that survives, not in /tmp, which is often a small tmpfs."""


def cache_folder() -> Path:
    """Return the folder of built components, kept from run to run."""
    chosen = os.environ.get("PDF_SECURITY_CACHE")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").absolute() / "pdf-security-operator"


def state_folder() -> Path:
    """Return the folder of the running cluster's files."""
    return Path(os.environ.get("PDF_SECURITY_CLUSTER_STATE") or DEFAULT_STATE).absolute()


@dataclass(frozen=True)
class Layout:
    """The names of everything in one state folder."""

    state: Path

    @property
    def keys(self) -> Path:
        """Certificates and private keys."""
        return self.state / "pki"

    @property
    def logs(self) -> Path:
        """One file a component."""
        return self.state / "log"

    @property
    def volumes(self) -> Path:
        """Backing folders of PersistentVolumes."""
        return self.state / "volumes"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def specification(self) -> Path:
        """What the running cluster was started from: components and provider."""
        return self.state / "cluster.json"

    @property
    def ready(self) -> Path:
        """Written by process 1 once the node is Ready."""
        return self.state / "ready"

    @property
    def failed(self) -> Path:
        """Written by process 1 when a component died for good."""
        return self.state / "failed"

    @property
    def restarts(self) -> Path:
        """One line for each restart of a component."""
        return self.state / "restarts.log"

    @property
    def s3_facts(self) -> Path:
        """Address and credentials of the S3 server."""
        return self.state / "s3.json"

    @property
    def audit_log(self) -> Path:
        """What the API server's audit policy selects, one JSON object a line."""
        return self.state / "audit.log"

    @property
    def containerd_socket(self) -> Path:
        """The container runtime's socket, reachable from the host by its path."""
        return self.state / "containerd" / "containerd.sock"

    def kubeconfig_of(self, user: str) -> Path:
        """Return the kubeconfig of one component."""
        return self.state / "kubeconfigs" / user

    def log_of(self, component: str) -> Path:
        """Return the log of one component."""
        return self.logs / f"{component}.log"
