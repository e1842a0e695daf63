"""The spans of a job: their ids, which everybody must come to, and their times."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from pdf_security_operator.spans import spans_of, traceparent_of

UID = "8f14e45f-ceea-467f-a0e6-bb9a0f1d2c3b"

BODY: dict[str, Any] = {
    "metadata": {
        "namespace": "team-a",
        "name": "letter",
        "uid": UID,
        "creationTimestamp": "2026-01-02T03:04:05Z",
    }
}

SUCCEEDED: dict[str, Any] = {
    "phase": "Succeeded",
    "reason": "Succeeded",
    "startTime": "2026-01-02T03:04:15Z",
    "completionTime": "2026-01-02T03:04:45Z",
    "attempts": 2,
    "effective": {"className": "standard"},
}

CREATED = 1_767_323_045
"""`creationTimestamp` in seconds since 1970."""


def seconds_of(status: dict[str, Any], job: dict[str, Any] | None = None) -> dict[str, Any]:
    """Start and end of each span, in seconds after the creation."""
    billion = 1_000_000_000
    return {
        span.name: (span.start / billion - CREATED, span.end / billion - CREATED)
        for span in spans_of(BODY, status, job)
    }


def test_pod_and_operator_come_to_the_same_ids() -> None:
    """What the pod records would hang under nothing, or after a restart under something else."""
    version, trace, parent, flags = traceparent_of(UID).split("-")
    run = spans_of(BODY, SUCCEEDED, None)[-1]
    assert (version, flags) == ("00", "01")
    assert trace == UID.replace("-", "") == f"{run.trace_id:032x}"
    assert parent == hashlib.sha256(f"{UID}run".encode()).hexdigest()[:16] == f"{run.span_id:016x}"


def test_one_root_with_two_parts() -> None:
    """A viewer would show three traces, or one without a beginning."""
    root, queued, run = spans_of(BODY, SUCCEEDED, None)
    assert (root.name, queued.name, run.name) == ("PdfSecurityJob", "queued", "run")
    assert root.parent_id is None
    assert queued.parent_id == run.parent_id == root.span_id
    assert len({root.span_id, queued.span_id, run.span_id}) == 3


@pytest.mark.parametrize(
    ("changes", "job", "expected"),
    [
        pytest.param(
            {},
            None,
            {"PdfSecurityJob": (0, 40), "queued": (0, 10), "run": (10, 40)},
            id="ran",
        ),
        pytest.param(
            {"startTime": None},
            {"status": {"startTime": "2026-01-02T03:04:25Z"}},
            {"PdfSecurityJob": (0, 40), "queued": (0, 20), "run": (20, 40)},
            id="only-the-job-knows",
        ),
        pytest.param(
            {"startTime": None},
            {"status": {}},
            {"PdfSecurityJob": (0, 40), "queued": (0, 40)},
            id="never-ran",
        ),
        pytest.param(
            {"startTime": "2026-01-02T03:04:00Z"},
            None,
            {"PdfSecurityJob": (0, 40), "queued": (0, 0), "run": (0, 40)},
            id="clock-of-the-start-is-behind",
        ),
        pytest.param(
            {"completionTime": "2026-01-02T03:04:00Z"},
            None,
            {"PdfSecurityJob": (0, 0), "queued": (0, 0), "run": (0, 0)},
            id="clock-of-the-end-is-behind",
        ),
    ],
)
def test_times(changes: dict[str, Any], job: dict[str, Any] | None, expected: Any) -> None:
    """A span that ends before it began is refused by what it is sent to, and all with it."""
    assert seconds_of({**SUCCEEDED, **changes}, job) == expected


def test_attributes() -> None:
    """Nobody would find the trace of a job."""
    for span in spans_of(BODY, SUCCEEDED, None):
        assert span.attributes == {
            "k8s.namespace.name": "team-a",
            "pdfsecurity.job.name": "letter",
            "pdfsecurity.job.uid": UID,
            "pdfsecurity.job.class": "standard",
            "pdfsecurity.job.attempts": 2,
            "pdfsecurity.job.reason": "Succeeded",
        }


def test_rejected_before_it_had_a_class() -> None:
    """A job without a class would have no trace at all."""
    status = {"phase": "Failed", "reason": "InvalidSpec", "completionTime": "2026-01-02T03:04:06Z"}
    root, queued = spans_of(BODY, status, None)
    assert root.error == queued.error == "InvalidSpec"
    assert "pdfsecurity.job.class" not in root.attributes
    assert root.attributes["pdfsecurity.job.attempts"] == 0


def test_the_wait_of_one_that_ran_and_failed_is_no_fault() -> None:
    """Whoever looks for errors would be led to the queue."""
    failed = {**SUCCEEDED, "phase": "Failed", "reason": "NotAPdf"}
    assert [span.error for span in spans_of(BODY, failed, None)] == ["NotAPdf", None, "NotAPdf"]
    assert [span.error for span in spans_of(BODY, SUCCEEDED, None)] == [None, None, None]


@pytest.mark.parametrize("body", [BODY, {"metadata": {**BODY["metadata"], "uid": "no-uid"}}])
def test_what_is_no_ending_is_refused(body: dict[str, Any]) -> None:
    """Spans of nonsense would be sent."""
    with pytest.raises((KeyError, ValueError)):
        spans_of(body, {"phase": "Running"}, None)
