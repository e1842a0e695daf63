"""Builder of the Events that a person reads in `kubectl describe`: pure."""

from typing import Any

from pdf_security_operator import names
from pdf_security_operator.outcome import State

Object = dict[str, Any]

_NOTE_LENGTH = 1000
"""Characters of a note; the API takes 1,024."""


def build_event(body: Object, kind: str, reason: str, note: str, now: str, identity: str) -> Object:
    """Build an Event about a PdfSecurityJob.

    Args:
        body: the resource.
        kind: `Normal` or `Warning`.
        reason: one word.
        note: what happened.
        now: RFC 3339 timestamp.
        identity: name of the operator's pod.
    """
    metadata = body["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "generateName": f"{metadata['name'][:200].rstrip('-.')}.",
            "namespace": metadata["namespace"],
        },
        "involvedObject": {
            "apiVersion": names.API_VERSION,
            "kind": names.JOB_KIND,
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
        "type": kind,
        "reason": reason,
        "message": note[:_NOTE_LENGTH],
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "source": {"component": names.MANAGED_BY},
        "reportingComponent": names.MANAGED_BY,
        "reportingInstance": identity[:128],
    }


def event_of(previous: Object, state: State) -> tuple[str, str, str] | None:
    """Choose the event that a change of state is worth: type, reason and note; None for most."""
    if previous.get("phase") == state.phase and previous.get("reason") == state.reason:
        return None
    if state.phase == "Failed":
        return "Warning", state.reason, state.message
    if state.phase in ("Succeeded", "Suspended"):
        return "Normal", state.reason, state.message
    if state.phase == "Queued":
        return "Normal", state.reason, f"waits: {state.message}"
    if state.reason not in ("PodStarting", "PodRunning"):
        return "Warning", state.reason, state.message
    if previous.get("phase") in ("Queued", "Suspended"):
        # Of one that starts at once, the status says it: an event would be a write for each job.
        return "Normal", "Started", f"the Job is there: {state.message}"
    return None
