"""A cluster that someone else runs, in a kubeconfig context that the user names. Never owns it.

Pushing images was not tried on the build machine, which has neither skopeo nor an image registry:
the unit tests check the command.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from cluster import processes, state
from cluster.canary import NAMESPACE as CANARY
from cluster.certificates import write_private
from cluster.errors import MissingPackageError, RefusedError, UnsupportedError
from cluster.oci import read_identity, reference_by_digest
from cluster.provider import OWN_LABEL, OWN_NAMESPACES, OWN_VALUE, HostFolder, Provider

CONTEXT = "PDF_SECURITY_CONTEXT"
REGISTRY = "PDF_SECURITY_REGISTRY"


class Existing(Provider):
    """See the module."""

    name = "existing"

    def up(self) -> None:
        """Write a kubeconfig of the named context alone, and see that the cluster answers."""
        context = _asked(
            CONTEXT,
            "the context is never taken from `kubectl config current-context`, lest tests run on "
            "a cluster that people depend on",
        )
        content = processes.run(
            [self.kubectl_program(), "config", "view", "--raw", "--minify", "--flatten",
             f"--context={context}"],
            next_step=f"is {context!r} in your kubeconfig? See `kubectl config get-contexts`",
        )  # fmt: skip
        state.make(self.layout, self.name)
        self.layout.specification.write_text(json.dumps({"provider": self.name}))
        write_private(self.kubeconfig, content.encode())
        self.kubectl("get", "nodes", "--request-timeout=10s")
        self._refuse_foreign_namespaces()

    def down(self) -> None:
        """Remove what the harness put there, nothing else."""
        state.refuse_foreign(self.layout, self.name)
        if self.kubeconfig.exists():
            self.kubectl("delete", "namespaces", "-l", OWN_NAMESPACES, "--ignore-not-found")
        state.remove(self.layout, self.name)

    def _refuse_foreign_namespaces(self) -> None:
        found = self.kubectl(
            "get", "namespaces", "-l", f"{OWN_LABEL}!={OWN_VALUE}", "-o", "name"
        ).split()
        taken = sorted({"namespace/storage", f"namespace/{CANARY}"} & set(found))
        if taken:
            raise RefusedError(
                f"the cluster has {', '.join(taken)} already, and not from this harness",
                "use another cluster, or remove it if it is left from an older version",
            )

    def load_image(self, archive: Path) -> str:
        """Push the image to the registry that the cluster pulls from."""
        registry = _asked(REGISTRY, "for example localhost:5000/pdf-security")
        if not shutil.which("skopeo"):
            raise MissingPackageError("skopeo is not installed", "install the package skopeo")
        reference, digest = read_identity(archive)
        name = reference.rpartition("/")[2]
        target = f"{registry.rstrip('/')}/{name}"
        # Anything but an exact copy would have another digest.
        processes.run(
            [
                "skopeo",
                "copy",
                "--preserve-digests",
                f"oci-archive:{archive}",
                f"docker://{target}",
            ],
            next_step=f"may you push to {registry}? See `skopeo login`",
            seconds=600,
        )
        return reference_by_digest(target, digest)

    def volume_folder(self, name: str) -> HostFolder:
        """Raise: the nodes' folders are not this machine's."""
        raise UnsupportedError(
            f"volume {name}: the files of a foreign cluster's nodes cannot be reached from here",
            "run this test with PDF_SECURITY_CLUSTER=embedded or kind, or make a claim of the "
            "cluster's StorageClass by hand",
        )

    def kubectl_program(self) -> Path:
        """Return the user's own kubectl."""
        return installed_kubectl()

    def node_port_address(self) -> str:
        """Return the first node's address; a firewall may be in between."""
        return self.kubectl(
            "get", "nodes", "-o",
            'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}',
        )  # fmt: skip


def installed_kubectl() -> Path:
    """Return the kubectl on the PATH."""
    found = shutil.which("kubectl")
    if not found:
        raise MissingPackageError("kubectl is not installed", "install it, then run this again")
    return Path(found)


def _asked(variable: str, hint: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise RefusedError(f"{variable} is not set", f"set it; {hint}")
    return value
