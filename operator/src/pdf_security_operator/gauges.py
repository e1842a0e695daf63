"""Keeps the gauges true: what stands in line, what runs, and what is held, as it is now."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

from pdf_security_operator.classes import Classes
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.observed import Observed

MEASURE_SECONDS = 2.0
"""Time between two updates."""


async def keep_gauges(
    metrics: Metrics,
    depths: Callable[[], Mapping[str, int]],
    observed: Observed,
    classes: Classes,
) -> None:
    """Measure until cancelled.

    Args:
        metrics: what is set.
        depths: gives the length of each lane of the queue.
        observed: knows who waits for a place of a class, who holds one, and who is held.
        classes: knows which of them are fit for use.
    """
    while True:
        for lane, depth in depths().items():
            metrics.set_queue_depth(lane, depth)
        accepted = classes.accepted()
        # Of a class of which nobody waits, 0: an autoscaler takes silence for a fault.
        none = dict.fromkeys(accepted, 0)
        metrics.set_jobs_waiting(none | observed.turnstile.waiting())
        metrics.set_jobs_running(none | observed.turnstile.places.classes())
        metrics.set_jobs_held(Counter(observed.held.values()))
        metrics.set_classes(accepted)
        await asyncio.sleep(MEASURE_SECONDS)
