"""Watches the Jobs that the operator created, on a stream of its own.

A Job changes half a dozen times from its creation to its end: parsed once, and taken in where it is
news, that costs a tenth of what the framework's own watch does. Decides nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import ApiError, GoneError
from pdf_security_operator.metrics import Metrics

Object = dict[str, Any]

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

logger = structlog.get_logger()


class JobWatch:
    """The one stream of Jobs."""

    def __init__(
        self,
        cluster: Cluster,
        relist: Callable[[], Awaitable[str]],
        seen: Callable[..., None],
        metrics: Metrics,
    ) -> None:
        """Make one that has not begun.

        Args:
            cluster: the API.
            relist: takes in all Jobs there are, and that the others are gone; gives their version.
            seen: takes in one Job, and whether it is `deleted`.
            metrics: count how often it begins anew.
        """
        self._cluster = cluster
        self._relist = relist
        self._seen = seen
        self._metrics = metrics

    async def run(self, version: str) -> None:
        """Take in what changes after a version, until cancelled."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                if not version:
                    version = await self._relist()
                async for event in self._cluster.watch_jobs(version):
                    version = event["object"]["metadata"]["resourceVersion"]
                    self._take_in(event)
                    pause = FIRST_PAUSE_SECONDS
                # The server's time for one watch is over; or it ends each at once.
                await asyncio.sleep(FIRST_PAUSE_SECONDS)
                continue
            except ApiError as error:
                if isinstance(error, GoneError):
                    version = ""
                logger.warning("watch.ended", resource="jobs", error=str(error), seconds=pause)
            # Also where all is listed anew: a server that forgets at once would be asked for ever.
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)
            self._metrics.watch_restarted("jobs")

    def _take_in(self, event: Object) -> None:
        if event["type"] == "BOOKMARK":
            return
        try:
            self._seen(event["object"], deleted=event["type"] == "DELETED")
        except Exception:
            # One object that nobody foresaw must not keep the operator from all the others.
            name = event["object"]["metadata"].get("name")
            logger.exception("object.passed-over", name=name)
