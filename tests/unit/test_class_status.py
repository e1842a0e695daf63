"""A class that cannot work says so, and jobs wait for it instead of failing one by one."""

from __future__ import annotations

from typing import Any

import pytest

from invalid_resources import security_class
from pdf_security_operator.class_status import class_status_of, examined_class_of

NOW = "2026-11-24T05:00:00Z"
LATER = "2026-11-24T06:00:00Z"

ENDPOINT = {"url": "https://s3.example.com", "cidrs": ["10.0.3.0/24"]}


def body(**spec: Any) -> dict[str, Any]:
    """Give a class as the API server would."""
    given = security_class(**spec)
    given["metadata"]["generation"] = 3
    return given


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        pytest.param(
            {"storageEndpoints": [{**ENDPOINT, "cidrs": ["10.0.0.0/24", "300.1.1.1/8"]}]},
            "spec.storageEndpoints[0].cidrs[1]",
            id="no-address",
        ),
        pytest.param(
            {"storageEndpoints": [{**ENDPOINT, "caBundle": "not PEM"}]},
            "spec.storageEndpoints[0].caBundle",
            id="no-certificate",
        ),
        pytest.param(
            {"storageEndpoints": [{**ENDPOINT, "caBundle": "# Zürich\n"}]},
            "spec.storageEndpoints[0].caBundle",
            id="only-a-comment",
        ),
        pytest.param(
            {"httpSources": [{**ENDPOINT, "cidrs": ["10.0.0.1/24"]}]},
            "spec.httpSources[0].cidrs[0]",
            id="no-block-of-a-source",
        ),
        pytest.param(
            {"httpSources": [ENDPOINT, {**ENDPOINT, "caBundle": "not PEM"}]},
            "spec.httpSources[1].caBundle",
            id="no-certificate-of-a-source",
        ),
        pytest.param(
            {"httpSources": [{**ENDPOINT, "caBundle": "#" * 20_000}] * 2},
            "spec.httpSources: their caBundles have more than 32768 characters",
            id="certificates-fill-the-request",
        ),
        pytest.param({"dns": {"cidrs": ["10.0.0.0/99"]}}, "spec.dns.cidrs[0]", id="dns"),
        pytest.param(
            {"sidecar": {"peers": [{"cidrs": ["10.0.0.1/24"], "ports": [15012]}]}},
            "spec.sidecar.peers[0].cidrs[0]",
            id="sidecar",
        ),
        pytest.param(
            {"defaults": {"resources": {"limits": {"memory": "64Gi"}}}},
            "spec.defaults: resources.limits.memory",
            id="default-above-bound",
        ),
        pytest.param(
            {"defaults": {"scratchSize": "2Gi"}},
            "spec.defaults: resources.limits.memory",
            id="scratch-fills-memory",
        ),
        pytest.param({"image": "latest"}, "spec.image", id="refused-by-the-model"),
    ],
)
def test_faults(spec: dict[str, Any], fault: str) -> None:
    """Every job of the class would fail, or be refused by the API server, with no word on why."""
    faults = examined_class_of(body(**spec)).faults
    assert any(one.startswith(fault) for one in faults), faults
    (condition,) = class_status_of(body(**spec), faults, NOW)["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "Invalid")
    assert fault in condition["message"]


def test_accepted() -> None:
    """A good class would be held back."""
    examined = examined_class_of(body())
    assert examined.spec is not None
    assert examined.faults == ()
    assert class_status_of(body(), (), NOW) == {
        "observedGeneration": 3,
        "conditions": [
            {
                "type": "Accepted",
                "status": "True",
                "observedGeneration": 3,
                "lastTransitionTime": NOW,
                "reason": "Accepted",
                "message": "jobs may use the class",
            }
        ],
    }


def test_says_nothing_new() -> None:
    """The status would be written again and again, each write an event that causes the next."""
    known = {**body(), "status": class_status_of(body(), (), NOW)}
    assert class_status_of(known, (), LATER) == known["status"]
