"""One of several operators, with a service account of its own, so that the audit log tells who."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from cluster.certificates import write_private
from controlplane import ControlPlane
from controlplane.operator_process import OperatorProcess
from controlplane.probe import get
from faults.scene import FaultScene
from product import DEPLOYMENT, NAMESPACE

_OPERATOR = {"kind": "ServiceAccount", "name": DEPLOYMENT, "namespace": NAMESPACE}


@dataclass(frozen=True)
class Replica:
    """One of several operators."""

    name: str
    process: OperatorProcess

    @property
    def user(self) -> str:
        """As the audit log names it."""
        return f"system:serviceaccount:{NAMESPACE}:{self.name}"

    @property
    def shards(self) -> list[int]:
        """Shards that it leads, by its own word; none while it does not answer."""
        return self.process.leading()

    def measured(self) -> set[int]:
        """Shards that it leads, by its metrics."""
        answer = get(self.process.health_port, "/metrics") or b""
        prefix, found = "pdf_security_operator_leader{shard=", set()
        for line in answer.decode().splitlines():
            if line.startswith(prefix) and float(line.split()[-1]):
                found.add(int(line.split('"')[1]))
        return found


@contextmanager
def replica(
    scene: FaultScene, number: int, settings: Mapping[str, str] | None = None
) -> Iterator[Replica]:
    """Run one while the block runs; it has been started, and need not be ready."""
    name = f"replica-{number}"
    scene.folder.mkdir(parents=True, exist_ok=True)
    token_file = scene.folder / f"{name}-own.token"
    write_private(token_file, scene.plane.token_for(NAMESPACE, name).encode())
    own = {"PDF_SECURITY_TOKEN_FILE": str(token_file), **(settings or {})}
    with scene.operator(name, direct=True, settings=own) as process:
        yield Replica(name, process)


def grant(plane: ControlPlane, account: str) -> None:
    """Create a service account with the operator's rights, whatever binds them."""
    plane.kubectl("create", "serviceaccount", account, "-n", NAMESPACE)
    bindings = json.loads(
        plane.kubectl("get", "clusterrolebindings,rolebindings", "-A", "-o", "json")
    )
    for binding in bindings["items"]:
        if _OPERATOR in binding.get("subjects", []):
            binding["subjects"].append({**_OPERATOR, "name": account})
            plane.kubectl("replace", "-f", "-", input=json.dumps(binding))
