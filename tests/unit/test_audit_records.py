"""A record tells who, what, which documents, which image, how it ended; and no secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pdf_security_operator.audit import records
from unit.audit_logs import final_status, submitted_job
from unit.resources import IMAGE, LATER, NOW, observed_job, security_job

Object = dict[str, Any]

CLOUD_EVENT = {"id", "type", "subject", "time", "data"}
"""What `Chain.line_of` adds to, of CloudEvents 1.0; `source` and `specversion` are the chain's."""

API_ACTIVITY = {
    "metadata", "category_uid", "class_uid", "type_uid", "activity_id", "severity_id", "time",
    "actor", "api", "src_endpoint",
}  # fmt: skip
"""What OCSF requires of its class 6003."""


def _admission() -> Object:
    job = {**observed_job(), "effective": {"image": IMAGE}}
    return records.build_admission(submitted_job(), job, NOW)


RECORDS = {
    "admitted": _admission(),
    "succeeded": records.build_outcome(submitted_job(), final_status(), LATER),
    "failed": records.build_outcome(
        submitted_job(), final_status(phase="Failed", reason="WrongPassword"), LATER
    ),
    "refused": records.build_outcome(
        submitted_job(),
        {"phase": "Failed", "reason": "LimitExceeded", "conditions": []},
        LATER,
    ),
    "deleted": records.build_deletion(submitted_job(), LATER),
}


@pytest.mark.parametrize(("kind", "record"), RECORDS.items(), ids=RECORDS)
def test_is_a_cloud_event_of_ocsf(kind: str, record: Object) -> None:
    """Programs that read such logs would not take it."""
    assert set(record) == CLOUD_EVENT
    assert record["type"] == f"dev.pdfsecurity.job.{kind}"
    data = record["data"]
    assert set(data) >= API_ACTIVITY
    assert data["type_uid"] == data["class_uid"] * 100 + data["activity_id"]
    assert data["status_id"] == (2 if kind in ("failed", "refused") else 1)
    assert data["actor"]["user"]["name"] == "jane@example.com"


def test_of_a_success_it_tells_all() -> None:
    """Who asks a year later has nothing else: neither the resource nor the documents."""
    data = RECORDS["succeeded"]["data"]
    by_type = {resource["type"]: resource for resource in data["resources"]}
    assert by_type["PdfSecurityJob"]["uid"] == "uid-1"
    assert by_type["document/input"] == {
        "type": "document/input",
        "name": "https://s3.example.com/documents/in.pdf",
        "data": {"bytes": 10, "sha256": "1" * 64, "pages": 2},
    }
    assert by_type["document/output"]["name"] == "persistentvolumeclaims/documents/out.pdf"
    assert by_type["document/output"]["data"]["sha256"] == "2" * 64
    assert data["unmapped"]["operations"] == ["decrypt", "sanitize"]
    assert data["unmapped"]["effective"]["image"] == IMAGE
    assert data["unmapped"]["removed"] == {"javascript": 3}


def test_of_a_failure_it_tells_why() -> None:
    """See above."""
    data = RECORDS["failed"]["data"]
    assert data["status_detail"] == "WrongPassword"
    assert data["api"]["response"] == {"error": "WrongPassword"}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_names_no_secret(record: Object) -> None:
    """A log is read by more people than Secrets are."""
    assert "pw" not in json.dumps(record)


def test_the_same_end_has_the_same_id() -> None:
    """After a crash nobody could tell that two records are of one end."""
    later = records.build_outcome(submitted_job(), final_status(), NOW)
    assert later["id"] == RECORDS["succeeded"]["id"] == RECORDS["deleted"]["id"]
    assert later["id"] != RECORDS["admitted"]["id"]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        pytest.param({"configMap": {"name": "c", "key": "k"}}, "configmaps/c/k", id="config-map"),
        pytest.param(
            {"http": {"url": "https://a.example/b.pdf?token=word"}}, "https://a.example/b.pdf",
            id="http",
        ),
    ],
)  # fmt: skip
def test_a_place_is_named_without_what_opens_it(place: Object, name: str) -> None:
    """A URL that was signed for a day would be in a log that is kept for years."""
    status = {"phase": "Succeeded", "report": {"input": {"bytes": 1}}, "jobName": "j"}
    record = records.build_outcome(security_job(spec={"input": place}), status, LATER)
    names = [it["name"] for it in record["data"]["resources"] if it["type"] == "document/input"]
    assert names == [name]


@pytest.mark.parametrize(
    "spec",
    [{}, {"operations": 7, "input": "x"}, {"operations": [1, {}, {"a" * 200: 1}], "input": {}}],
    ids=["empty", "no-tables", "unknown"],
)
def test_a_spec_that_no_schema_saw_is_recorded(spec: Object) -> None:
    """One resource of an older schema would stop the log."""
    status = {"phase": "Failed", "reason": "InvalidSpec", "report": {"input": {"bytes": 1}}}
    record = records.build_outcome(security_job(spec=spec), status, LATER)
    assert len(json.dumps(record)) < 2000


@pytest.mark.parametrize(
    ("status", "job", "owed"),
    [
        pytest.param({"jobName": "j"}, {"spec": {}}, True, id="job-stays"),
        pytest.param({"jobName": "j"}, {"spec": {"ttlSecondsAfterFinished": 1}}, False, id="going"),
        pytest.param({"jobName": "j"}, None, False, id="gone"),
        pytest.param({"jobName": "j", "reason": "JobDeleted"}, None, True, id="deleted-by-hand"),
        pytest.param({"reason": "LimitExceeded"}, None, True, id="never-started"),
        pytest.param({"reason": "LimitExceeded", "auditTime": NOW}, None, False, id="recorded"),
    ],
)  # fmt: skip
def test_what_is_owed(status: Object, job: Object | None, owed: bool) -> None:
    """An end would be recorded at every start, or never."""
    assert records.is_owed(status, job) is owed
