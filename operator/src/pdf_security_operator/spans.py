"""The spans of a job, from its admission to its end, computed from its resource alone: pure.

Ids follow from the resource's UID: whoever computes them comes to the same, across restarts and
from within the pod. Knows no tracing library; exporting is for `tracing`.
"""

import datetime
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

ROOT = "PdfSecurityJob"
QUEUED = "queued"
RUN = "run"
"""Names of the spans: all of it, the wait for the Job's start, and the Job."""

_SAMPLED = "01"


@dataclass(frozen=True)
class JobSpan:
    """A span; times in nanoseconds since 1970, ids as the numbers that they are."""

    name: str
    trace_id: int
    span_id: int
    parent_id: int | None
    start: int
    end: int
    attributes: Mapping[str, str | int]
    error: str | None = None
    """Why it failed, in one word; None where it did not."""


def trace_id_of(uid: str) -> int:
    """Give the trace's id: the 128 bits of the UID."""
    return uuid.UUID(uid).int


def span_id_of(uid: str, name: str) -> int:
    """Derive a span's id."""
    # 0 is no span's id; one in 2^64 shares that of another trace, which hurts nobody.
    return int.from_bytes(hashlib.sha256(f"{uid}{name}".encode()).digest()[:8]) or 1


def traceparent_of(uid: str) -> str:
    """Give what the pod is told, in W3C's form: what it records belongs under the run."""
    return f"00-{trace_id_of(uid):032x}-{span_id_of(uid, RUN):016x}-{_SAMPLED}"


def spans_of(body: Object, status: Object, job: Object | None) -> list[JobSpan]:
    """Compute the spans of a job that has come to its end.

    Args:
        body: the PdfSecurityJob, of which only the metadata counts.
        status: its final status.
        job: its Job, where there is one and the status does not know when it started.

    Raises:
        ValueError: a time or the UID is none.
        KeyError: the status is not that of a job that has come to its end.
    """
    created = _nanoseconds(body["metadata"]["creationTimestamp"])
    # Three clocks wrote these: none may end a span before it began.
    ended = max(created, _nanoseconds(status["completionTime"]))
    start_time = status.get("startTime") or (job or {}).get("status", {}).get("startTime")
    started = min(max(created, _nanoseconds(start_time)), ended) if start_time else None
    parts = [(ROOT, created, ended), (QUEUED, created, ended if started is None else started)]
    if started is not None:
        parts.append((RUN, started, ended))
    error = str(status.get("reason", "")) if status.get("phase") == "Failed" else None
    # What failed is all of it and its last part; whoever ran has waited without a fault.
    at_fault = (ROOT, parts[-1][0])
    return [
        JobSpan(
            name=name,
            trace_id=trace_id_of(body["metadata"]["uid"]),
            span_id=span_id_of(body["metadata"]["uid"], name),
            parent_id=None if name == ROOT else span_id_of(body["metadata"]["uid"], ROOT),
            start=start,
            end=end,
            attributes=_attributes(body["metadata"], status),
            error=error if name in at_fault else None,
        )
        for name, start, end in parts
    ]


def _attributes(metadata: Object, status: Object) -> dict[str, str | int]:
    found = {
        "k8s.namespace.name": metadata["namespace"],
        "pdfsecurity.job.name": metadata["name"],
        "pdfsecurity.job.uid": metadata["uid"],
        "pdfsecurity.job.class": status.get("effective", {}).get("className"),
        "pdfsecurity.job.attempts": status.get("attempts", 0),
        "pdfsecurity.job.reason": status.get("reason"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _nanoseconds(time: str) -> int:
    moment = datetime.datetime.fromisoformat(time)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    # In whole numbers: as a float, this year's nanoseconds are some hundred off.
    return (moment - epoch) // datetime.timedelta(microseconds=1) * 1000
