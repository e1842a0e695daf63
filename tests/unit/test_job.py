"""The Job of a resource: golden manifests, and each line that hardens it.

`UPDATE_GOLDEN=1 pytest tests/unit/test_job.py` writes the golden manifests anew; review them.
"""

from __future__ import annotations

import copy
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from pdf_security_operator.api import ClassSpec, JobSpec
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.errors import JobRejected
from pdf_security_operator.job import build_job
from pdf_security_processor.contract import ExitCode, Request
from unit.resources import METADATA, UID, claim, class_spec, http, http_class_spec, job_spec, s3

GOLDEN = Path(__file__).parent / "golden"

Object = dict[str, Any]

AT_REST = {"type": "SSE-C", "customerKeySecretRef": {"name": "at-rest", "key": "current"}}

PASSWORDS = [
    {"decrypt": {"passwordSecretRef": {"name": "passwords", "key": "old"}}},
    {"sanitize": {}},
    {
        "encrypt": {
            "userPasswordSecretRef": {"name": "passwords", "key": "user"},
            "ownerPasswordSecretRef": {"name": "owner-password", "key": "password"},
            "permissions": {"print": "low", "copy": False},
        }
    },
]

CASES: dict[str, tuple[Object, Object]] = {
    "s3-to-s3-with-passwords": (
        job_spec(
            input=s3("in/contract.pdf"),
            output={**s3("out/contract.pdf", credentials="s3-writer"), "overwrite": True},
            operations=PASSWORDS,
        ),
        class_spec(),
    ),
    "claim-to-claim": (
        job_spec(
            input=claim("in/contract.pdf"),
            output=claim("out/contract.pdf", name="results"),
            report=claim("reports/contract.json", name="results"),
            operations=[{"sanitize": {}}],
        ),
        class_spec(),
    ),
    "config-map-inspect": (job_spec(), class_spec()),
    "s3-encrypted-at-rest": (
        job_spec(
            input=s3("in/contract.pdf", serverSideEncryption=AT_REST),
            output=s3("out/contract.pdf"),
            report=s3("reports/contract.json"),
            operations=[{"sanitize": {}}],
        ),
        class_spec(
            storageEndpoints=[
                {
                    "url": "https://s3.example.com",
                    "cidrs": ["10.0.3.0/24"],
                    "serverSideEncryption": {"type": "SSE-KMS", "kmsKeyId": "1234abcd-12ab-34cd"},
                }
            ],
        ),
    ),
    "http-to-claim": (
        job_spec(
            input=http(
                bearerTokenSecretRef={"name": "source", "key": "token"},
                digest="sha256:" + "0a" * 32,
            ),
            output=claim("out/contract.pdf"),
            operations=[{"sanitize": {}}],
        ),
        http_class_spec(),
    ),
    "class-with-runtime": (
        job_spec(
            input=s3("in/contract.pdf"),
            output=s3("out/contract.pdf"),
            operations=[{"linearize": {}}],
        ),
        class_spec(
            runtimeClassName="gvisor",
            imagePullSecrets=["registry"],
            requireUserNamespaces=False,
            storageEndpoints=[
                {
                    "url": "https://s3.example.com",
                    "cidrs": ["10.0.3.0/24"],
                    "caBundle": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
                }
            ],
        ),
    ),
}


def _built(job: Object, of_class: Object, metadata: Object = METADATA) -> Object:
    spec, parsed = JobSpec.model_validate(job), ClassSpec.model_validate(of_class)
    return build_job(metadata, spec, "standard", parsed, effective_limits_of(spec, parsed))


def _pod(job: Object) -> Object:
    pod: Object = job["spec"]["template"]["spec"]
    return pod


def _request(job: Object) -> Object:
    variable, _ = _pod(job)["containers"][0]["env"]
    request: Object = json.loads(variable["value"])
    return request


@pytest.fixture(params=list(CASES))
def built(request: pytest.FixtureRequest) -> Object:
    """The Job of each case."""
    return _built(*copy.deepcopy(CASES[request.param]))


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    """A pod would change without anybody having reviewed the change as a manifest."""
    path = GOLDEN / f"{name}.yaml"
    text = yaml.safe_dump(_built(*CASES[name]), sort_keys=False, width=100)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def test_no_golden_manifest_is_left_over() -> None:
    """A manifest would be reviewed that no test compares with anything."""
    assert sorted(path.stem for path in GOLDEN.glob("*.yaml")) == sorted(CASES)


def test_no_job_does_what_its_class_does_not_allow() -> None:
    """Would break: the class's rules are only an admission policy, which may not be installed."""
    rules = class_spec(operations={"allowed": ["sanitize"]})
    with pytest.raises(JobRejected, match="and not linearize"):
        _built(job_spec(operations=[{"linearize": {}}]), rules)


JOB_LINES = {
    "one-pod-only": ("completions", 1),
    "no-second-pod-beside": ("parallelism", 1),
    "no-overlapping-replacement": ("podReplacementPolicy", "Failed"),
    "retries": ("backoffLimit", 3),
    "deadline": ("activeDeadlineSeconds", 600),
}
POD_LINES = {
    "no-token": ("automountServiceAccountToken", False),
    "no-service-links": ("enableServiceLinks", False),
    "no-host-network": ("hostNetwork", False),
    "no-host-pids": ("hostPID", False),
    "no-host-ipc": ("hostIPC", False),
    "no-shared-pids": ("shareProcessNamespace", False),
    "no-restart-in-place": ("restartPolicy", "Never"),
    "grace": ("terminationGracePeriodSeconds", 10),
}
POD_CONTEXT_LINES = {
    "non-root": ("runAsNonRoot", True),
    "uid": ("runAsUser", 65532),
    "gid": ("runAsGroup", 65532),
    "fs-group": ("fsGroup", 65532),
    "fs-group-change": ("fsGroupChangePolicy", "OnRootMismatch"),
    "no-groups": ("supplementalGroups", []),
    "no-groups-of-the-image": ("supplementalGroupsPolicy", "Strict"),
    "seccomp": ("seccompProfile", {"type": "RuntimeDefault"}),
}
CONTAINER_CONTEXT_LINES = {
    "non-root": ("runAsNonRoot", True),
    "uid": ("runAsUser", 65532),
    "gid": ("runAsGroup", 65532),
    "not-privileged": ("privileged", False),
    "no-new-privileges": ("allowPrivilegeEscalation", False),
    "no-capabilities": ("capabilities", {"drop": ["ALL"]}),
    "read-only-root": ("readOnlyRootFilesystem", True),
    "seccomp": ("seccompProfile", {"type": "RuntimeDefault"}),
    "masked-proc": ("procMount", "Default"),
}
CONTAINER_LINES = {
    "no-log-in-the-status": ("terminationMessagePolicy", "File"),
    "no-stdin": ("stdin", False),
    "no-terminal": ("tty", False),
    "summary-file": ("terminationMessagePath", "/dev/termination-log"),
}


@pytest.mark.parametrize("line", JOB_LINES.values(), ids=JOB_LINES)
def test_job_line(built: Object, line: tuple[str, Any]) -> None:
    """Two pods would write one output, or one would run for ever."""
    assert built["spec"].get(line[0]) == line[1]


@pytest.mark.parametrize("line", POD_LINES.values(), ids=POD_LINES)
def test_pod_line(built: Object, line: tuple[str, Any]) -> None:
    """An escape from the worker would find more of the node or the cluster."""
    assert _pod(built).get(line[0]) == line[1]


@pytest.mark.parametrize("line", POD_CONTEXT_LINES.values(), ids=POD_CONTEXT_LINES)
def test_pod_context_line(built: Object, line: tuple[str, Any]) -> None:
    """A container that is injected, or the volumes' files, would be less confined."""
    assert _pod(built)["securityContext"].get(line[0]) == line[1]


@pytest.mark.parametrize("line", CONTAINER_CONTEXT_LINES.values(), ids=CONTAINER_CONTEXT_LINES)
def test_container_context_line(built: Object, line: tuple[str, Any]) -> None:
    """The process that reads untrusted documents would have a right that it never needs."""
    (container,) = _pod(built)["containers"]
    assert container["securityContext"].get(line[0]) == line[1]


@pytest.mark.parametrize("line", CONTAINER_LINES.values(), ids=CONTAINER_LINES)
def test_container_line(built: Object, line: tuple[str, Any]) -> None:
    """What a document makes the processor print would reach the status, where more people read."""
    (container,) = _pod(built)["containers"]
    assert container.get(line[0]) == line[1]


@pytest.mark.parametrize(
    ("required", "host_users"),
    [
        pytest.param(None, False, id="left-out"),
        pytest.param(True, False, id="required"),
        pytest.param(False, None, id="given-up"),
    ],
)
def test_user_namespace(required: bool | None, host_users: bool | None) -> None:
    """Root inside would be root outside though the class did not give the namespace up."""
    job = _built(job_spec(), class_spec(requireUserNamespaces=required))
    assert _pod(job).get("hostUsers") is host_users


def test_resources(built: Object) -> None:
    """One document could take a node's memory, processors or disk."""
    (container,) = _pod(built)["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "16Mi"},
        "limits": {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "64Mi"},
    }


def test_scratch_is_a_bounded_tmpfs(built: Object) -> None:
    """Documents would reach a disk, or fill the container's memory until it is killed."""
    (scratch,) = [one for one in _pod(built)["volumes"] if one["name"] == "scratch"]
    assert scratch["emptyDir"] == {"medium": "Memory", "sizeLimit": "512Mi"}


def test_pod_failure_policy(built: Object) -> None:
    """What can never succeed would be retried; a drained node, or `suspend`, would cost a retry."""
    assert built["spec"]["podFailurePolicy"] == {
        "rules": [
            {
                "action": "FailJob",
                "onExitCodes": {
                    "containerName": _pod(built)["containers"][0]["name"],
                    "operator": "In",
                    "values": [code.value for code in ExitCode if code.value >= 20],
                },
            },
            {
                "action": "Ignore",
                "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
            },
            {
                "action": "Ignore",
                "onExitCodes": {
                    "containerName": _pod(built)["containers"][0]["name"],
                    "operator": "In",
                    "values": [128 + signal.SIGTERM],
                },
            },
        ]
    }


def test_image_by_digest(built: Object) -> None:
    """Whoever can push a tag could run code with the job's credentials."""
    (container,) = _pod(built)["containers"]
    assert container["image"].partition("@sha256:")[2] == "a" * 64
    assert container["imagePullPolicy"] == "IfNotPresent"


def test_nothing_besides(built: Object) -> None:
    """A second container, a sidecar or another way into the environment would go unnoticed."""
    pod = _pod(built)
    assert not {"initContainers", "ephemeralContainers", "serviceAccountName", "hostAliases"} & set(
        pod
    )
    (container,) = pod["containers"]
    assert not {"envFrom", "command", "args", "ports", "lifecycle", "volumeDevices"} & set(
        container
    )
    assert [variable["name"] for variable in container["env"]] == [
        "PDF_SECURITY_REQUEST",
        "TRACEPARENT",
    ]
    assert all("valueFrom" not in variable for variable in container["env"])
    kinds = {"name", "emptyDir", "projected", "configMap", "persistentVolumeClaim"}
    assert all(set(volume) <= kinds for volume in pod["volumes"])


def test_owner(built: Object) -> None:
    """The Job would outlive its resource, or a resource of the same name would adopt it."""
    assert built["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "pdfsecurity.dev/v1alpha1",
            "kind": "PdfSecurityJob",
            "name": "contract-7",
            "uid": UID,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def test_no_ttl_before_the_result_is_recorded(built: Object) -> None:
    """A Job could be gone before anybody read how it ended."""
    assert "ttlSecondsAfterFinished" not in built["spec"]


def test_job_and_pod_share_no_dict(built: Object) -> None:
    """What is noted on the Job later would appear on its pods too."""
    for name in ("labels", "annotations"):
        assert built["metadata"][name] == built["spec"]["template"]["metadata"][name]
        assert built["metadata"][name] is not built["spec"]["template"]["metadata"][name]


def test_what_a_class_says_for_an_injector_is_on_the_pod() -> None:
    """A mesh would pass the pods by, or whoever counts Jobs by labels would count others."""
    of_class = class_spec(sidecar={"labels": {"inject": "true"}, "annotations": {"mesh/a": "b"}})
    plain, built = _built(job_spec(), class_spec()), _built(job_spec(), of_class)
    metadata, before = built["spec"]["template"]["metadata"], plain["spec"]["template"]["metadata"]
    assert metadata["labels"] == {**before["labels"], "inject": "true"}
    assert metadata["annotations"] == {**before["annotations"], "mesh/a": "b"}
    assert built["metadata"] == plain["metadata"]


def test_an_injector_gets_none_of_our_labels() -> None:
    """A class stored before a rule was there could take its pods out of their network policy."""
    labels = {"pdfsecurity.dev/class": "other", "pdfsecurity.dev/storage-access": "true"}
    built = _built(job_spec(), class_spec(sidecar={"labels": labels}))
    assert built["spec"]["template"]["metadata"]["labels"]["pdfsecurity.dev/class"] == "standard"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(job_spec(), None, id="config-map"),
        pytest.param(
            job_spec(input=claim("a"), output=claim("b"), operations=[{"repair": {}}]),
            None,
            id="claims",
        ),
        pytest.param(job_spec(input=s3("a")), "true", id="s3-input"),
        pytest.param(job_spec(report=s3("a")), "true", id="s3-report"),
        pytest.param(
            job_spec(input=claim("a"), output=s3("a"), operations=[{"repair": {}}]),
            "true",
            id="s3-output",
        ),
    ],
)
def test_storage_label(spec: Object, expected: str | None) -> None:
    """A pod that uses no store would be let out, or one that does would not."""
    job = _built(spec, class_spec())
    for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
        assert metadata["labels"].get("pdfsecurity.dev/storage-access") == expected
        assert metadata["labels"]["pdfsecurity.dev/class"] == "standard"


@pytest.mark.parametrize(
    ("spec", "storage", "over_http"),
    [
        pytest.param(job_spec(input=http()), None, "true", id="http-only"),
        pytest.param(job_spec(input=http(), report=s3("a")), "true", "true", id="http-to-s3"),
        pytest.param(job_spec(input=s3("a")), "true", None, id="s3-only"),
    ],
)
def test_http_label(spec: Object, storage: str | None, over_http: str | None) -> None:
    """A pod would reach sources that it does not read, or not the one that it does."""
    job = _built(spec, http_class_spec())
    for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
        assert metadata["labels"].get("pdfsecurity.dev/storage-access") == storage
        assert metadata["labels"].get("pdfsecurity.dev/http-access") == over_http


def test_no_job_reads_from_an_origin_that_its_class_does_not_list() -> None:
    """Would break: the class's list is only an admission policy, which may not be installed."""
    with pytest.raises(JobRejected, match=r"input\.http\.url https://documents\.example\.com"):
        _built(job_spec(input=http()), class_spec())


def test_a_pod_knows_where_redirections_may_lead() -> None:
    """A redirection within the class would be refused, or one out of it followed."""
    origins = _request(_built(*CASES["http-to-claim"]))["input"]["http"]["origins"]
    assert origins == [
        {"url": "https://documents.example.com", "cidrs": ["10.0.7.0/24"], "selectsPods": False},
        {"url": "https://archive.team.svc:8443", "cidrs": [], "selectsPods": True},
    ]


def test_of_the_secret_with_a_token_one_key_is_mounted() -> None:
    """A worker that breaks out would read keys that the job never named."""
    projected, _ = _secrets(_built(*CASES["http-to-claim"]))
    assert projected["sources"] == [
        {"secret": {"name": "source", "items": [{"key": "token", "path": "source/token"}]}}
    ]


def _secrets(job: Object) -> tuple[Object, Object]:
    (volume,) = [one for one in _pod(job)["volumes"] if one["name"] == "secrets"]
    (mount,) = [
        one for one in _pod(job)["containers"][0]["volumeMounts"] if one["name"] == "secrets"
    ]
    return volume["projected"], mount


def test_only_the_named_keys_of_secrets() -> None:
    """A worker that breaks out would read keys that the job never named."""
    projected, mount = _secrets(_built(*CASES["s3-to-s3-with-passwords"]))
    given = {
        (source["secret"]["name"], item["key"]): item["path"]
        for source in projected["sources"]
        for item in source["secret"]["items"]
    }
    assert given == {
        (name, key): f"{name}/{key}"
        for name, key in [
            ("owner-password", "password"),
            ("passwords", "old"),
            ("passwords", "user"),
            *(
                (store, key)
                for store in ("s3", "s3-writer")
                for key in ("accessKeyId", "secretAccessKey", "sessionToken")
            ),
        ]
    }
    assert projected["defaultMode"] == 0o440
    assert mount["readOnly"] is True


@pytest.mark.parametrize("place", ["input", "output", "report"])
def test_of_the_secret_with_a_customers_key_that_key_is_mounted(place: str) -> None:
    """The store could not give or take the object; or a pod would hold keys of no use to it."""
    places = {name: claim(f"{name}.pdf") for name in ("input", "output", "report")}
    spec = job_spec(
        **places | {place: s3("a.pdf", serverSideEncryption=AT_REST)}, operations=[{"sanitize": {}}]
    )
    projected, _ = _secrets(_built(spec, class_spec()))
    items = [{"key": "current", "path": "at-rest/current"}]
    assert {"secret": {"name": "at-rest", "items": items}} in projected["sources"]


def test_no_job_chooses_another_encryption_than_its_class_has() -> None:
    """The check would be there, and no Job be held to it."""
    endpoint = {"url": "https://s3.example.com", "serverSideEncryption": {"type": "SSE-S3"}}
    spec = job_spec(
        input=claim("a.pdf"),
        output=s3("b.pdf", serverSideEncryption=AT_REST),
        operations=[{"sanitize": {}}],
    )
    with pytest.raises(JobRejected) as rejected:
        _built(spec, class_spec(storageEndpoints=[endpoint]))
    assert rejected.value.reason == "EncryptionNotAllowed"


def test_only_the_session_token_may_be_missing() -> None:
    """A job would start without a password, or never start for want of a token it does not need."""
    projected, _ = _secrets(_built(*CASES["s3-to-s3-with-passwords"]))
    for source in projected["sources"]:
        keys = [item["key"] for item in source["secret"]["items"]]
        assert (keys == ["sessionToken"]) == source["secret"].get("optional", False)


def test_no_secret_volume_without_secrets() -> None:
    """The kubelet would refuse a projection of nothing."""
    names = [volume["name"] for volume in _pod(_built(job_spec(), class_spec()))["volumes"]]
    assert names == ["scratch", "input"]


def test_password_named_as_the_session_token() -> None:
    """One key twice in a projection: the API server would refuse the pod."""
    spec = job_spec(
        input=s3("a.pdf"),
        output=s3("b.pdf"),
        operations=[{"encrypt": {"ownerPasswordSecretRef": {"name": "s3", "key": "sessionToken"}}}],
    )
    projected, _ = _secrets(_built(spec, class_spec()))
    (source,) = projected["sources"]
    assert len(source["secret"]["items"]) == 3


@pytest.mark.parametrize(
    ("output", "report", "volumes", "mounts"),
    [
        pytest.param(
            claim("out/a.pdf"),
            None,
            [("input", "documents", None)],
            [("input", "/data/input", True), ("input", "/data/output", None)],
            id="one-claim-for-both",
        ),
        pytest.param(
            claim("a.pdf", "results"),
            claim("a.json", "results"),
            [("input", "documents", True), ("output", "results", None)],
            [
                ("input", "/data/input", True),
                ("output", "/data/output", None),
                ("output", "/data/report", None),
            ],
            id="report-beside-the-output",
        ),
        pytest.param(
            s3("a.pdf"),
            claim("a.json", "reports"),
            [("input", "documents", True), ("report", "reports", None)],
            [("input", "/data/input", True), ("report", "/data/report", None)],
            id="report-alone",
        ),
    ],
)
def test_claims(
    output: Object,
    report: Object | None,
    volumes: list[tuple[str, str, bool | None]],
    mounts: list[tuple[str, str, bool | None]],
) -> None:
    """A pod with two volumes of one claim never starts; a writable input could be changed."""
    spec = job_spec(
        input=claim("in/a.pdf"), output=output, report=report, operations=[{"sanitize": {}}]
    )
    pod = _pod(_built(spec, class_spec()))
    assert volumes == [
        (volume["name"], given["claimName"], given.get("readOnly"))
        for volume in pod["volumes"]
        if (given := volume.get("persistentVolumeClaim"))
    ]
    assert mounts == [
        (mount["name"], mount["mountPath"], mount.get("readOnly"))
        for mount in pod["containers"][0]["volumeMounts"]
        if mount["mountPath"].startswith("/data/")
    ]


def test_config_map_as_one_file() -> None:
    """The processor would refuse the symbolic links of a ConfigMap's folder."""
    job = _built(job_spec(), class_spec())
    mount = next(
        one for one in _pod(job)["containers"][0]["volumeMounts"] if one["name"] == "input"
    )
    assert mount == {
        "name": "input",
        "mountPath": "/data/input/document.pdf",
        "subPath": "document.pdf",
        "readOnly": True,
    }
    assert _request(job)["input"] == {"file": {"root": "/data/input", "path": "document.pdf"}}


def test_request_is_what_the_processor_reads(built: Object) -> None:
    """The processor would refuse the request of its own operator."""
    request = Request.model_validate(_request(built))
    assert request.owner.uid == UID
    assert request.limits.worker_seconds == 585


def test_request_names_secrets_and_holds_none() -> None:
    """`kubectl get pod -o yaml` would show a password."""
    request = _request(_built(*CASES["s3-to-s3-with-passwords"]))
    assert request["input"]["s3"] == {
        "endpoint": "https://s3.example.com",
        "region": "us-east-1",
        "bucket": "documents",
        "key": "in/contract.pdf",
        "credentialsSecret": "s3",
    }
    assert request["output"]["overwrite"] is True
    assert request["operations"] == PASSWORDS


@pytest.mark.parametrize("key", ["$(HOME).pdf", "$$.pdf", "a$b.pdf", "$(PDF_SECURITY_REQUEST)"])
def test_dollar_signs(key: str) -> None:
    """Kubernetes would expand what it takes for a variable, and another object would be read."""
    job = _built(job_spec(input=s3(key)), class_spec())
    variable, _ = _pod(job)["containers"][0]["env"]
    assert "$" not in variable["value"]
    assert _request(job)["input"]["s3"]["key"] == key


@pytest.mark.parametrize("place", ["input", "output", "report"])
def test_store_that_the_class_does_not_list(place: str) -> None:
    """Credentials would be sent to a host that the administrator did not list."""
    elsewhere = s3("a.pdf")
    elsewhere["s3"]["endpoint"] = "https://elsewhere.example.com"
    places = {"input": claim("a.pdf"), "output": claim("b.pdf"), place: elsewhere}
    spec = job_spec(**places, operations=[{"repair": {}}])
    with pytest.raises(JobRejected, match=f"^{place}.s3.endpoint https://elsewhere"):
        _built(spec, class_spec())


def test_ca_bundle() -> None:
    """A private store's certificate would be refused, or another one's accepted."""
    s3_input = _request(_built(*CASES["class-with-runtime"]))["input"]["s3"]
    assert s3_input["caBundle"].startswith("-----BEGIN CERTIFICATE-----")
