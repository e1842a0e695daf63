"""Scenarios of a controller whose view of the cluster is late, incomplete or forged."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pdf_security_operator import policies as policies_module
from pdf_security_operator.controller import RELIST_SECONDS, Controller
from pdf_security_operator.errors import ForbiddenError, UnavailableError
from pdf_security_operator.identity import Key
from pdf_security_operator.record import FIRST_SECONDS
from unit.fake_api import FakeApi, conditions_of
from unit.resources import job_spec, s3

Object = dict[str, Any]

OFTEN = 0.2
"""Seconds between two comparisons, for tests that wait for one."""


@pytest.fixture
def api() -> FakeApi:
    """An API server with a class."""
    api = FakeApi()
    api.add_class(concurrency={"total": 1})
    return api


@pytest.fixture
async def operator(api: FakeApi) -> AsyncIterator[Controller]:
    """An operator that never compares by itself."""
    async with api.operator(resync_seconds=3600) as controller:
        yield controller


async def test_a_deletion_that_was_missed_costs_two_calls(
    api: FakeApi, operator: Controller
) -> None:
    """The operator and the API server would spin for minutes over a resource that is gone."""
    await _started(api, "gone")
    job = api.job_of(api.security_job("gone"))
    with api.unseen():
        api.remove("security_jobs", Key("legal", "gone"))
    api.calls.clear()
    api.remove("jobs", Key("legal", job["metadata"]["name"]))
    await api.settled()
    assert api.count("get_job") <= 1
    assert api.count("patch_status") <= 1
    assert api.count("create_job") == 0


async def _started(api: FakeApi, name: str, namespace: str = "legal", **spec: Any) -> None:
    """Create a PdfSecurityJob and let its pod run."""
    body = api.add_security_job(name, namespace, **spec)
    await api.settled()
    api.run_job(api.job_of(body))
    await api.settled()


async def test_a_job_in_another_namespace_decides_nothing(
    api: FakeApi, operator: Controller
) -> None:
    """Whoever may create Jobs anywhere would say how a document's job elsewhere ended."""
    await _started(api, "victim")
    victim = api.security_job("victim")
    forged = copy.deepcopy(api.job_of(victim))
    forged["metadata"] |= {"namespace": "attacker", "uid": "forged"}
    api.finish(forged)
    await api.settled()
    assert list(conditions_of(victim)) == [("Running", "PodRunning"), ("Reconciling", "PodRunning")]


async def test_a_job_whose_owner_was_taken_off_fails_its_resource(
    api: FakeApi, operator: Controller
) -> None:
    """The resource would say Running for ever, and its place of the class be taken for ever."""
    await _started(api, "robbed")
    api.add_security_job("next", "other")
    job = api.job_of(api.security_job("robbed"))
    api.put("jobs", job, ownerReferences=[])
    await api.settled()
    assert ("Failed", "NameConflict") in conditions_of(api.security_job("robbed"))
    assert api.count("create_job", "other") == 1


async def test_jobs_that_nobody_asked_for_take_no_place(api: FakeApi, operator: Controller) -> None:
    """Made-up Jobs of one namespace would keep all others from the class."""
    await _started(api, "real")
    forged = copy.deepcopy(api.job_of(api.security_job("real")))
    api.finish(api.job_of(api.security_job("real")))
    uid = "00000000-0000-4000-8000-00000000feed"
    forged["metadata"] |= {"name": f"real-{uid}", "uid": "forged"}
    forged["metadata"]["ownerReferences"][0]["uid"] = uid
    api.put("jobs", forged)
    api.add_security_job("other", "other")
    await api.settled()
    assert api.count("create_job", "other") == 1


async def test_a_resource_deleted_while_a_list_is_on_its_way_stays_deleted(api: FakeApi) -> None:
    """Its Job would be created anew each time the garbage collector has removed it."""
    async with api.operator(resync_seconds=OFTEN):
        await _started(api, "first", "other")
        api.add_security_job("queued")
        await api.settled()

        async def deleted() -> None:
            api.remove("security_jobs", Key("legal", "queued"))

        api.while_listing["security_jobs"] = deleted
        await asyncio.sleep(2 * OFTEN)
        assert api.while_listing == {}
        api.finish(api.job_of(api.security_job("first", "other")))
        await api.settled()
        assert api.count("create_job", "legal") == 0


async def test_a_successor_does_not_get_its_predecessors_status(api: FakeApi) -> None:
    """A resource that was replaced while a list was on its way would be called failed."""
    async with api.operator(resync_seconds=OFTEN):
        await _started(api, "same")
        old = api.job_of(api.security_job("same"))

        async def replaced() -> None:
            api.remove("security_jobs", Key("legal", "same"))
            api.remove("jobs", Key("legal", old["metadata"]["name"]))
            api.add_security_job("same")

        api.while_listing["security_jobs"] = replaced
        await asyncio.sleep(2 * OFTEN)
        body = api.security_job("same")
        assert ("Running", "PodStarting") in conditions_of(body)
        assert body["status"]["jobName"].endswith(body["metadata"]["uid"])


async def test_a_held_job_gives_its_place_back_and_waits_for_one_to_go_on(
    api: FakeApi, operator: Controller
) -> None:
    """One author could block a class for all others by suspending a job."""
    await _started(api, "held")
    body = api.security_job("held")
    body["spec"]["suspend"] = True
    api.put("security_jobs", body, generation=2)
    await api.settled()
    api.run_job(api.job_of(body), active=0)
    await _started(api, "other", "other")
    body = api.security_job("held")
    body["spec"]["suspend"] = False
    api.put("security_jobs", body, generation=3)
    await api.settled()
    assert ("Queued", "ConcurrencyLimit") in conditions_of(api.security_job("held"))
    assert api.job_of(body)["spec"]["suspend"] is True
    api.finish(api.job_of(api.security_job("other", "other")))
    await api.settled()
    assert api.job_of(body)["spec"]["suspend"] is False


def _deny(api: FakeApi) -> Key:
    return next(key for key in api.objects["policies"] if "deny" in key.name)


@pytest.mark.parametrize("harm", ["deleted", "opened"])
async def test_a_policy_is_restored_while_pods_run_under_it(
    api: FakeApi, operator: Controller, harm: str
) -> None:
    """A careless `kubectl delete` would leave running pods, and their retries, unconfined."""
    await _started(api, "running")
    key = _deny(api)
    wanted = copy.deepcopy(api.objects["policies"][key]["spec"])
    if harm == "deleted":
        api.remove("policies", key)
    else:
        policy = api.objects["policies"][key]
        api.put("policies", {**policy, "spec": {**policy["spec"], "egress": [{}]}})
    await api.settled()
    assert api.objects["policies"][key]["spec"] == wanted


async def test_a_policy_whose_deletion_was_missed_is_not_trusted_for_long(
    api: FakeApi, operator: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All later pods of the namespace would run unconfined until the next comparison."""
    await _started(api, "first")
    api.finish(api.job_of(api.security_job("first")))
    await api.settled()
    with api.unseen():
        api.remove("policies", _deny(api))
    monkeypatch.setattr(policies_module, "TRUSTED_SECONDS", 0)
    api.add_security_job("second")
    await api.settled()
    calls = [call for call, _ in api.calls]
    restored = len(calls) - calls[::-1].index("create_policy")
    assert restored < len(calls) - calls[::-1].index("create_job")


async def test_a_narrower_class_closes_what_stands(api: FakeApi, operator: Controller) -> None:
    """What an administrator took back would stay open to what runs."""
    await _started(api, "running", **_with_store())
    body = api.objects["classes"][Key("", "standard")]
    body["spec"]["storageEndpoints"][0]["cidrs"] = ["10.9.9.9/32"]
    api.put("classes", body, generation=2)
    await api.settled()
    storage = next(p for k, p in api.objects["policies"].items() if "storage" in k.name)
    blocks = [peer.get("ipBlock") for peer in storage["spec"]["egress"][0]["to"]]
    assert blocks == [{"cidr": "10.9.9.9/32"}]


def _with_store() -> Object:
    return {"output": s3("out.pdf"), "operations": [{"sanitize": {}}]}


async def test_policies_outlive_their_class_as_long_as_pods_do(
    api: FakeApi, operator: Controller
) -> None:
    """Deleting a class would open the network to everything that still runs under it."""
    await _started(api, "running")
    api.remove("classes", Key("", "standard"))
    await api.settled()
    assert len(api.objects["policies"]) == 3
    # The Job stays for its time to live, and the resource for as long as Git wants it.
    api.finish(api.job_of(api.security_job("running")))
    await api.settled()
    assert api.objects["policies"] == {}


async def test_events_of_a_job_come_in_their_order(
    api: FakeApi, operator: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job would seem to have started, and then to wait for its class."""
    begun, created = [], []

    async def create(event: Object) -> None:
        begun.append(event["reason"])
        # The first takes longer than the second.
        await asyncio.sleep(1 if len(begun) == 1 else 0)
        created.append(event["reason"])

    monkeypatch.setattr(api, "create_event", create)
    api.add_security_job("late", className="late")
    await asyncio.sleep(FIRST_SECONDS + 0.1)
    api.add_class("late")
    await asyncio.sleep(2)
    assert created == ["ClassNotFound", "Started"]


async def test_a_refused_job_says_so(api: FakeApi, operator: Controller) -> None:
    """A resource would have no status at all, for ever, and its author no idea."""
    api.refusals["create_job"] = ForbiddenError(403, "admission webhook denied the request")
    api.add_security_job("refused")
    await api.settled()
    body = api.security_job("refused")
    assert ("Queued", "Forbidden") in conditions_of(body)
    assert "denied the request" in body["status"]["conditions"][0]["message"]
    assert api.count("create_event") == 1
    # It waits for people: the place that it gave back must not wake it.
    assert api.count("create_job") <= 3


async def test_a_change_after_the_end_is_taken_note_of(api: FakeApi, operator: Controller) -> None:
    """kstatus, and so Argo CD, would call a finished job unfinished for ever."""
    await _started(api, "done")
    api.finish(api.job_of(api.security_job("done")))
    await api.settled()
    body = api.security_job("done")
    body["spec"]["ttlSecondsAfterFinished"] = 10**8
    api.put("security_jobs", body, generation=2)
    await api.settled()
    status = api.security_job("done")["status"]
    assert status["observedGeneration"] == 2
    assert {entry["observedGeneration"] for entry in status["conditions"]} == {2}
    assert status["phase"] == "Succeeded"


async def test_a_long_message_is_cut_and_not_refused(api: FakeApi, operator: Controller) -> None:
    """The API server would refuse the status, and the job seem untouched for ever."""
    long = [
        {"url": f"https://{number}{'a' * 50}.{'b' * 60}.example", "cidrs": ["10.0.0.1/32"]}
        for number in range(16)
    ]
    api.add_class("standard", storageEndpoints=long)
    api.add_security_job("elsewhere", **_with_store())
    await api.settled()
    (message,) = [
        entry["message"]
        for entry in api.security_job("elsewhere")["status"]["conditions"]
        if entry["type"] == "Failed"
    ]
    assert len(message) == 1024


async def test_a_watch_that_began_anew_is_followed_by_a_comparison(
    api: FakeApi, operator: Controller
) -> None:
    """What was deleted while the watch was broken would be remembered for minutes."""
    await _started(api, "gone")
    job = api.job_of(api.security_job("gone"))
    with api.unseen():
        api.remove("security_jobs", Key("legal", "gone"))
        api.remove("jobs", Key("legal", job["metadata"]["name"]))
    await api.settled()
    assert len(api.objects["policies"]) == 3
    operator.relisted("pdfsecurityjobs")
    await asyncio.sleep(2 * RELIST_SECONDS)
    await api.settled()
    assert api.objects["policies"] == {}


async def test_an_object_that_cannot_be_read_does_not_stop_the_start(api: FakeApi) -> None:
    """One object from before an update of the definitions would crash-loop the operator."""
    api.put("security_jobs", {"metadata": {"name": "specless", "namespace": "legal"}})
    async with api.operator(resync_seconds=OFTEN):
        await _started(api, "sound")
        await asyncio.sleep(2 * OFTEN)
        assert ("Running", "PodRunning") in conditions_of(api.security_job("sound"))


async def test_unforeseen_bodies_do_not_stop_the_others(api: FakeApi, operator: Controller) -> None:
    """One resource that nobody foresaw would take the operator with it."""
    api.put("security_jobs", {"metadata": {"name": "odd", "namespace": "legal"}, "spec": {}})
    api.put(
        "security_jobs",
        {
            "metadata": {"name": "older", "namespace": "legal"},
            "spec": {"className": "standard"},
            "status": {"conditions": [{"type": "Complete", "status": "True"}]},
        },
    )
    # As no schema allows, and so as nobody foresees: more of them than there are workers.
    for number in range(8):
        metadata = {"name": f"strange-{number}", "namespace": "legal"}
        api.put(
            "security_jobs",
            {"metadata": metadata, "spec": {}, "status": {"conditions": [{"type": "Complete"}]}},
        )
    await _started(api, "sound")
    assert ("Failed", "InvalidSpec") in conditions_of(api.security_job("odd"))
    assert ("Running", "PodRunning") in conditions_of(api.security_job("sound"))


async def test_a_job_that_ends_at_once_costs_two_status_writes(
    api: FakeApi, operator: Controller
) -> None:
    """Each step of a Job would be a write, and an event of every watch, that nobody reads."""
    body = api.add_security_job("quick")
    await api.settled()
    api.calls.clear()
    job = api.job_of(body)
    for status in ({"active": 1}, {"active": 1, "ready": 1}, {"active": 1, "ready": 0}):
        api.run_job(job, **status)
        await asyncio.sleep(0)
    api.finish(job)
    await api.settled()
    assert ("Complete", "Succeeded") in conditions_of(api.security_job("quick"))
    assert api.count("patch_status") == 1
    assert api.count("list_pods") == 1


async def test_a_refused_status_is_written_in_the_end(api: FakeApi, operator: Controller) -> None:
    """A result would be lost that the API server was too busy to take."""
    await _started(api, "unlucky")
    api.refusals["patch_status"] = UnavailableError(503, "busy")
    api.finish(api.job_of(api.security_job("unlucky")))
    await api.settled()
    del api.refusals["patch_status"]
    await asyncio.sleep(1)
    await api.settled()
    assert ("Complete", "Succeeded") in conditions_of(api.security_job("unlucky"))


async def test_says_why_and_where_in_line(api: FakeApi, operator: Controller) -> None:
    """People would not know what their job waits for, nor how long."""
    await _started(api, "first")
    for name in ("second", "third"):
        api.add_security_job(name)
        await api.settled()
    (queued,) = [
        entry
        for entry in api.security_job("third")["status"]["conditions"]
        if entry["type"] == "Queued"
    ]
    assert queued["reason"] == "ConcurrencyLimit"
    assert queued["message"] == "1 jobs of the class run, of 1 that may; about 1 before it in line"


async def test_a_failed_start_gives_its_place_to_the_next(
    api: FakeApi, operator: Controller
) -> None:
    """One job that the API refuses would keep its class from everybody."""
    await _started(api, "first")
    api.add_security_job("refused", "other")
    await api.settled()
    api.refusals["create_job"] = ForbiddenError(403, "exceeded quota: small")
    api.finish(api.job_of(api.security_job("first")))
    await api.settled()
    del api.refusals["create_job"]
    assert ("Queued", "QuotaExceeded") in conditions_of(api.security_job("refused", "other"))
    body = api.add_security_job("next")
    await api.settled()
    assert api.job_of(body)


async def test_a_job_of_a_queue_is_left_to_kueue(api: FakeApi, operator: Controller) -> None:
    """It would start beside the quota that its queue is there to keep, or wait for our places."""
    await _started(api, "first")
    api.add_class("queued", queueNames=["documents"])
    body = api.add_security_job("second", className="queued", queueName="documents")
    await api.settled()
    job = api.job_of(body)
    assert job["spec"]["suspend"] is True
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "documents"
    assert ("Queued", "WaitingForQueue") in conditions_of(api.security_job("second"))
    api.put("jobs", {**job, "spec": {**job["spec"], "suspend": False}, "status": {"ready": 1}})
    await api.settled()
    assert ("Running", "PodRunning") in conditions_of(api.security_job("second"))


async def test_a_queue_that_the_class_does_not_list_is_refused(
    api: FakeApi, operator: Controller
) -> None:
    """Any author would leave the class's limits by naming a queue."""
    api.add_security_job("sly", queueName="mine")
    await api.settled()
    assert ("Failed", "QueueNotAllowed") in conditions_of(api.security_job("sly"))


async def test_a_users_limit_counts_over_namespaces(api: FakeApi, operator: Controller) -> None:
    """One user with a thousand jobs in two namespaces would keep everybody else waiting."""
    api.add_class("shared", concurrency={"perUser": 1})
    stamped = {"pdfsecurity.dev/submitted-by": "anna"}
    first, second, third = (
        api.put(
            "security_jobs",
            {
                "metadata": {"name": name, "namespace": name, "annotations": annotations},
                "spec": job_spec(className="shared"),
            },
        )
        for name, annotations in (("legal", stamped), ("tax", stamped), ("art", {}))
    )
    await api.settled()
    assert api.job_of(first)["metadata"]["annotations"].items() >= stamped.items()
    assert ("Queued", "UserConcurrencyLimit") in conditions_of(api.security_job("tax", "tax"))
    assert api.job_of(third)
    api.finish(api.job_of(first))
    await api.settled()
    assert api.job_of(second)
