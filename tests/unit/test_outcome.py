"""From a Job and what its pods claim to a state: the claims are never believed against the Job."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_security_operator.outcome import State, pods_of, state_of, summary_of, unfinished_of
from pdf_security_operator.status import status_of
from pdf_security_operator.text import MESSAGE_LENGTH
from pdf_security_processor.contract import ExitCode
from pdf_security_processor.contract.report import COUNT_LIMIT
from unit.resources import NOW, observed_job

Object = dict[str, Any]

HINT = "see the pod's events, or its log while the Job is kept"
DIGEST = "a" * 64


def _finished(kind: str, reason: str = "", message: str = "") -> Object:
    conditions = [
        {"type": "FailureTarget", "status": "True"},
        {"type": kind, "status": "True", "reason": reason, "message": message},
    ]
    return observed_job(status={"conditions": conditions})


def _ended(code: int, message: Any = None, reason: str = "Error", at: str = NOW) -> Object:
    terminated = {"exitCode": code, "reason": reason, "finishedAt": at}
    if message is not None:
        terminated["message"] = message
    status = {"name": "processor", "state": {"terminated": terminated}}
    return {"status": {"containerStatuses": [status]}}


def _summary(code: int, **more: Any) -> str:
    return json.dumps({"exitCode": code, "reason": "Claimed", "message": "said so", **more})


def _failed(*pods: Object, last_seen: str | None = None) -> State:
    return state_of(
        _finished("Failed", "BackoffLimitExceeded", "too often"), [*pods], [], last_seen
    )


@pytest.mark.parametrize(
    "code", [code for code in ExitCode if code is not ExitCode.SUCCEEDED], ids=lambda c: c.name
)
def test_exit_code_is_the_reason(code: ExitCode) -> None:
    """A job would fail for one reason and tell another."""
    state = _failed(_ended(code, _summary(code)))
    assert (state.phase, state.reason, state.message) == ("Failed", code.reason, "said so")
    assert state.summary is not None
    assert state.is_final


@pytest.mark.parametrize(
    ("pod", "reason", "message"),
    [
        pytest.param(
            _ended(27, None),
            "WrongPassword",
            f"the processor ended with code 27; {HINT}",
            id="no-summary",
        ),
        pytest.param(
            _ended(27, _summary(27, message="")),
            "WrongPassword",
            f"the processor ended with code 27; {HINT}",
            id="empty-message",
        ),
        pytest.param(
            _ended(99, None),
            "ProcessorFailed",
            f"the processor ended with code 99; {HINT}",
            id="unknown-code",
        ),
        pytest.param(
            _ended(27, _summary(0)),
            "WrongPassword",
            f"the processor ended with code 27; {HINT}",
            id="lies-about-the-code",
        ),
        pytest.param(
            _ended(137, _summary(0)),
            "OutOfMemory",
            "the document needs more memory than resources.limits.memory allows; raise it",
            id="killed",
        ),
        pytest.param(
            _ended(1, None, reason="OOMKilled"),
            "OutOfMemory",
            "the document needs more memory than resources.limits.memory allows; raise it",
            id="out-of-memory",
        ),
        pytest.param(
            {"status": {}}, "BackoffLimitExceeded", "too often; last seen: what was", id="no-ending"
        ),
        pytest.param(
            {"status": {"containerStatuses": [{"name": "sidecar", "state": {"terminated": {}}}]}},
            "BackoffLimitExceeded",
            "too often; last seen: what was",
            id="another-container",
        ),
    ],
)
def test_failure(pod: Object, reason: str, message: str) -> None:
    """People would be told to look for the fault where it is not."""
    state = _failed(pod, last_seen="what was")
    assert (state.phase, state.reason, state.message) == ("Failed", reason, message)


def test_job_without_a_reason() -> None:
    """A condition without a reason would be refused, and the job seem to run for ever."""
    state = state_of(_finished("Failed"), [], [])
    assert (state.reason, state.message) == ("JobFailed", "")


def test_the_last_pod_counts() -> None:
    """A retry that failed for another reason would be told as the first one."""
    state = _failed(
        _ended(10, at="2026-03-01T12:00:00Z"),
        _ended(27, at="2026-03-01T12:00:09Z"),
        _ended(11, at="2026-03-01T12:00:05Z"),
    )
    assert state.reason == "WrongPassword"


@pytest.mark.parametrize(
    ("last_seen", "message"),
    [
        pytest.param(None, "", id="nothing-seen"),
        pytest.param(
            "FailedMount: no Secret", "; last seen: FailedMount: no Secret", id="never-started"
        ),
    ],
)
def test_deadline(last_seen: str | None, message: str) -> None:
    """The Job's deadline removes the pod, and with it why it never started."""
    state = state_of(_finished("Failed", "DeadlineExceeded"), [], [], last_seen)
    said = "activeDeadlineSeconds passed before the document was finished"
    assert (state.phase, state.reason) == ("Failed", "DeadlineExceeded")
    assert state.message == said + message


@pytest.mark.parametrize(
    ("summary", "message"),
    [
        pytest.param(None, "the document was processed", id="no-summary"),
        pytest.param("nonsense", "the document was processed", id="garbage"),
        pytest.param(_summary(27), "the document was processed", id="claims-failure"),
        pytest.param(
            _summary(
                0,
                input={"bytes": 9, "sha256": DIGEST, "pages": 1},
                removed={"Launch": 1, "JavaScript": 2},
                kept={"XFA": 1},
                durationSeconds=1.239,
            ),
            "the document was processed: 1 page; removed 2 JavaScript, 1 Launch; kept 1 XFA; "
            "took 1.24 s",
            id="all",
        ),
        pytest.param(
            _summary(0, input={"bytes": 9, "sha256": DIGEST, "pages": 3}),
            "the document was processed: 3 pages; took 0.00 s",
            id="pages",
        ),
    ],
)
def test_success(summary: str | None, message: str) -> None:
    """A Job that completed would be told as failed because its pod claims it."""
    state = state_of(_finished("Complete"), [_ended(0, summary, "Completed")], [])
    assert (state.phase, state.reason, state.message) == ("Succeeded", "Succeeded", message)


HUGE = "9" * 4000
UNTRUSTED = {
    "empty": "",
    "garbage": "\x00\xff garbage",
    "huge": "x" * 10**6,
    "huge-json": json.dumps({"exitCode": 27, "reason": "R", "message": "m" * 10**6}),
    "deep": "[" * 100_000,
    "deep-object": '{"removed":' * 2000,
    "list": "[]",
    "null": "null",
    "number": "27",
    "number-beyond-digits": "9" * 100_000,
    "not-a-string": 27,
    "object": {"exitCode": 27},
    "wrong-types": '{"exitCode":[],"reason":{},"message":1}',
    "no-word": '{"exitCode":27,"reason":"R","removed":{"\\u001b[2J":1}}',
    "other-version": '{"version":2,"exitCode":27,"reason":"R"}',
    "exit-code-too-large": '{"exitCode":300,"reason":"R"}',
    "negative-count": '{"exitCode":27,"reason":"R","warnings":-1}',
    "count-beyond-int64": f'{{"exitCode":27,"reason":"R","warnings":{HUGE}}}',
    "pages-beyond-int64": '{"exitCode":27,"reason":"R","input":{"bytes":1,"sha256":"'
    + DIGEST
    + f'","pages":{HUGE}}}}}',
    "removed-beyond-int64": f'{{"exitCode":27,"reason":"R","removed":{{"a":{HUGE}}}}}',
    "count-just-beyond": f'{{"exitCode":27,"reason":"R","warnings":{COUNT_LIMIT + 1}}}',
    "infinite": '{"exitCode":27,"reason":"R","durationSeconds":1e999}',
    "infinity": '{"exitCode":27,"reason":"R","durationSeconds":Infinity}',
    "not-a-number": '{"exitCode":27,"reason":"R","durationSeconds":NaN}',
    "surrogate": '{"exitCode":27,"reason":"R","message":"\\ud800"}',
    "not-a-digest": '{"exitCode":27,"reason":"R","input":{"bytes":1,"sha256":"../.."}}',
    "many-kinds": json.dumps(
        {"exitCode": 27, "reason": "R", "removed": {str(n): 1 for n in range(65)}}
    ),
    "lies-about-success": '{"exitCode":0,"reason":"Succeeded"}',
}


@pytest.mark.parametrize("message", UNTRUSTED.values(), ids=UNTRUSTED)
def test_untrusted_message(message: Any) -> None:
    """A pod could crash the operator, or make a status that the API server refuses for ever."""
    state = _failed(_ended(27, message))
    assert state.reason == "WrongPassword"
    assert state.message == f"the processor ended with code 27; {HINT}"
    assert state.summary is None


def test_a_field_of_a_newer_image_is_passed_over() -> None:
    """A job that runs while the operator is rolled back would end without its digests."""
    state = _failed(_ended(27, _summary(27, later="unknown")))
    assert state.summary is not None
    assert "later" not in state.summary.to_json_dict()


@given(
    message=st.one_of(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(json.dumps),
        st.fixed_dictionaries(
            {"exitCode": st.integers(-1, 130), "reason": st.text(), "message": st.text()},
            optional={"warnings": st.integers(), "durationSeconds": st.floats()},
        ).map(json.dumps),
    ),
    code=st.integers(0, 255),
)
def test_any_message_makes_a_sound_status(message: str, code: int) -> None:
    """Some message would stop a job from ever getting a status."""
    state = _failed(_ended(code, message))
    status = status_of({}, 1, state, NOW)
    (failed,) = [one for one in status["conditions"] if one["type"] == "Failed"]
    assert failed["reason"].isascii()
    assert failed["reason"].isalnum()
    assert len(failed["message"]) <= MESSAGE_LENGTH
    assert failed["message"].isprintable()
    json.dumps(status, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param("Größe: 文書", "Größe: 文書", id="unicode-stays"),
        pytest.param("a\nb\x1b[2Jc\x00d", "a b [2Jc d", id="no-orders-to-a-terminal"),
        pytest.param("a\u202eb\u2028c", "a b c", id="no-reversed-text"),
    ],
)
def test_message_for_people(said: str, shown: str) -> None:
    """A document's text could redraw the terminal of whoever describes the job."""
    assert _failed(_ended(27, _summary(27, message=said))).message == shown


def test_claimed_reason_is_not_believed() -> None:
    """A pod could write any reason into the status, also one that the API server refuses."""
    assert _failed(_ended(27, _summary(27, reason=""))).reason == "WrongPassword"
    assert _failed(_ended(99, _summary(99, reason="Succeeded"))).reason == "ProcessorFailed"


def test_summary_without_a_pod() -> None:
    """A Job whose pods are gone would stop the operator."""
    assert summary_of(None) is None


def _pod(**status: Any) -> Object:
    return {"status": status}


def _waiting(reason: str, message: str = "why") -> Object:
    state = {"waiting": {"reason": reason, "message": message}}
    return _pod(containerStatuses=[{"name": "processor", "state": state}])


def _warning(reason: str, at: str | None, event_time: str | None = None) -> Object:
    return {"reason": reason, "message": "m", "lastTimestamp": at, "eventTime": event_time}


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}


@pytest.mark.parametrize(
    ("status", "pods", "warnings", "reason", "message"),
    [
        pytest.param({}, [], [], "PodStarting", "the pod is being started", id="nothing-seen-yet"),
        pytest.param(
            {"active": 1, "ready": 1},
            [],
            [],
            "PodRunning",
            "the document is being processed",
            id="ready",
        ),
        pytest.param(
            {"active": 1},
            [_pod(conditions=[{**UNSCHEDULABLE, "message": "0/3 nodes\nare available"}])],
            [],
            "Unschedulable",
            "0/3 nodes are available",
            id="unschedulable",
        ),
        pytest.param(
            {"active": 1}, [_waiting("ImagePullBackOff")], [], "ImagePullBackOff", "why", id="image"
        ),
        pytest.param(
            {"active": 1},
            [
                _pod(
                    initContainerStatuses=[
                        {"name": "mesh", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
                    ],
                    containerStatuses=[
                        {"name": "processor", "state": {"waiting": {"reason": "PodInitializing"}}}
                    ],
                )
            ],
            [],
            "CrashLoopBackOff",
            "",
            id="sidecar",
        ),
        pytest.param(
            {"active": 1},
            [_waiting("ContainerCreating")],
            [_warning("FailedMount", NOW)],
            "FailedMount",
            "m",
            id="event-says-more",
        ),
        pytest.param(
            {"active": 1},
            [],
            [
                _warning("FailedScheduling", "2026-03-01T12:00:00Z"),
                _warning("FailedMount", "2026-03-01T12:00:09Z"),
            ],
            "FailedMount",
            "m",
            id="latest-event",
        ),
        pytest.param(
            {"active": 1},
            [],
            [
                _warning("FailedScheduling", None, "2026-03-01T12:00:00.000000Z"),
                _warning("FailedMount", "2026-03-01T12:00:09Z"),
            ],
            "FailedMount",
            "m",
            id="events-of-both-kinds",
        ),
        pytest.param(
            {"active": 1},
            [_waiting("1 Bad\nreason! ä" + "x" * 100)],
            [],
            "Badreason" + "x" * 55,
            "why",
            id="reason-as-one-word",
        ),
        pytest.param({}, [], [_warning("", NOW)], "Unknown", "m", id="event-without-reason"),
        pytest.param(
            {"failed": 1},
            [_ended(10, _summary(10))],
            [],
            "Retrying",
            "attempt 1 failed, the next one follows; last seen: said so",
            id="retrying",
        ),
        pytest.param(
            {"failed": 2},
            [],
            [],
            "Retrying",
            "attempt 2 failed, the next one follows",
            id="retrying-without-pods",
        ),
    ],
)
def test_running(
    status: Object, pods: list[Object], warnings: list[Object], reason: str, message: str
) -> None:
    """A pod that never starts would look as if it worked."""
    assert state_of(observed_job(status=status), pods, warnings) == State(
        "Running", reason, message
    )


def test_suspended() -> None:
    """A job that is held would look as if it ran."""
    state = state_of(observed_job(spec={"suspend": True}), [], [])
    assert (state.phase, state.reason, state.is_final) == ("Suspended", "Suspended", False)


def test_not_finished_before_its_pods_are() -> None:
    """A Job that only means to fail would be recorded while its pod still writes."""
    job = observed_job(status={"conditions": [{"type": "FailureTarget", "status": "True"}]})
    assert not state_of(job, [], []).is_final


def test_a_pod_that_ends_is_not_said_to_start() -> None:
    """Each job would be said to start again in the instant in which it ends, with a write of it."""
    running = state_of(observed_job(status={"active": 1, "ready": 1}), [], [])
    last_seen = f"{running.reason}: {running.message}"
    ending = observed_job(status={"active": 1, "ready": 0})
    assert state_of(ending, [], [], last_seen) == running
    assert state_of(ending, [], [], "PodStarting: soon").reason == "PodStarting"
    retried = observed_job(status={"active": 1, "failed": 1})
    assert state_of(retried, [], [], last_seen).reason == "Retrying"


def test_only_pods_that_the_job_controls_speak_for_it() -> None:
    """Whoever may create pods would put a digest of theirs into the status."""
    job = observed_job()
    own = {"metadata": {"ownerReferences": [{"controller": True, "uid": job["metadata"]["uid"]}]}}
    labelled = {"metadata": {"labels": {"batch.kubernetes.io/job-name": job["metadata"]["name"]}}}
    named = {"metadata": {"ownerReferences": [{"uid": job["metadata"]["uid"]}]}}
    assert pods_of(job, [labelled, own, named]) == [own]


def test_the_pod_that_is_still_to_end_is_asked_why_it_waits() -> None:
    """The warnings of an earlier attempt would hide why this one does not start."""
    ended, waiting = {"status": {"phase": "Failed"}}, {"status": {"phase": "Pending"}}
    assert unfinished_of([ended, waiting]) == waiting
    assert unfinished_of([ended]) is None
