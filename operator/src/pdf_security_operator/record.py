"""Writes what a PdfSecurityJob's status and events say. What they say is computed elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from pdf_security_operator.audit.log import AuditLog
from pdf_security_operator.clock import seconds_between, timestamp
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import ApiError, NotFoundError
from pdf_security_operator.events import build_event, event_of
from pdf_security_operator.identity import Key, key_of, uid_of
from pdf_security_operator.metrics import Metrics, Outcome
from pdf_security_operator.observed import Observed
from pdf_security_operator.outcome import State
from pdf_security_operator.status import is_final, status_of
from pdf_security_operator.tracing import Tracer

Object = dict[str, Any]

FIRST_SECONDS = 0.2
"""The first status is written within so long, with those of other jobs."""

BETWEEN_SECONDS = 0.5
"""A change that is neither the first nor the last is written within so long: another may follow."""

logger = structlog.get_logger()


@dataclass(frozen=True)
class _Found:
    """Where a resource stands, and its Job as it was then."""

    uid: str
    state: State
    job: Object | None


class Record:
    """The public record of all PdfSecurityJobs.

    States are taken in as they are found, and only the last one of each job is written: what a job
    went through meanwhile is no news any more.
    """

    def __init__(
        self,
        cluster: Cluster,
        observed: Observed,
        identity: str,
        metrics: Metrics,
        tracer: Tracer,
        audit: AuditLog,
        happened: Callable[[Key], None],
    ) -> None:
        self._cluster = cluster
        self._observed = observed
        self._identity = identity
        self._metrics = metrics
        self._tracer = tracer
        self._audit = audit
        self._happened = happened
        self._found: dict[Key, _Found] = {}
        self._untold: dict[Key, list[Object]] = {}

    def take_in(self, body: Object, state: State, job: Object | None) -> float | None:
        """Take in a state that was found.

        Returns:
            Seconds within which it is to be written, if nothing newer is found; None where the
            status says the same already.
        """
        key, previous = key_of(body), body.get("status", {})
        found = _Found(uid_of(body), state, job)
        wanted = self._status_of(body, found)
        if wanted == previous or (not state.is_final and _without_start(wanted) == previous):
            # When it started is told with the next change.
            self._found.pop(key, None)
            return None
        if key in self._found:
            self._metrics.status_coalesced()
        self._found[key] = found
        if state.is_final:
            # Somebody waits for the document.
            return 0
        return BETWEEN_SECONDS if previous else FIRST_SECONDS

    def is_decided(self, body: Object) -> bool:
        """Whether a final state was found that is still to be written."""
        found = self._found.get(key_of(body))
        return bool(found and found.uid == uid_of(body) and found.state.is_final)

    async def write_found(self, key: Key) -> bool:
        """Write the status that was found last, and say which event the change is worth.

        Returns:
            Whether the job has come to its end by it.

        Raises:
            ApiError: to be tried again; what was found is kept.
        """
        found, body = self._found.get(key), self._observed.security_jobs.get(key)
        if found is None:
            return False
        previous = (body or {}).get("status", {})
        if body is None or uid_of(body) != found.uid or is_final(previous):
            del self._found[key]
            return False
        wanted = self._status_of(body, found)
        if wanted != previous and await self.write(body, wanted):
            logger.info(
                "status.recorded",
                namespace=key.namespace,
                name=key.name,
                uid=found.uid,
                phase=found.state.phase,
                reason=found.state.reason,
            )
            if found.state.is_final:
                self._measure(body, wanted, found.job)
            event = event_of(previous, found.state)
            if event:
                entry = build_event(body, *event, timestamp(), self._identity)
                self._untold.setdefault(key, []).append(entry)
                self._happened(key)
        if self._found.get(key) is found:
            del self._found[key]
        return found.state.is_final

    async def tell(self, key: Key) -> None:
        """Create the events of a job, in the order in which they happened.

        No program misses one that is lost.
        """
        for event in self._untold.pop(key, []):
            try:
                await self._cluster.create_event(event)
            except ApiError as error:
                logger.warning("event.lost", event_reason=event["reason"], error=str(error))

    def deleted(self, body: Object, *, ours: bool) -> None:
        """Take in that a resource was deleted, as it was last seen; whether it was ours to run."""
        if ours and not is_final(body.get("status", {})):
            self._audit.deleted(body)
        self._audit.forget(uid_of(body))

    def forget(self, key: Key) -> None:
        """Forget what was found and happened: another process acts there."""
        self._found.pop(key, None)
        self._untold.pop(key, None)

    def _measure(self, body: Object, status: Object, job: Object | None) -> None:
        started, ended = status.get("startTime"), status["completionTime"]
        seconds = seconds_between(started, ended) if started else None
        succeeded = status["phase"] == "Succeeded"
        outcome: Outcome = "succeeded" if succeeded else "failed"
        self._metrics.job_finished(outcome, status["reason"], seconds)
        self._tracer.finished(body, status, job)
        # At once: the resource may be deleted before it is looked at again.
        self._audit.ended(body, status)

    def _status_of(self, body: Object, found: _Found) -> Object:
        generation, previous = body["metadata"]["generation"], body.get("status", {})
        return status_of(previous, generation, found.state, timestamp(), found.job)

    async def write(self, body: Object, status: Object) -> bool:
        """Write a status; return False when the resource is gone.

        Raises:
            ConflictError: it has changed, or another of its name is there: what it is now is on
                its way, and then this is tried again.
        """
        try:
            patched = await self._cluster.patch_status(body, status)
        except NotFoundError:
            self._observed.forget_security_job(body)
            return False
        self._metrics.status_written()
        self._observed.put_security_job(patched)
        return True


def _without_start(status: Object) -> Object:
    return {name: value for name, value in status.items() if name != "startTime"}
