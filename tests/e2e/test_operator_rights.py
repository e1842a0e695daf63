"""Who may do what: the operator as little as it needs, and people as for everything else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from api_client import Api
from operator_scene import OPERATOR_USER, Object, Scene, open_scene
from processor import documents
from product import NAMESPACE as OPERATOR_NAMESPACE
from product import Installation

pytestmark = pytest.mark.cluster

ROLES = ("pdf-security-operator", "pdf-security-operator-classes")

NEEDED = {
    ("pdfsecurity.dev", "pdfsecurityjobs"): {"list", "watch", "delete"},
    ("pdfsecurity.dev", "pdfsecurityclasses"): {"list", "watch"},
    ("pdfsecurity.dev", "pdfsecurityjobs/status"): {"patch"},
    ("pdfsecurity.dev", "pdfsecurityclasses/status"): {"patch"},
    ("pdfsecurity.dev", "pdfsecurityjobs/finalizers"): {"update"},
    ("batch", "jobs"): {"get", "list", "watch", "create", "patch"},
    ("networking.k8s.io", "networkpolicies"): {
        "get",
        "list",
        "watch",
        "create",
        "update",
        "delete",
    },
    ("", "pods"): {"list", "watch"},
    ("", "events"): {"list", "create"},
}
"""Everything that the operator's calls need, each verb; whoever adds one adds its call."""

FORBIDDEN = [
    ("get", "", "secrets"),
    ("list", "", "secrets"),
    ("watch", "", "secrets"),
    ("create", "", "secrets"),
    ("get", "", "configmaps"),
    ("list", "", "configmaps"),
    ("get", "", "pods"),
    ("create", "", "pods"),
    ("delete", "", "pods"),
    ("get", "", "pods/log"),
    ("create", "", "pods/exec"),
    ("get", "", "pods/exec"),
    ("create", "", "pods/attach"),
    ("create", "", "pods/portforward"),
    ("update", "", "pods/ephemeralcontainers"),
    ("list", "", "nodes"),
    ("get", "", "nodes/proxy"),
    ("list", "", "namespaces"),
    ("get", "", "persistentvolumeclaims"),
    ("create", "", "serviceaccounts/token"),
    ("impersonate", "", "users"),
    ("impersonate", "", "serviceaccounts"),
    ("delete", "batch", "jobs"),
    ("deletecollection", "batch", "jobs"),
    ("update", "batch", "jobs"),
    ("create", "batch", "cronjobs"),
    ("create", "apps", "deployments"),
    ("deletecollection", "networking.k8s.io", "networkpolicies"),
    ("create", "pdfsecurity.dev", "pdfsecurityjobs"),
    ("update", "pdfsecurity.dev", "pdfsecurityjobs"),
    ("patch", "pdfsecurity.dev", "pdfsecurityjobs"),
    ("create", "pdfsecurity.dev", "pdfsecurityclasses"),
    ("patch", "pdfsecurity.dev", "pdfsecurityclasses"),
    ("delete", "pdfsecurity.dev", "pdfsecurityclasses"),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
    ("bind", "rbac.authorization.k8s.io", "clusterroles"),
    ("create", "rbac.authorization.k8s.io", "clusterrolebindings"),
    ("create", "admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("patch", "apiextensions.k8s.io", "customresourcedefinitions"),
    ("approve", "certificates.k8s.io", "signers"),
]


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "rights") as opened:
        opened.add_class()
        opened.put("plain.pdf", documents.plain())
        for role in ("view", "edit"):
            _bind(opened, role)
        yield opened


def _bind(scene: Scene, role: str) -> None:
    """Give a role in the namespace to a user of the same name, as for everything else."""
    binding = ["create", "rolebinding", role, f"--clusterrole={role}"]
    user = f"--user={role}@{scene.namespace}"
    scene.installation.cluster.kubectl(*binding, user, "-n", scene.namespace)


def _may(api: Api, user: str, verb: str, group: str, resource: str, namespace: str = "") -> bool:
    """Ask as `kubectl auth can-i --as` does."""
    plural, _, subresource = resource.partition("/")
    asked = {
        "verb": verb,
        "group": group,
        "resource": plural,
        "subresource": subresource,
        "namespace": namespace,
    }
    groups = ["system:authenticated"]
    if user == OPERATOR_USER:
        groups += ["system:serviceaccounts", f"system:serviceaccounts:{OPERATOR_NAMESPACE}"]
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": groups, "resourceAttributes": asked},
    }
    return bool(api.create("subjectaccessreviews", review)["status"]["allowed"])


@pytest.mark.parametrize(
    ("verb", "group", "resource"),
    FORBIDDEN,
    ids=[f"{verb}-{resource}" for verb, _, resource in FORBIDDEN],
)
def test_the_operator_may_not(
    api: Api, installation: Installation, verb: str, group: str, resource: str
) -> None:
    """Would break: whoever takes the operator over takes the cluster with it."""
    for namespace in ("", "default", OPERATOR_NAMESPACE):
        assert not _may(api, OPERATOR_USER, verb, group, resource, namespace)


def test_the_operator_may_what_it_needs_and_nothing_else(
    api: Api, installation: Installation
) -> None:
    """Would break: a right that was added for a moment stays for ever."""
    rules = [rule for name in ROLES for rule in (api.get("clusterroles", name) or {})["rules"]]
    granted: dict[tuple[str, str], set[str]] = {}
    for rule in rules:
        assert not rule.get("nonResourceURLs")
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                granted.setdefault((group, resource), set()).update(rule["verbs"])
    assert granted == NEEDED
    assert "*" not in str(rules)
    for (group, resource), verbs in NEEDED.items():
        for verb in verbs:
            assert _may(api, OPERATOR_USER, verb, group, resource, "default")


@pytest.mark.parametrize(
    ("role", "verb", "resource", "allowed"),
    [
        ("view", "get", "pdfsecurityjobs", True),
        ("view", "watch", "pdfsecurityjobs", True),
        ("view", "create", "pdfsecurityjobs", False),
        ("view", "delete", "pdfsecurityjobs", False),
        ("edit", "create", "pdfsecurityjobs", True),
        ("edit", "patch", "pdfsecurityjobs", True),
        ("edit", "delete", "pdfsecurityjobs", True),
        ("edit", "patch", "pdfsecurityjobs/status", False),
        ("edit", "update", "pdfsecurityjobs/status", False),
        ("edit", "create", "pdfsecurityclasses", False),
        ("edit", "patch", "pdfsecurityclasses", False),
        ("edit", "delete", "pdfsecurityclasses", False),
        ("edit", "patch", "pdfsecurityclasses/status", False),
    ],
)
def test_people_may_with_jobs_what_they_may_with_the_rest_of_their_namespace(
    scene: Scene, api: Api, role: str, verb: str, resource: str, allowed: bool
) -> None:
    """Would break: an author forges a result or loosens a class; or needs rights of his own."""
    user = f"{role}@{scene.namespace}"
    assert _may(api, user, verb, "pdfsecurity.dev", resource, scene.namespace) is allowed
    assert not _may(api, user, verb, "pdfsecurity.dev", resource, "default")


def test_the_table_says_at_a_glance_how_a_job_stands(scene: Scene) -> None:
    """Would break: people read YAML to learn whether their document is ready."""
    scene.start("shown")
    scene.until("shown", "Succeeded")
    kubectl = scene.installation.cluster.kubectl
    header, row = kubectl("get", "psj", "-n", scene.namespace).splitlines()
    assert header.split() == ["NAME", "CLASS", "PHASE", "REASON", "DOCUMENTS", "AGE"]
    assert row.split()[:5] == ["shown", scene.namespace, "Succeeded", "Succeeded", "1/1"]
    assert "pdfsecurityjob.pdfsecurity.dev/shown" in kubectl("get", "all", "-n", scene.namespace)
    assert kubectl("get", "psc", scene.namespace, "-o", "name").strip() == (
        f"pdfsecurityclass.pdfsecurity.dev/{scene.namespace}"
    )


@pytest.mark.parametrize("kind", ["psj", "psc"])
def test_every_field_is_explained(api: Api, installation: Installation, kind: str) -> None:
    """Would break: `kubectl explain` shows an empty page for a field somebody must fill in."""
    plural = {"psj": "pdfsecurityjobs", "psc": "pdfsecurityclasses"}[kind]
    definition = api.get("customresourcedefinitions", f"{plural}.pdfsecurity.dev") or {}
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    fields = dict(_fields(schema["properties"]["spec"], "spec"))
    assert len(fields) > 20
    assert [path for path, described in fields.items() if not described] == []
    shown = installation.cluster.kubectl("explain", f"{kind}.spec", "--recursive")
    for path in fields:
        assert re.search(rf"^\s+{path.split('.')[-1]}\s+<", shown, re.MULTILINE), path


def _fields(schema: Object, path: str) -> Iterator[tuple[str, bool]]:
    """Give each field below, and whether it has a description."""
    for name, below in schema.get("properties", {}).items():
        yield f"{path}.{name}", bool(below.get("description"))
        yield from _fields(below, f"{path}.{name}")
    if "items" in schema:
        yield from _fields(schema["items"], path)
