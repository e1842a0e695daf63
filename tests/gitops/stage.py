"""A cluster with Argo CD and a repository, and what is asked and done there. No assertions."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e_support import wait_for
from gitops import objects, seen
from gitops.argocd import ArgoCd, argocd
from gitops.objects import build_application
from gitops.plan import SERVER_SIDE
from gitops.repository import Repository
from gitops.seen import Seen
from product import Kubectl

Object = dict[str, Any]

REFRESH = "argocd.argoproj.io/refresh"
"""Tells Argo CD to look, as a webhook of the Git server would."""

_API = "/api/v1/applications"

_APPLICATIONS = "applications.argoproj.io"
"""Other projects have a kind of this name, too."""

SECONDS = 120.0
"""For what Argo CD does within seconds."""


@dataclass
class Stage:
    """See the module."""

    argocd: ArgoCd
    kubectl: Kubectl
    namespace: str
    """Where the jobs go."""
    repository: Repository
    revision: str = field(default="", init=False)
    """The last commit."""

    def commit(self, message: str) -> float:
        """Commit what was written, and tell Argo CD; return when, by the monotonic clock."""
        self.revision = self.repository.commit(message)
        committed = time.monotonic()
        self.refresh()
        return committed

    def refresh(self, kind: str = "normal") -> None:
        """Have the Applications compared anew; `hard` renders what Git holds anew, too."""
        self.kubectl(
            "annotate", _APPLICATIONS, "-n", objects.NAMESPACE, "--all", f"{REFRESH}={kind}",
            "--overwrite",
        )  # fmt: skip

    def sync(self) -> None:
        """Have all applied, whether anything differs or not, as somebody does by hand."""
        who = f"hand-{uuid.uuid4().hex[:8]}"
        operation = {"operation": {"initiatedBy": {"username": who}, "sync": {"prune": True}}}
        for application in self.applications():
            self.kubectl(
                "patch", _APPLICATIONS, application["metadata"]["name"],
                "-n", objects.NAMESPACE, "--type=merge", f"--patch={json.dumps(operation)}",
            )  # fmt: skip
        self.until(lambda: all(_is_done(each, who) for each in self.applications()), "a sync")

    def act(self, application: str, name: str, action: str) -> None:
        """Run an action of a job, as a click in Argo CD's interface does."""
        asked = {**self._job(name), "action": action}
        self.argocd.api.call("POST", f"{_API}/{application}/resource/actions/v2", json=asked)

    def actions(self, application: str, name: str) -> set[str]:
        """Name the actions that Argo CD's interface offers for a job now."""
        path = f"{_API}/{application}/resource/actions"
        found = self.argocd.api.call("GET", path, fields=self._job(name))["actions"]
        return {each["name"] for each in found if not each.get("disabled")}

    def _job(self, name: str) -> dict[str, str]:
        return {
            "namespace": self.namespace,
            "resourceName": name,
            "group": "pdfsecurity.dev",
            "version": "v1alpha1",
            "kind": seen.KIND,
        }

    def applications(self) -> list[Object]:
        """Read the Applications."""
        found = self.kubectl("get", _APPLICATIONS, "-n", objects.NAMESPACE, "-o", "json")
        return list(json.loads(found)["items"])

    def application(self, name: str) -> Object:
        """Read one."""
        return next(each for each in self.applications() if each["metadata"]["name"] == name)

    def resources(self) -> dict[str, Seen]:
        """Give all PdfSecurityJobs as the Applications have them, by name."""
        found: dict[str, Seen] = {}
        for application in self.applications():
            found.update(seen.resources_of(application))
        return found

    def live(self, plural: str = "pdfsecurityjobs") -> dict[str, Object]:
        """Read the objects of the namespace, by name."""
        found = self.kubectl("get", plural, "-n", self.namespace, "-o", "json")
        return {body["metadata"]["name"]: body for body in json.loads(found)["items"]}

    def is_compared(self) -> bool:
        """Whether all Applications were compared with the last commit, and no sync is under way."""
        return all(
            seen.compared_revision_of(each) == self.revision
            and seen.is_refreshed(each)
            and not each.get("operation")
            and seen.operation_of(each).get("phase") != "Running"
            for each in self.applications()
        )

    def is_synced(self) -> bool:
        """Whether all is as the last commit has it."""
        return self.is_compared() and all(
            seen.sync_status_of(each) == "Synced" for each in self.applications()
        )

    def until(self, holds: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
        """Wait until something holds.

        Raises:
            TimeoutError: it does not; with what Argo CD complains of.
        """
        try:
            wait_for(holds, what, seconds)
        except TimeoutError as late:
            faults = [fault for each in self.applications() for fault in seen.faults_of(each)]
            raise TimeoutError(f"{late}; Argo CD says: {faults or 'nothing'}") from None

    def is_seen(self, name: str, health: str) -> bool:
        """Whether a job is in Git's state, and Argo CD finds its health so."""
        found = self.resources().get(name)
        return found is not None and (found.sync, found.health) == ("Synced", health)


@contextmanager
def open_stage(
    kubectl: Kubectl,
    namespace: str,
    folder: Path,
    applications: Sequence[str],
    deployer: str = "",
) -> Iterator[Stage]:
    """Run Argo CD with a repository and its Applications, none of which has a file yet.

    Args:
        kubectl: of the cluster's administrator.
        namespace: where the resources go; it is there.
        folder: for all that this writes.
        applications: their names.
        deployer: service account of the namespace as which they are synced, once Argo CD is told
            to impersonate.
    """
    repository = Repository(folder / "repository")
    for name in applications:
        repository.write(f"{name}/README.md", "Jobs of this Application.\n")
    with argocd(kubectl, folder / "argocd", deployer) as running:
        stage = Stage(running, kubectl, namespace, repository)
        stage.revision = repository.commit("begin")
        bodies = [
            build_application(
                name,
                repository.url,
                running.cluster,
                namespace,
                server_side=name == SERVER_SIDE,
            )
            for name in applications
        ]
        document = {"apiVersion": "v1", "kind": "List", "items": bodies}
        kubectl("create", "-f", "-", input=json.dumps(document))
        stage.until(stage.is_synced, "Argo CD syncs a repository without jobs")
        yield stage


def _is_done(application: Object, who: str) -> bool:
    operation = seen.operation_of(application)
    asked = operation.get("operation", {}).get("initiatedBy", {}).get("username")
    return asked == who and operation.get("phase") == "Succeeded"
