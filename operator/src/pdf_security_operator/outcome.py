"""From an observed Job and its pods to the state of the PdfSecurityJob: pure.

What pods say of themselves is untrusted: it is parsed with bounds, and never believed against
the Job.
"""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pdf_security_operator import names
from pdf_security_operator.api import Phase
from pdf_security_operator.endings import ending_of
from pdf_security_operator.identity import controller_uid_of
from pdf_security_operator.text import message_of, reason_of
from pdf_security_processor.contract import ExitCode, Summary

Object = dict[str, Any]

_KILLED = 137
_MEANINGLESS = ("ContainerCreating", "PodInitializing")
_SAME = {"ErrImagePull": "ImagePullBackOff"}
"""What the kubelet says in turns: one state of the job, not a change every few seconds."""
_RETRIES_HINT = "see the pod's events, or its log while the Job is kept"


@dataclass(frozen=True)
class State:
    """Where a job stands. The reason is one word, the message for people."""

    phase: Phase
    reason: str
    message: str
    summary: Summary | None = None

    @property
    def is_final(self) -> bool:
        """Whether it never changes again."""
        return self.phase in ("Succeeded", "Failed")


_POD_RUNNING = State("Running", "PodRunning", "the document is being processed")


def state_of(
    job: Object, pods: list[Object], warnings: list[Object], last_seen: str | None = None
) -> State:
    """Work out the state.

    Args:
        job: the batch/v1 Job.
        pods: its pods; may be left empty while nothing of them matters.
        warnings: Warning events of the pod or the Job that is stuck.
        last_seen: reason and message of the running condition before, which says why a pod never
            started once its Job's deadline has removed it, and that one has.
    """
    ending = ending_of(job["status"])
    if ending:
        return _finished(ending, pods, last_seen)
    queue = job["metadata"].get("labels", {}).get(names.QUEUE_LABEL)
    if job["spec"].get("suspend") and queue:
        message = f"Kueue has not let the Job start yet; it stands in the LocalQueue {queue}"
        return State("Queued", "WaitingForQueue", message)
    if job["spec"].get("suspend"):
        return State("Suspended", "Suspended", "spec.suspend is true; no pod runs")
    return _running(job, pods, warnings, last_seen)


def _finished(ending: Object, pods: list[Object], last_seen: str | None) -> State:
    terminated = _last_terminated(pods)
    summary = summary_of(terminated)
    if ending["type"] == "Complete":
        return State("Succeeded", "Succeeded", _success_message(summary), summary)
    if ending.get("reason") == "DeadlineExceeded":
        message = "activeDeadlineSeconds passed before the document was finished"
        return State("Failed", "DeadlineExceeded", _joined(message, last_seen))
    reason, message = _failure_of(terminated, summary)
    if reason is None:
        reason = str(ending.get("reason") or "JobFailed")
        message = _joined(str(ending.get("message", "")), last_seen)
    return State("Failed", reason, message, summary)


def _failure_of(terminated: Object | None, summary: Summary | None) -> tuple[str | None, str]:
    """Say why the last container failed."""
    if terminated is None:
        return None, ""
    code = int(terminated.get("exitCode", 0))
    if terminated.get("reason") == "OOMKilled" or code == _KILLED:
        return (
            ExitCode.OUT_OF_MEMORY.reason,
            "the document needs more memory than resources.limits.memory allows; raise it",
        )
    # The reason is the code's own: the kubelet saw the code, the summary only claims.
    reason = ExitCode(code).reason if code in set(ExitCode) else "ProcessorFailed"
    message = f"the processor ended with code {code}; {_RETRIES_HINT}"
    return reason, message_of(summary.message if summary else "") or message


def _running(
    job: Object, pods: list[Object], warnings: list[Object], last_seen: str | None
) -> State:
    status = job.get("status", {})
    failed = status.get("failed", 0)
    if status.get("ready"):
        return _POD_RUNNING
    stuck = stuck_reason_of(pods, warnings)
    if stuck:
        return State("Running", *stuck)
    if failed:
        last = _failure_of(_last_terminated(pods), summary_of(_last_terminated(pods)))
        message = f"attempt {failed} failed, the next one follows"
        return State("Running", "Retrying", _joined(message, last[1] or None))
    if last_seen == f"{_POD_RUNNING.reason}: {_POD_RUNNING.message}":
        # It has ended, and the Job is about to say how.
        return _POD_RUNNING
    return State("Running", "PodStarting", "the pod is being started")


def stuck_reason_of(pods: list[Object], warnings: list[Object]) -> tuple[str, str] | None:
    """Say why a pod does not start, in the kubelet's or the scheduler's own words.

    Warnings count only where the pods themselves do not tell.
    """
    for pod in pods:
        for condition in pod.get("status", {}).get("conditions", []):
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                return reason_of(condition.get("reason")), message_of(condition.get("message"))
        for container in _container_statuses_of(pod):
            waiting = container.get("state", {}).get("waiting", {})
            if waiting.get("reason") and waiting["reason"] not in _MEANINGLESS:
                reason = _SAME.get(waiting["reason"], waiting["reason"])
                return reason_of(reason), message_of(waiting.get("message"))
    latest = max(warnings, key=time_of, default=None)
    return (reason_of(latest.get("reason")), message_of(latest.get("message"))) if latest else None


def _container_statuses_of(pod: Object) -> list[Object]:
    """Give the states of all containers, what an injector put before the processor first."""
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def time_of(event: Object) -> str:
    """When an event was seen last."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def _last_terminated(pods: list[Object]) -> Object | None:
    """Find the state of the container that ended last."""
    ended = []
    for pod in pods:
        for container in pod.get("status", {}).get("containerStatuses", []):
            terminated = container.get("state", {}).get("terminated")
            if terminated and container.get("name") == names.CONTAINER:
                ended.append(terminated)
    return max(ended, key=lambda state: str(state.get("finishedAt")), default=None)


def pods_of(job: Object, pods: list[Object]) -> list[Object]:
    """Choose the pods that a Job controls: anybody's may bear its label."""
    return [pod for pod in pods if controller_uid_of(pod) == job["metadata"]["uid"]]


def unfinished_of(pods: list[Object]) -> Object | None:
    """Find the pod that is still to end."""
    ended = ("Succeeded", "Failed")
    return next((pod for pod in pods if pod.get("status", {}).get("phase") not in ended), None)


def summary_of(terminated: Object | None) -> Summary | None:
    """Parse the untrusted termination message; None where it is no summary of this ending."""
    untrusted_message = (terminated or {}).get("message")
    if not isinstance(untrusted_message, str):
        return None
    try:
        summary = Summary.model_validate(json.loads(untrusted_message))
    except (ValueError, ValidationError, RecursionError):
        return None
    return summary if summary.exit_code == (terminated or {}).get("exitCode", 0) else None


def _success_message(summary: Summary | None) -> str:
    if summary is None:
        return "the document was processed"
    pages = summary.input.pages if summary.input else None
    parts = [f"{pages} page{'' if pages == 1 else 's'}"] if pages is not None else []
    for done, counts in (("removed", summary.removed), ("kept", summary.kept)):
        if counts:
            kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
            parts.append(f"{done} {kinds}")
    if summary.visual and summary.visual.changed:
        parts.append(f"{summary.visual.changed} of {summary.visual.pages} pages look different")
    elif summary.visual and not summary.visual.problem:
        parts.append("all that was compared looks the same")
    parts.append(f"took {summary.duration_seconds:.2f} s")
    return message_of("the document was processed: " + "; ".join(parts))


def _joined(message: str, more: str | None) -> str:
    return message_of(f"{message}; last seen: {more}" if more else message)
