"""What is said of jobs that wait, fail and ended, by the rights of those who ask."""

from __future__ import annotations

import pytest

from controlplane.operator_process import build_job
from pdf_security_operator.names import OWNER_UID_LABEL
from plugin.conftest import Place, Until, end_pod
from plugin.person import Person

HOSTILE = "\x1b]0;owned\x07\x9b2J\u202egnp"


@pytest.fixture
def crowd(place: Place, until: Until) -> Place:
    """One job that holds the place of its class, and one that waits for it."""
    for name in ("big", "later"):
        place.create(place.stuck(name))
        until(name, "Running" if name == "big" else "Queued")
    return place


def test_why_a_job_waits_and_another_does_not_start(crowd: Place, viewer: Person) -> None:
    """A person would have to read conditions, pods and events of five kinds of objects."""
    waits = viewer.run("explain", "later", "--json").document
    assert (waits["phase"], waits["reason"]) == ("Queued", "ConcurrencyLimit")
    assert "1 jobs of the class run, of 1 that may" in waits["message"]
    assert any("spec.concurrency.total" in action for action in waits["actions"])
    stuck = viewer.run("explain", "big")
    assert stuck.status == 0
    assert "Unschedulable: 0/1 nodes are available" in stuck.out
    assert "what to do: Unschedulable: no node has room" in stuck.out
    # `view` has everything but classes, which are the cluster's.
    assert stuck.out.count("not seen: ") == 1
    assert "pdf-security-class-viewer" in stuck.out


def test_why_a_job_failed(crowd: Place, viewer: Person, until: Until) -> None:
    """A person would not be told what to do about a wrong password."""
    end_pod(crowd, 27)
    until("big", "Failed")
    found = viewer.run("explain", "big", "--json").document
    assert found["reason"] == "WrongPassword"
    assert any("check the Secret's key" in action for action in found["actions"])
    assert any(fact["name"] == "attempt" for fact in found["facts"])


def test_who_may_see_less_is_told_less_and_that(crowd: Place, reader: Person) -> None:
    """It would end at the first right that is missing, or look complete without."""
    del crowd
    found = reader.run("explain", "big", "--json").document
    assert found["phase"] == "Running"
    assert [words.split(" may not ")[1].split(" in ")[0] for words in found["unseen"]] == [
        "get pdfsecurityclasses.pdfsecurity.dev",
        "get jobs.batch",
        "list pods",
        "list events",
    ]
    assert all("kubectl create" in words for words in found["unseen"])


def test_logs_that_are_not_there_are_said_to_be(
    crowd: Place, viewer: Person, reader: Person
) -> None:
    """A person would see nothing, and not know whether there is nothing or nothing yet."""
    waits = viewer.run("logs", "later")
    assert (waits.status, waits.out) == (6, "")
    assert "it has no pod yet (Queued ConcurrencyLimit)" in waits.err
    assert "its pod has not started (Running" in viewer.run("logs", "big").err
    assert "may not list pods" in reader.run("logs", "big").err
    body = crowd.administrator.get("pdfsecurityjobs", "big", crowd.namespace)
    assert body
    ended = {"type": "Failed", "status": "True", "reason": "X", "message": ""}
    ended["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    for status, words in (
        ({"jobName": "gone", "conditions": [ended]}, "are gone, and their logs with them"),
        ({"conditions": [ended]}, "it ended before it had a pod"),
    ):
        name = "gone" if "jobName" in status else "never"
        body = build_job(name, crowd.namespace, suspend=True)
        crowd.create(body)
        crowd.administrator.patch(
            "pdfsecurityjobs", name, {"status": status}, crowd.namespace, "status"
        )
        assert words in viewer.run("logs", name).err


def test_a_pod_that_only_bears_the_label_is_no_jobs(crowd: Place, viewer: Person) -> None:
    """Whoever may create pods would put words into the log of another's job."""
    job = crowd.administrator.get("pdfsecurityjobs", "big", crowd.namespace)
    assert job
    label = {OWNER_UID_LABEL: job["metadata"]["uid"]}
    pod = {
        "metadata": {"name": "foreign", "labels": label},
        "spec": {"containers": [{"name": "processor", "image": "i"}]},
    }
    crowd.administrator.create("pods", pod, crowd.namespace)
    assert "foreign" not in viewer.run("explain", "big").out
    assert "foreign" not in viewer.run("logs", "big").err


def test_a_report_and_the_sums(place: Place, viewer: Person, until: Until) -> None:
    """What became of a document would be known to programs only."""
    place.create(build_job("one", place.namespace))
    until("one", "Succeeded")
    report = viewer.run("report", "one")
    assert report.status == 0
    assert {"outcome: Succeeded", "removed: 1 JavaScript"} <= set(report.lines)
    assert viewer.run("report", "one", "--json").document["report"]["input"]["pages"] == 3
    [load] = viewer.run("top", "--json").document
    # The class that applied stands in the status: to see it, one need not see classes.
    assert (load["class"], load["succeeded"], load["pages"]) == ("standard", 1, 3)


def test_what_a_status_says_is_not_obeyed(place: Place, viewer: Person) -> None:
    """A pod, or whoever may write a status, would write on the terminals of those who look."""
    body = build_job("one", place.namespace, suspend=True)
    place.create(body)
    condition = {
        "type": "Failed",
        "status": "True",
        "reason": "WrongPassword",
        "message": HOSTILE,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    status = {
        "phase": "Failed",
        "reason": HOSTILE,
        "conditions": [condition],
        "report": {"location": HOSTILE, "visual": {"problem": HOSTILE}},
    }
    place.administrator.patch(
        "pdfsecurityjobs", "one", {"status": status}, place.namespace, "status"
    )
    for arguments in (
        ("report", "one"),
        ("report", "one", "--json"),
        ("explain", "one"),
        ("explain", "one", "--json"),
        ("watch", "one"),
        ("watch", "-A", "--timeout=1s"),
        ("top",),
    ):
        ended = viewer.run(*arguments)
        assert not set("\x1b\x07\x9b\u202e") & set(ended.out + ended.err), arguments
