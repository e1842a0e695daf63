"""What pods said at their end, kept until it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator import ended_pods
from pdf_security_operator.ended_pods import EndedPods

Object = dict[str, Any]


def pod(uid: str, job_uid: str | None = "job", message: str = "{}") -> Object:
    """Build a pod that has ended, as the API server tells of it."""
    owner = {"kind": "Job", "uid": job_uid, "controller": True}
    return {
        "metadata": {
            "name": f"letter-{uid}",
            "uid": uid,
            "managedFields": ["large"],
            **({"ownerReferences": [owner]} if job_uid else {}),
        },
        "spec": {"containers": ["large"]},
        "status": {
            "phase": "Succeeded",
            "containerStatuses": [
                {"name": "processor", "state": {"terminated": {"exitCode": 0, "message": message}}}
            ],
        },
    }


def job(uid: str = "job", **counts: int) -> Object:
    """Build what is known of a Job that has ended."""
    return {"metadata": {"uid": uid}, "status": counts}


def test_its_pods_are_given_once() -> None:
    """Each end of a job would make the API server read all pods of the namespace."""
    ended = EndedPods()
    ended.seen(pod("1", message="first"), deleted=False)
    ended.seen(pod("2", message="second"), deleted=False)
    ended.seen(pod("3", job_uid="other"), deleted=False)
    found = ended.take(job(succeeded=1, failed=1))
    assert found is not None
    (first, second) = found
    terminated = first["status"]["containerStatuses"][0]["state"]["terminated"]
    assert terminated == {"exitCode": 0, "message": "first"}
    assert second["metadata"]["uid"] == "2"
    assert ended.take(job(succeeded=1, failed=1)) is None


def test_what_is_large_is_not_kept() -> None:
    """Thousands of pods would be kept whole, of which one field is read."""
    ended = EndedPods()
    ended.seen(pod("1"), deleted=False)
    assert "large" not in str(ended.take(job(succeeded=1)))


def test_a_missing_pod_is_asked_for() -> None:
    """Of a job that succeeded at its second attempt, the first one's failure would be told."""
    ended = EndedPods()
    ended.seen(pod("1"), deleted=False)
    assert ended.take(job(succeeded=1, failed=1)) is None


def test_none_seen_is_none_known() -> None:
    """A job whose deadline removed its pod would never be looked at in another way."""
    assert EndedPods().take(job()) is None


@pytest.mark.parametrize("deleted", [False, True])
def test_what_no_job_controls_is_passed_over(deleted: bool) -> None:
    """Would break: a bare pod with our label ends the watch; or is told of a Job."""
    ended = EndedPods()
    ended.seen(pod("1", job_uid=None), deleted=deleted)
    assert ended.take(job(succeeded=1)) is None


def test_made_up_pods_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may create pods could make the operator remember without end."""
    monkeypatch.setattr(ended_pods, "LARGEST", 3)
    monkeypatch.setattr(ended_pods, "LARGEST_OF_JOB", 2)
    ended = EndedPods()
    for number in range(5):
        ended.seen(pod("1", job_uid=f"job-{number}"), deleted=False)
    assert [ended.take(job(f"job-{number}", succeeded=1)) is None for number in range(5)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    for number in range(5):
        ended.seen(pod(f"{number}"), deleted=False)
    assert len(ended.take(job(succeeded=1)) or []) == 2
