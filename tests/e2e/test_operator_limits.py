"""What a class allows: amounts, endpoints, how many at once, and who comes first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_client import Api
from e2e_support import wait_for, without_class_policies
from operator_scene import Object, Scene, conditions_of, creations, open_scene
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster

ELSEWHERE = "https://store.example:9000"


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "limits") as opened:
        opened.add_class(bounds={"cpu": "2", "memory": "1Gi", "scratchSize": "256Mi"})
        opened.put("plain.pdf", documents.plain())
        yield opened


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        ("cpu", {"resources": {"limits": {"cpu": "3"}}}, "resources.limits.cpu"),
        ("memory", {"resources": {"limits": {"memory": "2Gi"}}}, "resources.limits.memory"),
        ("scratch", {"scratchSize": "257Mi"}, "scratchSize"),
        ("deadline", {"activeDeadlineSeconds": 3601}, "activeDeadlineSeconds"),
        ("request", {"resources": {"requests": {"cpu": "2"}}}, "resources.requests.cpu"),
        ("room", {"resources": {"limits": {"memory": "300Mi"}}}, "resources.limits.memory"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_job_beyond_its_class_fails_and_is_told_which_field(
    scene: Scene, name: str, changes: Object, field: str
) -> None:
    """Would break: an author takes more of the cluster than the administrator gave."""
    applied = scene.start(f"beyond-{name}", {**scene.spec(), **changes})
    failed = scene.until(f"beyond-{name}", "Failed", "LimitExceeded")
    assert field in conditions_of(failed)["Failed"]["message"]
    assert scene.jobs_of(applied) == []
    assert scene.events_of(applied, "LimitExceeded") == [("Warning", "LimitExceeded")]


@pytest.fixture(scope="module")
def _no_policies(scene: Scene) -> Iterator[None]:
    """Take the policies away: what they refuse, the operator refuses, too."""
    spec = {**scene.spec(), "output": scene.at("elsewhere.pdf", endpoint=ELSEWHERE)}
    with without_class_policies(scene.installation.cluster, lambda: scene.is_accepted(spec)):
        yield


@pytest.mark.usefixtures("_no_policies")
@pytest.mark.parametrize("side", ["input", "output", "report"])
def test_an_endpoint_that_the_class_does_not_list_is_refused(scene: Scene, side: str) -> None:
    """Would break: a job carries a document, and credentials, to anywhere."""
    place = scene.at("elsewhere.pdf", endpoint=ELSEWHERE)
    applied = scene.start(f"elsewhere-{side}", {**scene.spec(), side: place})
    failed = scene.until(f"elsewhere-{side}", "Failed", "EndpointNotAllowed")
    message = conditions_of(failed)["Failed"]["message"]
    assert f"{side}.s3.endpoint {ELSEWHERE}" in message
    assert scene.installation.cluster.s3.endpoint in message
    assert scene.jobs_of(applied) == []


def _most_at_once(scene: Scene, names: list[str]) -> int:
    """Watch jobs to their end; return how many of them had an unfinished Job at the same time."""
    seen = [0]

    def ended() -> bool:
        jobs = scene.api.list("jobs", scene.namespace)
        seen.append(sum(not _finished_at(job) for job in jobs))
        phases = [scene.read(name).get("status", {}).get("phase") for name in names]
        return all(phase == "Succeeded" for phase in phases)

    wait_for(ended, f"all of {names}", 90)
    jobs = scene.api.list("jobs", scene.namespace)
    ends = sorted(_finished_at(job) for job in jobs)
    starts = sorted(job["metadata"]["creationTimestamp"] for job in jobs)
    # What no question met is in the timestamps: how many had begun, less how many had ended.
    seen += [sum(s < at for s in starts) - sum(e <= at for e in ends) for at in starts]
    return max(seen)


def _finished_at(job: Object) -> str:
    """When a Job came to its end; empty while it has not."""
    return next(
        (
            str(condition["lastTransitionTime"])
            for condition in job.get("status", {}).get("conditions", [])
            if condition["type"] in ("Complete", "Failed") and condition["status"] == "True"
        ),
        "",
    )


def test_no_more_jobs_run_at_once_than_the_class_allows_in_total(
    api: Api, installation: Installation
) -> None:
    """Would break: a burst takes the whole cluster; or those that waited are forgotten."""
    with open_scene(api, installation, "limits") as scene:
        scene.add_class(concurrency={"total": 2})
        scene.put("plain.pdf", documents.plain())
        names = [f"job-{number}" for number in range(6)]
        for name in names:
            scene.start(name)
        assert _most_at_once(scene, names) == 2
        told = {
            conditions_of(scene.read(name))["Queued"]["message"]
            for name in names
            if "Queued" in conditions_of(scene.read(name))
        }
        # The condition is over by now, and says so.
        assert told == {"now succeeded"}
        reasons = [event for name in names for event in scene.events_of(scene.read(name))]
        assert ("Normal", "ConcurrencyLimit") in reasons


def test_a_namespace_has_its_own_limit_and_the_highest_priority_goes_first(
    api: Api, installation: Installation
) -> None:
    """Would break: one namespace keeps the others out, or its urgent job waits behind the rest."""
    with (
        open_scene(api, installation, "limits") as scene,
        open_scene(api, installation, "limits") as other,
    ):
        scene.add_class(concurrency={"perNamespace": 1})
        for place in (scene, other):
            place.put("plain.pdf", documents.plain())
        scene.start("first", scene.waiting_spec())
        scene.until("first", "Running")
        priorities = {"low": -5, "usual": None, "high": 10, "higher": 11}
        for name, priority in priorities.items():
            spec = scene.spec() if priority is None else scene.spec(priority=priority)
            scene.start(name, spec)
        for name in priorities:
            queued = scene.until(name, "Queued", "NamespaceConcurrencyLimit")
            assert "1 that may" in conditions_of(queued)["Queued"]["message"]
        # The other namespace is not held up by any of that.
        other.start("beside", other.spec(className=scene.namespace))
        other.until("beside", "Succeeded")
        scene.add_missing_secret()
        names = ["first", "higher", "high", "usual", "low"]
        assert _most_at_once(scene, names) == 1
        writes = scene.writes()
        places = [creations(writes, "jobs", f"{name}-")[0] for name in names]
        assert places == sorted(places)
