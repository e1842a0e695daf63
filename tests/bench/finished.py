"""How much memory the operator takes with many finished resources, and how that grows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.contenders import SECURITY_JOBS
from bench.load import Client
from controlplane import ControlPlane
from controlplane.operator_process import build_job, operator_process

NAMESPACE = "bench-finished"

STEPS = 2
"""Measured at nothing, and after each of so many equal parts: the slope is between them."""


async def measured(
    plane: ControlPlane, client: Client, folder: Path, count: int, say: Callable[[str], None]
) -> float:
    """Create finished resources; return the operator's memory beside all of them, in MiB."""
    plane.kubectl("create", "namespace", NAMESPACE)
    sizes = [_started(plane, folder / "0")]
    for step in range(1, STEPS + 1):
        first, last = (count * part // STEPS for part in (step - 1, step))
        await _create_finished(client, range(first, last))
        sizes.append(_started(plane, folder / str(step)))
        slope = 1024 * (sizes[-1] - sizes[0]) / last if last else 0
        say(f"{last} finished resources: {sizes[-1]:.1f} MiB, {slope:.2f} KiB each")
    return sizes[-1]


def _started(plane: ControlPlane, folder: Path) -> float:
    """Start an operator; give its peak after it has seen everything and looked at it, in MiB."""
    folder.mkdir(parents=True)
    with operator_process(plane, folder) as operator:
        operator.settled(120)
        return operator.peak_rss_bytes() / 1024**2


async def _create_finished(client: Client, numbers: range) -> None:
    path = SECURITY_JOBS.path(NAMESPACE)
    names = [f"f-{number}" for number in numbers]
    await client.create(path, {name: build_job(name, NAMESPACE) for name in names})
    waiting = iter(names)

    async def end() -> None:
        for name in waiting:
            await client.patch(f"{path}/{name}/status", {"status": build_status("Succeeded")})

    await asyncio.gather(*(end() for _ in range(40)))


def build_status(phase: str) -> dict[str, Any]:
    """Build what a job says in a phase, as large as the operator writes it."""
    return {**_STATUS, "phase": phase, "reason": phase}


_CONDITION = {
    "observedGeneration": 1,
    "lastTransitionTime": "2026-01-01T00:00:05Z",
    "reason": "Succeeded",
    "message": "the document was processed: 3 pages; removed 1 JavaScript; took 0.50 s",
}
_STATUS = {
    "observedGeneration": 1,
    "attempts": 1,
    "startTime": "2026-01-01T00:00:01Z",
    "completionTime": "2026-01-01T00:00:05Z",
    "jobName": "f-1-00000000-0000-4000-8000-000000000000",
    "documents": {"total": 1, "succeeded": 1, "failed": 0, "progress": "1/1"},
    "conditions": [
        {"type": "Running", "status": "False", **_CONDITION},
        {"type": "Complete", "status": "True", **_CONDITION},
        {"type": "Reconciling", "status": "False", **_CONDITION},
    ],
    "effective": {
        "className": "standard",
        "image": f"localhost/pdf-security-processor@sha256:{'a' * 64}",
        "cpuLimit": "1",
        "memoryLimit": "768Mi",
        "memoryRequest": "64Mi",
        "scratchSize": "512Mi",
        "activeDeadlineSeconds": 600,
        "backoffLimit": 3,
    },
}
"""What a finished job says, its phase apart."""
