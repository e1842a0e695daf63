"""What the watches have shown last: resources, classes, Jobs and policies, trimmed. No I/O.

A memory, never the truth: whatever would be done twice if it were stale is asked of the API again.
"""

import heapq
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from pdf_security_operator import names
from pdf_security_operator.admission import Running
from pdf_security_operator.api import Effective

Object = dict[str, Any]


class Key(NamedTuple):
    """A PdfSecurityJob by name."""

    namespace: str
    name: str


class Observed:
    """The last seen state; one event loop reads and writes it."""

    def __init__(self) -> None:
        self.security_jobs: dict[Key, Object] = {}
        self.classes: dict[str, Object] = {}
        self.jobs: dict[str, Object] = {}
        """Jobs by the UID of the PdfSecurityJob that owns them."""
        self.policies: dict[Key, Object] = {}
        self._waiting: dict[str, dict[Key, None]] = {}
        self._active: dict[str, tuple[str, str]] = {}
        self._totals: Counter[str] = Counter()
        self._by_namespace: Counter[tuple[str, str]] = Counter()

    def put_security_job(self, body: Object) -> bool:
        """Remember a PdfSecurityJob; return False when it is what was known already."""
        key = key_of(body)
        known = self.security_jobs.get(key)
        if known and _version(known) >= _version(body) and _uid(known) == _uid(body):
            return False
        self.security_jobs[key] = _trimmed(body)
        return True

    def forget_security_job(self, body: Object) -> None:
        """Forget a PdfSecurityJob, unless a newer one of the same name is known already."""
        key = key_of(body)
        known = self.security_jobs.get(key)
        if known and _uid(known) == _uid(body):
            del self.security_jobs[key]

    def put_job(self, job: Object) -> bool:
        """Remember a Job; return False when nothing that matters has changed."""
        uid = owner_uid_of(job)
        if uid is None:
            return False
        known = self.jobs.get(uid)
        if known and _uid(known) == _uid(job) and _version(known) > _version(job):
            return False
        trimmed = _trimmed_job(job)
        changed = known is None or _without_version(known) != _without_version(trimmed)
        self.jobs[uid] = trimmed
        if is_finished(trimmed):
            self._release(uid)
        else:
            self.reserve(uid, class_label_of(job), namespace_of(job))
        return changed

    def forget_job(self, job: Object) -> None:
        """Forget a Job."""
        uid = owner_uid_of(job)
        if uid is None:
            return
        known = self.jobs.get(uid)
        if known and _uid(known) == _uid(job):
            del self.jobs[uid]
            self._release(uid)

    def reserve(self, uid: str, class_name: str, namespace: str) -> None:
        """Count a job as running from before its Job is created, so that no two take one place."""
        if uid not in self._active:
            self._active[uid] = (class_name, namespace)
            self._totals[class_name] += 1
            self._by_namespace[class_name, namespace] += 1

    def release(self, uid: str) -> None:
        """Give a reservation back for which no Job came to be."""
        if uid not in self.jobs:
            self._release(uid)

    def running(self, class_name: str, namespace: str) -> Running:
        """Count what runs of a class."""
        return Running(self._totals[class_name], self._by_namespace[class_name, namespace])

    def default_class(self) -> Object | None:
        """Find the class annotated as default; of several the newest, as for StorageClass."""
        marked = [
            body
            for body in self.classes.values()
            if body["metadata"].get("annotations", {}).get(names.DEFAULT_CLASS_ANNOTATION) == "true"
        ]
        return max(marked, key=lambda body: body["metadata"]["creationTimestamp"], default=None)

    def class_name_of(self, body: Object) -> str | None:
        """Name of the class that applies to a PdfSecurityJob, whether it exists or not."""
        named = body["spec"].get("className")
        if named:
            return str(named)
        effective = body.get("status", {}).get("effective", {}).get("className")
        if effective:
            return str(effective)
        default = self.default_class()
        return default["metadata"]["name"] if default else None

    def wait(self, key: Key, body: Object) -> None:
        """Remember that a job waits for its class."""
        class_name = self.class_name_of(body) or ""
        self._waiting.setdefault(class_name, {})[key] = None

    def wake(self, class_name: str, namespace: str | None = None, most: int = 4) -> list[Key]:
        """Take from those that wait for a class: by priority and age, and from all namespaces.

        Args:
            class_name: name of the class.
            namespace: where a place became free; its own jobs and others are taken alike. None
                when the class itself has changed: everybody is taken.
            most: how many of the namespace, and how many others, of each namespace one.
        """
        waiting = self._waiting.get(class_name, {})
        by_namespace: dict[str, list[Key]] = {}
        for key in list(waiting):
            if key in self.security_jobs:
                by_namespace.setdefault(key.namespace, []).append(key)
            else:
                del waiting[key]
        if namespace is None:
            taken = list(waiting)
        else:
            taken = heapq.nsmallest(most, by_namespace.pop(namespace, []), key=self._order)
            others = itertools.islice(by_namespace.values(), most)
            taken += [min(keys, key=self._order) for keys in others]
        for key in taken:
            del waiting[key]
        return taken

    def _order(self, key: Key) -> tuple[int, str]:
        """Whose turn comes first in a namespace: the higher priority's, then the older's."""
        body = self.security_jobs[key]
        return -(body["spec"].get("priority") or 0), str(body["metadata"]["creationTimestamp"])

    def users_of(self, class_name: str, namespace: str) -> Iterator[Key]:
        """List the PdfSecurityJobs of a namespace that use a class."""
        return (
            key
            for key, body in self.security_jobs.items()
            if key.namespace == namespace and self.class_name_of(body) == class_name
        )

    def _release(self, uid: str) -> None:
        place = self._active.pop(uid, None)
        if place:
            class_name, namespace = place
            self._totals[class_name] -= 1
            self._by_namespace[class_name, namespace] -= 1


def key_of(body: Object) -> Key:
    """Key of a namespaced object."""
    return Key(body["metadata"]["namespace"], body["metadata"]["name"])


def namespace_of(body: Object) -> str:
    """Namespace of an object."""
    return str(body["metadata"]["namespace"])


def owner_uid_of(body: Object) -> str | None:
    """UID of the PdfSecurityJob that controls a Job, None when none does.

    Whoever may create Jobs may claim any owner: the Job's name must be the owner's too.
    """
    for owner in body["metadata"].get("ownerReferences", []):
        if (
            owner.get("controller")
            and owner["kind"] == names.JOB_KIND
            and owner["apiVersion"].split("/")[0] == names.GROUP
            and body["metadata"]["name"].endswith(f"-{owner['uid']}")
        ):
            return str(owner["uid"])
    return None


def class_label_of(job: Object) -> str:
    """Class of a Job; empty where its label was taken off."""
    return str(job["metadata"].get("labels", {}).get(names.CLASS_LABEL, ""))


def is_finished(job: Object) -> bool:
    """Whether a Job has come to its end."""
    return any(
        condition["type"] in ("Complete", "Failed") and condition["status"] == "True"
        for condition in job.get("status", {}).get("conditions", [])
    )


def is_settling(job: Object) -> bool:
    """Whether a pod of an unfinished Job has ended, and the Job is about to say what follows."""
    status = job.get("status", {})
    uncounted = status.get("uncountedTerminatedPods", {})
    return not is_finished(job) and any(
        (
            *uncounted.values(),
            *(
                condition["status"] == "True"
                for condition in status.get("conditions", [])
                if condition["type"] in ("SuccessCriteriaMet", "FailureTarget")
            ),
        )
    )


def _uid(body: Object) -> str:
    return str(body["metadata"]["uid"])


def _version(body: Object) -> int:
    # Comparable as numbers since Kubernetes 1.35 (KEP-5504), and in fact ever since etcd 3.
    return int(body["metadata"]["resourceVersion"])


def _trimmed(body: Object) -> Object:
    """Leave out what is large and never read."""
    metadata = {
        key: value
        for key, value in body["metadata"].items()
        if key not in ("managedFields", "annotations")
    }
    return {**body, "metadata": metadata}


def _trimmed_job(job: Object) -> Object:
    """Keep of a Job what its owner's status is made of."""
    metadata = job["metadata"]
    status = job.get("status", {})
    kept = (
        "conditions",
        "active",
        "ready",
        "terminating",
        "failed",
        "succeeded",
        "startTime",
        "uncountedTerminatedPods",
    )
    return {
        "effective": _effective(metadata),
        "metadata": {
            key: metadata[key]
            for key in (
                "name",
                "namespace",
                "uid",
                "resourceVersion",
                "deletionTimestamp",
                # What a Job that vanished unseen is forgotten by.
                "ownerReferences",
                "labels",
            )
            if key in metadata
        },
        "spec": {
            key: job["spec"][key]
            for key in ("suspend", "ttlSecondsAfterFinished")
            if key in job["spec"]
        },
        "status": {key: status[key] for key in (*kept, "completionTime") if key in status},
    }


def _effective(metadata: Object) -> Object | None:
    """Read what was applied; the annotation may have been edited, and then it is nothing."""
    try:
        effective = json.loads(metadata.get("annotations", {})[names.EFFECTIVE_ANNOTATION])
        return Effective.model_validate(effective).to_json_dict()
    except (KeyError, ValueError, RecursionError):
        return None


def _without_version(job: Object) -> Object:
    return {**job, "metadata": {**job["metadata"], "resourceVersion": ""}}
