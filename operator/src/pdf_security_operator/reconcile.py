"""One PdfSecurityJob from what is observed to what is wanted.

Calls the pure builders and `cluster`; every step can be repeated, and is derivable from what the
API server holds, so that a crash anywhere loses nothing and does nothing twice.
"""

import json
from typing import Any

import structlog
from pydantic import ValidationError

from pdf_security_operator import names
from pdf_security_operator.admission import check_admission
from pdf_security_operator.api import ClassSpec, JobSpec
from pdf_security_operator.api.faults import faults_of
from pdf_security_operator.class_status import class_faults_of
from pdf_security_operator.clock import seconds_since, timestamp
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    JobRejected,
    JobWaits,
    NotFoundError,
)
from pdf_security_operator.events import build_event, event_of
from pdf_security_operator.job import build_job
from pdf_security_operator.observed import Key, Observed, is_finished, is_settling, owner_uid_of
from pdf_security_operator.outcome import State, state_of
from pdf_security_operator.policies import Policies
from pdf_security_operator.settings import Settings
from pdf_security_operator.status import condition_of, effective_of, is_final, status_of

Object = dict[str, Any]

STUCK_SECONDS = 8.0
"""A pod that is not ready after this long is looked at, and again as often."""

WAIT_SECONDS = 30.0
"""A job that waits is looked at again as often, should the event that frees it be missed."""

logger = structlog.get_logger()


class Reconciler:
    """Brings single jobs forward; `reconcile` is called for one key by one worker at a time."""

    def __init__(
        self, cluster: Cluster, observed: Observed, policies: Policies, settings: Settings
    ) -> None:
        self._cluster = cluster
        self._observed = observed
        self._policies = policies
        self._settings = settings

    async def reconcile(self, key: Key) -> float | None:
        """Bring one job forward.

        Returns:
            Seconds after which to look again though nothing was seen to change; None for never.

        Raises:
            ApiError: to be tried again.
        """
        body = self._observed.security_jobs.get(key)
        if body is None or body["metadata"].get("deletionTimestamp"):
            return await self._policies.remove_unused(key.namespace)
        job = self._observed.jobs.get(body["metadata"]["uid"])
        if is_final(body.get("status", {})):
            return await self._finish(body, job)
        try:
            return await self._advance(body, job)
        except JobRejected as rejection:
            await self._record(body, State("Failed", rejection.reason, rejection.message), job)
            return 0
        except JobWaits as wait:
            # Before the status is written: what frees the job may be seen meanwhile.
            self._observed.wait(key, body)
            await self._record(body, State("Queued", wait.reason, wait.message), job)
            return WAIT_SECONDS

    async def _advance(self, body: Object, job: Object | None) -> float | None:
        if job is None:
            job = await self._known_or_created(body)
        if job is None:
            state = State("Suspended", "Suspended", "spec.suspend is true; no Job was created")
            await self._record(body, state, None)
            return None
        if is_settling(job):
            # What was seen of its pods last says more than that none runs now.
            return STUCK_SECONDS
        job = await self._suspended_as_wanted(body, job)
        pods, warnings = await self._look_at_pods(body, job)
        running = condition_of(body.get("status", {}), "Running")
        last_seen = f"{running['reason']}: {running['message']}" if running else None
        state = state_of(job, pods, warnings, last_seen)
        await self._record(body, state, job)
        if state.is_final:
            return 0
        return STUCK_SECONDS if state.phase == "Running" and not _is_ready(job) else None

    async def _known_or_created(self, body: Object) -> Object | None:
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
        self._check_owner(job, body)
        return self._remembered(job)

    async def _create(self, body: Object) -> Object:
        """Create the Job of an admitted job, after the policies that confine it."""
        metadata = body["metadata"]
        spec = _parsed(body)
        class_name, class_body = self._class_of(body)
        class_spec = ClassSpec.model_validate(class_body["spec"])
        limits = effective_limits_of(spec, class_spec)
        job = build_job(metadata, spec, class_name, class_spec, limits)
        job["metadata"]["annotations"][names.EFFECTIVE_ANNOTATION] = json.dumps(
            effective_of(class_name, class_spec.image, limits)
        )
        check_admission(class_spec, self._observed.running(class_name, metadata["namespace"]))
        self._observed.reserve(metadata["uid"], class_name, metadata["namespace"])
        try:
            await self._policies.ensure(metadata["namespace"], class_body, class_spec)
            created = await self._create_or_adopt(body, job)
        except BaseException:
            self._observed.release(metadata["uid"])
            raise
        return self._remembered(created)

    async def _create_or_adopt(self, body: Object, job: Object) -> Object:
        name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
        try:
            return await self._cluster.create_job(job)
        except ConflictError:
            existing = await self._cluster.get_job(namespace, name)
        except ForbiddenError as error:
            if "exceeded quota" in error.message:
                raise JobWaits("QuotaExceeded", error.message) from error
            if "being terminated" in error.message:
                raise JobWaits("NamespaceTerminating", error.message) from error
            raise
        except InvalidError as error:
            raise JobRejected("JobInvalid", error.message) from error
        self._check_owner(existing, body)
        logger.info("job.adopted", namespace=namespace, name=body["metadata"]["name"], job=name)
        return existing

    def _check_owner(self, job: Object, body: Object) -> None:
        """Let the Job of a PdfSecurityJob pass, and no other that bears its name."""
        if owner_uid_of(job) != body["metadata"]["uid"]:
            raise JobRejected(
                "NameConflict",
                f"a Job {job['metadata']['name']} exists and belongs to something else; remove "
                "it or create the PdfSecurityJob under another name",
            )

    def _class_of(self, body: Object) -> tuple[str, Object]:
        name = self._observed.class_name_of(body)
        if name is None:
            raise JobWaits(
                "NoDefaultClass", "spec.className is left out and no class is annotated as default"
            )
        class_body = self._observed.classes.get(name)
        if class_body is None or class_body["metadata"].get("deletionTimestamp"):
            raise JobWaits("ClassNotFound", f"the PdfSecurityClass {name} does not exist")
        faults = class_faults_of(class_body)
        if faults:
            raise JobWaits("ClassInvalid", f"the PdfSecurityClass {name} is unfit: {faults[0]}")
        return name, class_body

    async def _suspended_as_wanted(self, body: Object, job: Object) -> Object:
        """Carry `suspend` over to the Job, whose controller stops and starts the pod."""
        wanted = bool(body["spec"].get("suspend"))
        if is_finished(job) or bool(job["spec"].get("suspend")) == wanted:
            return job
        metadata = job["metadata"]
        changed = await self._cluster.patch_job_spec(
            metadata["namespace"], metadata["name"], suspend=wanted
        )
        return self._remembered(changed)

    def _remembered(self, job: Object) -> Object:
        """Remember what the API answered, and give what is known now: a watch may be ahead."""
        self._observed.put_job(job)
        return self._observed.jobs[owner_uid_of(job) or ""]

    async def _look_at_pods(self, body: Object, job: Object) -> tuple[list[Object], list[Object]]:
        """Read pods only where they decide something: at the end, and when one does not start."""
        metadata = job["metadata"]
        if is_finished(job):
            return await self._cluster.list_pods(metadata["namespace"], metadata["name"]), []
        started = condition_of(body.get("status", {}), "Running")
        if started is None or _is_ready(job) or job["spec"].get("suspend"):
            return [], []
        pods = await self._cluster.list_pods(metadata["namespace"], metadata["name"])
        subject = pods[0] if pods else job
        warnings = await self._cluster.list_warnings(
            metadata["namespace"], subject["metadata"]["uid"]
        )
        return pods, warnings

    async def _finish(self, body: Object, job: Object | None) -> float | None:
        """Let go of what a finished job still holds, each thing when its time has come."""
        metadata = body["metadata"]
        if job and is_finished(job) and "ttlSecondsAfterFinished" not in job["spec"]:
            # Only now: a Job that removed itself before its result was recorded would be a job
            # of which nobody knows how it ended.
            try:
                changed = await self._cluster.patch_job_spec(
                    metadata["namespace"],
                    job["metadata"]["name"],
                    ttlSecondsAfterFinished=self._settings.job_ttl_seconds,
                )
                self._observed.put_job(changed)
            except NotFoundError:
                self._observed.forget_job(job)
        ttl = body["spec"].get("ttlSecondsAfterFinished")
        if ttl is None:
            return None
        left = float(ttl) - seconds_since(body["status"]["completionTime"])
        if left > 0:
            return min(left, 86400.0)
        try:
            await self._cluster.delete_security_job(
                metadata["namespace"], metadata["name"], metadata["uid"]
            )
        except (NotFoundError, ConflictError):
            logger.debug("security-job.gone", namespace=metadata["namespace"])
        return None

    async def _record(self, body: Object, state: State, job: Object | None) -> None:
        """Write the status if it says something new, and the event that the change is worth."""
        metadata = body["metadata"]
        previous = body.get("status", {})
        wanted = status_of(previous, metadata["generation"], state, timestamp(), job)
        if wanted == previous:
            return
        try:
            patched = await self._cluster.patch_status(
                metadata["namespace"], metadata["name"], wanted
            )
        except NotFoundError:
            return
        self._observed.put_security_job(patched)
        logger.info(
            "status.recorded",
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            phase=state.phase,
            reason=state.reason,
        )
        await self._tell(body, previous, state)

    async def _tell(self, body: Object, previous: Object, state: State) -> None:
        """Create the event that a change is worth; no program misses one that is lost."""
        event = event_of(previous, state)
        if event is None:
            return
        entry = build_event(body, *event, timestamp(), self._settings.identity)
        try:
            await self._cluster.create_event(entry)
        except ApiError as error:
            logger.warning("event.lost", event_reason=event[1], error=str(error))


def _parsed(body: Object) -> JobSpec:
    try:
        return JobSpec.model_validate(body["spec"])
    except ValidationError as error:
        raise JobRejected("InvalidSpec", faults_of(error)[0]) from error


def _is_ready(job: Object) -> bool:
    return bool(job.get("status", {}).get("ready"))
