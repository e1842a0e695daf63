"""What an Application says of itself and of its resources. Pure: from the object alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

KIND = "PdfSecurityJob"
FINAL = ("Healthy", "Degraded")


@dataclass(frozen=True)
class Seen:
    """One resource as Argo CD has it."""

    sync: str
    """`Synced`, `OutOfSync`, `Unknown`."""
    health: str
    """`Healthy`, `Degraded`, `Progressing`, `Suspended`, `Missing`; empty before it is known."""
    message: str

    @property
    def is_final(self) -> bool:
        """Whether it is in Git's state and has come to an end."""
        return self.sync == "Synced" and self.health in FINAL


def resources_of(application: Object, kind: str = KIND) -> dict[str, Seen]:
    """Give an Application's resources of a kind, by name."""
    return {
        entry["name"]: Seen(
            sync=str(entry.get("status", "")),
            health=str(entry.get("health", {}).get("status", "")),
            message=str(entry.get("health", {}).get("message", "")),
        )
        for entry in application.get("status", {}).get("resources") or []
        if entry["kind"] == kind
    }


def compared_revision_of(application: Object) -> str:
    """Give the revision that the cluster was last compared with."""
    return str(application.get("status", {}).get("sync", {}).get("revision", ""))


def sync_status_of(application: Object) -> str:
    """Tell whether the whole Application is `Synced`."""
    return str(application.get("status", {}).get("sync", {}).get("status", ""))


def operation_of(application: Object) -> Object:
    """Give how the last sync went; empty where there was none."""
    return dict(application.get("status", {}).get("operationState") or {})


def applied_revision_of(application: Object) -> str:
    """Give the revision that the last sync applied."""
    return str(operation_of(application).get("syncResult", {}).get("revision", ""))


def is_refreshed(application: Object) -> bool:
    """Whether no refresh is asked for that has not been done."""
    annotations = application["metadata"].get("annotations", {})
    return "argocd.argoproj.io/refresh" not in annotations


def faults_of(application: Object) -> list[str]:
    """Give what Argo CD complains of, to be shown where something does not come about."""
    status = application.get("status", {})
    said = [str(entry.get("message")) for entry in status.get("conditions") or []]
    operation = operation_of(application)
    if operation.get("phase") in ("Failed", "Error"):
        said.append(str(operation.get("message")))
    said += [
        f"{entry.get('name')}: {entry.get('message')}"
        for entry in operation.get("syncResult", {}).get("resources") or []
        if entry.get("status") == "SyncFailed"
    ]
    return said
