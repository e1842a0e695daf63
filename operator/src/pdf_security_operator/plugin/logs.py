"""The logs of a job's pods, in the order of its attempts. Prints nothing."""

import time
from collections.abc import Iterator

from pdf_security_operator import names
from pdf_security_operator.plugin.errors import NotFoundError, RefusedError, UnreachableError
from pdf_security_operator.plugin.observation import pods_of
from pdf_security_operator.plugin.resources import JOBS
from pdf_security_operator.plugin.server import Object, Server
from pdf_security_operator.plugin.standing import has_ended, standing_of

PAUSE = 1.0
"""Seconds between two looks for the next attempt."""


def log_lines(server: Server, name: str, *, follow: bool) -> Iterator[tuple[str, str]]:
    """Give the lines of each attempt's log, each with the name of its pod.

    Args:
        server: who is asked.
        name: of the job.
        follow: wait for pods that are still to come, until the job has ended.

    Raises:
        NotFoundError: there is no log, and without `follow` none is waited for.
        ServerError: the job or a log cannot be read.
    """
    told: set[str] = set()
    while True:
        job = server.get(JOBS, server.namespace, name)
        pods = [pod for pod in pods_of(server, job) if pod["metadata"]["uid"] not in told]
        for pod in pods:
            if not _has_log(pod):
                continue
            told.add(pod["metadata"]["uid"])
            pod_name = pod["metadata"]["name"]
            for line in _lines_of(server, pod_name, follow=follow):
                yield pod_name, line
        if not follow or (has_ended(job) and not pods):
            break
        time.sleep(PAUSE)
    if not told:
        raise NotFoundError(_why_none(job, has_pods=bool(pods)))


def _lines_of(server: Server, pod: str, *, follow: bool) -> Iterator[str]:
    try:
        yield from server.log_lines(server.namespace, pod, names.CONTAINER, follow=follow)
    except RefusedError as error:
        raise NotFoundError(f"the log of the pod {pod} cannot be read: {error}") from error
    except UnreachableError as error:
        raise UnreachableError(f"{error}; the log of the pod {pod} broke off") from error


def _has_log(pod: Object) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses", [])
    return any("waiting" not in (status.get("state") or {"waiting": {}}) for status in statuses)


def _why_none(job: Object, *, has_pods: bool) -> str:
    standing = standing_of(job)
    name, place = standing.key.name, f"{standing.phase} {standing.reason}".strip()
    if has_ended(job) and (job.get("status") or {}).get("jobName"):
        return (
            f"the pods of {name} are gone, and their logs with them, a while after its end: see "
            f"`kubectl pdfsec report {name}`"
        )
    if has_ended(job):
        return (
            f"{name} has no log, for it ended before it had a pod: see "
            f"`kubectl pdfsec explain {name}`"
        )
    what = "its pod has not started" if has_pods else "it has no pod yet"
    return (
        f"there is no log of {name} yet: {what} ({place}); wait with -f, or see "
        f"`kubectl pdfsec explain {name}`"
    )
