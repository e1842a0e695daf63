"""The operator of this checkout as a plain process beside a control plane, and what it needs there.

It has the rights of its service account and no others. No plane is started here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from cluster.certificates import write_private
from controlplane.plane import ControlPlane
from controlplane.ports import free_ports
from controlplane.probe import get
from controlplane.process import Process
from images.build import REPOSITORY
from product import CLASS, DEPLOYMENT, NAMESPACE, await_admission, await_kinds

Object = dict[str, Any]

IMAGE = f"localhost/pdf-security-processor@sha256:{'a' * 64}"
"""Of the right form; nothing here would pull it."""

ENDPOINT = "https://s3.example.com"
"""The store that the class lists: a policy of its pods names it, and nobody goes there."""


class OperatorProcess(Process):
    """A process that can be asked whether it is ready."""

    def __init__(
        self, *, name: str, module: str, port: int, folder: Path, environment: Mapping[str, str]
    ) -> None:
        super().__init__(
            name,
            [sys.executable, "-m", module],
            folder=folder,
            log=folder / f"{name}.log",
            environment=environment,
        )
        self.health_port = port

    def is_ready(self, path: str = "/readyz") -> bool:
        """Whether it answers its probe now."""
        return get(self.health_port, path) is not None

    def ready(self, seconds: float = 30, path: str = "/readyz") -> float:
        """Wait until it answers its probe; return the seconds since its start."""
        return self.wait_until(lambda: self.is_ready(path), seconds)

    def settled(self, seconds: float = 30) -> None:
        """Wait until it leads, and has done all that it does at its start.

        After one that was killed, it leads only when the Lease has run out; the framework's own
        list makes it compare everything a second time.
        """
        self.wait_until(self.leads, seconds)
        self.wait_until(lambda: self.log.read_text().count("resync.finished") > 1, seconds)

    def leading(self) -> list[int]:
        """Shards that it leads, by its own word; none while it does not answer."""
        answer = get(self.health_port, "/readyz")
        return list(json.loads(answer)["leading"]) if answer else []

    def leads(self) -> bool:
        """Whether it leads any shard now."""
        return bool(self.leading())


def install(plane: ControlPlane, **class_spec: Any) -> None:
    """Create all of `manifests/base` but the Deployment, and a default class."""
    rendered = plane.kubectl("kustomize", str(REPOSITORY / "manifests" / "base"))
    objects = [each for each in yaml.safe_load_all(rendered) if each["kind"] != "Deployment"]
    create(plane, *objects)
    await_kinds(plane.kubectl)
    # The class last: the API server knows its kind only now.
    create(plane, build_class(**class_spec))
    await_admission(plane.kubectl)


def build_class(name: str = CLASS, **spec: Any) -> Object:
    """Build the default class: small requests, one store."""
    return {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityClass",
        "metadata": {
            "name": name,
            "annotations": {"pdfsecurity.dev/is-default-class": "true"},
        },
        "spec": {
            "image": IMAGE,
            "storageEndpoints": [{"url": ENDPOINT, "cidrs": ["10.0.3.0/24"]}],
            "defaults": {
                "resources": {
                    "requests": {"cpu": "10m", "memory": "64Mi"},
                    "limits": {"cpu": "1", "memory": "768Mi"},
                },
            },
            **spec,
        },
    }


def build_job(name: str, namespace: str = "default", **spec: Any) -> Object:
    """Build a PdfSecurityJob that asks for nothing that would have to be there."""
    return {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "input": {"configMap": {"name": "letters", "key": "letter.pdf"}},
            "operations": [{"inspect": {}}],
            **spec,
        },
    }


@contextmanager
def operator_process(
    plane: ControlPlane,
    folder: Path,
    *,
    name: str = "operator",
    module: str = "pdf_security_operator",
    server: str | None = None,
    authority_file: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[OperatorProcess]:
    """Run the operator while the block runs; it has been started, and need not be ready.

    Args:
        plane: where it works; what `install` creates must be there.
        folder: for its log and its token; several operators may share one.
        name: its own, as its pod's would be; its log is called so.
        module: what is run; another is given the same settings and the same rights.
        server: origin of the API server, where it is to go another way than straight there.
        authority_file: who signed the certificate of that server.
        settings: further variables of the environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    token_file = folder / f"{name}.token"
    write_private(token_file, plane.token_for(NAMESPACE, DEPLOYMENT).encode())
    [port] = free_ports(1)
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PDF_SECURITY_API_SERVER": server or plane.server,
        "PDF_SECURITY_TOKEN_FILE": str(token_file),
        "PDF_SECURITY_CA_FILE": str(authority_file or plane.authority_file),
        "PDF_SECURITY_HEALTH_PORT": str(port),
        "POD_NAME": name,
        **(settings or {}),
    }
    process = OperatorProcess(
        name=name, module=module, port=port, folder=folder, environment=environment
    )
    process.start()
    try:
        yield process
    finally:
        process.kill()


def create(plane: ControlPlane, *objects: Object) -> None:
    """Create objects, all by one command."""
    document = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    plane.kubectl("create", "-f", "-", input=json.dumps(document))
