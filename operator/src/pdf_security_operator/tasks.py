"""What the queue holds, and by what it takes its turns. Pure."""

from dataclasses import dataclass
from typing import Any

from pdf_security_operator.identity import Key
from pdf_security_operator.observed import Observed
from pdf_security_operator.queue import Turn

Object = dict[str, Any]


@dataclass(frozen=True)
class _OfOneJob:
    """A task about one PdfSecurityJob."""

    key: Key

    @property
    def namespace(self) -> str:
        """Namespace whose owner carries it out."""
        return self.key.namespace


class JobTask(_OfOneJob):
    """A PdfSecurityJob is to be brought forward."""


class StatusTask(_OfOneJob):
    """What was found of a PdfSecurityJob is to be written."""


class EventTask(_OfOneJob):
    """What happened to a PdfSecurityJob is to be told by Events."""


@dataclass(frozen=True)
class ClassTask:
    """The status of a class is to be written."""

    name: str

    @property
    def namespace(self) -> str:
        """None: it is for whoever acts for the cluster."""
        return ""


@dataclass(frozen=True)
class PoliciesTask:
    """The policies of a namespace are to be restored or removed."""

    namespace: str


Task = JobTask | StatusTask | EventTask | ClassTask | PoliciesTask

_POLICIES_PRIORITY = 10**6
"""Above any that a job may ask for."""


def turn_of(task: Task, observed: Observed) -> Turn:
    """By what tasks take their turns: jobs by namespace, and then as their authors say."""
    match task:
        case ClassTask():
            return Turn()
        case PoliciesTask(namespace):
            # Before the jobs of its namespace: it is they who need it.
            return Turn(namespace, _POLICIES_PRIORITY)
        case JobTask(key) | StatusTask(key) | EventTask(key):
            body: Object = observed.security_jobs.get(key) or {}
            # In RFC 3339, in UTC and in whole seconds, as all of one server's are: it sorts.
            age = str(body.get("metadata", {}).get("creationTimestamp", ""))
            priority = body.get("spec", {}).get("priority")
            known = priority if isinstance(priority, int) else 0
            # What is still to be started goes before all that is known, or being told, of the rest.
            can_wait = not isinstance(task, JobTask) or (body and observed.job_of(body) is not None)
            return Turn(key.namespace, known, age, can_wait=bool(can_wait))
