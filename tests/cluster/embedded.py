"""A one-node cluster compiled from source, in namespaces of its own on this machine.

Host side: what runs inside is `init`. Nothing of it is seen on the host but one interface, two
routes, processes, and the state folder; one kill of its process 1 ends it.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from string import Template

from cluster import (
    addresses,
    commands,
    components,
    configuration,
    files,
    images,
    init,
    machine,
    packages,
    processes,
    state,
    supervisor,
    toolchain,
)
from cluster.errors import ImageRefusedError, NotUpError, RefusedError, StartFailedError
from cluster.layout import SOURCE, cache_folder
from cluster.oci import read_identity, reference_by_digest
from cluster.progress import Progress
from cluster.provider import HostFolder, Provider

START_SECONDS = 150.0
"""Until the node is Ready: 10 s on an idle machine, a minute while both cores are compiling."""

LONGEST_STATE = 60
"""Characters: the path of a socket has 107 at most, and kubelet's lie deep."""

HIDDEN = ("/run", "/var/run", "/var/lib", "/var/log")
"""The node sees its own folders in these places, so nothing that it needs may lie there."""


class Embedded(Provider):
    """See the module."""

    name = "embedded"

    def up(self) -> None:
        """Bring the cluster up, or take the one that runs if it is made of the same parts."""
        machine.refuse_if_impossible()
        self._refuse_bad_folders()
        packages.ensure(packages.NODE, self.say)
        folders = toolchain.build(components.NODE)
        specification: dict[str, object] = {
            "provider": self.name,
            "folders": {name: str(folder) for name, folder in folders.items()},
            "pause_image": str(images.pause_image()),
            "recipe": _recipe(),
        }
        if self.is_up() and self._is_of(specification):
            self.say(f"a cluster of the same components is up in {self.layout.state}")
        else:
            self._clear()
            state.make(self.layout, self.name)
            files.write_files(self.layout, folders)
            self.layout.specification.write_text(json.dumps(specification, indent=1))
            self._start()
        if not self.has_ready("deployment/coredns", "kube-system"):
            self._deploy_dns()

    def down(self) -> None:
        """Remove processes, interfaces, cgroups and files."""
        machine.refuse_if_impossible()
        self._clear()

    def is_up(self) -> bool:
        """Return whether it runs, has not failed, and its API server answers."""
        layout = self.layout
        if not layout.ready.exists() or layout.failed.exists():
            return False
        return bool(machine.find_processes(layout)) and super().is_up()

    def load_image(self, archive: Path) -> str:
        """Import the archive and name it by its digest, which is how pods refer to it."""
        reference, digest = read_identity(archive)
        by_digest = reference_by_digest(reference, digest)
        self._ctr("images", "import", "--local=false", str(archive))
        self._ctr("images", "tag", "--force", reference, by_digest)
        managed = f'name=="{by_digest}",labels."io.cri-containerd.image"==managed'

        # kubelet sees an image only after containerd's own plugin has noticed it.
        def noticed() -> bool:
            return by_digest in self._ctr("images", "list", "--quiet", managed)

        if not machine.wait_until(noticed, 10):
            raise ImageRefusedError(
                f"containerd did not take {by_digest} into its list",
                "see `python -m cluster logs containerd`",
            )
        return by_digest

    def volume_folder(self, name: str) -> HostFolder:
        """Return a folder that node and host see under the same path."""
        folder = self.layout.volumes / name
        return HostFolder(folder, folder)

    def kubectl_program(self) -> Path:
        """Return the kubectl compiled with the cluster."""
        return toolchain.build(["kubectl"])["kubectl"] / "kubectl"

    def node_port_address(self) -> str:
        """Return the node's address."""
        return addresses.NODE_ADDRESS

    def reaches_service_addresses(self) -> bool:
        """Routes lead there over the cable."""
        return True

    def log(self, component: str) -> str:
        """Return a component's log; `init` is process 1's."""
        file = self.layout.log_of(component)
        if not file.exists():
            known = sorted(path.stem for path in self.layout.logs.glob("*.log"))
            raise NotUpError(
                f"there is no log of {component!r} in {self.layout.logs}",
                f"known: {', '.join(known)}" if known else "`python -m cluster up` first",
            )
        return file.read_text(errors="replace")

    def _refuse_bad_folders(self) -> None:
        if len(str(self.layout.state)) > LONGEST_STATE:
            raise RefusedError(
                f"{self.layout.state} is too long for the sockets beneath it",
                f"set PDF_SECURITY_CLUSTER_STATE to at most {LONGEST_STATE} characters",
            )
        for place in (self.layout.state, cache_folder()):
            if any(place.is_relative_to(hidden) for hidden in HIDDEN):
                raise RefusedError(
                    f"{place} is hidden from the node, which has its own {', '.join(HIDDEN)}",
                    "set PDF_SECURITY_CLUSTER_STATE or PDF_SECURITY_CACHE to another place",
                )

    def _is_of(self, specification: dict[str, object]) -> bool:
        try:
            return bool(json.loads(self.layout.specification.read_text()) == specification)
        except (OSError, ValueError):
            return False

    def _clear(self) -> None:
        """Remove what runs, or what a killed predecessor left."""
        state.refuse_foreign(self.layout, self.name)
        machine.kill_processes(self.layout)
        machine.disconnect(self.layout)
        machine.remove_cgroups()
        machine.unmount_beneath(self.layout.state)
        state.remove(self.layout, self.name)

    def _start(self) -> None:
        begun = time.monotonic()
        pid = machine.spawn_init(self.layout)
        machine.connect(self.layout, pid)
        layout = self.layout

        def settled() -> bool:
            return (
                layout.ready.exists()
                or layout.failed.exists()
                or not machine.find_processes(layout)
            )

        machine.wait_until(settled, START_SECONDS)
        if layout.failed.exists():
            raise StartFailedError(layout.failed.read_text().strip(), f"all logs: {layout.logs}")
        if not layout.ready.exists():
            raise StartFailedError(
                f"no Ready node: {layout.log_of('init').read_text()[-1000:] or 'no message'}",
                f"all logs: {layout.logs}",
            )
        self.say(f"node Ready after {time.monotonic() - begun:.1f} s")

    def _deploy_dns(self) -> None:
        image = self.load_image(images.component_image("coredns"))
        template = Template((SOURCE / "manifests" / "dns.yaml").read_text())
        manifest = template.substitute(image=image, address=addresses.DNS_SERVICE_ADDRESS)
        self.kubectl("apply", "-f", "-", input=manifest)
        self.kubectl(
            "rollout", "status", "deployment/coredns", "-n", "kube-system", "--timeout=90s"
        )

    def _ctr(self, *arguments: str) -> str:
        programs = toolchain.build(["containerd"], Progress())["containerd"]
        socket = str(self.layout.containerd_socket)
        return processes.run(
            [programs / "ctr", "--address", socket, "--namespace", "k8s.io", *arguments],
            next_step="is the cluster up? `python -m cluster status`; "
            "else see `python -m cluster logs containerd`",
            seconds=300,
        )


def _recipe() -> str:
    """Return the hash of the code that configures the node: changed, it takes a new cluster."""
    digest = hashlib.sha256()
    for module in (addresses, commands, configuration, files, init, supervisor):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]
