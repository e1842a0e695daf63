"""One PdfSecurityJob from what is observed to what is wanted.

Calls the pure builders and `cluster`; every step can be repeated, and is derivable from what the
API server holds, so that a crash anywhere loses nothing and does nothing twice.
"""

from collections.abc import Callable
from typing import Any

import structlog

from pdf_security_operator.audit.log import AuditLog
from pdf_security_operator.clock import seconds_since, timestamp
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.endings import ending_of, is_settling
from pdf_security_operator.errors import (
    ConflictError,
    JobRejected,
    JobWaits,
    JobWaitsForClass,
    JobWaitsForPlace,
    NotFoundError,
)
from pdf_security_operator.identity import Key, key_of, uid_of
from pdf_security_operator.jobs import Jobs
from pdf_security_operator.observed import Observed
from pdf_security_operator.outcome import State, pods_of, state_of, stuck_reason_of, unfinished_of
from pdf_security_operator.policies import Policies
from pdf_security_operator.record import Record
from pdf_security_operator.settings import Settings
from pdf_security_operator.status import condition_of, is_final, status_at
from pdf_security_operator.unstarted import Unstarted

Object = dict[str, Any]

AUDIT_SECONDS = 30.0
"""A job whose end is still not on record is looked at again after so long."""

STUCK_SECONDS = 8.0
"""A pod that is not ready after this long is looked at, and again after as long again."""

LONGEST_STUCK_SECONDS = 60.0
"""Between two looks at the same pod."""

WAIT_SECONDS = 30.0
"""A job that waits is looked at again as often, should the event that frees it be missed."""

LONGEST_WAIT_SECONDS = 300.0
"""As long for one far back in line: all of a long line would be looked at for nothing."""

LOOKS_PER_SECOND = 10.0
"""At all that stand in lines, together. Each may be a status to write: of fifty thousand in line
those took more of the API server than the jobs that ran."""

logger = structlog.get_logger()


class Reconciler:
    """Brings single jobs forward; `reconcile` is called for one key by one worker at a time."""

    def __init__(
        self,
        cluster: Cluster,
        observed: Observed,
        jobs: Jobs,
        policies: Policies,
        record: Record,
        audit: AuditLog,
        settings: Settings,
        found: Callable[[Key, float], None],
    ) -> None:
        """Make one.

        Args:
            cluster: the API.
            observed: what is known.
            jobs: brings Jobs about.
            policies: lets them go at last.
            record: takes in what is found.
            audit: what is decided, and how it ends, comes on record there.
            settings: of this process.
            found: told of a job whose status is to be written, within so many seconds.
        """
        self._cluster = cluster
        self._observed = observed
        self._jobs = jobs
        self._policies = policies
        self._unstarted = Unstarted(cluster)
        self._settings = settings
        self._record = record
        self._audit = audit
        self._found = found

    async def reconcile(self, key: Key) -> float | None:
        """Bring one job forward.

        Returns:
            Seconds after which to look again though nothing was seen to change; None for never.

        Raises:
            ApiError: to be tried again.
        """
        body = self._observed.security_jobs.get(key)
        if body is None:
            self._observed.held.pop(key, None)
            return await self._policies.settle(key.namespace)
        job = self._observed.job_of(body)
        stands_in_line = False
        try:
            if body["metadata"].get("deletionTimestamp"):
                return await self._policies.settle(key.namespace)
            if is_final(body.get("status", {})):
                return await self._finish(body, job)
            return await self._advance(body, job)
        except JobRejected as rejection:
            self._take_in(body, State("Failed", rejection.reason, rejection.message), job)
            return None
        except JobWaits as wait:
            stands_in_line = isinstance(wait, JobWaitsForPlace)
            if isinstance(wait, JobWaitsForClass):
                self._observed.wait_for_class(key)
            self._take_in(body, State("Queued", wait.reason, wait.message), job)
            if isinstance(wait, JobWaitsForPlace):
                return seconds_in_line(wait.position, self._observed.turnstile.count_waiting())
            self._observed.held[key] = wait.reason
            # What was refused a moment ago may be granted in the next: an API server that starts
            # refuses all for a second. For as long again as it has waited, then.
            queued = condition_of(body.get("status", {}), "Queued")
            return min(WAIT_SECONDS, max(1.0, _age_of(queued))) if queued else 1.0
        finally:
            self._observed.return_unused_place(body, stays_in_line=stands_in_line)

    async def _advance(self, body: Object, job: Object | None) -> float | None:
        if job is None:
            job = await self._jobs.known_or_created(body)
        if job is None:
            state = State("Suspended", "Suspended", "spec.suspend is true; no Job was created")
            self._take_in(body, state, None)
            return None
        self._audit.admitted(body, job)
        if self._record.is_decided(body):
            return None
        if is_settling(job["status"]):
            # What was seen of its pods last says more than that none runs now.
            return STUCK_SECONDS
        job = await self._jobs.suspended_as_wanted(body, job)
        pods, warnings = await self._look_at_pods(body, job)
        running = condition_of(body.get("status", {}), "Running")
        last_seen = f"{running['reason']}: {running['message']}" if running else None
        state = state_of(job, pods, warnings, last_seen)
        self._take_in(body, state, job)
        if state.phase != "Running" or _is_ready(job):
            return None
        # A thousand that cannot be scheduled would be looked at for nothing.
        return min(LONGEST_STUCK_SECONDS, max(STUCK_SECONDS, _age_of(running) if running else 0))

    def _take_in(self, body: Object, state: State, job: Object | None) -> None:
        self._observed.held.pop(key_of(body), None)
        seconds = self._record.take_in(body, state, job)
        if seconds is not None:
            self._found(key_of(body), seconds)

    async def _look_at_pods(self, body: Object, job: Object) -> tuple[list[Object], list[Object]]:
        """Read pods only where they decide something: at the end, and when one does not start."""
        namespace, uid = job["metadata"]["namespace"], uid_of(job)
        if ending_of(job["status"]):
            seen = self._observed.ended_pods.take(job)
            pods = seen if seen is not None else await self._cluster.list_pods(namespace, uid)
            return pods_of(job, pods), []
        started = condition_of(body.get("status", {}), "Running")
        if started is None or _is_ready(job) or job["spec"].get("suspend"):
            return [], []
        if not job["status"].get("failed") and _age_of(started) < STUCK_SECONDS:
            # Most pods start, and end, sooner.
            return [], []
        if job["status"].get("failed"):
            # What its last pod said matters, too.
            pods = pods_of(job, await self._cluster.list_pods(namespace, uid))
        else:
            pods = await self._unstarted.pods_of(job)
        if stuck_reason_of(pods, []) or _age_of(started) < 2 * STUCK_SECONDS:
            # Events are asked for only where the pod does not tell: no server keeps them in memory.
            return pods, []
        # What befell an earlier attempt says nothing of this one.
        subject = unfinished_of(pods) or job
        return pods, await self._unstarted.warnings_of(namespace, uid_of(subject))

    async def _finish(self, body: Object, job: Object | None) -> float | None:
        """Let go of what a finished job still holds, each thing when its time has come."""
        metadata, status = body["metadata"], body["status"]
        if status.get("observedGeneration") != metadata["generation"]:
            await self._record.write(body, status_at(status, metadata["generation"]))
        if self._audit.owes(status, job):
            if not self._audit.ended(body, status):
                # It is looked at as soon as its end is on record; and should nobody tell, then.
                return AUDIT_SECONDS
            if job is None:
                await self._record.write(body, {**status, "auditTime": timestamp()})
        if job and ending_of(job["status"]) and "ttlSecondsAfterFinished" not in job["spec"]:
            # Only now: a Job that removed itself before its result was recorded would be a job
            # of which nobody knows how it ended.
            try:
                seconds = self._settings.job_ttl_seconds
                changed = await self._jobs.patched(job, ttlSecondsAfterFinished=seconds)
                self._observed.put_job(changed)
            except NotFoundError:
                self._observed.forget_job(job)
            self._audit.forget(metadata["uid"])
        ttl = body["spec"].get("ttlSecondsAfterFinished")
        ended = status.get("completionTime")
        if ttl is None or ended is None:
            return None
        left = float(ttl) - seconds_since(ended)
        if left > 0:
            return min(left, 86400.0)
        try:
            await self._cluster.delete_security_job(
                metadata["namespace"], metadata["name"], metadata["uid"]
            )
        except (NotFoundError, ConflictError):
            logger.debug("security-job.gone", namespace=metadata["namespace"])
        return None


def seconds_in_line(position: int, waiting: int) -> float:
    """Tell after how long one that stands in line is looked at again.

    Args:
        position: how many are before it.
        waiting: how many stand in all lines together.
    """
    return min(max(LONGEST_WAIT_SECONDS, waiting / LOOKS_PER_SECOND), WAIT_SECONDS + position)


def _age_of(condition: Object) -> float:
    return seconds_since(condition["lastTransitionTime"])


def _is_ready(job: Object) -> bool:
    return bool(job.get("status", {}).get("ready"))
