"""Whether an installation works: definitions served, operator ready. Asks, and changes nothing."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from pdf_security_operator import names
from pdf_security_operator.errors import ApiError
from pdf_security_operator.transport import Transport

Object = dict[str, Any]

CHECK_SECONDS = 60.0
"""For what was just installed; it takes a few."""

PAUSE_SECONDS = 1.0


async def check_installation(
    transport: Transport, namespace: str, seconds: float = CHECK_SECONDS
) -> list[str]:
    """Ask until nothing is wrong, or the time is over; return what still is.

    Args:
        transport: of an account that may read the operator's Deployment.
        namespace: the operator's.
        seconds: how long to ask.
    """
    until = time.monotonic() + seconds
    while True:
        faults = await _faults(transport, namespace)
        if not faults or time.monotonic() > until:
            return faults
        await asyncio.sleep(PAUSE_SECONDS)


def definition_faults(discovered: Object) -> list[str]:
    """Name the definitions that the API server does not serve, by its list of our version."""
    served = {resource["name"] for resource in discovered.get("resources", ())}
    return [
        f"{plural}.{names.GROUP} is not served in {names.VERSION}; apply the definitions"
        for plural in (names.JOB_PLURAL, names.CLASS_PLURAL)
        if not {plural, f"{plural}/status"} <= served
    ]


def deployment_faults(deployment: Object) -> list[str]:
    """Say how many replicas of the operator are not ready, those of an older version included."""
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return [f"Deployment {names.DEPLOYMENT} was changed, and no controller has seen it yet"]
    ready = min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0))
    if ready < wanted:
        return [
            f"{ready} of {wanted} replicas of Deployment {names.DEPLOYMENT} are ready; "
            "see its pods' events and logs"
        ]
    return []


async def _faults(transport: Transport, namespace: str) -> list[str]:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{names.DEPLOYMENT}"
    try:
        discovered = await transport.send("GET", f"/apis/{names.API_VERSION}")
        deployment = await transport.send("GET", path)
    except ApiError as error:
        return [str(error)]
    return definition_faults(discovered) + deployment_faults(deployment)
