"""How a job stands, read from its status: outcome, places, ages, and sums of many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pdf_security_operator.outcome import State
from pdf_security_operator.plugin.errors import JOB_FAILED
from pdf_security_operator.plugin.load import loads_of
from pdf_security_operator.plugin.report import report_document, report_rows
from pdf_security_operator.plugin.standing import (
    age_of,
    exit_code_of,
    moment_of,
    place_of,
    standing_of,
)
from pdf_security_operator.status import status_of
from pdf_security_processor.contract import FileFacts, Summary
from unit.resources import METADATA, NOW, claim, class_spec, http, job_spec, s3

Object = dict[str, Any]

LATER = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)

SUMMARY = Summary(
    exit_code=0,
    reason="Succeeded",
    input=FileFacts(bytes=900, sha256="1" * 64, pages=193),
    output=FileFacts(bytes=800, sha256="2" * 64, pages=193),
    removed={"URI": 62},
    report_location="out/report-1.json",
)


def job(state: State | None, spec: Object | None = None, **metadata: Any) -> Object:
    return {
        "metadata": {**METADATA, **metadata},
        "spec": spec or job_spec(),
        "status": status_of({}, 1, state, NOW) if state else {},
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(job(State("Succeeded", "Succeeded", "")), 0, id="succeeded"),
        pytest.param(job(State("Failed", "WrongPassword", "")), 27, id="the-processors-code"),
        pytest.param(job(State("Failed", "InternalError", "")), 1, id="an-error-of-its-own"),
        pytest.param(job(State("Failed", "DeadlineExceeded", "")), JOB_FAILED, id="the-operators"),
        pytest.param(None, JOB_FAILED, id="deleted"),
    ],
)
def test_exit_codes_are_outcomes(body: Object | None, code: int) -> None:
    """A script would take a failed job for a good one."""
    assert exit_code_of(body) == code


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(0, "0s", id="now"),
        pytest.param(59, "59s", id="seconds"),
        pytest.param(192, "3m12s", id="minutes"),
        pytest.param(2 * 3600 + 180, "2h3m", id="hours"),
        pytest.param(86400 * 3 + 3600, "3d1h", id="days"),
        pytest.param(-5, "0s", id="a-clock-that-is-ahead"),
    ],
)
def test_ages_are_kubectls(seconds: int, words: str) -> None:
    """Ages would be read wrongly beside those of kubectl."""
    now = datetime.fromtimestamp(10**9 + seconds, UTC)
    assert age_of(datetime.fromtimestamp(10**9, UTC), now) == words


@pytest.mark.parametrize(
    ("location", "words"),
    [
        pytest.param(s3("a.pdf"), "https://s3.example.com/documents/a.pdf", id="s3"),
        pytest.param(claim("a.pdf"), "a.pdf on the claim documents", id="claim"),
        pytest.param(
            {"configMap": {"name": "c", "key": "k"}}, "k of the ConfigMap c", id="config-map"
        ),
        pytest.param(http("/a.pdf"), "https://documents.example.com/a.pdf", id="http"),
        pytest.param(
            http("/a.pdf?X-Amz-Signature=Geheim-7391"),
            "https://documents.example.com/a.pdf?...",
            id="signed-url",
        ),
    ],
)
def test_places_are_said_without_their_signatures(location: Object, words: str) -> None:
    """A report would hand out a signed URL, which is as good as the document."""
    assert place_of(job_spec(input=location), "input") == words


@pytest.mark.parametrize(
    "text", [None, "", "yesterday", 7], ids=["none", "empty", "words", "number"]
)
def test_what_is_no_time_is_none(text: object) -> None:
    """A hand-made status would end the command in a traceback."""
    assert moment_of(text) is None


def test_a_status_of_nothing_stands_somewhere() -> None:
    """A job that the operator has not seen would end the command in a traceback."""
    standing = standing_of({**job(None), "status": None})
    assert (standing.phase, standing.reason) == ("Unseen", "")
    assert standing.since == datetime(2026, 3, 1, 11, 59, tzinfo=UTC)


def test_a_report_says_what_became_of_the_document() -> None:
    """Nobody would be told what was removed, or where the full report is."""
    spec = job_spec(output=s3("o.pdf"), report=claim("out/report.json"))
    body = job(State("Succeeded", "Succeeded", "193 pages", SUMMARY), spec)
    rows = report_rows(body, LATER)
    assert rows[0] == ("outcome", "Succeeded")
    for row in (
        ("output at", "https://s3.example.com/documents/o.pdf"),
        ("removed", "62 URI"),
        ("output sha256", "2" * 64),
        ("full report", "out/report-1.json on the claim documents"),
    ):
        assert row in rows
    document = report_document(body)
    assert document["fullReport"] == "out/report-1.json on the claim documents"
    assert document["report"]["removed"] == {"URI": 62}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(job_spec(), "none: spec.report is left out", id="none"),
        pytest.param(job_spec(report=claim("r")), "not there; it would be r on", id="not-yet"),
    ],
)
def test_a_report_that_is_not_there_is_not_promised(spec: Object, words: str) -> None:
    """Somebody would look for a report that nobody wrote."""
    rows = dict(report_rows(job(State("Running", "PodRunning", "runs"), spec), LATER))
    assert rows["full report"].startswith(words)


def test_jobs_are_counted_by_namespace_and_class() -> None:
    """Who waits, and behind which limit, would not be seen."""
    queued = State("Queued", "ConcurrencyLimit", "")
    jobs = [
        job(queued, creationTimestamp="2026-03-01T11:58:00Z"),
        job(queued, creationTimestamp="2026-03-01T11:50:00Z"),
        job(None),
        job(State("Succeeded", "Succeeded", "", SUMMARY)),
        job(State("Running", "PodRunning", ""), job_spec(className="fast"), namespace="sales"),
    ]
    classes = [
        {
            "metadata": {
                "name": "standard",
                "annotations": {"pdfsecurity.dev/is-default-class": "true"},
            },
            "spec": class_spec(concurrency={"total": 32, "perNamespace": 10}),
        }
    ]
    legal, sales = loads_of(jobs, classes)
    assert legal.row(LATER) == (
        "legal", "standard", "0", "3", "0", "20m0s", "1", "193", "0", "10 here, 32 in all",
    )  # fmt: skip
    assert sales.row(LATER)[:3] == ("sales", "fast", "1")
    assert (sales.limits, loads_of(jobs, None)[0].limits) == ("no class", "?")
