"""Every line of hardening, from inside the operator's own pods; and that its absence is noticed."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attempts.row import AttemptRow
from cluster import Cluster
from cluster.errors import CommandFailedError
from e2e_support import temporary_namespace
from hardening import scene as scenes
from hardening.image import build_probe_image
from hardening.metadata import metadata_service
from hardening.mutants import MUTANTS, Mutant, label
from hardening.rules import RULES, SEEN_BY_KUBELET, TRIED, faults_of
from hardening.scene import JOBS, WITH_STORE, Scene
from images.build import OUTPUT
from product import Installation, apply

pytestmark = pytest.mark.cluster

Facts = dict[str, Any]

UNLABELLED = "without-label"

CLOSED = (
    "API server's service",
    "API server's host",
    "cloud metadata",
    "neighbour",
    "name server's other port",
)


@dataclass(frozen=True)
class Told:
    """What the operator's pods told, and a copy of one without the label of its class."""

    facts: dict[str, Facts]
    messages: dict[str, str]
    metadata_answers: bool


@pytest.fixture(scope="module")
def probe_class(cluster: Cluster, installation: Installation) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="pdf-security-probe-") as folder:
        archive = build_probe_image(OUTPUT / "processor.oci.tar", Path(folder))
        reference = cluster.load_image(archive)
    name = f"probe-{uuid.uuid4().hex[:8]}"
    built = scenes.build_probe_class(installation, name, reference)
    apply(cluster, built)
    yield built
    cluster.kubectl("delete", "pdfsecurityclass", name, "--wait=false")


@pytest.fixture(scope="module")
def answering_metadata(cluster: Cluster) -> Iterator[bool]:
    with metadata_service(cluster) as answers:
        yield answers


@pytest.fixture(scope="module")
def restricted(
    cluster: Cluster, installation: Installation, probe_class: dict[str, Any]
) -> Iterator[Scene]:
    with temporary_namespace(cluster, "hardening") as namespace:
        yield scenes.set_up(installation, namespace, probe_class)


@pytest.fixture(scope="module")
def told(cluster: Cluster, restricted: Scene, answering_metadata: bool) -> Told:
    restricted.create_jobs()
    pods = {name: restricted.pod_of(name) for name in JOBS}
    copied = restricted.copied_pod("with-store", UNLABELLED)
    label("pdfsecurity.dev/class")(copied)
    apply(cluster, copied)
    facts = {name: restricted.facts_of(pod["metadata"]["name"]) for name, pod in pods.items()}
    restricted.ended({UNLABELLED})
    facts[UNLABELLED] = restricted.facts_of(UNLABELLED)
    messages = {
        name: pod["status"]["containerStatuses"][0]["state"]["terminated"]["message"]
        for name, pod in pods.items()
    }
    return Told(facts, messages, answering_metadata)


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_holds_inside_the_pod(told: Told, job: str, rule: str) -> None:
    """Would break: one line of defence, whatever the manifest says of it."""
    assert faults_of(told.facts[job], JOBS[job]).get(rule) is None


@pytest.mark.parametrize("way", [*CLOSED, "S3", "DNS"])
@pytest.mark.parametrize("job", JOBS)
def test_a_way_out_is_open_exactly_where_the_job_needs_it(told: Told, job: str, way: str) -> None:
    """Would break: a document's exploit calls home; or no job reaches its store."""
    seen = told.facts[job]["network"][way]
    assert seen["reached"] == (way in JOBS[job].open_ways), seen
    print(f"{job}: {way} {seen}")


@pytest.mark.attempts
@pytest.mark.parametrize("way", [*CLOSED, "S3", "DNS"])
def test_without_the_label_every_way_is_open(told: Told, way: str) -> None:
    """Would break: the test above, which would pass in a cluster where nothing is reached."""
    if way == "cloud metadata" and not told.metadata_answers:
        pytest.skip("nothing answers at the metadata address of this cluster")
    without = told.facts[UNLABELLED]["network"][way]["reached"]
    for job in JOBS:
        seen = told.facts[job]["network"][way]
        if way not in JOBS[job].open_ways:
            attempt, layer = f"reach {way}, {job}", "NetworkPolicy"
            refusal = "" if seen["reached"] else str(seen["error"])
            AttemptRow("taken-over pod", attempt, layer, refusal, without).write()
    assert without


def test_the_environment_holds_the_request_and_no_more(told: Told) -> None:
    """Would break: secrets or addresses that a compromised worker reads for nothing."""
    for job in JOBS:
        environment = told.facts[job]["environment"]
        kubelet = {name for name in environment if name.startswith("KUBERNETES_")}
        assert kubelet <= SEEN_BY_KUBELET
        request = json.loads(environment["PDF_SECURITY_REQUEST"])
        assert request["owner"]["name"] == job
        print(f"{job}: {sorted(set(environment))}")


def test_what_a_pod_says_of_itself_is_not_believed(told: Told, restricted: Scene) -> None:
    """Would break: a compromised processor writes what it likes into the status."""
    for job in JOBS:
        assert told.messages[job].startswith('{"pid":1')
        status = json.loads(
            restricted.cluster.kubectl("get", "psj", job, "-n", restricted.namespace, "-o", "json")
        )["status"]
        assert "report" not in status


@pytest.mark.attempts
def test_every_line_that_is_taken_away_is_noticed(
    cluster: Cluster,
    installation: Installation,
    probe_class: dict[str, Any],
    restricted: Scene,
    told: Told,
) -> None:
    """Would break: a line of hardening is lost in a change, and everything above stays green."""
    with temporary_namespace(cluster, "mutants", restricted=False) as namespace:
        lax = scenes.set_up(installation, namespace, probe_class)
        # As long as a job of the class is there, so are its policies.
        lax.create_jobs()
        for job in JOBS:
            lax.pod_of(job)
        pods = {f"mutant-{number}": mutant for number, mutant in enumerate(MUTANTS)}
        refusals = {name: _refusal(restricted, name, mutant) for name, mutant in pods.items()}
        rejected = _create(lax, pods)
        apply(cluster, lax.built_pod("unchanged"))
        started = set(pods) - set(rejected)
        ends = lax.ended(started | {"unchanged"})
        assert faults_of(lax.facts_of("unchanged"), WITH_STORE) == {}
        seen = {
            name: faults_of(lax.facts_of(name), WITH_STORE)
            if end == "Succeeded"
            else {f"kubelet: {end}": ""}
            for name, end in ends.items()
            if name in started
        } | {name: {f"API: {why}": ""} for name, why in rejected.items()}
    _print_table(pods, refusals, seen)
    _write_rows(pods, seen)
    assert _unexpected(pods, refusals, seen) == []


def _refusal(scene: Scene, name: str, mutant: Mutant) -> str:
    """Ask the namespace that is held to `restricted`; return why it refuses, if it does."""
    try:
        scene.cluster.kubectl(
            "create", "--dry-run=server", "-f", "-", input=_text(mutant.of(scene.built_pod(name)))
        )
    except CommandFailedError as refused:
        return "restricted" if "violates PodSecurity" in str(refused) else str(refused)
    return ""


def _create(scene: Scene, pods: dict[str, Mutant]) -> dict[str, str]:
    """Create the pods where nothing is enforced; return those that are no valid pods at all."""
    rejected = {}
    for name, mutant in pods.items():
        try:
            scene.cluster.kubectl(
                "create", "-f", "-", input=_text(mutant.of(scene.built_pod(name)))
            )
        except CommandFailedError as problem:
            rejected[name] = str(problem)[-300:]
    return rejected


def _text(pod: dict[str, Any]) -> str:
    return json.dumps(pod)


def _print_table(
    pods: dict[str, Mutant], refusals: dict[str, str], seen: dict[str, dict[str, str]]
) -> None:
    print(f"\n{'line taken away or turned':<36} {'restricted':<11} caught inside by")
    for name, mutant in pods.items():
        refused = "refuses" if refusals[name] else "accepts"
        inside = ", ".join(seen[name]) or f"nothing: {mutant.because}"
        print(f"{mutant.name:<36} {refused:<11} {inside}")


def _write_rows(pods: dict[str, Mutant], seen: dict[str, dict[str, str]]) -> None:
    for name, mutant in pods.items():
        if mutant.caught_by in TRIED:
            attempt, layer = TRIED[mutant.caught_by], f"pod: {mutant.name}"
            without = mutant.caught_by in seen[name]
            refusal = f"the unchanged pod: {mutant.caught_by} holds"
            AttemptRow("taken-over pod", attempt, layer, refusal, without).write()


def _unexpected(
    pods: dict[str, Mutant], refusals: dict[str, str], seen: dict[str, dict[str, str]]
) -> list[str]:
    wrong = []
    for name, mutant in pods.items():
        if bool(refusals[name]) != mutant.refused:
            wrong.append(f"{mutant.name}: refused {refusals[name]!r}")
        caught = mutant.caught_by in seen[name] if mutant.caught_by else not seen[name]
        if not caught:
            wrong.append(f"{mutant.name}: {seen[name]}")
    return wrong
