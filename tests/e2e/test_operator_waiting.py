"""What holds a job, what is said of it meanwhile, and that it goes on or ends by itself.

All jobs are started at once, for each of them spends its time waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from api_client import Api
from e2e_support import wait_for
from faults.row import Row
from operator_scene import MISSING_SECRET, Object, Scene, conditions_of, open_scene
from pdf_security_operator.network import deny_policy_name
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster

NOBODY_LISTENS = 7071

QUOTA = "no-jobs"


@dataclass(frozen=True)
class Held:
    """What waited, as it was before what it waited for came."""

    scene: Scene
    quota: Scene
    policy: Scene
    jobs: dict[str, Object]
    foreign: Object
    """The policy that stood in the way."""
    unadmitted: list[Object]
    """Jobs of those that were not to have one."""


@pytest.fixture(scope="module")
def held(api: Api, installation: Installation) -> Iterator[Held]:
    with (
        open_scene(api, installation, "waiting") as scene,
        open_scene(api, installation, "quota") as quota,
        open_scene(api, installation, "foreign") as policy,
    ):
        for place in (scene, quota, policy):
            place.add_class()
            place.put("plain.pdf", documents.plain())
        _start_over_quota(quota)
        _start_beside_foreign_policy(policy)
        _start_all(scene)
        jobs = {
            "over": quota.until("over", "Queued"),
            "barred": policy.until("barred", "Queued"),
            "secretless": scene.until("secretless", "Running", "FailedMount"),
        }
        name = deny_policy_name(policy.namespace)
        foreign = policy.policies()[name]
        unadmitted = [*quota.jobs_of(jobs["over"]), *policy.jobs_of(jobs["barred"])]
        more = {"spec": {"hard": {"count/jobs.batch": "9"}}}
        api.patch("resourcequotas", QUOTA, more, quota.namespace)
        api.delete("networkpolicies", name, policy.namespace)
        scene.add_missing_secret()
        yield Held(scene, quota, policy, jobs, foreign, unadmitted)


@pytest.fixture
def scene(held: Held) -> Scene:
    return held.scene


def _start_over_quota(scene: Scene) -> None:
    quota = {"metadata": {"name": QUOTA}, "spec": {"hard": {"count/jobs.batch": "0"}}}
    scene.api.create("resourcequotas", quota, scene.namespace)

    def counted() -> bool:
        found = scene.api.get("resourcequotas", QUOTA, scene.namespace) or {}
        return bool(found.get("status", {}).get("hard"))

    # Until then the API server lets everything pass.
    wait_for(counted, "the quota is in force")
    scene.start("over")


def _start_beside_foreign_policy(scene: Scene) -> None:
    policy = {
        "metadata": {"name": deny_policy_name(scene.namespace), "labels": {"whose": "theirs"}},
        "spec": {"podSelector": {"matchLabels": {"app": "theirs"}}},
    }
    scene.api.create("networkpolicies", policy, scene.namespace)
    scene.start("barred")


def _start_all(scene: Scene) -> None:
    """Start what waits for something in its own namespace, or ends by itself."""
    config_map = {"metadata": {"name": "documents"}, "data": {"other.pdf": "no"}}
    scene.api.create("configmaps", config_map, scene.namespace)
    imageless = f"{scene.namespace}-imageless"
    image = f"localhost/nobody-built-this@sha256:{'0' * 64}"
    scene.add_class(imageless, image=image)
    scene.start("imageless", scene.spec(className=imageless, activeDeadlineSeconds=20))
    unreachable = f"{scene.namespace}-unreachable"
    endpoint = _add_unreachable_class(scene, unreachable)
    places = {side: scene.at(f"{side}.pdf", endpoint=endpoint) for side in ("input", "output")}
    spec = {**scene.spec(className=unreachable, backoffLimit=1), **places}
    scene.start("unreachable", spec)
    scene.start("secretless", scene.waiting_spec(target="secretless.pdf"))
    inspecting = {"className": scene.namespace, "operations": [{"inspect": {}}]}
    claim = {"persistentVolumeClaim": {"claimName": "none-such", "path": "a.pdf"}}
    scene.start("claimless", {**inspecting, "input": claim})
    key = {"configMap": {"name": "documents", "key": "none-such.pdf"}}
    scene.start("keyless", {**inspecting, "input": key})


def _add_unreachable_class(scene: Scene, name: str) -> str:
    """Add a class whose store's port is one at which nobody listens; return the endpoint."""
    endpoint = f"https://{scene.installation.cluster.s3.cluster_ip}:{NOBODY_LISTENS}"
    peers = {"namespaceLabels": {"kubernetes.io/metadata.name": "storage"}}
    scene.add_class(name, storageEndpoints=[{"url": endpoint, **peers}])
    return endpoint


def _message(job: Object) -> str:
    return str(conditions_of(job)[job["status"]["phase"]]["message"])


def test_a_job_over_quota_waits_and_runs_when_there_is_room(held: Held) -> None:
    """Would break: a quota ends a job for good; or nobody is told why it does not start."""
    queued = held.jobs["over"]
    assert queued["status"]["reason"] == "QuotaExceeded"
    assert f"exceeded quota: {QUOTA}" in _message(queued)
    assert held.unadmitted == []
    held.quota.until("over", "Succeeded")


def test_a_foreign_policy_of_our_name_holds_the_job_and_is_left_alone(held: Held) -> None:
    """Would break: a job runs unconfined, or somebody's policy is overwritten."""
    queued = held.jobs["barred"]
    assert queued["status"]["reason"] == "NetworkPolicyConflict"
    assert held.foreign["metadata"]["name"] in _message(queued)
    assert held.foreign["metadata"]["labels"] == {"whose": "theirs"}
    assert held.foreign["spec"]["podSelector"] == {"matchLabels": {"app": "theirs"}}
    assert held.unadmitted == []
    held.policy.until("barred", "Succeeded")
    assert deny_policy_name(held.policy.namespace) in held.policy.policies()


@pytest.mark.fault("30", "Secret missing", "the condition names it; proceeds when it comes")
def test_a_missing_secret_is_named_and_the_job_proceeds_when_it_comes(
    held: Held, fault: Row
) -> None:
    """Would break: Secrets must be created in an order that nobody was told of."""
    running = held.jobs["secretless"]
    assert f'"{MISSING_SECRET}" not found' in _message(running)
    assert conditions_of(running)["Reconciling"]["status"] == "True"
    done = held.scene.until("secretless", "Succeeded", seconds=90)
    assert done["status"]["attempts"] == 1
    fault.see(_message(running))


@pytest.mark.fault("29", "pod cannot start", "the Running condition says why")
@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("claimless", "Unschedulable", 'persistentvolumeclaim "none-such" not found'),
        ("keyless", "FailedMount", "non-existent config key: none-such.pdf"),
    ],
    ids=["claim", "config-map-key"],
)
def test_what_a_pod_waits_for_is_named(
    scene: Scene, name: str, reason: str, words: str, fault: Row
) -> None:
    """Would break: a job sits in Running until its deadline, and its author guesses why."""
    running = scene.until(name, "Running", reason)
    assert words in _message(running)
    assert ("Warning", reason) in scene.events_of(running, reason)
    fault.see(f"{reason}: {_message(running)}")


@pytest.mark.fault("28", "image cannot be pulled", "fails at its deadline with the reason")
def test_an_image_that_cannot_be_pulled_ends_at_the_deadline_with_the_reason(
    scene: Scene, fault: Row
) -> None:
    """Would break: the deadline removes the pod, and with it all that told why."""
    failed = scene.ended("imageless")
    assert failed["status"]["reason"] == "DeadlineExceeded"
    message = _message_of_failure(failed)
    assert "last seen: ErrImage" in message or "last seen: ImagePull" in message
    assert "nobody-built-this" in message
    assert ("Warning", "ImagePullBackOff") in scene.events_of(failed, "DeadlineExceeded")
    fault.see(message)


def test_an_unreachable_store_is_tried_again_as_often_as_asked(scene: Scene) -> None:
    """Would break: one hiccup fails a job for good, or an outage is hammered for ever."""
    failed = scene.ended("unreachable", 120)
    assert failed["status"]["reason"] == "StorageUnavailable"
    assert str(NOBODY_LISTENS) in _message_of_failure(failed)
    assert failed["status"]["attempts"] == 2
    assert len(scene.pods_of(failed)) == 2


def _message_of_failure(job: Object) -> str:
    return str(conditions_of(job)["Failed"]["message"])
