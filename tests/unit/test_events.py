"""Events tell what a person should see, once, in a form that the API takes."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator.events import build_event, event_of
from pdf_security_operator.outcome import State
from unit.resources import NOW, security_job

RUNNING = {"phase": "Running", "reason": "PodRunning"}


@pytest.mark.parametrize(
    ("previous", "state", "event"),
    [
        pytest.param(
            RUNNING,
            State("Failed", "WrongPassword", "no"),
            ("Warning", "WrongPassword", "no"),
            id="failed",
        ),
        pytest.param(
            RUNNING,
            State("Succeeded", "Succeeded", "done"),
            ("Normal", "Succeeded", "done"),
            id="succeeded",
        ),
        pytest.param(
            RUNNING,
            State("Suspended", "Suspended", "held"),
            ("Normal", "Suspended", "held"),
            id="suspended",
        ),
        pytest.param(
            {},
            State("Queued", "ConcurrencyLimit", "full"),
            ("Normal", "ConcurrencyLimit", "waits: full"),
            id="queued",
        ),
        pytest.param(
            {"phase": "Running", "reason": "PodStarting"},
            State("Running", "FailedMount", "no such Secret"),
            ("Warning", "FailedMount", "no such Secret"),
            id="stuck",
        ),
        pytest.param(
            {"phase": "Queued", "reason": "ConcurrencyLimit"},
            State("Running", "PodStarting", "soon"),
            ("Normal", "Started", "the Job is there: soon"),
            id="started-after-a-wait",
        ),
        pytest.param(
            {},
            State("Running", "PodStarting", "soon"),
            None,
            id="started-at-once",
        ),
        pytest.param(
            {"phase": "Running", "reason": "PodStarting"},
            State("Running", "PodRunning", "works"),
            None,
            id="running",
        ),
        pytest.param(
            {"phase": "Failed", "reason": "WrongPassword"},
            State("Failed", "WrongPassword", "another message"),
            None,
            id="same-reason",
        ),
    ],
)
def test_worth_an_event(
    previous: dict[str, Any], state: State, event: tuple[str, str, str] | None
) -> None:
    """People would miss why a job fails, or read the same line a hundred times."""
    assert event_of(previous, state) == event


def test_form() -> None:
    """`kubectl describe` would not find the event, for it looks by the object's UID."""
    body = security_job()
    event = build_event(body, "Warning", "WrongPassword", "no", NOW, "operator-0")
    assert event == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "contract-7.", "namespace": "legal"},
        "involvedObject": {
            "apiVersion": "pdfsecurity.dev/v1alpha1",
            "kind": "PdfSecurityJob",
            "name": "contract-7",
            "namespace": "legal",
            "uid": body["metadata"]["uid"],
        },
        "type": "Warning",
        "reason": "WrongPassword",
        "message": "no",
        "firstTimestamp": NOW,
        "lastTimestamp": NOW,
        "count": 1,
        "source": {"component": "pdf-security-operator"},
        "reportingComponent": "pdf-security-operator",
        "reportingInstance": "operator-0",
    }


@pytest.mark.parametrize(
    ("name", "generated"),
    [
        pytest.param("a" * 253, "a" * 200 + ".", id="long"),
        pytest.param("a" * 199 + "-b", "a" * 199 + ".", id="cut-at-a-dash"),
        pytest.param("a" * 199 + ".b", "a" * 199 + ".", id="cut-at-a-dot"),
    ],
)
def test_bounds(name: str, generated: str) -> None:
    """The event of a resource with a long name, or with a long message, would be refused."""
    event = build_event(security_job(name), "Normal", "R", "n" * 5000, NOW, "i" * 500)
    assert event["metadata"]["generateName"] == generated
    assert len(event["message"]) == 1000
    assert len(event["reportingInstance"]) == 128
