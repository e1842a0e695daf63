"""The Job's name is valid and its own, whatever its resource is called."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_security_operator.identity import job_name_of

RESOURCE_NAMES = st.from_regex(
    r"[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?){0,4}", fullmatch=True
).filter(lambda name: len(name) <= 253)
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


@given(name=RESOURCE_NAMES, uid=st.uuids())
def test_is_a_dns_label(name: str, uid: uuid.UUID) -> None:
    """The API server would refuse the Job, or its name as the label of its pods."""
    job_name = job_name_of(name, str(uid))
    assert len(job_name) <= 63
    assert DNS_LABEL.fullmatch(job_name)
    assert job_name.endswith(f"-{uid}")


@given(name=RESOURCE_NAMES, first=st.uuids(), second=st.uuids())
def test_is_unique(name: str, first: uuid.UUID, second: uuid.UUID) -> None:
    """A resource created again would take the finished Job of its predecessor for its own."""
    same = job_name_of(name, str(first)) == job_name_of(name, str(second))
    assert same == (first == second)


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        pytest.param("contract-7", "contract-7", id="short"),
        pytest.param("a" * 253, "a" * 26, id="long"),
        pytest.param("v1.2.contract", "v1-2-contract", id="dots"),
        pytest.param("a" * 25 + "-bcd", "a" * 25, id="cut-at-a-dash"),
    ],
)
def test_begins_as_the_resource_does(name: str, prefix: str) -> None:
    """A person could not tell in `kubectl get jobs` whose Job it is."""
    uid = "5b1f7c1e-6d8f-4c55-9d3e-0c4b1d0a7e11"
    assert job_name_of(name, uid) == f"{prefix}-{uid}"
