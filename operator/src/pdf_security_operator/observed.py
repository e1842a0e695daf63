"""What was seen last of everything the operator looks at, trimmed. No I/O.

A memory, never the truth: whatever would be done twice if it were stale is asked of the API again.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from pdf_security_operator import names
from pdf_security_operator.admission import Claim, Obstacle, bytes_of
from pdf_security_operator.api import Concurrency, Effective
from pdf_security_operator.ended_pods import EndedPods
from pdf_security_operator.endings import ending_of
from pdf_security_operator.identity import (
    Key,
    Owner,
    class_label_of,
    job_key_of,
    key_of,
    owner_of,
    submitter_of,
    uid_of,
)
from pdf_security_operator.line import Ticket
from pdf_security_operator.mirror import Mirror
from pdf_security_operator.turnstile import Turnstile

Object = dict[str, Any]


SUBMITTER_LENGTH = 256
"""Characters of a user's name that are kept: where no policy stamps it, authors may write any."""

LONGEST_EFFECTIVE = 4096
"""Characters that an annotation of what was applied has at most; a longer one was edited."""


class Observed:
    """The last seen state; one event loop reads and writes it."""

    def __init__(self) -> None:
        self.security_jobs = Mirror(_trimmed_security_job)
        self.classes = Mirror(_trimmed_class)
        self.policies = Mirror(_trimmed_policy)
        self._jobs = Mirror(_trimmed_job)
        self.ended_pods = EndedPods()
        self.turnstile = Turnstile()
        self._waiting_for_class: defaultdict[str, set[Key]] = defaultdict(set)
        """Class -> who waits for it; an empty name is that of whichever class is the default."""
        self.held: dict[Key, str] = {}
        """Who cannot start, those in line apart -> the reason."""

    @property
    def jobs(self) -> Mirror:
        """The Jobs, to be read: `put_job` and `forget_job` keep the places right."""
        return self._jobs

    def put_security_job(self, body: Object) -> bool:
        """Remember a PdfSecurityJob; return False when it is no news."""
        before = self.security_jobs.get(key_of(body))
        news = self.security_jobs.put(body)
        if news:
            if before and uid_of(before) != uid_of(body):
                self.return_unused_place(before, stays_in_line=False)
            # A Job that was seen before its owner takes its place only now.
            self._count(job_key_of(body))
        return news

    def forget_security_job(self, body: Object) -> None:
        """Forget a PdfSecurityJob; its Job, as long as it is there, keeps its place."""
        if self.security_jobs.forget(body):
            self.return_unused_place(body, stays_in_line=False)

    def put_job(self, job: Object) -> bool:
        """Remember a Job; return False when nothing that matters has changed."""
        key = key_of(job)
        before = self._jobs.get(key)
        if before is None and owner_of(job) is None:
            # Somebody else's, with our label.
            return False
        news = self._jobs.put(job)
        self._count(key)
        return news and _without_version(before) != _without_version(self._jobs.get(key))

    def forget_job(self, job: Object) -> None:
        """Forget a Job."""
        if self._jobs.forget(job):
            self._count(key_of(job))

    def job_of(self, body: Object) -> Object | None:
        """Find the Job of a PdfSecurityJob."""
        job = self._jobs.get(job_key_of(body))
        owner = owner_in(job)
        return job if owner and owner.uid == uid_of(body) else None

    def claim_of(self, body: Object, class_name: str, memory: int) -> Claim:
        """Give the place that a PdfSecurityJob takes: `memory` in bytes."""
        return Claim(class_name, body["metadata"]["namespace"], submitter_of(body), memory)

    def apply(
        self, body: Object, claim: Claim, concurrency: Concurrency
    ) -> tuple[Obstacle, int] | None:
        """Ask for a place for a PdfSecurityJob, as `Turnstile.apply` does."""
        metadata = body["metadata"]
        priority = body["spec"].get("priority") or 0
        ticket = Ticket(claim, (-priority, metadata["creationTimestamp"], key_of(body)))
        return self.turnstile.apply(ticket, job_key_of(body), concurrency)

    @contextmanager
    def starting(self, body: Object, claim: Claim) -> Iterator[None]:
        """Count a PdfSecurityJob as running while its Job is being started."""
        key = job_key_of(body)
        try:
            with self.turnstile.starting(key, claim):
                yield
        finally:
            self._count(key)

    def return_unused_place(self, body: Object, *, stays_in_line: bool) -> None:
        """Give back what a PdfSecurityJob was given and did not use, and its place in line."""
        self.turnstile.return_unused(job_key_of(body))
        if not stays_in_line:
            self.turnstile.leave(key_of(body))

    def _count(self, key: Key) -> None:
        """Take or free a place, as is known of the Job."""
        job = self._jobs.get(key)
        if job is None or owner_in(job) is None or not _runs(job):
            self.turnstile.free(key)
        elif self._is_owned(job):
            # Others could be made up to keep everybody out.
            class_name, namespace = class_label_of(job), key.namespace
            claim = Claim(class_name, namespace, submitter_of(job), memory_of(job))
            self.turnstile.places.take(key, claim)

    def _is_owned(self, job: Object) -> bool:
        owner = owner_in(job)
        body = self.security_jobs.get(owner.key) if owner else None
        return bool(owner and body and uid_of(body) == owner.uid)

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

    def wait_for_class(self, key: Key) -> None:
        """Remember that a job waits for its class."""
        body = self.security_jobs.get(key)
        if body:
            self._waiting_for_class[self.class_name_of(body) or ""].add(key)

    def woken_by_class(self, name: str) -> set[Key]:
        """Take those that wait for a class, or for a default class: it has changed."""
        waiting = self._waiting_for_class
        return waiting.pop(name, set()) | waiting.pop("", set())

    def users_of(self, class_name: str, namespace: str) -> Iterator[Key]:
        """List the PdfSecurityJobs of a namespace that use a class."""
        return (
            key_of(body)
            for body in self.security_jobs.in_namespace(namespace)
            if self.class_name_of(body) == class_name
        )


def owner_in(job: Object | None) -> Owner | None:
    """Give the owner of a trimmed Job."""
    return job["owner"] if job else None


def memory_of(job: Object) -> int:
    """Bytes that a trimmed Job's pod requests; none where nobody can tell any more."""
    effective = job["effective"] or {}
    amount = effective.get("memoryRequest") or effective.get("memoryLimit") or 0
    try:
        return bytes_of(amount)
    except ValueError:
        return 0


def _runs(job: Object) -> bool:
    """Whether a Job has pods, or is about to: a suspended one without any takes no place."""
    status = job["status"]
    held = job["spec"].get("suspend") and not status.get("active") and not status.get("terminating")
    return not held and ending_of(status) is None


_METADATA = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
)
"""Nothing else of an author's metadata: labels and annotations may be large."""


def _trimmed_security_job(body: Object) -> Object:
    # Tables, also where an older schema, or none, held nobody to that.
    tables = {name: body[name] for name in ("spec", "status") if isinstance(body.get(name), dict)}
    return {"metadata": _with_submitter(body), "spec": {}} | tables


def _trimmed_class(body: Object) -> Object:
    metadata = _kept(body["metadata"], (*_METADATA, "annotations"))
    return {"metadata": metadata, "spec": body["spec"]} | _kept(body, ("status",))


def _trimmed_policy(body: Object) -> Object:
    return {"metadata": _kept(body["metadata"], (*_METADATA, "labels")), "spec": body["spec"]}


def _trimmed_job(job: Object) -> Object:
    """Keep of a Job what its owner's status is made of."""
    status = (
        "conditions",
        "active",
        "ready",
        "terminating",
        "failed",
        "succeeded",
        "startTime",
        "completionTime",
        "uncountedTerminatedPods",
    )
    return {
        "owner": owner_of(job),
        "effective": _effective(job["metadata"]),
        "metadata": _with_submitter(job)
        | {
            "labels": _kept(
                job["metadata"].get("labels", {}), (names.CLASS_LABEL, names.QUEUE_LABEL)
            )
        },
        "spec": _kept(job["spec"], ("suspend", "ttlSecondsAfterFinished")),
        "status": _kept(job.get("status", {}), status),
    }


def _with_submitter(body: Object) -> Object:
    metadata = _kept(body["metadata"], _METADATA)
    submitter = submitter_of(body)[:SUBMITTER_LENGTH]
    return metadata | (
        {"annotations": {names.SUBMITTER_ANNOTATION: submitter}} if submitter else {}
    )


def _kept(table: Object, keys: tuple[str, ...]) -> Object:
    return {key: table[key] for key in keys if key in table}


def _effective(metadata: Object) -> Object | None:
    annotation = metadata.get("annotations", {}).get(names.EFFECTIVE_ANNOTATION, "")
    return _effective_in(annotation) if len(annotation) <= LONGEST_EFFECTIVE else None


@lru_cache(maxsize=256)
def _effective_in(annotation: str) -> Object | None:
    """Read what was applied, which most Jobs of a class have in common; it must not be changed.

    The annotation may have been edited, and then it is nothing.
    """
    try:
        return Effective.model_validate(json.loads(annotation)).to_json_dict()
    except (ValueError, RecursionError):
        return None


def _without_version(job: Object | None) -> Object:
    if job is None:
        return {}
    return {**job, "metadata": {**job["metadata"], "resourceVersion": "", "generation": 0}}
