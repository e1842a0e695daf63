"""An answer of the API becomes the error that decides whether it is tried again."""

from __future__ import annotations

import pytest

from pdf_security_operator.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    JobRejected,
    JobWaits,
    NotFoundError,
    OperatorError,
    UnavailableError,
    api_error_of,
)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(0, UnavailableError, id="no-answer"),
        pytest.param(400, InvalidError, id="bad-request"),
        pytest.param(401, ApiError, id="unauthorized"),
        pytest.param(403, ForbiddenError, id="forbidden"),
        pytest.param(404, NotFoundError, id="not-found"),
        pytest.param(409, ConflictError, id="conflict"),
        pytest.param(410, GoneError, id="gone"),
        pytest.param(418, ApiError, id="unforeseen"),
        pytest.param(422, InvalidError, id="invalid"),
        pytest.param(429, UnavailableError, id="too-many-requests"),
        pytest.param(500, UnavailableError, id="internal"),
        pytest.param(503, UnavailableError, id="unavailable"),
        pytest.param(504, UnavailableError, id="timeout"),
    ],
)
def test_status(status: int, error: type[ApiError]) -> None:
    """A passing outage would end a job, or a final refusal would be tried for ever."""
    raised = api_error_of(status, "why", 7)
    assert type(raised) is error
    assert (raised.status, raised.message, raised.retry_after) == (status, "why", 7)
    assert str(raised) == f"{status}: why"


@pytest.mark.parametrize("error", [JobRejected, JobWaits])
def test_verdicts(error: type[JobRejected | JobWaits]) -> None:
    """A condition would lack its reason or its message."""
    verdict = error("QuotaExceeded", "no room")
    assert isinstance(verdict, OperatorError)
    assert not isinstance(verdict, ApiError)
    assert (verdict.reason, verdict.message, str(verdict)) == (
        "QuotaExceeded",
        "no room",
        "no room",
    )
