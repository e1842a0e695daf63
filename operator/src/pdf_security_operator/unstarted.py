"""What keeps pods from starting, read of a whole namespace for all who ask meanwhile.

To ask for the pods or the events of one Job makes the API server look through all those of its
namespace: with a thousand Jobs that wait for their pods, a thousand times. Decides nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any

from pdf_security_operator.cluster import Cluster
from pdf_security_operator.identity import controller_uid_of, uid_of
from pdf_security_operator.outcome import time_of

Object = dict[str, Any]
ByUid = Mapping[str, list[Object]]

SHARED_SECONDS = 4.0
"""How long what was read of a namespace is good for, at least."""

LONGEST_SHARED_SECONDS = 60.0

PAUSE = 20.0
"""Times as long as all that is good took to read, until any of it is read anew: of namespaces with
thousands of events, nothing else would be read in the end."""


class Unstarted:
    """What does not start, by namespace; one event loop reads it."""

    def __init__(self, cluster: Cluster) -> None:
        self._pods = _Shared(lambda namespace: _pods_by_job(cluster.starting_pods(namespace)))
        self._warnings = _Shared(lambda namespace: _by_subject(cluster.warnings(namespace)))

    async def pods_of(self, job: Object) -> list[Object]:
        """Give the pods of a Job that have not ended, as they were a short while ago.

        Raises:
            ApiError: they cannot be read now.
        """
        pods = await self._pods.of(job["metadata"]["namespace"])
        return pods.get(uid_of(job), [])

    async def warnings_of(self, namespace: str, uid: str) -> list[Object]:
        """Give the newest warning of an object; none where there is none. Raises ApiError."""
        warnings = await self._warnings.of(namespace)
        return warnings.get(uid, [])


class _Shared:
    """What is read of a namespace, by one for all who ask while it is good."""

    def __init__(self, read: Callable[[str], Awaitable[ByUid]]) -> None:
        self._read = read
        self._readings: dict[str, asyncio.Task[ByUid]] = {}

    async def of(self, namespace: str) -> ByUid:
        reading = self._readings.get(namespace)
        if reading is None:
            reading = asyncio.create_task(self._begin(namespace))
            self._readings[namespace] = reading
        # Whoever asks may be cancelled; it is read for the others all the same.
        return await asyncio.shield(reading)

    async def _begin(self, namespace: str) -> ByUid:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            read = await self._read(namespace)
        except BaseException:
            del self._readings[namespace]
            raise
        costs = (loop.time() - began) * len(self._readings)
        good_for = min(LONGEST_SHARED_SECONDS, max(SHARED_SECONDS, PAUSE * costs))
        loop.call_later(good_for, self._readings.pop, namespace)
        return read


async def _pods_by_job(pods: AsyncIterable[Object]) -> ByUid:
    """Order pods by the Job that controls them, trimmed to what tells why they do not start."""
    found: defaultdict[str, list[Object]] = defaultdict(list)
    async for pod in pods:
        job_uid = controller_uid_of(pod)
        if job_uid:
            found[job_uid].append(_trimmed(pod))
    return found


async def _by_subject(warnings: AsyncIterable[Object]) -> ByUid:
    """Order warnings by what they tell of: of each only the newest, for some are told for ever."""
    newest: dict[str, list[Object]] = {}
    async for warning in warnings:
        uid = warning.get("involvedObject", {}).get("uid", "")
        kept = {name: warning.get(name) for name in _OF_WARNING}
        newest[uid] = [max([*newest.get(uid, []), kept], key=time_of)]
    return newest


_OF_WARNING = ("reason", "message", "lastTimestamp", "eventTime")


def _trimmed(pod: Object) -> Object:
    metadata, status = pod["metadata"], pod.get("status", {})
    return {
        "metadata": {"uid": metadata["uid"], "ownerReferences": metadata["ownerReferences"]},
        "status": {name: status[name] for name in _OF_STATUS if name in status},
    }


_OF_STATUS = ("phase", "conditions", "initContainerStatuses", "containerStatuses")
