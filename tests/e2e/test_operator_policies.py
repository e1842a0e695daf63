"""The network policies that confine pods: there before them, and gone after them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from api_client import Api
from e2e_support import wait_for
from operator_scene import OPERATOR_USER, Object, Scene, creations, open_scene
from pdf_security_operator.network import (
    deny_policy_name,
    http_policy_name,
    storage_policy_name,
)
from pdf_security_operator.policies import TRUSTED_SECONDS
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster


@pytest.fixture
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "policies") as opened:
        opened.add_class()
        opened.put("plain.pdf", documents.plain())
        yield opened


def _names(scene: Scene) -> set[str]:
    built = (deny_policy_name, storage_policy_name, http_policy_name)
    return {name_of(scene.namespace) for name_of in built}


def test_policies_stand_before_the_job(scene: Scene) -> None:
    """Would break: the first pods of a namespace reach everything."""
    scene.start("first")
    scene.until("first", "Succeeded")
    writes = scene.writes()
    assert max(creations(writes, "networkpolicies")) < min(creations(writes, "jobs"))
    policies = scene.policies()
    assert set(policies) == _names(scene)
    # The garbage collector would take them away with their class, from under running pods.
    assert not any("ownerReferences" in policy["metadata"] for policy in policies.values())

    # The second job finds them there, and writes nothing.
    scene.start("second")
    scene.until("second", "Succeeded")
    assert scene.policies() == policies


@pytest.mark.parametrize("harm", ["deleted", "opened"])
def test_a_policy_that_was_tampered_with_is_restored_before_the_next_job(
    scene: Scene, api: Api, harm: str
) -> None:
    """Would break: one careless `kubectl delete` leaves all later pods unconfined."""
    scene.start("first")
    scene.until("first", "Succeeded")
    before = scene.policies()
    name = deny_policy_name(scene.namespace)
    if harm == "deleted":
        api.delete("networkpolicies", name, scene.namespace)
    else:
        api.patch("networkpolicies", name, {"spec": {"egress": [{}]}}, scene.namespace)
    # What the watch says of it may still be on its way when a job of the same moment starts.
    time.sleep(TRUSTED_SECONDS)
    scene.start("second")
    scene.until("second", "Succeeded")
    assert scene.policies()[name]["spec"] == before[name]["spec"]
    writes = scene.writes()
    (restored,) = [
        place
        for place, entry in enumerate(writes)
        if entry["user"]["username"] == OPERATOR_USER
        and entry["objectRef"].get("name") == name
        and entry["verb"] == ("create" if harm == "deleted" else "update")
        and place > min(creations(writes, "jobs"))
    ]
    assert restored < max(creations(writes, "jobs"))


def test_a_policy_is_restored_under_a_pod_that_runs(scene: Scene, api: Api) -> None:
    """Would break: a running pod, and each retry of it, stays unconfined until the next job."""
    applied = scene.start("first", scene.waiting_spec())
    wait_for(lambda: scene.pods_of(applied), "a pod")
    before = scene.policies()
    name = deny_policy_name(scene.namespace)
    api.delete("networkpolicies", name, scene.namespace)
    wait_for(lambda: name in scene.policies(), "the policy is back", 10)
    api.patch("networkpolicies", name, {"spec": {"egress": [{}]}}, scene.namespace)
    wait_for(lambda: scene.policies()[name]["spec"] == before[name]["spec"], "it is closed", 10)


def test_a_narrower_class_closes_what_is_open(scene: Scene, api: Api) -> None:
    """Would break: what an administrator takes back stays open to what runs."""
    applied = scene.start("first", scene.waiting_spec())
    wait_for(lambda: scene.pods_of(applied), "a pod")
    name = storage_policy_name(scene.namespace)
    assert "egress" in scene.policies()[name]["spec"]
    api.patch("pdfsecurityclasses", scene.namespace, {"spec": {"storageEndpoints": []}})
    wait_for(lambda: "egress" not in scene.policies()[name]["spec"], "it is closed", 10)


def test_policies_go_with_the_last_user_and_not_before_its_pod(scene: Scene) -> None:
    """Would break: the pod of a deleted job spends its grace time unconfined."""
    applied = scene.start("first", scene.waiting_spec())
    scene.start("second")
    scene.until("second", "Succeeded")
    scene.remove("second")
    wait_for(lambda: scene.pods_of(applied), "a pod")
    assert set(scene.policies()) == _names(scene)
    scene.remove("first")
    wait_for(lambda: scene.policies() == {}, "the policies are gone")
    writes = scene.writes()
    assert max(_deletions(writes, "pods")) < min(_deletions(writes, "networkpolicies"))


def _deletions(writes: list[Object], plural: str) -> list[int]:
    return [
        place
        for place, entry in enumerate(writes)
        if entry["verb"] == "delete" and entry["objectRef"]["resource"] == plural
    ]


def test_policies_go_with_their_class_and_not_before_its_pods(scene: Scene, api: Api) -> None:
    """Would break: traces of a deleted class in every namespace; or pods that it leaves open."""
    applied = scene.start("first", scene.waiting_spec())
    wait_for(lambda: scene.pods_of(applied), "a pod")
    api.delete("pdfsecurityclasses", scene.namespace)
    scene.start("after")
    scene.until("after", "Queued", "ClassNotFound")
    assert set(scene.policies()) == _names(scene)
    scene.add_missing_secret()
    scene.until("first", "Succeeded")
    wait_for(lambda: scene.policies() == {}, "the policies are gone")
