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
from pdf_security_operator.observed import is_finished
from pdf_security_processor.contract import ExitCode, Summary

Object = dict[str, Any]

MESSAGE_LENGTH = 1024
"""Characters of a message that goes into status."""

_KILLED = 137
_MEANINGLESS = ("ContainerCreating", "PodInitializing")
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


def state_of(
    job: Object, pods: list[Object], warnings: list[Object], last_seen: str | None = None
) -> State:
    """Work out the state.

    Args:
        job: the batch/v1 Job.
        pods: its pods; may be left empty while nothing of them matters.
        warnings: Warning events of the pod or the Job that is stuck.
        last_seen: reason and message of the running condition before, which says why a pod never
            started once its Job's deadline has removed it.
    """
    if is_finished(job):
        return _finished(job, pods, last_seen)
    if job["spec"].get("suspend"):
        return State("Suspended", "Suspended", "spec.suspend is true; no pod runs")
    return _running(job, pods, warnings)


def _finished(job: Object, pods: list[Object], last_seen: str | None) -> State:
    terminated = _last_terminated(pods)
    summary = summary_of(terminated)
    (condition,) = [
        entry
        for entry in job["status"]["conditions"]
        if entry["type"] in ("Complete", "Failed") and entry["status"] == "True"
    ][:1]
    if condition["type"] == "Complete":
        return State("Succeeded", "Succeeded", _success_message(summary), summary)
    if condition.get("reason") == "DeadlineExceeded":
        message = "activeDeadlineSeconds passed before the document was finished"
        return State("Failed", "DeadlineExceeded", _joined(message, last_seen))
    reason, message = _failure_of(terminated, summary)
    if reason is None:
        reason = str(condition.get("reason") or "JobFailed")
        message = _joined(str(condition.get("message", "")), last_seen)
    return State("Failed", reason, _cut(message), summary)


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
    return reason, _cut(summary.message if summary else "") or message


def _running(job: Object, pods: list[Object], warnings: list[Object]) -> State:
    status = job.get("status", {})
    failed = status.get("failed", 0)
    if status.get("ready"):
        return State("Running", "PodRunning", "the document is being processed")
    stuck = _stuck_reason(pods, warnings)
    if stuck:
        return State("Running", *stuck)
    if failed:
        last = _failure_of(_last_terminated(pods), summary_of(_last_terminated(pods)))
        message = f"attempt {failed} failed, the next one follows"
        return State("Running", "Retrying", _joined(message, last[1] or None))
    return State("Running", "PodStarting", "the pod is being started")


def _stuck_reason(pods: list[Object], warnings: list[Object]) -> tuple[str, str] | None:
    """Say why a pod does not start, in the kubelet's or the scheduler's own words."""
    for pod in pods:
        for condition in pod.get("status", {}).get("conditions", []):
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                return _word(condition.get("reason")), _cut(condition.get("message"))
        for container in pod.get("status", {}).get("containerStatuses", []):
            waiting = container.get("state", {}).get("waiting", {})
            if waiting.get("reason") and waiting["reason"] not in _MEANINGLESS:
                return _word(waiting["reason"]), _cut(waiting.get("message"))
    latest = max(warnings, key=_time_of, default=None)
    return (_word(latest.get("reason")), _cut(latest.get("message"))) if latest else None


def _time_of(event: Object) -> str:
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
    if summary.removed:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(summary.removed.items()))
        parts.append(f"removed {kinds}")
    parts.append(f"took {summary.duration_seconds:.2f} s")
    return _cut("the document was processed: " + "; ".join(parts))


def _joined(message: str, more: str | None) -> str:
    return _cut(f"{message}; last seen: {more}" if more else message)


def _word(text: Any) -> str:
    """Make an untrusted reason fit a condition's."""
    letters = (letter for letter in str(text or "")[:MESSAGE_LENGTH] if letter.isascii())
    word = "".join(letter for letter in letters if letter.isalnum()).lstrip("0123456789")
    return word[:64] or "Unknown"


def _cut(text: Any) -> str:
    """Make an untrusted message fit a condition's: no terminal takes orders from it."""
    letters = str(text or "")[:MESSAGE_LENGTH]
    return "".join(letter if letter.isprintable() else " " for letter in letters)
