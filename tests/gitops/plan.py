"""Which jobs lie in Git, and in which file each. Pure; what a document is, others know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

Object = dict[str, Any]

APPLICATIONS = ("documents", "documents-server-side")
"""Of the plan's jobs. Each syncs the folder of its name."""

SERVER_SIDE = APPLICATIONS[1]
"""The one whose objects the API server applies and compares, instead of Argo CD."""

IN_WAVES = "in-waves"
"""An Application without jobs of the plan: what comes in a later wave waits for those before it."""

LABEL = "team"
"""That Git has on each job, and a hand changes."""

TEAM = "legal"


@dataclass(frozen=True)
class PlannedJob:
    """A job as Git has it, and how it must end."""

    name: str
    application: str
    spec: Object
    reason: str

    @property
    def path(self) -> str:
        """The file that it is in."""
        return f"{self.application}/{self.name}.yaml"

    @property
    def health(self) -> str:
        """How Argo CD must find it in the end."""
        return "Healthy" if self.reason == "Succeeded" else "Degraded"

    def manifest(self) -> str:
        """Give the file's content."""
        body = {
            "apiVersion": "pdfsecurity.dev/v1alpha1",
            "kind": "PdfSecurityJob",
            "metadata": {"name": self.name, "labels": {LABEL: TEAM}},
            "spec": self.spec,
        }
        return str(yaml.safe_dump(body, sort_keys=False))


@dataclass(frozen=True)
class Documents:
    """What there is to be done where the jobs run."""

    good: Callable[[int], Object]
    """Spec of a job that succeeds, by its number; it overwrites what it put before."""
    bad: Callable[[int], tuple[Object, str]]
    """Spec of a job that fails, by its number among these, and the reason with which it does."""
    security_class: Object
    """The class that the specs name: it comes from Git, too, before the jobs."""


def plan(documents: Documents, jobs: int, failing: int) -> list[PlannedJob]:
    """Plan so many jobs, some of which fail; each Application has both."""
    planned = []
    for number in range(jobs - failing):
        spec = documents.good(number)
        planned.append(PlannedJob(f"document-{number:02}", _home(number), spec, "Succeeded"))
    for number in range(failing):
        spec, reason = documents.bad(number)
        planned.append(PlannedJob(f"fails-{number:02}", _home(number), spec, reason))
    return planned


def class_manifest(documents: Documents) -> str:
    """Give the class's file: jobs wait for it, since its wave is before theirs."""
    body = documents.security_class
    annotations = {"argocd.argoproj.io/sync-wave": "-1"}
    metadata = {"name": body["metadata"]["name"], "annotations": annotations}
    return str(yaml.safe_dump({**body, "metadata": metadata}, sort_keys=False))


def _home(number: int) -> str:
    return APPLICATIONS[number % len(APPLICATIONS)]
