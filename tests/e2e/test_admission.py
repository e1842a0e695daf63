"""What a job may name: only what its author may use. Each attempt with the policies and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from api_client import Api, path_of
from attempts.references import (
    ATTEMPTS,
    BY_POLICY,
    SOURCE,
    STORE,
    Attempt,
    allowed,
    changed,
    http_at,
)
from attempts.row import AttemptRow
from attempts.tenants import Tenant, tenant
from e2e_support import wait_for, without_class_policies
from operator_scene import Object, Scene, build_job, open_scene
from product import Installation

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "admission") as opened:
        stores = [{"url": STORE, "cidrs": ["192.0.2.1/32"]}]
        operations = {
            "allowed": ["decrypt", "sanitize", "removeMetadata", "encrypt"],
            "required": ["sanitize"],
        }
        sources = [{"url": SOURCE, "cidrs": ["192.0.2.2/32"]}]
        opened.add_class(storageEndpoints=stores, httpSources=sources, operations=operations)
        opened.add_class(f"{opened.namespace}-other", storageEndpoints=stores)
        yield opened


@pytest.fixture(scope="module")
def author(api: Api, scene: Scene) -> Tenant:
    found = tenant(api, scene, scene.namespace)
    # The API server learns of a class, a role and a policy each a moment after it was created.
    wait_for(lambda: not _refusal(found, allowed(scene.namespace)), "what is allowed passes", 30)
    refused = changed(scene.namespace, ATTEMPTS[0])
    wait_for(lambda: _refusal(found, refused), "policies are in force", 30)
    return found


def _refusal(author: Tenant, spec: Object) -> str:
    """Tell how a job is refused; empty where it is not. Nothing is kept of it."""
    path = f"{path_of('pdfsecurityjobs', author.scene.namespace)}?dryRun=All"
    return author.refusal_of("POST", path, build_job("attempt", spec))


def test_what_an_author_may_use_passes(author: Tenant) -> None:
    """Nobody but administrators could work."""
    spec = allowed(author.scene.namespace)
    assert _refusal(author, spec) == ""
    assert _refusal(author, {**spec, "input": http_at()}) == ""


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=[each.name for each in ATTEMPTS])
def test_what_an_author_may_not_use_is_refused(author: Tenant, attempt: Attempt) -> None:
    """A pod would read for an author what the author may not."""
    refusal = _refusal(author, changed(author.scene.namespace, attempt))
    assert refusal.startswith(("403", "422"))
    assert attempt.said in refusal


def test_the_default_class_needs_the_right_too(author: Tenant) -> None:
    """Whoever names no class would have the default one, whatever that may do."""
    spec = allowed(author.scene.namespace)
    del spec["className"]
    assert "you may not use the default class" in _refusal(author, spec)


def test_a_member_of_a_group_may(author: Tenant) -> None:
    """Rights that come by a group would count for nothing."""
    scene = author.scene
    binding = {
        "metadata": {"name": "group"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": "author",
        },
        "subjects": [{"kind": "Group", "name": "legal", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    author.api.create("rolebindings", binding, scene.namespace)
    member = replace(author, user="jane", groups=("legal",))
    wait_for(lambda: not _refusal(member, allowed(scene.namespace)), "the group's right is known")
    assert "may not get" in _refusal(member, changed(scene.namespace, ATTEMPTS[0]))


@pytest.mark.attempts
def test_each_attempt_succeeds_without_the_policies(author: Tenant) -> None:
    """Would break: the policies are for show, and something else refuses."""
    name = author.scene.namespace
    specs = {each.name: changed(name, each) for each in BY_POLICY}

    def refusals() -> dict[str, str]:
        return {attempt: _refusal(author, spec) for attempt, spec in specs.items()}

    before = refusals()
    cluster = author.scene.installation.cluster
    with without_class_policies(cluster, lambda: not any(refusals().values())):
        without = refusals()
    for attempt, refusal in before.items():
        AttemptRow("tenant", attempt, "admission policy", refusal, not without[attempt]).write()
    assert not any(without.values())
    wait_for(lambda: all(refusals().values()), "the policies are in force again")


def test_whoever_changes_a_job_need_not_be_its_author(author: Tenant) -> None:
    """An automation that releases held jobs would need the rights of all authors."""
    scene = author.scene
    spec = {**changed(scene.namespace, ATTEMPTS[0]), "suspend": True}
    author.api.create("pdfsecurityjobs", build_job("held", spec), scene.namespace)
    path = path_of("pdfsecurityjobs", scene.namespace, "held")
    author.asks("PATCH", path, {"metadata": {"labels": {"seen": "yes"}}})
    author.api.delete("pdfsecurityjobs", "held", scene.namespace)
