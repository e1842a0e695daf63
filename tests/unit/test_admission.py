"""A class's concurrency holds jobs back, exactly at its bounds."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator.admission import (
    Load,
    Obstacle,
    Running,
    Scope,
    obstacle_of,
    too_large_for,
)
from pdf_security_operator.api import Concurrency

MIB = 1024**2


def running(total: int, in_namespace: int, of_user: int = 0) -> Running:
    """Give so many jobs of 1 MiB each."""
    return Running(*(Load(number, number * MIB) for number in (total, in_namespace, of_user)))


@pytest.mark.parametrize(
    ("concurrency", "runs"),
    [
        pytest.param({}, running(10**6, 10**6, 10**6), id="no-bound"),
        pytest.param({"total": 2}, running(1, 1, 1), id="below-total"),
        pytest.param({"total": 9, "perNamespace": 2}, running(8, 1), id="below-both"),
        pytest.param({"perNamespace": 2}, running(50, 1, 50), id="others-run"),
        pytest.param({"perUser": 2}, running(50, 50, 1), id="other-users-run"),
        pytest.param({"memory": {"total": "3Mi"}}, running(2, 0), id="memory-exactly-fits"),
        pytest.param({"memory": {"perUser": "1Mi"}}, running(9, 9, 0), id="users-memory-fits"),
    ],
)
def test_may_start(concurrency: dict[str, Any], runs: Running) -> None:
    """Jobs would wait though there is room."""
    assert obstacle_of(Concurrency.model_validate(concurrency), runs, MIB) is None


@pytest.mark.parametrize(
    ("concurrency", "runs", "expected"),
    [
        pytest.param(
            {"total": 2},
            running(2, 0),
            Obstacle(
                Scope.TOTAL, False, "ConcurrencyLimit", "2 jobs of the class run, of 2 that may"
            ),
            id="total-reached",
        ),
        pytest.param(
            {"total": 2},
            running(5, 0),
            Obstacle(
                Scope.TOTAL, False, "ConcurrencyLimit", "5 jobs of the class run, of 2 that may"
            ),
            id="total-lowered-meanwhile",
        ),
        pytest.param(
            {"perNamespace": 1},
            running(1, 1),
            Obstacle(
                Scope.NAMESPACE,
                False,
                "NamespaceConcurrencyLimit",
                "1 jobs of the class in this namespace run, of 1 that may",
            ),
            id="namespace-reached",
        ),
        pytest.param(
            {"perUser": 3},
            running(3, 0, 3),
            Obstacle(
                Scope.USER,
                False,
                "UserConcurrencyLimit",
                "3 jobs of the class and this user run, of 3 that may",
            ),
            id="user-reached",
        ),
        pytest.param(
            {"memory": {"perNamespace": "2Mi"}},
            running(9, 2),
            Obstacle(
                Scope.NAMESPACE,
                True,
                "NamespaceMemoryLimit",
                "jobs of the class in this namespace request 2097152 bytes of memory, of 2Mi that "
                "they may, and this one requests 1048576",
            ),
            id="memory-reached",
        ),
        pytest.param(
            {"total": 3, "perNamespace": 3},
            running(3, 3),
            # Always the same one first: a waiting job's reason would change to and fro.
            Obstacle(
                Scope.TOTAL, False, "ConcurrencyLimit", "3 jobs of the class run, of 3 that may"
            ),
            id="both-reached",
        ),
    ],
)
def test_waits(concurrency: dict[str, Any], runs: Running, expected: Obstacle) -> None:
    """More pods would run than the administrator allows, or nobody would be told why one waits."""
    assert obstacle_of(Concurrency.model_validate(concurrency), runs, MIB) == expected


@pytest.mark.parametrize(
    ("memory", "too_large"), [pytest.param(2, False, id="fits"), pytest.param(3, True, id="never")]
)
def test_a_job_that_could_never_start_is_found(memory: int, too_large: bool) -> None:
    """It would wait for ever, and others behind it."""
    concurrency = Concurrency.model_validate({"total": 1, "memory": {"total": "2Mi"}})
    assert (too_large_for(concurrency, memory * MIB) is not None) is too_large
