"""`kubectl pdfsec explain`: from what was observed to why, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pdf_security_operator.outcome import State
from pdf_security_operator.plugin.explanation import Observed, explanation_of
from pdf_security_operator.status import status_of
from unit.resources import METADATA, NOW, UID, class_spec, job_spec

Object = dict[str, Any]

NINE_MINUTES_LATER = datetime(2026, 3, 1, 12, 9, tzinfo=UTC)

EFFECTIVE = {"className": "standard", "activeDeadlineSeconds": 600, "backoffLimit": 3}


def job(state: State | None = None, **status: Any) -> Object:
    """A job that stands where the operator says."""
    written = status_of({}, 1, state, NOW) if state else {}
    return {"metadata": METADATA, "spec": job_spec(), "status": {**written, **status}}


def pod(**status: Any) -> Object:
    return {
        "metadata": {"name": "contract-7-pod", "uid": "pod"},
        "spec": {"nodeName": "node-1"},
        "status": status,
    }


def container(**state: Any) -> Object:
    return pod(phase="Running", containerStatuses=[{"name": "processor", "state": state}])


def ended(code: int, **more: Any) -> Object:
    return container(terminated={"exitCode": code, **more})


def event(kind: str, reason: str, message: str) -> Object:
    return {
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": "2026-03-01T12:08:00Z",
        "involvedObject": {"kind": kind, "uid": UID},
    }


UNSCHEDULABLE = pod(
    phase="Pending",
    conditions=[
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/3 nodes are available: 3 Insufficient memory",
        }
    ],
)

STARTING = job(State("Running", "PodStarting", "the pod is being started"))
RUNNING = job(
    State("Running", "PodRunning", "the document is being processed"),
    startTime=NOW,
    effective=EFFECTIVE,
)


@pytest.mark.parametrize(
    ("observed", "facts", "actions"),
    [
        pytest.param(
            {"job": job()},
            ["nothing was said of it yet, since 10m0s"],
            ["the operator does not run"],
            id="the-operator-is-away",
        ),
        pytest.param(
            {"job": job(State("Queued", "ConcurrencyLimit", "32 jobs run; about 4 before it"))},
            ["waits, since 9m0s: ConcurrencyLimit", "about 4 before it"],
            ["spec.concurrency.total"],
            id="the-class-is-full",
        ),
        pytest.param(
            {"job": job(State("Queued", "ClassNotFound", "the class x does not exist"))},
            ["does not exist"],
            ["correct spec.className"],
            id="no-such-class",
        ),
        pytest.param(
            {
                "job": job(State("Queued", "ClassInvalid", "unfit")),
                "security_class": {
                    "metadata": {"name": "standard"},
                    "spec": class_spec(concurrency={"total": 32, "memory": {"perUser": "8Gi"}}),
                    "status": {
                        "conditions": [
                            {"type": "Accepted", "status": "False", "message": "spec.dns is wrong"}
                        ]
                    },
                },
            },
            ["at most 32 jobs in all, 8Gi of memory of a user", "spec.dns is wrong"],
            ["correct the field"],
            id="the-class-is-unfit",
        ),
        pytest.param(
            {"job": STARTING, "pods": (UNSCHEDULABLE,)},
            ["contract-7-pod: Unschedulable: 0/3 nodes are available"],
            ["no node has room"],
            id="unschedulable",
        ),
        pytest.param(
            {
                "job": STARTING,
                "pods": (container(waiting={"reason": "ErrImagePull", "message": "denied"}),),
            },
            ["ImagePullBackOff: denied"],
            ["spec.image cannot be had"],
            id="no-image",
        ),
        pytest.param(
            {"job": STARTING, "events": (event("Pod", "FailedMount", 'secret "pw" not found'),)},
            ['1m0s ago, Pod: FailedMount: secret "pw" not found'],
            ["create it, and it starts"],
            id="no-secret",
        ),
        pytest.param(
            {"job": STARTING, "events": (event("Job", "FailedCreate", "exceeded quota: small"),)},
            ["exceeded quota: small"],
            ["by a quota, whose name"],
            id="quota-of-pods",
        ),
        pytest.param(
            {
                "job": job(State("Queued", "QuotaExceeded", "exceeded quota: tenant")),
                "events": (event("PdfSecurityJob", "QuotaExceeded", "exceeded quota: tenant"),),
            },
            ["exceeded quota: tenant"],
            ["ResourceQuota raised"],
            id="quota-of-jobs",
        ),
        pytest.param(
            {"job": RUNNING, "pods": (container(running={"startedAt": NOW}),)},
            ["9m0s of 600 s that it may take; left: 1m0s", "Running on node-1"],
            [],
            id="runs-long",
        ),
        pytest.param(
            {
                "job": job(
                    State("Running", "Retrying", "attempt 1 failed, the next one follows"),
                    effective=EFFECTIVE,
                ),
                "batch_job": {"status": {"failed": 1}},
                "pods": (ended(10),),
            },
            ["StorageUnavailable (exit code 10)", "1 failed, of 4 that it has"],
            ["network policy lets through to no others"],
            id="store-out-of-reach",
        ),
        pytest.param(
            {"job": job(State("Failed", "WrongPassword", "no"), attempts=1), "pods": (ended(27),)},
            ["failed, since 9m0s: WrongPassword", "exit code 27"],
            ["check the Secret's key"],
            id="wrong-password",
        ),
        pytest.param(
            {
                "job": job(State("Failed", "OutOfMemory", "no"), jobName="j"),
                "pods": (ended(137, reason="OOMKilled"),),
            },
            ["OutOfMemory (exit code 137)"],
            ["raise the job's resources.limits.memory"],
            id="out-of-memory",
        ),
        pytest.param(
            {"job": job(State("Failed", "LimitExceeded", "scratchSize is 9Gi, above 4Gi"))},
            ["scratchSize is 9Gi"],
            ["ask for less"],
            id="above-the-bounds",
        ),
        pytest.param(
            {"job": job(State("Suspended", "Suspended", "spec.suspend is true"))},
            ["is suspended, since 9m0s"],
            ["spec.suspend: false"],
            id="suspended",
        ),
        pytest.param(
            {"job": job(State("Succeeded", "Succeeded", "193 pages"))},
            ["succeeded, since 9m0s", "193 pages"],
            [],
            id="succeeded",
        ),
    ],
)
def test_says_why_and_what_to_do(observed: Object, facts: list[str], actions: list[str]) -> None:
    """Whoever asks why would not be told, or be told nothing to do about it."""
    explanation = explanation_of(Observed(now=NINE_MINUTES_LATER, **observed))
    values = [value for _, value in explanation.facts]
    for words in facts:
        assert any(words in value for value in values), (words, explanation.facts)
    for words in actions:
        assert any(words in action for action in explanation.actions), explanation.actions
    assert bool(explanation.actions) is bool(actions)
    assert len(set(explanation.facts)) == len(explanation.facts)
    assert len(set(explanation.actions)) == len(explanation.actions)


def test_a_young_job_is_given_time() -> None:
    """Each job would be told for its first seconds that the operator is away."""
    soon = datetime(2026, 3, 1, 11, 59, 5, tzinfo=UTC)
    assert explanation_of(Observed(job(), soon)).actions == ()


def test_what_may_not_be_seen_is_said() -> None:
    """An explanation would look complete that had been told half."""
    unseen = ("user jane may not list pods",)
    waiting = Observed(STARTING, NINE_MINUTES_LATER, unseen=unseen)
    assert explanation_of(waiting).to_json_dict()["unseen"] == list(unseen)
