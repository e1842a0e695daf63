"""Writes what a PdfSecurityJob's status and events say. What they say is computed elsewhere."""

from typing import Any

import structlog

from pdf_security_operator.clock import timestamp
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import ApiError, NotFoundError
from pdf_security_operator.events import build_event, event_of
from pdf_security_operator.identity import uid_of
from pdf_security_operator.observed import Observed
from pdf_security_operator.outcome import State
from pdf_security_operator.status import status_of

Object = dict[str, Any]

logger = structlog.get_logger()


class Record:
    """The public record of all PdfSecurityJobs."""

    def __init__(self, cluster: Cluster, observed: Observed, identity: str) -> None:
        self._cluster = cluster
        self._observed = observed
        self._identity = identity

    async def record(self, body: Object, state: State, job: Object | None) -> None:
        """Write the status if it says something new, and the event that the change is worth."""
        metadata = body["metadata"]
        previous = body.get("status", {})
        wanted = status_of(previous, metadata["generation"], state, timestamp(), job)
        if wanted == previous:
            return
        if not await self.write(body, wanted):
            return
        logger.info(
            "status.recorded",
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=uid_of(body),
            phase=state.phase,
            reason=state.reason,
        )
        await self._tell(body, previous, state)

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
        self._observed.put_security_job(patched)
        return True

    async def _tell(self, body: Object, previous: Object, state: State) -> None:
        """Create the event that a change is worth; no program misses one that is lost."""
        event = event_of(previous, state)
        if event is None:
            return
        entry = build_event(body, *event, timestamp(), self._identity)
        try:
            await self._cluster.create_event(entry)
        except ApiError as error:
            logger.warning("event.lost", event_reason=event[1], error=str(error))
