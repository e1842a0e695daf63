"""A real operator sends its spans to a real collector: which, under which parents, saying what."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from e2e_support import wait_for
from observability.collector import Collector
from observability.scene import PLACE, SECRET, Watched
from pdf_security_operator.spans import QUEUED, ROOT, RUN, span_id_of, trace_id_of

Json = dict[str, Any]

ATTRIBUTES = {
    "k8s.namespace.name",
    "pdfsecurity.job.attempts",
    "pdfsecurity.job.class",
    "pdfsecurity.job.name",
    "pdfsecurity.job.reason",
    "pdfsecurity.job.uid",
}
"""All that a span says of its job."""

ERROR = 2
"""OTLP's code of a span that failed."""

SUCCEEDS, REFUSED = "ended-0", "refused-0"
"""Jobs of the scene."""


@pytest.fixture(scope="module")
def uids(watched: Watched) -> dict[str, str]:
    """The UIDs of two jobs by their names."""
    found = json.loads(watched.plane.kubectl("get", "psj", SUCCEEDS, REFUSED, "-o", "json"))
    return {job["metadata"]["name"]: job["metadata"]["uid"] for job in found["items"]}


@pytest.fixture(scope="module")
def traced(watched: Watched, uids: dict[str, str]) -> Collector:
    """What the collector received, once all of those two is there."""

    def arrived() -> bool:
        return sum(len(_spans_of(watched.collector, uid)) for uid in uids.values()) == 5

    # The library sends what it has every five seconds.
    wait_for(arrived, "five spans are in the file", 60)
    return watched.collector


def test_a_job_is_one_trace(traced: Collector, uids: dict[str, str]) -> None:
    """Wait and run would be two things that nobody finds together, or under another job."""
    spans = _spans_of(traced, uids[SUCCEEDS])
    assert spans.keys() == {ROOT, QUEUED, RUN}
    assert not spans[ROOT].get("parentSpanId")
    for name, span in spans.items():
        assert span["spanId"] == f"{span_id_of(uids[SUCCEEDS], name):016x}"
        assert name == ROOT or span["parentSpanId"] == spans[ROOT]["spanId"]


def test_times_follow_each_other(traced: Collector, uids: dict[str, str]) -> None:
    """Whoever looks where time went would be sent to the wrong part."""
    spans = _spans_of(traced, uids[SUCCEEDS])
    begins = {name: int(span["startTimeUnixNano"]) for name, span in spans.items()}
    ends = {name: int(span["endTimeUnixNano"]) for name, span in spans.items()}
    assert begins[ROOT] == begins[QUEUED] <= ends[QUEUED] == begins[RUN] <= ends[RUN] == ends[ROOT]
    assert time.time_ns() - 300e9 < begins[ROOT] <= time.time_ns()


def test_what_never_ran_has_no_run(traced: Collector, uids: dict[str, str]) -> None:
    """A job that was refused would look like one that ran for no time."""
    spans = _spans_of(traced, uids[REFUSED])
    assert spans.keys() == {ROOT, QUEUED}
    assert {span["status"]["code"] for span in spans.values()} == {ERROR}
    assert {span["status"]["message"] for span in spans.values()} == {"LimitExceeded"}


def test_what_spans_say(traced: Collector, uids: dict[str, str]) -> None:
    """A trace would not lead to its job; or to more: documents, Secrets, what a spec says."""
    for name, uid in uids.items():
        for span in _spans_of(traced, uid).values():
            said = {each["key"]: each["value"] for each in span["attributes"]}
            assert said.keys() <= ATTRIBUTES
            assert said["pdfsecurity.job.name"] == {"stringValue": name}
            assert said["k8s.namespace.name"] == {"stringValue": "default"}
    said = {
        each["key"]: each["value"]["stringValue"]
        for resource in traced.resources()
        for each in resource["resource"]["attributes"]
    }
    assert said["service.name"] == "pdf-security-operator"


def test_no_secret_is_sent(traced: Collector) -> None:
    """Collectors keep what they are sent for months, and many read it."""
    written = traced.file.read_text()
    assert SUCCEEDS in written
    for secret in (SECRET, PLACE, "Bearer", "eyJhbGci"):
        assert secret not in written


def _spans_of(running: Collector, uid: str) -> dict[str, Json]:
    trace = f"{trace_id_of(uid):032x}"
    return {span["name"]: span for span in running.spans() if span["traceId"] == trace}
