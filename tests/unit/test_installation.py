"""What `helm test` asks: an installation that does not work is not said to."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator.installation import definition_faults, deployment_faults

Object = dict[str, Any]

SERVED = [
    "pdfsecurityjobs",
    "pdfsecurityjobs/status",
    "pdfsecurityclasses",
    "pdfsecurityclasses/status",
]


def _discovered(*without: str) -> Object:
    return {"resources": [{"name": name} for name in SERVED if name not in without]}


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        pytest.param((), "", id="all"),
        pytest.param(("pdfsecurityjobs",), "pdfsecurityjobs", id="no-jobs"),
        pytest.param(("pdfsecurityclasses",), "pdfsecurityclasses", id="no-classes"),
        # As an older definition may be.
        pytest.param(("pdfsecurityjobs/status",), "pdfsecurityjobs", id="no-status"),
    ],
)
def test_definitions(without: tuple[str, ...], missing: str) -> None:
    """Would break: a release without definitions passes, and no job is ever accepted."""
    faults = definition_faults(_discovered(*without))
    assert [fault.partition(".")[0] for fault in faults] == ([missing] if missing else [])


def test_nothing_served() -> None:
    """Would break: an answer without a list ends in a traceback."""
    assert len(definition_faults({})) == 2


@pytest.mark.parametrize(
    ("status", "found"),
    [
        pytest.param(
            {"observedGeneration": 3, "readyReplicas": 2, "updatedReplicas": 2}, "", id="ready"
        ),
        pytest.param(
            {"observedGeneration": 3, "readyReplicas": 1, "updatedReplicas": 2}, "1 of 2", id="one"
        ),
        # Those of the version before are ready, and those of this one do not start.
        pytest.param(
            {"observedGeneration": 3, "readyReplicas": 2, "updatedReplicas": 1}, "1 of 2", id="old"
        ),
        pytest.param({"observedGeneration": 3}, "0 of 2", id="none"),
        pytest.param(
            {"observedGeneration": 2, "readyReplicas": 2, "updatedReplicas": 2},
            "no controller has seen it",
            id="unseen",
        ),
        pytest.param({}, "no controller has seen it", id="no-status"),
    ],
)
def test_replicas(status: Object, found: str) -> None:
    """Would break: an upgrade whose pods do not start passes for one that worked."""
    deployment = {"metadata": {"generation": 3}, "spec": {"replicas": 2}, "status": status}
    [fault] = deployment_faults(deployment) or [""]
    assert found in fault
    assert bool(fault) == bool(found)
