"""Brings the Job of a PdfSecurityJob about: created once, found again, held and let go.

Every step can be repeated, and is derivable from what the API server holds.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from pydantic import ValidationError

from pdf_security_operator import names
from pdf_security_operator.admission import Claim, bytes_of, too_large_for
from pdf_security_operator.api import ClassSpec, JobSpec
from pdf_security_operator.api.faults import faults_of
from pdf_security_operator.classes import Classes
from pdf_security_operator.clock import seconds_since
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.endings import ending_of
from pdf_security_operator.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    JobRejected,
    JobWaits,
    JobWaitsForPlace,
    NotFoundError,
)
from pdf_security_operator.identity import owner_of, uid_of
from pdf_security_operator.job import build_job
from pdf_security_operator.line import rounded
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.observed import Observed, memory_of
from pdf_security_operator.policies import Policies
from pdf_security_operator.status import effective_of

Object = dict[str, Any]

logger = structlog.get_logger()


class Jobs:
    """The Jobs of all PdfSecurityJobs; one worker at a time is at work on each."""

    def __init__(
        self,
        cluster: Cluster,
        observed: Observed,
        classes: Classes,
        policies: Policies,
        metrics: Metrics,
    ) -> None:
        self._cluster = cluster
        self._observed = observed
        self._classes = classes
        self._policies = policies
        self._metrics = metrics

    async def known_or_created(self, body: Object) -> Object | None:
        """Find the Job that the status names, or create it; None while the job is suspended."""
        recorded = body.get("status", {}).get("jobName")
        if recorded:
            return await self._recorded_job(body, recorded)
        if body["spec"].get("suspend"):
            return None
        return await self._create(body)

    async def _recorded_job(self, body: Object, name: str) -> Object:
        try:
            job = await self._cluster.get_job(body["metadata"]["namespace"], name)
        except NotFoundError:
            raise JobRejected(
                "JobDeleted",
                f"the Job {name} was deleted before its result was recorded; it is not run "
                "again, for it may have finished: create another PdfSecurityJob",
            ) from None
        return self._remembered(job, body)

    async def _create(self, body: Object) -> Object:
        """Create the Job of an admitted job, after the policies that confine it."""
        metadata = body["metadata"]
        spec = _parsed(body)
        class_name, class_spec = self._classes.of(body)
        limits = effective_limits_of(spec, class_spec)
        # Before it waits: what can never run is told at once.
        job = build_job(metadata, spec, class_name, class_spec, limits)
        job["metadata"]["annotations"][names.EFFECTIVE_ANNOTATION] = json.dumps(
            effective_of(class_name, class_spec.image, limits)
        )
        claim = self._observed.claim_of(body, class_name, bytes_of(limits.memory_request))
        if spec.queue_name is None:
            self._take_place(body, claim, class_spec)
        async with self._started(body, claim, class_spec):
            created = self._remembered(await self._created_or_existing(job), body)
        self._metrics.job_admitted(max(0.0, seconds_since(metadata["creationTimestamp"])))
        return created

    async def _created_or_existing(self, job: Object) -> Object:
        name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
        try:
            return await self._cluster.create_job(job)
        except ConflictError:
            logger.info("job.exists", namespace=namespace, job=name)
            return await self._cluster.get_job(namespace, name)
        except ForbiddenError as error:
            if "exceeded quota" in error.message:
                raise JobWaits("QuotaExceeded", error.message) from error
            if "being terminated" in error.message:
                raise JobWaits("NamespaceTerminating", error.message) from error
            # RBAC, or an admission policy: both are for people to mend.
            raise JobWaits("Forbidden", error.message) from error
        except InvalidError as error:
            if " denied " in error.message:
                # A policy or a webhook that chose no code of its own: 422 or 400.
                raise JobWaits("Forbidden", error.message) from error
            raise JobRejected("JobInvalid", error.message) from error

    async def suspended_as_wanted(self, body: Object, job: Object) -> Object:
        """Carry `suspend` over to the Job, whose controller stops and starts the pod."""
        wanted = bool(body["spec"].get("suspend"))
        if ending_of(job["status"]) or bool(job["spec"].get("suspend")) == wanted:
            return job
        if names.QUEUE_LABEL in job["metadata"]["labels"]:
            # Kueue would start it again at once, and stop it again, and so on.
            return job
        if wanted:
            return self._remembered(await self.patched(job, suspend=True), body)
        # Held, it had given its place back, and its policies may be older than the class.
        class_name, class_spec = self._classes.of(body)
        claim = self._observed.claim_of(body, class_name, memory_of(job))
        self._take_place(body, claim, class_spec)
        async with self._started(body, claim, class_spec):
            return self._remembered(await self.patched(job, suspend=False), body)

    def _take_place(self, body: Object, claim: Claim, class_spec: ClassSpec) -> None:
        """Return when the job holds a place of its class.

        Raises:
            JobRejected: no place would ever be large enough.
            JobWaitsForPlace: it stands in line.
        """
        concurrency = class_spec.concurrency
        if concurrency is None:
            return
        too_large = too_large_for(concurrency, claim.memory)
        if too_large:
            raise JobRejected("LimitExceeded", f"it could never start: {too_large.message}")
        refusal = self._observed.apply(body, claim, concurrency)
        if refusal:
            obstacle, position = refusal
            line = f"about {rounded(position)} before it in line" if position else "first in line"
            raise JobWaitsForPlace(obstacle.reason, f"{obstacle.message}; {line}", position)

    @asynccontextmanager
    async def _started(
        self, body: Object, claim: Claim, class_spec: ClassSpec
    ) -> AsyncIterator[None]:
        """Hold the place while a pod is let go, under its policies: it is in no other way.

        Raises:
            JobWaits: the policies cannot be brought about.
        """
        with self._observed.starting(body, claim):
            await self._policies.ensure(claim.namespace, claim.class_name, class_spec)
            yield

    async def patched(self, job: Object, **fields: Any) -> Object:
        """Change fields of a Job's spec; return it as it is then."""
        metadata = job["metadata"]
        return await self._cluster.patch_job_spec(metadata["namespace"], metadata["name"], **fields)

    def _remembered(self, job: Object, body: Object) -> Object:
        """Remember what the API answered, and give what is known now: a watch may be ahead.

        Raises:
            JobRejected: it is the Job of something else that bears the name.
            ConflictError: it was ours, and is gone by now.
        """
        self._observed.put_job(job)
        known = self._observed.job_of(body)
        owner = owner_of(job)
        if known is None and owner and owner.uid == uid_of(body):
            raise ConflictError(409, f"the Job {job['metadata']['name']} was deleted meanwhile")
        if known is None:
            raise JobRejected(
                "NameConflict",
                f"a Job {job['metadata']['name']} exists and belongs to something else; remove "
                "it or create the PdfSecurityJob under another name",
            )
        return known


def _parsed(body: Object) -> JobSpec:
    try:
        return JobSpec.model_validate(body["spec"])
    except ValidationError as error:
        raise JobRejected("InvalidSpec", faults_of(error)[0]) from error
