"""The memory of what was seen: newer beats older, counts are exact, strangers are not ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pdf_security_operator import names
from pdf_security_operator.observed import (
    Key,
    Observed,
    is_finished,
    is_settling,
    key_of,
    owner_uid_of,
)

Object = dict[str, Any]


def resource(name: str = "a", uid: str = "u1", version: int = 1, **spec: Any) -> Object:
    """Give a PdfSecurityJob."""
    return {
        "metadata": {
            "name": name,
            "namespace": "legal",
            "uid": uid,
            "resourceVersion": str(version),
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": ["large"],
        },
        "spec": spec,
    }


def job(owner: str = "u1", version: int = 1, uid: str = "j1", **status: Any) -> Object:
    """Give a Job of a PdfSecurityJob."""
    return {
        "metadata": {
            "name": f"a-{owner}",
            "namespace": "legal",
            "uid": uid,
            "resourceVersion": str(version),
            "labels": {names.CLASS_LABEL: "standard"},
            "annotations": {names.EFFECTIVE_ANNOTATION: json.dumps({"className": "standard"})},
            "ownerReferences": [
                {
                    "apiVersion": names.API_VERSION,
                    "kind": names.JOB_KIND,
                    "uid": owner,
                    "controller": True,
                }
            ],
        },
        "spec": {"suspend": False},
        "status": status,
    }


def finished(kind: str = "Complete") -> Object:
    """Give a status that says that the Job has ended."""
    return {"conditions": [{"type": kind, "status": "True"}]}


def test_older_versions_are_passed_over() -> None:
    """A late event would bring an old status back, and what was done would be done again."""
    observed = Observed()
    assert observed.put_security_job(resource(version=5))
    assert not observed.put_security_job(resource(version=4))
    assert not observed.put_security_job(resource(version=5))
    assert observed.put_security_job(resource(version=6))
    # Deleted and created again: another resource, whatever its version.
    assert observed.put_security_job(resource(uid="u2", version=3))
    assert "managedFields" not in observed.security_jobs[Key("legal", "a")]["metadata"]


def test_forgets_only_the_one_that_went() -> None:
    """The event of a deleted resource would wipe out its successor of the same name."""
    observed = Observed()
    observed.put_security_job(resource(uid="u2"))
    observed.forget_security_job(resource(uid="u1"))
    assert key_of(resource()) in observed.security_jobs
    observed.forget_security_job(resource(uid="u2"))
    assert observed.security_jobs == {}


def test_events_that_change_nothing() -> None:
    """Each of the half dozen events of a Job would cost a reconcile."""
    observed = Observed()
    assert observed.put_job(job(active=1))
    assert not observed.put_job(job(version=2, active=1))
    assert observed.put_job(job(version=3, active=1, ready=1))
    assert not observed.put_job(job(version=2, active=1))
    assert observed.jobs["u1"]["status"]["ready"] == 1


def test_counts_what_runs() -> None:
    """A class would run more jobs than it may, or come to a halt with places free."""
    observed = Observed()
    observed.reserve("u1", "standard", "legal")
    observed.reserve("u1", "standard", "legal")
    assert observed.running("standard", "legal").total == 1
    observed.put_job(job())
    observed.release("u1")
    assert observed.running("standard", "legal").in_namespace == 1
    observed.put_job(job(version=2, **finished()))
    assert observed.running("standard", "legal").total == 0
    observed.reserve("u2", "standard", "legal")
    observed.release("u2")
    assert observed.running("standard", "legal").total == 0
    observed.put_job(job("u3", uid="j3"))
    observed.forget_job(job("u3", uid="other"))
    assert observed.running("standard", "legal").total == 1
    observed.forget_job(job("u3", uid="j3"))
    assert observed.running("standard", "legal").total == 0


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"controller": False}, id="not-the-controller"),
        pytest.param({"kind": "CronJob"}, id="another-kind"),
        pytest.param({"apiVersion": "batch/v1"}, id="another-group"),
        pytest.param({"uid": "u9"}, id="a-name-that-is-not-the-owners"),
    ],
)
def test_strangers(change: Object) -> None:
    """A foreign Job would be taken for ours, and its outcome for a document's."""
    stranger = job()
    stranger["metadata"]["ownerReferences"][0].update(change)
    assert owner_uid_of(stranger) is None
    observed = Observed()
    assert not observed.put_job(stranger)
    observed.forget_job(stranger)
    assert observed.jobs == {}


def test_effective_is_read_with_care() -> None:
    """An edited annotation would crash the operator, or be believed."""
    observed = Observed()
    observed.put_job(job())
    assert observed.jobs["u1"]["effective"] == {"className": "standard"}
    for text in ("{", "[]", '{"unknown": 1}', "[" * 100000):
        edited = job(version=2)
        edited["metadata"]["annotations"][names.EFFECTIVE_ANNOTATION] = text
        other = Observed()
        other.put_job(edited)
        assert other.jobs["u1"]["effective"] is None


def test_default_class_is_the_newest() -> None:
    """Two classes marked as default would make jobs' fates depend on chance."""
    observed = Observed()
    assert observed.default_class() is None
    for name, created, marked in (
        ("old", "2025", "true"),
        ("new", "2026", "true"),
        ("no", "2027", ""),
    ):
        observed.classes[name] = {
            "metadata": {
                "name": name,
                "creationTimestamp": created,
                "annotations": {names.DEFAULT_CLASS_ANNOTATION: marked},
            }
        }
    assert observed.class_name_of(resource()) == "new"
    assert observed.class_name_of(resource(className="named")) == "named"
    decided = {**resource(), "status": {"effective": {"className": "old"}}}
    assert observed.class_name_of(decided) == "old"


def test_wakes_by_priority_then_age() -> None:
    """A place that became free would go to whoever happened to ask last."""
    observed = Observed()
    for name, priority in (("low", 1), ("high", 9), ("gone", 5)):
        body = resource(name, f"u-{name}", className="standard", priority=priority)
        observed.put_security_job(body)
        observed.wait(key_of(body), body)
    other = resource("other", "u-other", className="standard")
    other["metadata"]["namespace"] = "else"
    observed.put_security_job(other)
    observed.wait(key_of(other), other)
    observed.forget_security_job(resource("gone", "u-gone"))
    assert observed.wake("standard", "legal", most=1) == [
        Key("legal", "high"),
        Key("else", "other"),
    ]
    assert observed.wake("standard") == [Key("legal", "low")]
    assert observed.wake("standard") == []
    assert list(observed.users_of("standard", "legal")) == [
        Key("legal", "low"),
        Key("legal", "high"),
    ]


@pytest.mark.parametrize(
    ("status", "ended", "settling"),
    [
        pytest.param({}, False, False, id="new"),
        pytest.param(finished(), True, False, id="complete"),
        pytest.param(finished("Failed"), True, False, id="failed"),
        pytest.param(finished("FailureTarget"), False, True, id="failing"),
        pytest.param({"uncountedTerminatedPods": {"failed": ["x"]}}, False, True, id="uncounted"),
        pytest.param({"uncountedTerminatedPods": {}}, False, False, id="all-counted"),
    ],
)
def test_ends(status: Object, ended: bool, settling: bool) -> None:
    """A status would be written of a Job that is about to say something else."""
    assert is_finished(job(**status)) is ended
    assert is_settling(job(**status)) is settling
