"""Puts the parts of one replica together: who leads, who acts, and how it is. Does no work."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiohttp

from pdf_security_operator import shards
from pdf_security_operator.audit.log import AuditLog
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.controller import Controller
from pdf_security_operator.leader import Leader, identity_of
from pdf_security_operator.lease_store import LeaseStore
from pdf_security_operator.limiter import Limiter
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.settings import Settings
from pdf_security_operator.tracing import Tracer
from pdf_security_operator.transport import Transport

Object = dict[str, Any]

STUCK_SECONDS = 60.0
"""A loop that has not come round for so long never will."""

DRAIN_SECONDS = 5.0
"""For what is under way when the process is told to end; a Job needs one request."""


class Operator:
    """One replica."""

    def __init__(
        self,
        settings: Settings,
        session: aiohttp.ClientSession,
        lease_session: aiohttp.ClientSession,
        metrics: Metrics,
        tracer: Tracer,
        audit: AuditLog,
    ) -> None:
        """Make one that has not begun.

        Args:
            settings: of this process.
            session: to the API server, for all but the Leases.
            lease_session: for them: behind everybody else's requests a renewal would come too late.
            metrics: what is counted.
            tracer: takes the spans of finished jobs.
            audit: takes what is decided and how it ends.
        """
        self._settings = settings
        self._metrics = metrics
        self._audit = audit
        self._ending = False
        self._synced = False
        server, rate = settings.api_server, settings.requests_per_second
        transport = Transport(session, server, Limiter(rate, 2 * rate), metrics)
        leases = Transport(lease_session, server, Limiter(rate, rate), metrics)
        cluster = Cluster(transport, self._seconds_left, settings.watched_namespace)
        self._leader = Leader(
            LeaseStore(leases, settings.namespace),
            identity=identity_of(settings.identity),
            namespace=settings.namespace,
            on_gained=self._gained,
            on_lost=self._lost,
            shard_count=settings.shards,
        )
        for shard in range(settings.shards):
            # From 0 on: a shard that nobody has ever led is one without a leader, too.
            metrics.set_leading(str(shard), False)
        metrics.set_memory_limit(settings.memory_limit_bytes)
        self.controller = Controller(cluster, settings, metrics, tracer, audit, self._takes_up)

    async def first_sync(self) -> None:
        """See everything once; before that nothing may be decided."""
        await self._audit.begin()
        await self.controller.first_sync()
        self._synced = True

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Give what runs for as long as the operator does."""
        return [self.controller.run(), self._leader.run(), self._audit.run()]

    async def drained(self) -> None:
        """Begin nothing new, and return when what is under way has ended."""
        self._ending = True
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.controller.drained()
        except TimeoutError:
            # Whatever it is, it can be repeated.
            return

    async def release(self) -> None:
        """Let another lead at once; the parts must have ended."""
        await self._leader.release()
        await self._audit.close()

    def sick(self) -> list[str]:
        """Name what only a restart can mend; an API server that is away is not."""
        stuck = self._synced and self._leader.seconds_since_round() > STUCK_SECONDS
        return ["leases"] if stuck else []

    def ready(self) -> tuple[bool, Object]:
        """Say whether it does its part: to stand by is one."""
        leading = [shard for shard in range(self._settings.shards) if self._leader.holds(shard)]
        return self._synced and not self._ending, {"synced": self._synced, "leading": leading}

    def _owns(self, namespace: str) -> bool:
        return self._seconds_left(namespace) > 0

    def _seconds_left(self, namespace: str) -> float:
        """Give the seconds for which we may act in a namespace; an empty one is the cluster."""
        if not namespace:
            return self._leader.seconds_left(shards.CLUSTER_SHARD)
        return self._leader.seconds_left(shards.shard_of(namespace, self._settings.shards))

    def _takes_up(self, namespace: str) -> bool:
        return not self._ending and self._owns(namespace)

    def _gained(self, shard: int) -> None:
        self._metrics.set_leading(str(shard), True)
        self.controller.gained()

    def _lost(self, shard: int) -> None:
        self._metrics.set_leading(str(shard), False)
