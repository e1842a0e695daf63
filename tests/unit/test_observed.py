"""The memory of what was seen: whose Job is whose, who takes a place, and who is woken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pdf_security_operator import names
from pdf_security_operator.admission import Claim
from pdf_security_operator.api import Concurrency
from pdf_security_operator.identity import Key, key_of, owner_of
from pdf_security_operator.observed import SUBMITTER_LENGTH, Observed
from unit.resources import UID, observed_job, security_job

Object = dict[str, Any]

OTHER_UID = "00000000-6d8f-4c55-9d3e-0c4b1d0a7e11"


def finished(kind: str = "Complete") -> Object:
    """Give a status that says that the Job has ended."""
    return {"conditions": [{"type": kind, "status": "True"}]}


def version(number: int) -> Object:
    """Give the metadata of a version."""
    return {"resourceVersion": str(number)}


def observed_with(*jobs: Object, bodies: tuple[Object, ...] = (security_job(),)) -> Observed:
    """Give a memory of resources and Jobs."""
    observed = Observed()
    for body in bodies:
        observed.put_security_job(body)
    for job in jobs:
        observed.put_job(job)
    return observed


def running(observed: Observed) -> int:
    """Count what runs of the class."""
    return observed.turnstile.places.classes().get("standard", 0)


def claim(observed: Observed, body: Object) -> Claim:
    """Claim a place of the class."""
    return observed.claim_of(body, "standard", 0)


def test_events_that_change_nothing() -> None:
    """Each of the half dozen events of a Job would cost a reconcile."""
    observed = observed_with()
    assert observed.put_job(observed_job(metadata=version(1), status={"active": 1}))
    assert not observed.put_job(observed_job(metadata=version(2), status={"active": 1}))
    ready = {"active": 1, "ready": 1}
    assert observed.put_job(observed_job(metadata=version(3), status=ready))
    assert not observed.put_job(observed_job(metadata=version(2), status={"active": 1}))
    job = observed.job_of(security_job())
    assert job is not None
    assert job["status"] == ready


@pytest.mark.parametrize(
    ("spec", "status", "taken"),
    [
        pytest.param({}, {}, 1, id="new"),
        pytest.param({}, {"active": 1}, 1, id="active"),
        pytest.param({}, finished(), 0, id="complete"),
        pytest.param({}, finished("Failed"), 0, id="failed"),
        pytest.param({"suspend": True}, {}, 0, id="held"),
        pytest.param({"suspend": True}, {"active": 1}, 1, id="being-held"),
        pytest.param({"suspend": True}, {"terminating": 1}, 1, id="still-ending"),
    ],
)
def test_a_job_takes_a_place_while_it_has_pods(spec: Object, status: Object, taken: int) -> None:
    """A class would run more jobs than it may; or one that is held would block it for ever."""
    assert running(observed_with(observed_job(spec=spec, status=status))) == taken


def test_a_place_is_counted_once_and_given_back() -> None:
    """A class would come to a halt with places free."""
    observed = observed_with()
    with observed.starting(security_job(), claim(observed, security_job())):
        assert running(observed) == 1
        observed.put_job(observed_job())
        # An older state that comes late frees nothing while the job is being started.
        observed.put_job(observed_job(metadata=version(21), spec={"suspend": True}))
        assert running(observed) == 1
        observed.put_job(observed_job(metadata=version(22)))
    assert running(observed) == 1
    observed.put_job(observed_job(metadata=version(23), status=finished()))
    assert running(observed) == 0


def test_a_place_is_given_back_when_no_job_came_of_it() -> None:
    """A refused creation would take a place for ever."""
    observed = observed_with()
    place = claim(observed, security_job())
    with pytest.raises(RuntimeError), observed.starting(security_job(), place):
        raise RuntimeError
    assert running(observed) == 0


def test_a_place_is_kept_as_long_as_the_job_is_there() -> None:
    """Pods of a deleted resource, still ending, would be joined by more than the class allows."""
    observed = observed_with(observed_job())
    observed.forget_security_job(security_job())
    assert running(observed) == 1
    observed.forget_job(observed_job())
    assert running(observed) == 0


def test_a_job_that_loses_its_owner_gives_its_place_back() -> None:
    """`kubectl delete --cascade=orphan` would take a place of the class for ever."""
    observed = observed_with(observed_job())
    assert observed.put_job(observed_job(metadata={**version(21), "ownerReferences": []}))
    assert observed.job_of(security_job()) is None
    assert running(observed) == 0


def test_a_job_that_came_before_its_owner_is_counted() -> None:
    """After a restart, what runs already would be forgotten, and run beside as many others."""
    observed = observed_with(observed_job(), bodies=())
    assert running(observed) == 0
    observed.put_security_job(security_job())
    assert running(observed) == 1


def _claiming(**changes: Any) -> Object:
    job = observed_job()
    job["metadata"]["ownerReferences"][0].update(changes)
    return job


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param(_claiming(controller=False), id="not-the-controller"),
        pytest.param(_claiming(kind="CronJob"), id="another-kind"),
        pytest.param(_claiming(apiVersion="batch/v1"), id="another-group"),
        pytest.param(_claiming(uid=OTHER_UID), id="not-named-after-the-uid"),
        pytest.param(_claiming(name="another"), id="not-named-after-the-name"),
        pytest.param(observed_job(namespace="elsewhere"), id="in-another-namespace"),
        pytest.param(observed_job(OTHER_UID), id="of-a-resource-that-is-not-there"),
        pytest.param(observed_job(metadata={"name": f"forged-{UID}"}), id="only-ends-with-the-uid"),
    ],
)
def test_a_forged_job_is_nobodys(stranger: Object) -> None:
    """Whoever may create Jobs somewhere would decide how a document's job elsewhere ended."""
    observed = observed_with(stranger)
    assert observed.job_of(security_job()) is None
    assert running(observed) == 0


@pytest.mark.parametrize(
    ("text", "effective"),
    [
        pytest.param('{"className": "standard"}', {"className": "standard"}, id="as-written"),
        pytest.param("{", None, id="no-json"),
        pytest.param("[]", None, id="no-map"),
        pytest.param('{"unknown": 1}', None, id="unknown-field"),
        pytest.param("[" * 100000, None, id="too-deep"),
        pytest.param(json.dumps({"image": "x" * 200_000}), None, id="too-long"),
        pytest.param('{"className": "\\u001b[2J"}', None, id="orders-to-a-terminal"),
        pytest.param('{"backoffLimit": 1' + "0" * 30 + "}", None, id="no-number-of-the-api"),
    ],
)
def test_effective_is_read_with_care(text: str, effective: Object | None) -> None:
    """An edited annotation would crash the operator, or keep a status from ever being written."""
    edited = observed_job(metadata={"annotations": {names.EFFECTIVE_ANNOTATION: text}})
    job = observed_with(edited).job_of(security_job())
    assert job is not None
    assert job["effective"] == effective


def test_nothing_large_is_remembered() -> None:
    """One author could fill the operator's memory with labels."""
    noted = {"a": "b", names.SUBMITTER_ANNOTATION: "c" * 10**5}
    large = {"labels": {"a": "b" * 10**6}, "annotations": noted, "managedFields": ["large"]}
    observed = observed_with(observed_job(metadata=None), bodies=(security_job(metadata=large),))
    body = observed.security_jobs.get(Key("legal", "contract-7"))
    assert body is not None
    assert not {"labels", "managedFields"} & body["metadata"].keys()
    assert body["metadata"]["annotations"] == {names.SUBMITTER_ANNOTATION: "c" * SUBMITTER_LENGTH}


def _class(name: str, created: str, marked: str) -> Object:
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "resourceVersion": "1",
            "creationTimestamp": created,
            "annotations": {names.DEFAULT_CLASS_ANNOTATION: marked},
        },
        "spec": {},
    }


def test_default_class_is_the_newest() -> None:
    """Two classes marked as default would make jobs' fates depend on chance."""
    observed = Observed()
    assert observed.default_class() is None
    for body in (_class("old", "2025", "true"), _class("new", "2026", "true")):
        observed.classes.put(body)
    observed.classes.put(_class("no", "2027", ""))
    assert observed.class_name_of(security_job()) == "new"
    named = security_job(spec={"className": "named"})
    assert observed.class_name_of(named) == "named"
    decided = security_job(status={"effective": {"className": "old"}})
    assert observed.class_name_of(decided) == "old"


def test_a_free_place_goes_by_priority_then_age() -> None:
    """A place that became free would go to whoever happened to ask last; or to nobody."""
    observed = observed_with(observed_job())
    one = Concurrency(total=1)
    bodies = [
        security_job(name, f"u-{name}", spec={"className": "standard", "priority": priority})
        for name, priority in (("low", 1), ("high", 9), ("gone", 10), ("replaced", 11))
    ]
    for body in bodies:
        observed.put_security_job(body)
        assert observed.apply(body, claim(observed, body), one)
    observed.forget_security_job(bodies[2])
    observed.put_security_job(security_job("replaced", "u-another", metadata=version(50)))
    observed.put_job(observed_job(metadata=version(21), status=finished()))
    turnstile = observed.turnstile
    assert turnstile.take_freed() == {"standard"}
    turnstile.let_in("standard", one)
    assert turnstile.take_let_in() == [Key("legal", "high")]
    # It does not start after all.
    observed.return_unused_place(bodies[1], stays_in_line=False)
    assert turnstile.take_freed() == {"standard"}
    turnstile.let_in("standard", one)
    assert turnstile.take_let_in() == [Key("legal", "low")]
    # It is gone before it starts.
    observed.forget_security_job(bodies[0])
    assert running(observed) == 0


def test_a_class_wakes_its_own_and_those_without_one() -> None:
    """A job would wait on after its class, or a default, has come."""
    observed = Observed()
    for name, spec in (
        ("named", {"className": "late"}),
        ("any", {}),
        ("other", {"className": "x"}),
    ):
        body = security_job(name, f"u-{name}", spec=spec)
        observed.put_security_job(body)
        observed.wait_for_class(key_of(body))
    assert observed.woken_by_class("late") == {Key("legal", "named"), Key("legal", "any")}
    assert observed.woken_by_class("late") == set()
    assert list(observed.users_of("x", "legal")) == [Key("legal", "other")]


def test_owner() -> None:
    """A Job of ours would not be found again after a restart."""
    owner = owner_of(observed_job())
    assert owner is not None
    assert (owner.key, owner.uid) == (Key("legal", "contract-7"), UID)
