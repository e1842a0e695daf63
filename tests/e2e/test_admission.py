"""What a job may name: only what its author may use. Each attempt with the policies and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from api_client import AnsweredError, Api, path_of
from e2e_support import wait_for, without_class_policies
from operator_scene import Object, Scene, build_job, open_scene
from product import Installation

pytestmark = pytest.mark.cluster

STORE = "https://store.example.com"
OTHER_STORE = "https://other.example.com"


@dataclass(frozen=True)
class Author:
    """Somebody who may create jobs, and get one Secret, claim and ConfigMap, all called `mine`."""

    api: Api
    scene: Scene
    user: str
    groups: tuple[str, ...] = ()

    def tries(self, spec: Object) -> None:
        """Create a job, or nearly: nothing is kept of it.

        Raises:
            AnsweredError: it was refused.
        """
        path = f"{path_of('pdfsecurityjobs', self.scene.namespace)}?dryRun=All"
        self.api.call("POST", path, json=build_job("attempt", spec), headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """Who is asked for, as `kubectl --as` does it."""
        headers = {"Impersonate-User": self.user, "Content-Type": "application/json"}
        if self.groups:
            headers["Impersonate-Group"] = self.groups[0]
        return headers


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "admission") as opened:
        stores = [{"url": STORE, "cidrs": ["192.0.2.1/32"]}]
        operations = {
            "allowed": ["decrypt", "sanitize", "removeMetadata", "encrypt"],
            "required": ["sanitize"],
        }
        opened.add_class(storageEndpoints=stores, operations=operations)
        opened.add_class(f"{opened.namespace}-other", storageEndpoints=stores)
        yield opened


@pytest.fixture(scope="module")
def author(api: Api, scene: Scene) -> Author:
    rules = [
        {
            "apiGroups": ["pdfsecurity.dev"],
            "resources": ["pdfsecurityjobs"],
            "verbs": ["create", "patch"],
        },
        {
            "apiGroups": ["pdfsecurity.dev"],
            "resources": ["pdfsecurityclasses"],
            "resourceNames": [scene.namespace],
            "verbs": ["use"],
        },
        {
            "apiGroups": [""],
            "resources": ["secrets", "persistentvolumeclaims", "configmaps"],
            "resourceNames": ["mine"],
            "verbs": ["get"],
        },
    ]
    user = f"author@{scene.namespace}"
    api.create("roles", {"metadata": {"name": "author"}, "rules": rules}, scene.namespace)
    binding = {
        "metadata": {"name": "author"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": "author",
        },
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
    }
    api.create("rolebindings", binding, scene.namespace)
    found = Author(api, scene, user)
    # The API server learns of a class, a role and a policy each a moment after it was created.
    wait_for(lambda: _passes(found, _allowed(scene)), "what is allowed passes", 30)
    wait_for(lambda: not _passes(found, _changed(scene, ATTEMPTS[0])), "policies are in force", 30)
    return found


def _s3(key: str, secret: str = "mine", store: str = STORE) -> Object:
    return {
        "s3": {
            "endpoint": store,
            "bucket": "bucket",
            "key": key,
            "credentialsSecretRef": {"name": secret},
        }
    }


def _claim(name: str, path: str = "a.pdf") -> Object:
    return {"persistentVolumeClaim": {"claimName": name, "path": path}}


def _password(name: str) -> Object:
    return {"name": name, "key": "password"}


def _allowed(scene: Scene) -> Object:
    """Give a job that names everything that its author may use."""
    return {
        "className": scene.namespace,
        "input": _s3("in.pdf"),
        "output": _s3("out.pdf"),
        "report": _claim("mine", "report.json"),
        "operations": [
            {"decrypt": {"passwordSecretRef": _password("mine")}},
            {"sanitize": {}},
            {
                "encrypt": {
                    "ownerPasswordSecretRef": _password("mine"),
                    "userPasswordSecretRef": {"name": "mine", "key": "user"},
                }
            },
        ],
    }


@dataclass(frozen=True)
class Attempt:
    """One thing that an author tries: what is set in the job where, and what the refusal names."""

    name: str
    path: tuple[str | int, ...]
    value: Any
    said: str


ATTEMPTS = [
    Attempt(
        "password-of-input",
        ("operations", 0, "decrypt", "passwordSecretRef"),
        _password("theirs"),
        "decrypt.passwordSecretRef names a Secret that you may not get",
    ),
    Attempt(
        "key-of-recipient",
        ("operations", 0, "decrypt", "recipientKeySecretRef"),
        _password("theirs"),
        "decrypt.recipientKeySecretRef names a Secret that you may not get",
    ),
    Attempt(
        "owner-password",
        ("operations", 2, "encrypt", "ownerPasswordSecretRef"),
        _password("theirs"),
        "encrypt.ownerPasswordSecretRef names a Secret",
    ),
    Attempt(
        "user-password",
        ("operations", 2, "encrypt", "userPasswordSecretRef"),
        _password("theirs"),
        "encrypt.userPasswordSecretRef names a Secret",
    ),
    Attempt(
        "credentials-of-input",
        ("input",),
        _s3("in.pdf", "theirs"),
        "spec.input.s3.credentialsSecretRef",
    ),
    Attempt(
        "credentials-of-output",
        ("output",),
        _s3("out.pdf", "theirs"),
        "spec.output.s3.credentialsSecretRef",
    ),
    Attempt(
        "credentials-of-report",
        ("report",),
        _s3("r.json", "theirs"),
        "spec.report.s3.credentialsSecretRef",
    ),
    Attempt("claim-of-input", ("input",), _claim("theirs"), "spec.input.persistentVolumeClaim"),
    Attempt(
        "claim-of-output",
        ("output",),
        _claim("theirs", "b.pdf"),
        "spec.output.persistentVolumeClaim",
    ),
    Attempt(
        "claim-of-report",
        ("report",),
        _claim("theirs", "r.json"),
        "spec.report.persistentVolumeClaim",
    ),
    Attempt(
        "config-map",
        ("input",),
        {"configMap": {"name": "theirs", "key": "a.pdf"}},
        "spec.input.configMap",
    ),
    Attempt("class", ("className",), "{namespace}-other", "you may not use class"),
    Attempt("class-that-is-not-there", ("className",), "comes-later", "you may not use class"),
    Attempt(
        "operation-not-allowed",
        ("operations",),
        [{"sanitize": {}}, {"linearize": {}}],
        "allows decrypt, sanitize, removeMetadata, encrypt, and no other",
    ),
    Attempt(
        "operation-left-out",
        ("operations",),
        [{"removeMetadata": {}}],
        "requires sanitize of each job that has an output",
    ),
    Attempt(
        "store-of-input", ("input",), _s3("in.pdf", store=OTHER_STORE), "storageEndpoints of class"
    ),
    Attempt(
        "store-of-output",
        ("output",),
        _s3("out.pdf", store=OTHER_STORE),
        "storageEndpoints of class",
    ),
    Attempt(
        "store-of-report",
        ("report",),
        _s3("r.json", store=OTHER_STORE),
        "storageEndpoints of class",
    ),
    Attempt(
        "store-in-capitals",
        ("output",),
        _s3("out.pdf", store=STORE.replace("store", "STORE")),
        "endpoint",
    ),
]


def _changed(scene: Scene, attempt: Attempt) -> Object:
    spec = deepcopy(_allowed(scene))
    place: Any = spec
    for step in attempt.path[:-1]:
        place = place[step]
    value = attempt.value
    if isinstance(value, str):
        value = value.format(namespace=scene.namespace)
    place[attempt.path[-1]] = value
    return spec


def _passes(author: Author, spec: Object) -> bool:
    try:
        author.tries(spec)
    except AnsweredError:
        return False
    return True


def test_what_an_author_may_use_passes(author: Author) -> None:
    """Nobody but administrators could work."""
    author.tries(_allowed(author.scene))


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=[each.name for each in ATTEMPTS])
def test_what_an_author_may_not_use_is_refused(author: Author, attempt: Attempt) -> None:
    """A pod would read for an author what the author may not."""
    with pytest.raises(AnsweredError) as refused:
        author.tries(_changed(author.scene, attempt))
    assert refused.value.code in (403, 422)
    assert attempt.said in str(refused.value)


def test_the_default_class_needs_the_right_too(author: Author) -> None:
    """Whoever names no class would have the default one, whatever that may do."""
    spec = {key: value for key, value in _allowed(author.scene).items() if key != "className"}
    with pytest.raises(AnsweredError, match="you may not use the default class"):
        author.tries(spec)


def test_a_member_of_a_group_may(author: Author) -> None:
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
    member = Author(author.api, scene, "jane", ("legal",))
    wait_for(lambda: _passes(member, _allowed(scene)), "the group's right is known", 30)
    with pytest.raises(AnsweredError, match="may not get"):
        member.tries(_changed(scene, ATTEMPTS[0]))


def test_each_attempt_succeeds_without_the_policies(author: Author) -> None:
    """Would break: the policies are for show, and something else refuses."""
    cluster = author.scene.installation.cluster
    by_policy = [each for each in ATTEMPTS if each.said != "endpoint"]
    specs = [_changed(author.scene, each) for each in by_policy]
    with without_class_policies(cluster, lambda: all(_passes(author, spec) for spec in specs)):
        assert all(_passes(author, spec) for spec in specs)
    wait_for(
        lambda: not any(_passes(author, spec) for spec in specs),
        "the policies are in force again",
        60,
    )


def test_whoever_changes_a_job_need_not_be_its_author(author: Author) -> None:
    """An automation that releases held jobs would need the rights of all authors."""
    scene = author.scene
    spec = {**_allowed(scene), "suspend": True}
    decrypt = {"decrypt": {"passwordSecretRef": _password("theirs")}}
    spec["operations"] = [decrypt, {"sanitize": {}}]
    author.api.create("pdfsecurityjobs", build_job("held", spec), scene.namespace)
    path = path_of("pdfsecurityjobs", scene.namespace, "held")
    headers = {**author.headers, "Content-Type": "application/merge-patch+json"}
    change = json.dumps({"metadata": {"labels": {"seen": "yes"}}})
    author.api.call("PATCH", path, body=change, headers=headers)
    author.api.delete("pdfsecurityjobs", "held", scene.namespace)
