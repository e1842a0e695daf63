"""What applies to a job: its wishes over the class's defaults, never beyond the class's bounds."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator.api import ClassSpec, JobSpec, S3Object
from pdf_security_operator.effective import (
    BROKER_BYTES,
    CLOSING_SECONDS,
    WORKER_LEAST_BYTES,
    EffectiveLimits,
    check_operations,
    effective_limits_of,
    encryption_of,
    endpoint_of,
)
from pdf_security_operator.errors import JobRejected
from pdf_security_processor.contract import Limits
from unit.resources import claim, class_spec, http, job_spec, s3

MEBI = 1024**2

ENCRYPT = {"ownerPasswordSecretRef": {"name": "a", "key": "b"}}
PUT = {"output": claim("out.pdf")}


def _limits(job: dict[str, Any], of_class: dict[str, Any]) -> EffectiveLimits:
    return effective_limits_of(
        JobSpec.model_validate(job_spec(**job)), ClassSpec.model_validate(class_spec(**of_class))
    )


def test_nothing_asked_nothing_set() -> None:
    """The documented defaults would not be those in force."""
    assert _limits({}, {}) == EffectiveLimits(
        cpu_request="500m",
        memory_request="1Gi",
        cpu_limit="1",
        memory_limit="2Gi",
        scratch_size="512Mi",
        active_deadline_seconds=600,
        backoff_limit=3,
        document=Limits(
            input_bytes=256 * MEBI,
            output_bytes=512 * MEBI,
            worker_memory_bytes=2048 * MEBI - 512 * MEBI - BROKER_BYTES,
            worker_seconds=600 - CLOSING_SECONDS,
        ),
    )


@pytest.mark.parametrize(
    ("job", "of_class", "expected"),
    [
        pytest.param(
            {"resources": {"limits": {"cpu": 2, "memory": "4Gi"}}},
            {},
            {"cpu_limit": "2", "memory_limit": "4Gi", "cpu_request": "500m"},
            id="the-job-asks",
        ),
        pytest.param(
            {},
            {"defaults": {"resources": {"limits": {"cpu": "2"}, "requests": {"memory": "512Mi"}}}},
            {"cpu_limit": "2", "memory_limit": "2Gi", "memory_request": "512Mi"},
            id="the-class-has-some-defaults",
        ),
        pytest.param(
            {"resources": {"limits": {"cpu": "3"}}},
            {"defaults": {"resources": {"limits": {"cpu": "2", "memory": "3Gi"}}}},
            {"cpu_limit": "3", "memory_limit": "3Gi"},
            id="job-over-class",
        ),
        pytest.param(
            {"resources": {"limits": {"cpu": "100m"}}},
            {},
            {"cpu_limit": "100m", "cpu_request": "100m"},
            id="default-request-gives-way-to-a-smaller-limit",
        ),
        pytest.param(
            {"resources": {"requests": {"cpu": "1"}}},
            {},
            {"cpu_request": "1", "memory_request": "1Gi"},
            id="request-equal-to-the-limit",
        ),
        pytest.param(
            {"scratchSize": "1Gi", "activeDeadlineSeconds": 5, "backoffLimit": 0},
            {"defaults": {"scratchSize": "64Mi", "activeDeadlineSeconds": 60, "backoffLimit": 9}},
            {"scratch_size": "1Gi", "active_deadline_seconds": 5, "backoff_limit": 0},
            id="scratch-and-times-of-the-job",
        ),
        pytest.param(
            {},
            {"defaults": {"scratchSize": "64Mi", "activeDeadlineSeconds": 60, "backoffLimit": 9}},
            {"scratch_size": "64Mi", "active_deadline_seconds": 60, "backoff_limit": 9},
            id="scratch-and-times-of-the-class",
        ),
        pytest.param(
            {"resources": {"limits": {"cpu": "4", "memory": "8Gi"}}, "scratchSize": "4Gi"},
            {},
            {"cpu_limit": "4", "memory_limit": "8Gi", "scratch_size": "4Gi"},
            id="exactly-at-the-bounds",
        ),
    ],
)
def test_what_applies(
    job: dict[str, Any], of_class: dict[str, Any], expected: dict[str, Any]
) -> None:
    """A wish, a default or both would silently be passed over."""
    limits = _limits(job, of_class)
    assert {name: getattr(limits, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("job", "of_class", "reason", "message"),
    [
        pytest.param(
            {"resources": {"limits": {"cpu": "4001m"}}},
            {},
            "LimitExceeded",
            "resources.limits.cpu is 4001m, above the class's bound of 4",
            id="cpu",
        ),
        pytest.param(
            {"resources": {"limits": {"memory": "2Gi"}}},
            {"bounds": {"memory": "1Gi"}},
            "LimitExceeded",
            "resources.limits.memory is 2Gi, above the class's bound of 1Gi",
            id="memory",
        ),
        pytest.param(
            {"scratchSize": "2Gi"},
            {"bounds": {"scratchSize": "1Gi"}},
            "LimitExceeded",
            "scratchSize is 2Gi, above the class's bound of 1Gi",
            id="scratch",
        ),
        pytest.param(
            {"activeDeadlineSeconds": 3601},
            {},
            "LimitExceeded",
            "activeDeadlineSeconds is 3601, above the class's bound of 3600",
            id="deadline",
        ),
        pytest.param(
            {"resources": {"requests": {"memory": "3Gi"}}},
            {},
            "LimitExceeded",
            "resources.requests.memory is 3Gi, above resources.limits.memory of 2Gi",
            id="request-above-limit",
        ),
        pytest.param(
            {"resources": {"limits": {"cpu": 0}}},
            {},
            "LimitTooSmall",
            "resources.limits.cpu is 0; it must be at least 1m",
            id="no-cpu-is-no-limit-to-the-kubelet",
        ),
        pytest.param(
            {"resources": {"limits": {"memory": "0"}}},
            {},
            "LimitTooSmall",
            "resources.limits.memory is 0; it must be at least 1",
            id="no-memory",
        ),
        pytest.param(
            {"scratchSize": "500m"},
            {},
            "LimitTooSmall",
            "scratchSize is 500m; it must be at least 1",
            id="scratch-below-a-byte",
        ),
        pytest.param(
            {},
            {"bounds": {"inputSize": 0}},
            "LimitTooSmall",
            "the class's bounds.inputSize is 0; it must be at least 1",
            id="class-allows-no-input",
        ),
        pytest.param(
            {"resources": {"limits": {"memory": "767Mi"}}},
            {},
            "LimitExceeded",
            "resources.limits.memory 767Mi leaves no room beside scratchSize 512Mi: "
            "it must be larger by 256Mi at least",
            id="tmpfs-would-fill-the-memory",
        ),
    ],
)
def test_refuses(job: dict[str, Any], of_class: dict[str, Any], reason: str, message: str) -> None:
    """A job would take more than its class allows, or fail later with a worse word for it."""
    with pytest.raises(JobRejected) as caught:
        _limits(job, of_class)
    assert (caught.value.reason, caught.value.message) == (reason, message)


def test_least_memory() -> None:
    """A limit that is just enough by the message's own word would be refused, or end in SIGKILL."""
    limits = _limits({"resources": {"limits": {"memory": "768Mi"}}}, {})
    assert limits.document.worker_memory_bytes == WORKER_LEAST_BYTES


@pytest.mark.parametrize(
    ("deadline", "seconds"), [(1, 1), (15, 1), (16, 1), (17, 2), (600, 600 - CLOSING_SECONDS)]
)
def test_worker_ends_before_the_job(deadline: int, seconds: int) -> None:
    """The Job's deadline would come first, and nobody would learn which document took it."""
    limits = _limits({"activeDeadlineSeconds": deadline}, {})
    assert limits.document.worker_seconds == seconds


def test_endpoint() -> None:
    """A job would be refused a store that its class lists."""
    spec = JobSpec.model_validate(job_spec(input=s3("a.pdf")))
    assert spec.input.s3
    endpoint = endpoint_of(spec.input.s3, ClassSpec.model_validate(class_spec()), "input")
    assert endpoint.url == "https://s3.example.com"


@pytest.mark.parametrize(
    ("endpoints", "listed"),
    [
        pytest.param(None, "it lists none", id="none"),
        pytest.param(
            [
                {"url": "https://s3.example.com:8443", "cidrs": ["10.0.0.0/8"]},
                {"url": "https://s3.example", "cidrs": ["10.0.0.0/8"]},
            ],
            "https://s3.example.com:8443, https://s3.example",
            id="similar-ones",
        ),
    ],
)
def test_endpoint_not_listed(endpoints: list[dict[str, Any]] | None, listed: str) -> None:
    """Credentials would be sent to a host that the administrator did not list."""
    spec = JobSpec.model_validate(job_spec(input=s3("a.pdf")))
    assert spec.input.s3
    with pytest.raises(JobRejected) as caught:
        endpoint_of(
            spec.input.s3, ClassSpec.model_validate(class_spec(storageEndpoints=endpoints)), "input"
        )
    assert caught.value.reason == "EndpointNotAllowed"
    assert caught.value.message == (
        "input.s3.endpoint https://s3.example.com is not among those of the class "
        f"({listed}); use one of them or ask its administrator"
    )


SSE_S3 = {"type": "SSE-S3"}
SSE_KMS = {"type": "SSE-KMS"}
SSE_KMS_A = {"type": "SSE-KMS", "kmsKeyId": "key-a"}
SSE_KMS_B = {"type": "SSE-KMS", "kmsKeyId": "key-b"}
SSE_C = {"type": "SSE-C", "customerKeySecretRef": {"name": "at-rest", "key": "key"}}


def _encryption(wanted: Any, classes: Any, field: str) -> Any:
    place = s3("a.pdf")["s3"] | ({"serverSideEncryption": wanted} if wanted else {})
    endpoint = {"url": place["endpoint"]} | ({"serverSideEncryption": classes} if classes else {})
    other = {"url": "https://other.example.com", "serverSideEncryption": {"type": "SSE-S3"}}
    of_class = ClassSpec.model_validate(class_spec(storageEndpoints=[other, endpoint]))
    applies = encryption_of(S3Object.model_validate(place), of_class, field)
    return applies.to_json_dict() if applies else None


@pytest.mark.parametrize(
    ("wanted", "classes", "applies"),
    [
        pytest.param(None, None, None, id="nobody-asks"),
        pytest.param(SSE_C, None, SSE_C, id="the-job's-own"),
        pytest.param(None, SSE_S3, SSE_S3, id="the-class's"),
        pytest.param(None, SSE_KMS_A, SSE_KMS_A, id="the-class's-key"),
        pytest.param(SSE_KMS, SSE_KMS_A, SSE_KMS_A, id="the-class's-key-where-none-is-named"),
        pytest.param(SSE_KMS_A, SSE_KMS_A, SSE_KMS_A, id="the-same"),
        pytest.param(SSE_KMS_B, SSE_KMS, SSE_KMS_B, id="a-key-where-the-class-names-none"),
    ],
)
@pytest.mark.parametrize("field", ["output", "report"])
def test_encryption_at_rest(wanted: Any, classes: Any, applies: Any, field: str) -> None:
    """Documents would lie unencrypted at a store where the class says that none does."""
    assert _encryption(wanted, classes, field) == applies


@pytest.mark.parametrize(
    ("wanted", "classes", "said"),
    [
        pytest.param(SSE_S3, SSE_KMS, "type SSE-S3 is not the class's", id="type"),
        pytest.param(SSE_KMS_B, SSE_KMS_A, "kmsKeyId is not the class's", id="key"),
        pytest.param(SSE_KMS_B, SSE_S3, "type SSE-KMS is not the class's", id="key-for-none"),
        pytest.param(SSE_C, SSE_S3, "could not read it", id="customer's-key"),
    ],
)
@pytest.mark.parametrize("field", ["output", "report"])
def test_another_encryption_than_the_class(
    wanted: Any, classes: Any, said: str, field: str
) -> None:
    """A job would choose a key that the administrator does not hold, or none."""
    with pytest.raises(JobRejected, match=said) as caught:
        _encryption(wanted, classes, field)
    assert caught.value.reason == "EncryptionNotAllowed"
    assert caught.value.message.startswith(f"{field}.s3.serverSideEncryption: ")


@pytest.mark.parametrize("wanted", [None, SSE_C], ids=["none", "customer's-key"])
def test_encryption_of_an_input_is_its_authors(wanted: Any) -> None:
    """An input could not be read that somebody put under a key of their own."""
    assert _encryption(wanted, SSE_KMS_A, "input") == wanted


@pytest.mark.parametrize("port", ["", ":8443"])
def test_source_over_http(port: str) -> None:
    """A job would be refused a source that its class lists."""
    sources = [{"url": f"https://documents.example.com{port}", "cidrs": ["10.0.0.0/8"]}]
    spec = JobSpec.model_validate(job_spec(input=http(f"{port}/in.pdf?a=b")))
    assert spec.input.http
    of_class = ClassSpec.model_validate(class_spec(httpSources=sources))
    assert endpoint_of(spec.input.http, of_class, "input").url == sources[0]["url"]


@pytest.mark.parametrize(
    "urls",
    [
        pytest.param(None, id="left-out"),
        pytest.param([], id="empty"),
        pytest.param(["https://documents.example.com:8443"], id="other-port"),
        pytest.param(["https://documents.example"], id="beginning-of-it"),
        pytest.param(["https://s3.example.com"], id="other-host"),
    ],
)
def test_source_over_http_that_is_not_listed(urls: list[str] | None) -> None:
    """A class that lists nothing would allow everything (CVE-2026-27018)."""
    sources = urls if urls is None else [{"url": url, "cidrs": ["10.0.0.0/8"]} for url in urls]
    stores = [{"url": "https://documents.example.com", "cidrs": ["10.0.0.0/8"]}]
    of_class = ClassSpec.model_validate(class_spec(httpSources=sources, storageEndpoints=stores))
    spec = JobSpec.model_validate(job_spec(input=http()))
    assert spec.input.http
    with pytest.raises(JobRejected) as caught:
        endpoint_of(spec.input.http, of_class, "input")
    assert caught.value.reason == "EndpointNotAllowed"
    assert caught.value.message.startswith("input.http.url https://documents.example.com is not")


RULES = {"operations": {"allowed": ["inspect", "sanitize", "encrypt"], "required": ["sanitize"]}}


@pytest.mark.parametrize(
    ("job", "of_class", "reason"),
    [
        ({"operations": [{"sanitize": {}}]}, RULES, None),
        ({"operations": [{"inspect": {}}]}, RULES, None),
        ({"operations": [{"linearize": {}}]}, {}, None),
        ({"operations": [{"sanitize": {}}, {"linearize": {}}]}, RULES, "OperationNotAllowed"),
        ({"operations": [{"encrypt": ENCRYPT}], **PUT}, RULES, "OperationRequired"),
        ({"operations": [{"sanitize": {}}, {"encrypt": ENCRYPT}], **PUT}, RULES, None),
    ],
)
def test_what_a_class_says_of_operations(
    job: dict[str, Any], of_class: dict[str, Any], reason: str | None
) -> None:
    """Would break: somebody skips what an administrator requires, where no policy is installed."""
    spec = JobSpec.model_validate(job_spec(**job))
    rules = ClassSpec.model_validate(class_spec(**of_class))
    if reason is None:
        check_operations(spec, rules)
        return
    with pytest.raises(JobRejected) as rejected:
        check_operations(spec, rules)
    assert rejected.value.reason == reason
