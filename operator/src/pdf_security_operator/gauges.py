"""Keeps the gauges true: what stands in line, and what runs, as it is now."""

import asyncio
from collections.abc import Callable, Mapping

from pdf_security_operator.metrics import Metrics
from pdf_security_operator.turnstile import Turnstile

MEASURE_SECONDS = 2.0
"""Time between two updates."""


async def keep_gauges(
    metrics: Metrics, depths: Callable[[], Mapping[str, int]], turnstile: Turnstile
) -> None:
    """Measure until cancelled.

    Args:
        metrics: what is set.
        depths: gives the length of each lane of the queue.
        turnstile: knows who waits for a place of a class, and who holds one.
    """
    while True:
        for lane, depth in depths().items():
            metrics.set_queue_depth(lane, depth)
        metrics.set_jobs_waiting(turnstile.waiting())
        metrics.set_jobs_running(turnstile.places.classes())
        await asyncio.sleep(MEASURE_SECONDS)
