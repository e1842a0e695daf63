"""What pods said at their end, kept until their Job has ended too. No I/O.

To ask for the pods of one Job makes the API server read those of its whole namespace: a watch that
shows each pod once, at its end, costs a hundredth of it. What it missed is asked for all the same.
"""

from collections import OrderedDict
from typing import Any

from pdf_security_operator.identity import controller_uid_of, uid_of

Object = dict[str, Any]

LARGEST = 4096
"""Jobs of which pods are kept, the newest: whoever can create pods can make them up."""

LARGEST_OF_JOB = 32
"""Pods that are kept of one Job, which has 20 retries at most."""


class EndedPods:
    """Ended pods by the UID of the Job that controls them; one event loop reads and writes it."""

    def __init__(self) -> None:
        self._pods: OrderedDict[str, dict[str, Object]] = OrderedDict()

    def seen(self, pod: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a pod that has ended; how it is deleted is no news."""
        job_uid = controller_uid_of(pod)
        if job_uid is None or deleted:
            return
        pods = self._pods.setdefault(job_uid, {})
        if len(pods) < LARGEST_OF_JOB:
            pods[uid_of(pod)] = _trimmed(pod)
        if len(self._pods) > LARGEST:
            self._pods.popitem(last=False)

    def take(self, job: Object) -> list[Object] | None:
        """Give the pods of a Job that has ended, and forget them; None where one may be missing."""
        pods = self._pods.pop(uid_of(job), {})
        status = job["status"]
        ended = status.get("succeeded", 0) + status.get("failed", 0)
        return list(pods.values()) if pods and len(pods) >= ended else None


def _trimmed(pod: Object) -> Object:
    metadata, status = pod["metadata"], pod.get("status", {})
    return {
        "metadata": {"uid": metadata["uid"], "ownerReferences": metadata["ownerReferences"]},
        "status": {
            "phase": status.get("phase"),
            "containerStatuses": [
                {"name": container.get("name"), "state": container.get("state", {})}
                for container in status.get("containerStatuses", [])
            ],
        },
    }
