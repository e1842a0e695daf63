"""What two tenants try on a real cluster: each refused by one layer, and by that layer alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import yaml

from api_client import AnsweredError, Api, path_of
from attempts.references import STORE, allowed
from attempts.row import AttemptRow
from attempts.tenants import RBAC, Tenant, tenant
from cluster import Cluster
from e2e_support import REFERENCE_POLICIES, wait_for, without_manifest
from images.build import REPOSITORY
from operator_scene import Object, build_job, open_scene
from product import NAMESPACE, Installation

pytestmark = [pytest.mark.cluster, pytest.mark.attempts]

SUBMITTER_POLICIES = str(REPOSITORY / "manifests" / "base" / "submitter-policy.yaml")
STAMP = "pdfsecurity.dev/submitted-by"
DEFINITION = "pdfsecurityjobs.pdfsecurity.dev"
DRY = "?dryRun=All"
STRICT = "?dryRun=All&fieldValidation=Strict"


@dataclass(frozen=True)
class Stage:
    """Ann, who tries, in her namespace; and Ben, to whom it is done, in his."""

    ann: Tenant
    ben: Tenant

    @property
    def cluster(self) -> Cluster:
        """Of both."""
        return self.ann.scene.installation.cluster


@dataclass(frozen=True)
class Request:
    """One request of Ann's.

    Attributes:
        name: what she tries.
        method: of HTTP.
        path: where; `{ann}` and `{ben}` stand for the namespaces.
        body: what she sends.
    """

    name: str
    method: str
    path: str
    body: Object | None = None

    def refusal(self, stage: Stage) -> str:
        """Tell how it is refused; empty where it is not."""
        places = {"ann": stage.ann.scene.namespace, "ben": stage.ben.scene.namespace}
        return stage.ann.refusal_of(self.method, self.path.format(**places), self.body)


@pytest.fixture(scope="module")
def stage(api: Api, installation: Installation) -> Iterator[Stage]:
    with (
        open_scene(api, installation, "ann") as hers,
        open_scene(api, installation, "ben") as his,
    ):
        for scene in (hers, his):
            scene.add_class(
                storageEndpoints=[{"url": STORE, "cidrs": ["192.0.2.1/32"]}],
                bounds={"memory": "1Gi", "cpu": "1", "activeDeadlineSeconds": 600},
            )
            for name in ("mine", "theirs"):
                scene.add_secret(name, password="of somebody")
            suspended = {**allowed(scene.namespace), "suspend": True}
            api.create("pdfsecurityjobs", build_job("contract", suspended), scene.namespace)
        made = Stage(tenant(api, hers, hers.namespace), tenant(api, his, his.namespace))
        own = path_of("pdfsecurityjobs", hers.namespace)
        trial = build_job("trial", allowed(hers.namespace))
        wait_for(lambda: not made.ann.refusal_of("POST", own + DRY, trial), "Ann may work")
        yield made


def _record(
    stage: Stage,
    layer: str,
    attempts: Mapping[str, Callable[[], str]],
    taken_away: Callable[[Stage], AbstractContextManager[None]],
) -> None:
    """Try all with a layer and without it, and write the rows."""
    before = {name: attempt() for name, attempt in attempts.items()}
    with taken_away(stage):
        wait_for(
            lambda: not any(attempt() for attempt in attempts.values()),
            f"nothing refuses without {layer}: { ({n: a() for n, a in attempts.items() if a()}) }",
            30,
        )
    for name, refusal in before.items():
        AttemptRow("tenant", name, layer, refusal, succeeds_without=True).write()
    assert [name for name, refusal in before.items() if not refusal] == []


JOBS_OF_BEN = path_of("pdfsecurityjobs", "{ben}")
CLASSES = path_of("pdfsecurityclasses")
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"

RIGHTS = [
    Request("read another tenant's job", "GET", f"{JOBS_OF_BEN}/contract"),
    Request("list the jobs of all tenants", "GET", path_of("pdfsecurityjobs")),
    Request("create a job in another's namespace", "POST", f"{JOBS_OF_BEN}{DRY}",
            build_job("intruder", {"input": {"configMap": {"name": "mine", "key": "a"}},
                                   "operations": [{"inspect": {}}]})),
    Request("release another tenant's job", "PATCH", f"{JOBS_OF_BEN}/contract{DRY}",
            {"spec": {"suspend": False}}),
    Request("delete another tenant's job", "DELETE", f"{JOBS_OF_BEN}/contract{DRY}"),
    Request("write her own job's status", "PATCH",
            path_of("pdfsecurityjobs", "{ann}", "contract", "status") + DRY,
            {"status": {"phase": "Succeeded"}}),
    Request("widen her class", "PATCH", f"{CLASSES}/{{ann}}{DRY}",
            {"spec": {"bounds": {"memory": "64Gi"}}}),
    Request("give her class another image", "PATCH", f"{CLASSES}/{{ann}}{DRY}",
            {"spec": {"image": f"evil.example/x@sha256:{'0' * 64}"}}),
    Request("create a class of her own", "POST", f"{CLASSES}{DRY}",
            {"apiVersion": "pdfsecurity.dev/v1alpha1", "kind": "PdfSecurityClass",
             "metadata": {"name": "anns"},
             "spec": {"image": f"evil.example/x@sha256:{'0' * 64}"}}),
    Request("read a Secret beside hers", "GET", path_of("secrets", "{ann}", "theirs")),
    Request("read a Secret of another tenant's", "GET", path_of("secrets", "{ben}", "mine")),
    Request("list the Secrets of the operator", "GET", path_of("secrets", NAMESPACE)),
    Request("take the Leases of the operator", "GET", path_of("leases", NAMESPACE)),
    Request("read the log of the operator", "GET", path_of("pods", NAMESPACE)),
    Request("stop the operator", "PATCH",
            path_of("deployments", NAMESPACE, "pdf-security-operator") + DRY,
            {"spec": {"replicas": 0}}),
    Request("take the admission policies away", "DELETE", f"{POLICIES}/pdf-security-class{DRY}"),
    Request("open the network of her pods", "POST", path_of("networkpolicies", "{ann}") + DRY,
            {"metadata": {"name": "open"},
             "spec": {"podSelector": {}, "egress": [{}], "policyTypes": ["Egress"]}}),
    Request("run a pod of her own", "POST", path_of("pods", "{ann}") + DRY,
            {"metadata": {"name": "own"}, "spec": {
                "securityContext": {"runAsNonRoot": True, "runAsUser": 1,
                                    "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{"name": "a", "image": "a", "securityContext": {
                    "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}]}}),
    Request("run a Job with the operator's label", "POST", path_of("jobs", "{ann}") + DRY,
            {"metadata": {"name": "own",
                          "labels": {"app.kubernetes.io/managed-by": "pdf-security-operator"}},
             "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [
                 {"name": "a", "image": "a"}]}}}}),
]  # fmt: skip


@contextmanager
def _with_all_rights(stage: Stage) -> Iterator[None]:
    binding: Object = {
        "metadata": {"name": f"all-{stage.ann.scene.namespace}"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": stage.ann.user}],
    }
    stage.ann.api.create("clusterrolebindings", binding)
    yield
    stage.ann.api.delete("clusterrolebindings", binding["metadata"]["name"])


def test_what_rbac_refuses(stage: Stage) -> None:
    """Would break: a tenant sees, changes or runs what is another's, or the administrator's."""
    attempts = {each.name: partial(each.refusal, stage) for each in RIGHTS}
    _record(stage, "RBAC", attempts, _with_all_rights)


def _without_the_stamp(stage: Stage) -> AbstractContextManager[None]:
    return without_manifest(stage.cluster, SUBMITTER_POLICIES)


def test_what_the_stamp_refuses(stage: Stage) -> None:
    """Would break: one tenant works, and is counted and recorded, in another's name."""
    ann, his_name = stage.ann, stage.ben.user
    jobs = path_of("pdfsecurityjobs", ann.scene.namespace)

    def forge(*, path: str, method: str, value: str | None) -> str:
        body = {**build_job("forged", allowed(ann.scene.namespace))} if method == "POST" else {}
        body["metadata"] = {**body.get("metadata", {}), "annotations": {STAMP: value}}
        try:
            answer = ann.asks(method, path + DRY, body)
        except AnsweredError as refused:
            return str(refused)
        stamped = answer["metadata"].get("annotations", {}).get(STAMP)
        return "" if stamped == value else f"stamped {stamped} in place of {value}"

    attempts = {
        "submit in another's name": lambda: forge(path=jobs, method="POST", value=his_name),
        "give a job to another": lambda: forge(
            path=f"{jobs}/contract", method="PATCH", value=his_name
        ),
        "take her name off a job": lambda: forge(
            path=f"{jobs}/contract", method="PATCH", value=None
        ),
    }
    _record(stage, "stamp of the submitter", attempts, _without_the_stamp)


def _with(**changes: Any) -> Callable[[str], Object]:
    return lambda class_name: {**allowed(class_name), **changes}


def _s3_with(**changes: Any) -> Object:
    place = {"endpoint": STORE, "bucket": "bucket", "key": "in.pdf"}
    return {"s3": {**place, "credentialsSecretRef": {"name": "mine"}, **changes}}


def _claim(path: str) -> Object:
    return {"persistentVolumeClaim": {"claimName": "mine", "path": path}}


SHAPES: dict[str, Callable[[str], Object]] = {
    "a path that climbs out of its claim": _with(input=_claim("../../etc/passwd")),
    "a path from the root": _with(input=_claim("/etc/passwd")),
    "a path with a zero byte": _with(output=_claim("out\u0000.pdf")),
    "a store without TLS": _with(input=_s3_with(endpoint="http://store.example.com")),
    "a store with credentials in its name": _with(
        input=_s3_with(endpoint="https://user:word@store.example.com")
    ),
    "a store with a path": _with(input=_s3_with(endpoint=f"{STORE}/latest/meta-data")),
    "a key with a line's end in it": _with(input=_s3_with(key="a\r\nx-amz-acl: public-read")),
    "a Secret of another namespace": _with(
        input=_s3_with(credentialsSecretRef={"name": "mine", "namespace": "kube-system"})
    ),
    "a pod template of her own": _with(podTemplate={"spec": {"hostNetwork": True}}),
    "an image of her own": _with(image="evil.example/x"),
    "a thousand operations": _with(operations=[{"inspect": {}}] * 1000),
    "two sources": _with(input={**_s3_with(), **_claim("a.pdf")}),
}


@contextmanager
def _without_the_schema(stage: Stage) -> Iterator[None]:
    """Let the API server take what it likes for a spec; the operator sees none of it."""
    with _laxer_definition(stage), without_manifest(stage.cluster, REFERENCE_POLICIES):
        yield


@contextmanager
def _laxer_definition(stage: Stage) -> Iterator[None]:
    kubectl = stage.cluster.kubectl
    definition = json.loads(kubectl("get", "crd", DEFINITION, "-o", "json"))
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    for version in definition["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"]["properties"]["spec"] = anything
    _replace_spec(stage, definition)
    try:
        yield
    finally:
        (shipped,) = yaml.safe_load_all((REPOSITORY / "crds" / "pdfsecurityjobs.yaml").read_text())
        _replace_spec(stage, shipped)


def _replace_spec(stage: Stage, definition: Object) -> None:
    change = json.dumps([{"op": "replace", "path": "/spec/versions",
                          "value": definition["spec"]["versions"]}])  # fmt: skip
    stage.cluster.kubectl("patch", "crd", DEFINITION, "--type=json", "-p", change)


def test_what_the_schema_refuses(stage: Stage) -> None:
    """Would break: what is dangerous by its shape alone comes as far as a pod."""
    ann = stage.ann
    jobs = path_of("pdfsecurityjobs", ann.scene.namespace)

    def shaped(spec: Object) -> Callable[[], str]:
        return lambda: ann.refusal_of("POST", jobs + STRICT, build_job("shaped", spec))

    def changed(**fields: Any) -> Callable[[], str]:
        return lambda: ann.refusal_of("PATCH", f"{jobs}/contract{DRY}", {"spec": fields})

    attempts = {name: shaped(of(ann.scene.namespace)) for name, of in SHAPES.items()} | {
        "change what a job does": changed(operations=[{"decrypt": {}}]),
        "change what a job reads": changed(input={"configMap": {"name": "mine", "key": "b"}}),
        "change where a job writes": changed(output={"overwrite": True}),
    }
    _record(stage, "schema", attempts, _without_the_schema)


@contextmanager
def _with_a_wider_class(stage: Stage) -> Iterator[None]:
    ann = stage.ann
    bounds = {"memory": "8Gi", "cpu": "4", "activeDeadlineSeconds": 7200, "scratchSize": "8Gi"}
    spec = {"bounds": bounds, "queueNames": ["documents"]}
    ann.api.patch("pdfsecurityclasses", ann.scene.namespace, {"spec": spec})
    yield


EXCESSES: dict[str, Object] = {
    "more memory than her class gives": {"resources": {"limits": {"memory": "4Gi"}}},
    "more processors than her class gives": {"resources": {"limits": {"cpu": "3"}}},
    "more time than her class gives": {"activeDeadlineSeconds": 3000},
    "a larger scratch than her class gives": {
        "scratchSize": "5Gi",
        "resources": {"limits": {"memory": "1Gi"}},
    },
    "a queue that her class does not list": {"queueName": "documents"},
}


def test_what_the_operator_refuses(stage: Stage) -> None:
    """Would break: a class is a wish, and one job takes the node."""
    ann = stage.ann
    kept = ("scratchSize", "activeDeadlineSeconds")
    before = {name: _verdict(ann, f"excess-{n}", spec) for n, (name, spec) in _numbered(EXCESSES)}
    with _with_a_wider_class(stage):
        for number, (name, spec) in _numbered(EXCESSES):
            # No larger than it takes: the memory of the machine is what it is.
            given = {**spec, "resources": {"limits": {"memory": "7Gi", "cpu": "3"}}}
            wider = given if set(spec) & set(kept) else spec
            verdict = _verdict(ann, f"wider-{number}", wider)
            row = AttemptRow("tenant", name, "operator, by the class", before[name], not verdict)
            row.write()
            assert verdict == ""
    assert all(before.values())


def _numbered(table: dict[str, Object]) -> Iterator[tuple[int, tuple[str, Object]]]:
    return iter(enumerate(table.items()))


def _verdict(ann: Tenant, name: str, spec: Object) -> str:
    """Create a job; tell how the operator refuses it, empty once it has a Job."""
    full = {"className": ann.scene.namespace, "operations": [{"inspect": {}}], **spec}
    full["input"] = {"configMap": {"name": "mine", "key": "a.pdf"}}
    path = path_of("pdfsecurityjobs", ann.scene.namespace)
    ann.asks("POST", path, build_job(name, full))

    def decided() -> Object | None:
        status: Object = ann.scene.read(name).get("status", {})
        return status if status.get("phase") == "Failed" or status.get("jobName") else None

    status = wait_for(decided, f"{name} is decided")
    messages = [entry["message"] for entry in status["conditions"] if entry["type"] == "Failed"]
    ann.scene.remove(name)
    return f"{status['reason']}: {messages[0]}" if messages else ""
