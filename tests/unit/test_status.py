"""From a state to the status: conditions, their times, and nothing written that says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator.api import ClassSpec, JobSpec, JobStatus
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.outcome import State
from pdf_security_operator.status import condition_of, effective_of, is_final, status_of
from pdf_security_processor.contract import FileFacts, Summary
from unit.resources import IMAGE, LATER, NOW, class_spec, job_spec, observed_job

Object = dict[str, Any]

QUEUED = State("Queued", "ConcurrencyLimit", "full")
RUNNING = State("Running", "PodRunning", "works")
SUSPENDED = State("Suspended", "Suspended", "held")
SUCCEEDED = State("Succeeded", "Succeeded", "done")
FAILED = State("Failed", "WrongPassword", "no")
STATES = [QUEUED, RUNNING, SUSPENDED, SUCCEEDED, FAILED]


def _true(status: Object) -> set[str]:
    return {one["type"] for one in status["conditions"] if one["status"] == "True"}


@pytest.mark.parametrize(
    ("state", "true", "progress"),
    [
        pytest.param(QUEUED, {"Queued", "Reconciling"}, "0/1", id="queued"),
        pytest.param(RUNNING, {"Running", "Reconciling"}, "0/1", id="running"),
        pytest.param(SUSPENDED, {"Suspended"}, "0/1", id="suspended"),
        pytest.param(SUCCEEDED, {"Complete"}, "1/1", id="succeeded"),
        pytest.param(FAILED, {"Failed", "Stalled"}, "0/1", id="failed"),
    ],
)
def test_conditions(state: State, true: set[str], progress: str) -> None:
    """Argo CD, Flux and `kubectl wait` would take a job for done, or wait for ever."""
    for before in [None, *STATES[:3]]:
        previous = status_of({}, 1, before, NOW) if before else {}
        status = status_of(previous, 2, state, LATER)
        assert _true(status) == true
        assert {one["observedGeneration"] for one in status["conditions"]} == {2}
        assert (status["phase"], status["reason"]) == (state.phase, state.reason)
        assert status["documents"]["progress"] == progress
        JobStatus.model_validate(status)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.phase)
def test_no_change_is_equal(state: State) -> None:
    """Each look at a job would be a write, and each write a look."""
    job = observed_job(status={"startTime": NOW, "failed": 1})
    once = status_of(status_of({}, 1, QUEUED, NOW), 1, state, NOW, job)
    assert status_of(once, 1, state, LATER, job) == once


def test_transition_times() -> None:
    """`kubectl wait` and alerts would see a job as young as its last message."""
    first = status_of({}, 1, QUEUED, "2026-03-01T12:00:00Z")
    second = status_of(first, 1, State("Queued", "QuotaExceeded", "other"), "2026-03-01T12:01:00Z")
    third = status_of(second, 1, RUNNING, "2026-03-01T12:02:00Z")
    last = status_of(third, 1, SUCCEEDED, "2026-03-01T12:03:00Z")
    times = {
        one["type"]: (one["status"], one["lastTransitionTime"][14:16]) for one in last["conditions"]
    }
    assert times == {
        "Queued": ("False", "02"),
        "Running": ("False", "03"),
        "Complete": ("True", "03"),
        "Reconciling": ("False", "03"),
    }
    queued = condition_of(second, "Queued")
    assert queued
    assert (queued["reason"], queued["message"]) == ("QuotaExceeded", "other")
    assert queued["lastTransitionTime"] == "2026-03-01T12:00:00Z"


def test_ended_conditions_say_what_is() -> None:
    """A condition that no longer holds would keep its old reason."""
    status = status_of(status_of({}, 1, QUEUED, NOW), 1, FAILED, LATER)
    queued = condition_of(status, "Queued")
    assert queued
    assert (queued["status"], queued["reason"], queued["message"]) == (
        "False",
        "Failed",
        "now failed",
    )


def test_from_the_job() -> None:
    """The status would not name the Job that a person looks for, nor its attempts."""
    effective = {"className": "standard", "image": IMAGE}
    job = observed_job(status={"startTime": NOW, "failed": 2, "succeeded": 1})
    status = status_of({}, 1, RUNNING, LATER, {**job, "effective": effective})
    assert status["jobName"] == job["metadata"]["name"]
    assert (status["startTime"], status["attempts"]) == (NOW, 3)
    assert status["effective"] == effective
    assert "completionTime" not in status


def test_without_a_job_what_was_known_stays() -> None:
    """A Job that is gone would take its name out of the status, and the job be run again."""
    before = status_of({}, 1, RUNNING, NOW, observed_job(status={"startTime": NOW}))
    after = status_of(before, 1, FAILED, LATER)
    assert (after["jobName"], after["startTime"]) == (before["jobName"], NOW)


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        pytest.param(None, LATER, id="no-job"),
        pytest.param(observed_job(), LATER, id="failed-jobs-have-none"),
        pytest.param(observed_job(status={"completionTime": NOW}), NOW, id="the-jobs-own"),
    ],
)
def test_completion_time(job: Object | None, expected: str) -> None:
    """The time to live would count from another moment, or from a new one at each look."""
    status = status_of({}, 1, SUCCEEDED, LATER, job)
    assert status["completionTime"] == expected
    assert status_of(status, 1, SUCCEEDED, "2027-01-01T00:00:00Z", job) == status


def test_report() -> None:
    """People would have to open the full report for the digests, or find them under other names."""
    summary = Summary(
        exit_code=0,
        reason="Succeeded",
        input=FileFacts(bytes=9, sha256="a" * 64, pages=2),
        output=FileFacts(bytes=8, sha256="b" * 64),
        removed={"JavaScript": 2},
        kept={"XFA": 1},
        warnings=1,
        duration_seconds=1.23456,
        peak_memory_bytes=7,
        report_location="s3://documents/report.json",
    )
    status = status_of({}, 1, State("Succeeded", "Succeeded", "done", summary), NOW)
    assert status["report"] == {
        "input": {"bytes": 9, "sha256": "a" * 64, "pages": 2},
        "output": {"bytes": 8, "sha256": "b" * 64},
        "removed": {"JavaScript": 2},
        "kept": {"XFA": 1},
        "warnings": 1,
        "durationSeconds": 1.235,
        "peakMemoryBytes": 7,
        "location": "s3://documents/report.json",
    }
    JobStatus.model_validate(status)


def test_no_report_without_a_summary() -> None:
    """A status would show numbers that nobody measured."""
    assert "report" not in status_of({}, 1, FAILED, NOW)


@pytest.mark.parametrize(
    ("status", "final"),
    [
        pytest.param({}, False, id="none"),
        *(
            pytest.param(status_of({}, 1, state, NOW), state in (SUCCEEDED, FAILED), id=state.phase)
            for state in STATES
        ),
        pytest.param(
            {"conditions": [{"type": "Failed", "status": "False"}]}, False, id="failed-is-false"
        ),
    ],
)
def test_is_final(status: Object, final: bool) -> None:
    """A finished job would be run again, or one that runs be given up."""
    assert is_final(status) is final


def test_effective() -> None:
    """The status would not tell what was applied."""
    spec, of_class = JobSpec.model_validate(job_spec()), ClassSpec.model_validate(class_spec())
    effective = effective_of("standard", of_class.image, effective_limits_of(spec, of_class))
    assert effective == {
        "className": "standard",
        "image": IMAGE,
        "cpuLimit": "1",
        "memoryLimit": "2Gi",
        "memoryRequest": "1Gi",
        "scratchSize": "512Mi",
        "activeDeadlineSeconds": 600,
        "backoffLimit": 3,
    }
