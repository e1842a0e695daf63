"""A class's concurrency holds jobs back, exactly at its bounds."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator.admission import Running, check_admission
from pdf_security_operator.api import ClassSpec
from pdf_security_operator.errors import JobWaits
from unit.resources import class_spec


def _class(concurrency: dict[str, Any] | None) -> ClassSpec:
    return ClassSpec.model_validate(class_spec(concurrency=concurrency))


@pytest.mark.parametrize(
    ("concurrency", "running"),
    [
        pytest.param(None, Running(10**6, 10**6), id="no-concurrency"),
        pytest.param({}, Running(10**6, 10**6), id="no-bound"),
        pytest.param({"total": 2}, Running(1, 1), id="below-total"),
        pytest.param({"total": 9, "perNamespace": 2}, Running(8, 1), id="below-both"),
        pytest.param({"perNamespace": 2}, Running(50, 1), id="others-run"),
    ],
)
def test_may_start(concurrency: dict[str, Any] | None, running: Running) -> None:
    """Jobs would wait though there is room."""
    check_admission(_class(concurrency), running)


@pytest.mark.parametrize(
    ("concurrency", "running", "reason", "message"),
    [
        pytest.param(
            {"total": 2},
            Running(2, 0),
            "ConcurrencyLimit",
            "2 jobs of the class run, of 2 that may",
            id="total-reached",
        ),
        pytest.param(
            {"total": 2},
            Running(5, 0),
            "ConcurrencyLimit",
            "5 jobs of the class run, of 2 that may",
            id="total-lowered-meanwhile",
        ),
        pytest.param(
            {"perNamespace": 1},
            Running(1, 1),
            "NamespaceConcurrencyLimit",
            "1 jobs of the class run in this namespace, of 1 that may",
            id="namespace-reached",
        ),
        pytest.param(
            {"total": 3, "perNamespace": 3},
            Running(3, 3),
            # Always the same one first: a waiting job's reason would change to and fro.
            "NamespaceConcurrencyLimit",
            "3 jobs of the class run in this namespace, of 3 that may",
            id="both-reached",
        ),
    ],
)
def test_waits(concurrency: dict[str, Any], running: Running, reason: str, message: str) -> None:
    """More pods would run than the administrator allows, or nobody would be told why one waits."""
    with pytest.raises(JobWaits) as caught:
        check_admission(_class(concurrency), running)
    assert (caught.value.reason, caught.value.message) == (reason, message)
