"""Watches what there are thousands of, on streams of our own: Jobs and PdfSecurityJobs.

A job changes a dozen times from its creation to its end: parsed once, and taken in where it is
news, that costs a tenth of what the framework's watch does. Decides nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog

from pdf_security_operator.errors import ApiError, GoneError
from pdf_security_operator.metrics import Metrics

Object = dict[str, Any]

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

logger = structlog.get_logger()


class Watch:
    """The stream of one kind of objects."""

    def __init__(
        self,
        plural: str,
        watch: Callable[[str], AsyncIterator[Object]],
        relist: Callable[[], Awaitable[str]],
        seen: Callable[..., None],
        metrics: Metrics,
    ) -> None:
        """Make one that has not begun.

        Args:
            plural: of what is watched, for logs and metrics.
            watch: gives what changes after a version.
            relist: takes in all that is there, and that the rest is gone; gives the version.
            seen: takes in one object, and whether it is `deleted`.
            metrics: count how often it begins anew.
        """
        self._plural = plural
        self._watch = watch
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
                async for event in self._watch(version):
                    version = event["object"]["metadata"]["resourceVersion"]
                    self._take_in(event)
                    pause = FIRST_PAUSE_SECONDS
                # The server's time for one watch is over; or it ends each at once.
                await asyncio.sleep(FIRST_PAUSE_SECONDS)
                continue
            except ApiError as error:
                if isinstance(error, GoneError):
                    version = ""
                logger.warning(
                    "watch.ended", resource=self._plural, error=str(error), seconds=pause
                )
            # Also where all is listed anew: a server that forgets at once would be asked for ever.
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)
            self._metrics.watch_restarted(self._plural)

    def _take_in(self, event: Object) -> None:
        if event["type"] == "BOOKMARK":
            return
        try:
            self._seen(event["object"], deleted=event["type"] == "DELETED")
        except Exception:
            # One object that nobody foresaw must not keep the operator from all the others.
            name = event["object"]["metadata"].get("name")
            logger.exception("object.passed-over", resource=self._plural, name=name)
