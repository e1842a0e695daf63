"""Resources that must be refused, with the field at fault and what is said of it; and good ones.

Data only: the offline check and the real API server are both held to the same table.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]
Change = Callable[[Manifest], object]

S3: Manifest = {
    "endpoint": "https://s3.example.com",
    "bucket": "incoming",
    "key": "contract.pdf",
    "credentialsSecretRef": {"name": "s3"},
}
CLAIM: Manifest = {"claimName": "documents", "path": "out/contract.pdf"}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

ENCRYPT: Manifest = {"encrypt": {"ownerPasswordSecretRef": {"name": "passwords", "key": "owner"}}}
DIGEST = "sha256:" + "0" * 64


def job(**spec: Any) -> Manifest:
    """Give a good PdfSecurityJob; fields given replace those of its spec, None removes them."""
    usual = {
        "input": {"s3": S3},
        "output": {"s3": {**S3, "bucket": "outgoing"}},
        "operations": [{"sanitize": {}}],
    }
    return copy.deepcopy(
        {
            "apiVersion": "pdfsecurity.dev/v1alpha1",
            "kind": "PdfSecurityJob",
            "metadata": {"name": "checked-job", "namespace": "default"},
            "spec": {name: value for name, value in {**usual, **spec}.items() if value is not None},
        }
    )


def security_class(**spec: Any) -> Manifest:
    """Give a good PdfSecurityClass; fields given replace those of its spec, None removes them."""
    usual = {
        "image": f"registry.example/processor@{DIGEST}",
        "storageEndpoints": [{"url": "https://s3.example.com", "cidrs": ["10.0.3.0/24"]}],
    }
    return copy.deepcopy(
        {
            "apiVersion": "pdfsecurity.dev/v1alpha1",
            "kind": "PdfSecurityClass",
            "metadata": {"name": "checked-class"},
            "spec": {name: value for name, value in {**usual, **spec}.items() if value is not None},
        }
    )


def _named(manifest: Manifest, **metadata: Any) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], **metadata}}


def _s3_input(**fields: Any) -> Manifest:
    return job(input={"s3": {k: v for k, v in {**S3, **fields}.items() if v is not None}})


def _s3_output(**fields: Any) -> Manifest:
    return job(output={"s3": {**S3, "bucket": "outgoing", **fields}})


def _http_input(url: str = "https://documents.example.com/in.pdf", **fields: Any) -> Manifest:
    return job(input={"http": {"url": url, **fields}})


def _path(path: str) -> Manifest:
    return job(input={"persistentVolumeClaim": {"claimName": "documents", "path": path}})


def _operations(*operations: Manifest) -> Manifest:
    return job(operations=list(operations))


def _encrypt(**fields: Any) -> Manifest:
    return _operations({"encrypt": {**ENCRYPT["encrypt"], **fields}})


def _endpoint(**fields: Any) -> Manifest:
    usual = {"url": "https://s3.example.com", "cidrs": ["10.0.3.0/24"]}
    given = {k: v for k, v in {**usual, **fields}.items() if v is not None}
    return security_class(storageEndpoints=[given])


@dataclass(frozen=True)
class Invalid:
    """One resource that must be refused.

    Attributes:
        id: name of the case.
        manifest: the resource.
        field: path of the field at fault.
        message: part of what is said, by the offline check and by the API server.
        server_field: what the API server names instead, where it differs.
        server_message: what the API server says instead, where it differs.
    """

    id: str
    manifest: Manifest
    field: str
    message: str
    server_field: str | None = None
    server_message: str | None = None


_KEY = "spec.input.s3.key"
_ENDPOINT = "spec.input.s3.endpoint"
_BUCKET = "spec.input.s3.bucket"
_CLAIM_PATH = "spec.input.persistentVolumeClaim.path"
_AT_REST = "spec.output.s3.serverSideEncryption"
_URL = "spec.input.http.url"
_FIRST_ENDPOINT = "spec.storageEndpoints[0]"

_WRONG_URLS = {
    # CVE-2026-39383: a check for "http://" that capitals pass.
    "scheme-in-capitals": "HTTPS://documents.example.com/in.pdf",
    "plain-http": "http://documents.example.com/in.pdf",
    "plain-http-in-capitals": "HTTP://documents.example.com/in.pdf",
    "file": "file:///etc/passwd",
    "host-in-capitals": "https://Documents.example.com/in.pdf",
    "no-host": "https:///in.pdf",
    "no-path": "https://documents.example.com",
    "user": "https://me:pw@documents.example.com/in.pdf",
    "user-that-looks-like-a-host": "https://documents.example.com@evil.example/in.pdf",
    "backslash": "https://documents.example.com\\@evil.example/in.pdf",
    "fragment": "https://documents.example.com/in.pdf#page=1",
    "newline": "https://documents.example.com/in.pdf\n",
    "control-character": "https://documents.example.com/\x01.pdf",
    "space": "https://documents.example.com/in put.pdf",
    "other-scripts": "https://documents.example.com/Verträge.pdf",
    "host-of-other-scripts": "https://dokumentenablage-zürich.example/in.pdf",
    "percent-in-host": "https://documents%2eexample.com/in.pdf",
    "percent-alone": "https://documents.example.com/100%.pdf",
    "point-at-the-end": "https://documents.example.com./in.pdf",
    "two-points": "https://documents..example.com/in.pdf",
    "dash-first": "https://-documents.example.com/in.pdf",
    "port-zero": "https://documents.example.com:0/in.pdf",
    "port-too-large": "https://documents.example.com:65536/in.pdf",
    "port-empty": "https://documents.example.com:/in.pdf",
    "ipv6": "https://[::1]/in.pdf",
    "address-as-one-number": "https://2130706433/in.pdf",
    "address-in-hexadecimal": "https://0x7f000001/in.pdf",
    "address-in-hexadecimal-parts": "https://0x7f.0.0.0x1/in.pdf",
    "address-in-octal": "https://0177.0.0.1/in.pdf",
    "address-with-zeros": "https://127.000.000.001/in.pdf",
    "address-short": "https://127.1/in.pdf",
    "address-beyond": "https://256.0.0.1/in.pdf",
    "too-many-labels": "https://1.2.3.4.5/in.pdf",
}

_WRONG_ENCRYPTIONS: list[tuple[str, Manifest, str, str]] = [
    ("type-missing", {}, ".type", "Required value"),
    ("type-unknown", {"type": "AES256"}, ".type", "Unsupported value"),
    ("kms-key-of-s3", {"type": "SSE-S3", "kmsKeyId": "k"}, ".kmsKeyId", "for type SSE-KMS only"),
    ("kms-alias", {"type": "SSE-KMS", "kmsKeyId": "alias/k"}, ".kmsKeyId", "no alias"),
    (
        "kms-alias-by-arn",
        {"type": "SSE-KMS", "kmsKeyId": "arn:aws:kms:eu:1:alias/k"},
        ".kmsKeyId",
        "no alias",
    ),
    # It travels in a header, which a newline would end.
    ("kms-newline", {"type": "SSE-KMS", "kmsKeyId": "k\nx: y"}, ".kmsKeyId", "should match"),
    ("kms-space", {"type": "SSE-KMS", "kmsKeyId": "k y"}, ".kmsKeyId", "should match"),
    ("kms-accent", {"type": "SSE-KMS", "kmsKeyId": "schlüssel"}, ".kmsKeyId", "should match"),
    ("kms-long", {"type": "SSE-KMS", "kmsKeyId": "k" * 513}, ".kmsKeyId", "Too long"),
    ("no-key", {"type": "SSE-C"}, ".customerKeySecretRef", "required for type SSE-C"),
    (
        "key-of-kms",
        {"type": "SSE-KMS", "customerKeySecretRef": {"name": "a", "key": "b"}},
        ".customerKeySecretRef",
        "for that only",
    ),
    (
        "key-other-namespace",
        {
            "type": "SSE-C",
            "customerKeySecretRef": {"name": "a", "key": "b", "namespace": "kube-system"},
        },
        ".customerKeySecretRef.namespace",
        "unknown field",
    ),
]

_METADATA = [
    Invalid(
        "name-missing",
        _named(job(), name=None),
        "metadata.name",
        "Required value",
    ),
    Invalid(
        "name-in-capitals",
        _named(job(), name="Contract"),
        "metadata.name",
        "lower case alphanumeric characters",
    ),
    Invalid(
        "name-too-long", _named(job(), name="x" * 254), "metadata.name", "must be no more than 253"
    ),
    Invalid(
        "label-value",
        _named(job(), labels={"team": "a b"}),
        "metadata.labels",
        "alphanumeric characters",
    ),
    Invalid("label-key", _named(job(), labels={"a/b/c": "x"}), "metadata.labels", "prefix"),
    Invalid(
        "metadata-unknown", _named(job(), lables={"a": "b"}), "metadata.lables", "unknown field"
    ),
    Invalid("class-name-too-long", _named(security_class(), name="x" * 64), "metadata.name", "63"),
]

_PLACES = [
    Invalid("input-missing", job(input=None), "spec.input", "Required value"),
    Invalid("input-no-source", job(input={}), "spec.input", "exactly one of s3"),
    Invalid(
        "input-two-sources",
        job(input={"s3": S3, "persistentVolumeClaim": CLAIM}),
        "spec.input",
        "exactly one of s3",
    ),
    Invalid("input-null-source", job(input={"s3": None}), "spec.input", "exactly one of s3"),
    Invalid(
        "input-unknown-source",
        job(input={"ftp": {"url": "ftp://x/in.pdf"}}),
        "spec.input.ftp",
        "unknown field",
    ),
    Invalid(
        "endpoint-http", _s3_input(endpoint="http://s3.example.com"), _ENDPOINT, "should match"
    ),
    Invalid(
        "endpoint-path", _s3_input(endpoint="https://s3.example.com/x"), _ENDPOINT, "should match"
    ),
    Invalid(
        "endpoint-user",
        _s3_input(endpoint="https://me:pw@s3.example.com"),
        _ENDPOINT,
        "should match",
    ),
    Invalid(
        "endpoint-query",
        _s3_input(endpoint="https://s3.example.com?x=1"),
        _ENDPOINT,
        "should match",
    ),
    Invalid(
        "endpoint-newline",
        _s3_input(endpoint="https://s3.example.com\n"),
        _ENDPOINT,
        "should match",
    ),
    Invalid(
        "endpoint-port",
        _s3_input(endpoint="https://s3.example.com:65536"),
        _ENDPOINT,
        "should match",
    ),
    Invalid("endpoint-missing", _s3_input(endpoint=None), _ENDPOINT, "Required value"),
    Invalid("region", _s3_input(region="eu west"), "spec.input.s3.region", "should match"),
    Invalid("bucket-in-capitals", _s3_input(bucket="Incoming"), _BUCKET, "should match"),
    Invalid("bucket-short", _s3_input(bucket="ab"), _BUCKET, "at least 3 chars"),
    Invalid("bucket-long", _s3_input(bucket="x" * 64), _BUCKET, "Too long"),
    Invalid("bucket-slash", _s3_input(bucket="in/coming"), _BUCKET, "should match"),
    Invalid("bucket-two-periods", _s3_input(bucket="in..coming"), _BUCKET, "should match"),
    Invalid("key-empty", _s3_input(key=""), _KEY, "at least 1 chars"),
    Invalid("key-leading-slash", _s3_input(key="/contract.pdf"), _KEY, "should match"),
    Invalid("key-control-character", _s3_input(key="contract\x01.pdf"), _KEY, "should match"),
    Invalid("key-newline", _s3_input(key="contract.pdf\n"), _KEY, "should match"),
    Invalid("key-trailing-slash", _s3_input(key="contracts/"), _KEY, "not end in '/'"),
    Invalid("key-too-long", _s3_input(key="x" * 1025), _KEY, "Too long"),
    Invalid(
        "credentials-missing",
        _s3_input(credentialsSecretRef=None),
        "spec.input.s3.credentialsSecretRef",
        "Required value",
    ),
    Invalid(
        "credentials-other-namespace",
        _s3_input(credentialsSecretRef={"name": "s3", "namespace": "kube-system"}),
        "spec.input.s3.credentialsSecretRef.namespace",
        "unknown field",
    ),
    Invalid(
        "credentials-name",
        _s3_input(credentialsSecretRef={"name": "../s3"}),
        "spec.input.s3.credentialsSecretRef.name",
        "should match",
    ),
    *(
        Invalid(
            f"encryption-{name}",
            _s3_output(serverSideEncryption=wanted),
            f"{_AT_REST}{field}",
            message,
        )
        for name, wanted, field, message in _WRONG_ENCRYPTIONS
    ),
    *(
        Invalid(
            f"encryption-of-input-{kind}",
            _s3_input(serverSideEncryption={"type": kind}),
            "spec.input.s3.serverSideEncryption",
            "of an input only SSE-C",
        )
        for kind in ("SSE-S3", "SSE-KMS")
    ),
    Invalid("path-absolute", _path("/etc/passwd"), _CLAIM_PATH, "should match"),
    Invalid("path-parent", _path("in/../../contract.pdf"), _CLAIM_PATH, "'.' or '..'"),
    Invalid("path-here", _path("./contract.pdf"), _CLAIM_PATH, "'.' or '..'"),
    Invalid("path-two-slashes", _path("in//contract.pdf"), _CLAIM_PATH, "should match"),
    Invalid("path-trailing-slash", _path("in/"), _CLAIM_PATH, "should match"),
    Invalid("path-control-character", _path("in/\tcontract.pdf"), _CLAIM_PATH, "should match"),
    Invalid(
        "claim-name",
        job(input={"persistentVolumeClaim": {**CLAIM, "claimName": "Docs"}}),
        "spec.input.persistentVolumeClaim.claimName",
        "should match",
    ),
    Invalid(
        "config-map-key",
        job(input={"configMap": {"name": "documents", "key": "..data"}}),
        "spec.input.configMap.key",
        "begin with '..'",
    ),
    *(
        Invalid(f"url-{name}", _http_input(url), _URL, "should match")
        for name, url in _WRONG_URLS.items()
    ),
    Invalid("url-too-long", _http_input(f"https://a.example/{'x' * 2048}"), _URL, "Too long"),
    Invalid("url-missing", job(input={"http": {}}), _URL, "Required value"),
    Invalid(
        "url-and-store",
        job(input={"s3": S3, "http": {"url": "https://a.example/in.pdf"}}),
        "spec.input",
        "exactly one of s3",
    ),
    Invalid("digest", _http_input(digest="0" * 64), "spec.input.http.digest", "should match"),
    Invalid(
        "digest-algorithm",
        _http_input(digest="md5:" + "0" * 32),
        "spec.input.http.digest",
        "should match",
    ),
    Invalid(
        "token-without-key",
        _http_input(bearerTokenSecretRef={"name": "source"}),
        "spec.input.http.bearerTokenSecretRef.key",
        "Required value",
    ),
    Invalid(
        "token-other-namespace",
        _http_input(bearerTokenSecretRef={"name": "a", "key": "b", "namespace": "kube-system"}),
        "spec.input.http.bearerTokenSecretRef.namespace",
        "unknown field",
    ),
    Invalid(
        "output-over-http",
        job(output={"http": {"url": "https://a.example/out.pdf"}}),
        "spec.output.http",
        "unknown field",
    ),
    Invalid("output-missing", job(output=None), "spec", "output is required unless"),
    Invalid("output-no-sink", job(output={"overwrite": True}), "spec.output", "exactly one of s3"),
    Invalid(
        "output-two-sinks",
        job(output={"s3": S3, "persistentVolumeClaim": CLAIM}),
        "spec.output",
        "exactly one of s3",
    ),
    Invalid(
        "output-config-map",
        job(output={"configMap": {"name": "a", "key": "b"}}),
        "spec.output.configMap",
        "unknown field",
    ),
    Invalid(
        "output-of-inspect",
        job(operations=[{"inspect": {}}]),
        "spec.output",
        "must be left out where the document is only inspected",
    ),
    Invalid(
        "output-is-input",
        job(output={"s3": S3, "overwrite": True}),
        "spec.output",
        "output must not be the same place as input",
    ),
    Invalid(
        "output-is-input-on-claim",
        job(input={"persistentVolumeClaim": CLAIM}, output={"persistentVolumeClaim": CLAIM}),
        "spec.output",
        "output must not be the same place as input",
    ),
    Invalid(
        "report-is-input",
        job(report={"s3": S3}),
        "spec.report",
        "report must not be the same place as input",
    ),
    Invalid(
        "report-is-output",
        job(report={"s3": {**S3, "bucket": "outgoing"}}),
        "spec.report",
        "report must not be the same place as output",
    ),
    Invalid("report-no-sink", job(report={}), "spec.report", "exactly one of s3"),
]

_OPERATIONS = [
    Invalid("operations-missing", job(operations=None), "spec.operations", "Required value"),
    Invalid("operations-empty", _operations(), "spec.operations", "at least 1 items"),
    Invalid(
        "operations-too-many", _operations(*[{"inspect": {}}] * 17), "spec.operations", "Too many"
    ),
    Invalid(
        "operations-no-list",
        job(operations={"sanitize": {}}),
        "spec.operations",
        "must be of type array",
        server_message="unknown field",
    ),
    Invalid(
        "redact-after-sanitize",
        job(operations=[{"sanitize": {}}, {"redact": {"texts": ["a"]}}]),
        "spec.operations",
        "redact must come before sanitize",
    ),
    Invalid(
        "redact-nothing",
        _operations({"redact": {}}),
        "spec.operations[0].redact",
        "redact needs texts, patterns or areas",
    ),
    Invalid(
        "dots-without-pictures",
        _operations({"sanitize": {"dotsAnInch": 100}}),
        "spec.operations[0].sanitize.dotsAnInch",
        "with mode rasterize only",
    ),
    Invalid(
        "operation-unknown",
        _operations({"embroider": {}}),
        "spec.operations[0].embroider",
        "unknown field",
    ),
    Invalid("operation-empty", _operations({}), "spec.operations[0]", "exactly one of the keys"),
    Invalid(
        "operation-null",
        _operations({"sanitize": None}),
        "spec.operations[0]",
        "exactly one of the keys",
    ),
    Invalid(
        "operation-two-keys",
        _operations({"sanitize": {}, "linearize": {}}),
        "spec.operations[0]",
        "exactly one of the keys",
    ),
    Invalid(
        "operation-as-text",
        job(operations=["sanitize"]),
        "spec.operations[0]",
        "must be of type object",
    ),
    Invalid(
        "operation-with-option",
        _operations({"sanitize": {"keep": True}}),
        "spec.operations[0].sanitize.keep",
        "unknown field",
    ),
    Invalid(
        "operation-twice",
        _operations({"sanitize": {}}, {"sanitize": {}}),
        "spec.operations",
        "sanitize may be given once",
    ),
    Invalid(
        "decrypt-not-first",
        _operations({"sanitize": {}}, {"decrypt": {}}),
        "spec.operations",
        "decrypt must be the first operation",
    ),
    Invalid(
        "encrypt-not-last",
        _operations(ENCRYPT, {"sanitize": {}}),
        "spec.operations",
        "encrypt must be the last operation",
    ),
    Invalid(
        "encrypt-rc4",
        _encrypt(algorithm="RC4"),
        "spec.operations[0].encrypt.algorithm",
        'Unsupported value: "RC4": supported values: "AES-256", "AES-128"',
    ),
    Invalid(
        "encrypt-printing",
        _encrypt(permissions={"print": "yes"}),
        "spec.operations[0].encrypt.permissions.print",
        'Unsupported value: "yes"',
    ),
    Invalid(
        "encrypt-copying",
        _encrypt(permissions={"copy": "no"}),
        "spec.operations[0].encrypt.permissions.copy",
        "must be of type boolean",
    ),
    Invalid(
        "encrypt-unknown-permission",
        _encrypt(permissions={"copyContent": False}),
        "spec.operations[0].encrypt.permissions.copyContent",
        "unknown field",
    ),
    Invalid(
        "encrypt-with-nothing",
        _operations({"encrypt": {}}),
        "spec.operations[0].encrypt.ownerPasswordSecretRef",
        "ownerPasswordSecretRef is required, or recipients",
    ),
    Invalid(
        "encrypt-for-recipients-by-password",
        _encrypt(recipients=[CERTIFICATE]),
        "spec.operations[0].encrypt.recipients",
        "recipients take the place of passwords",
    ),
    Invalid(
        "encrypt-for-recipients-as-for-old-readers",
        _operations({"encrypt": {"recipients": [CERTIFICATE], "algorithm": "AES-128"}}),
        "spec.operations[0].encrypt.algorithm",
        "recipients need AES-256",
    ),
    Invalid(
        "encrypt-for-no-recipients",
        _operations({"encrypt": {"recipients": []}}),
        "spec.operations[0].encrypt.recipients",
        "should have at least 1 items",
    ),
    Invalid(
        "encrypt-for-a-recipient-by-name",
        _operations({"encrypt": {"recipients": ["legal@example.com"]}}),
        "spec.operations[0].encrypt.recipients[0]",
        "should match",
    ),
    Invalid(
        "linearize-for-recipients",
        _operations({"linearize": {}}, {"encrypt": {"recipients": [CERTIFICATE]}}),
        "spec.operations",
        "linearize has no effect",
    ),
    Invalid(
        "encrypt-literal-password",
        _encrypt(userPassword="hunter2"),
        "spec.operations[0].encrypt.userPassword",
        "unknown field",
    ),
    Invalid(
        "password-as-text",
        _operations({"decrypt": {"passwordSecretRef": "hunter2"}}),
        "spec.operations[0].decrypt.passwordSecretRef",
        "must be of type object",
    ),
    Invalid(
        "password-key-missing",
        _operations({"decrypt": {"passwordSecretRef": {"name": "p"}}}),
        "spec.operations[0].decrypt.passwordSecretRef.key",
        "Required value",
    ),
    Invalid(
        "password-key-parent",
        _operations({"decrypt": {"passwordSecretRef": {"name": "p", "key": ".."}}}),
        "spec.operations[0].decrypt.passwordSecretRef.key",
        "begin with '..'",
    ),
    Invalid(
        "password-key-slash",
        _operations({"decrypt": {"passwordSecretRef": {"name": "p", "key": "a/b"}}}),
        "spec.operations[0].decrypt.passwordSecretRef.key",
        "should match",
    ),
    Invalid(
        "password-key-long",
        _operations({"decrypt": {"passwordSecretRef": {"name": "p", "key": "x" * 254}}}),
        "spec.operations[0].decrypt.passwordSecretRef.key",
        "Too long",
    ),
]

_NUMBERS = [
    Invalid(
        "spec-missing", {k: v for k, v in job().items() if k != "spec"}, "spec", "Required value"
    ),
    Invalid("spec-unknown", job(podTemplate={}), "spec.podTemplate", "unknown field"),
    Invalid("class-name-in-capitals", job(className="Standard"), "spec.className", "should match"),
    Invalid(
        "backoff-negative",
        job(backoffLimit=-1),
        "spec.backoffLimit",
        "should be greater than or equal to 0",
    ),
    Invalid(
        "backoff-large",
        job(backoffLimit=21),
        "spec.backoffLimit",
        "should be less than or equal to 20",
    ),
    Invalid(
        "backoff-as-text", job(backoffLimit="3"), "spec.backoffLimit", "must be of type integer"
    ),
    Invalid(
        "backoff-fraction", job(backoffLimit=1.5), "spec.backoffLimit", "must be of type integer"
    ),
    Invalid(
        "deadline-zero",
        job(activeDeadlineSeconds=0),
        "spec.activeDeadlineSeconds",
        "should be greater than or equal to 1",
    ),
    Invalid(
        "deadline-large",
        job(activeDeadlineSeconds=86401),
        "spec.activeDeadlineSeconds",
        "should be less than or equal to 86400",
    ),
    Invalid(
        "ttl-negative",
        job(ttlSecondsAfterFinished=-1),
        "spec.ttlSecondsAfterFinished",
        "should be greater than or equal to 0",
    ),
    Invalid(
        "priority-large",
        job(priority=1001),
        "spec.priority",
        "should be less than or equal to 1000",
    ),
    Invalid("suspend-as-text", job(suspend="yes"), "spec.suspend", "must be of type boolean"),
    Invalid("quantity-garbage", job(scratchSize="plenty"), "spec.scratchSize", "should match"),
    Invalid("quantity-negative", job(scratchSize="-1Gi"), "spec.scratchSize", "should match"),
    Invalid(
        "quantity-negative-number",
        job(scratchSize=-1),
        "spec.scratchSize",
        "should be greater than or equal to 0",
    ),
    Invalid(
        "quantity-of-13-digits",
        job(scratchSize=10**12),
        "spec.scratchSize",
        "should be less than or equal to",
    ),
    Invalid(
        "quantity-newline",
        job(resources={"limits": {"memory": "1Gi\n"}}),
        "spec.resources.limits.memory",
        "should match",
    ),
    Invalid(
        "quantity-fraction",
        job(resources={"limits": {"cpu": 1.5}}),
        "spec.resources.limits.cpu",
        "must be a whole number or a string",
        server_message="must be of type",
    ),
    Invalid(
        "quantity-boolean",
        job(resources={"limits": {"cpu": True}}),
        "spec.resources.limits.cpu",
        "must be a whole number or a string",
        server_message="must be of type",
    ),
]

_CLASSES = [
    Invalid("class-image-missing", security_class(image=None), "spec.image", "Required value"),
    Invalid(
        "class-image-tag",
        security_class(image="registry.example/processor:1.0"),
        "spec.image",
        "should match",
    ),
    Invalid(
        "class-image-short-digest",
        security_class(image="r/p@sha256:" + "0" * 63),
        "spec.image",
        "should match",
    ),
    Invalid(
        "class-cidr-garbage",
        _endpoint(cidrs=["everywhere"]),
        f"{_FIRST_ENDPOINT}.cidrs[0]",
        "should match",
    ),
    Invalid(
        "class-cidr-host",
        _endpoint(cidrs=["10.0.3.7"]),
        f"{_FIRST_ENDPOINT}.cidrs[0]",
        "should match",
    ),
    Invalid(
        "class-cidr-prefix",
        _endpoint(cidrs=["10.0.3.0/33"]),
        f"{_FIRST_ENDPOINT}.cidrs",
        "cidrs must be address blocks",
    ),
    Invalid(
        "class-cidr-part",
        _endpoint(cidrs=["10.0.3.256/24"]),
        f"{_FIRST_ENDPOINT}.cidrs",
        "cidrs must be address blocks",
    ),
    Invalid(
        "class-cidr-leading-zero",
        _endpoint(cidrs=["10.0.03.0/24"]),
        f"{_FIRST_ENDPOINT}.cidrs",
        "cidrs must be address blocks",
    ),
    *(
        Invalid(
            f"class-encryption-{name}",
            _endpoint(serverSideEncryption=wanted),
            f"{_FIRST_ENDPOINT}.serverSideEncryption{field}",
            message,
        )
        for name, wanted, field, message in (
            # Whoever administers the class could not read what its jobs put there.
            ("of-customers", {"type": "SSE-C"}, ".type", "Unsupported value"),
            ("kms-key", {"type": "SSE-S3", "kmsKeyId": "k"}, ".kmsKeyId", "SSE-KMS only"),
            ("kms-alias", {"type": "SSE-KMS", "kmsKeyId": "alias/k"}, ".kmsKeyId", "no alias"),
        )
    ),
    Invalid(
        "class-cidrs-empty", _endpoint(cidrs=[]), f"{_FIRST_ENDPOINT}.cidrs", "at least 1 items"
    ),
    Invalid(
        "class-labels-empty",
        _endpoint(podLabels={}),
        f"{_FIRST_ENDPOINT}.podLabels",
        "at least 1 properties",
    ),
    Invalid(
        "class-label-key",
        _endpoint(podLabels={"a b": "c"}),
        f"{_FIRST_ENDPOINT}.podLabels",
        "keys of podLabels must be of the form",
    ),
    Invalid(
        "class-label-value",
        _endpoint(podLabels={"a": "b c"}),
        f"{_FIRST_ENDPOINT}.podLabels.a",
        "should match",
    ),
    Invalid(
        "class-no-peers",
        _endpoint(cidrs=None),
        _FIRST_ENDPOINT,
        "one of cidrs, namespaceLabels and podLabels must be given",
    ),
    Invalid(
        "class-url-http",
        _endpoint(url="http://s3.example.com"),
        f"{_FIRST_ENDPOINT}.url",
        "should match",
    ),
    Invalid(
        "class-url-port",
        _endpoint(url="https://s3.example.com:0"),
        f"{_FIRST_ENDPOINT}.url",
        "should match",
    ),
    Invalid(
        "class-port",
        _endpoint(ports=[65536]),
        f"{_FIRST_ENDPOINT}.ports[0]",
        "should be less than or equal to 65535",
    ),
    Invalid(
        "class-dns-no-peers",
        security_class(dns={}),
        "spec.dns",
        "one of cidrs, namespaceLabels and podLabels must be given",
    ),
    Invalid(
        "class-concurrency-zero",
        security_class(concurrency={"total": 0}),
        "spec.concurrency.total",
        "should be greater than or equal to 1",
    ),
    Invalid(
        "class-bound-garbage",
        security_class(bounds={"memory": "lots"}),
        "spec.bounds.memory",
        "should match",
    ),
    Invalid(
        "class-pod-template", security_class(podTemplate={}), "spec.podTemplate", "unknown field"
    ),
    Invalid(
        "class-too-many-endpoints",
        security_class(
            storageEndpoints=[{"url": "https://s3.example.com", "cidrs": ["10.0.3.0/24"]}] * 17
        ),
        "spec.storageEndpoints",
        "Too many",
    ),
    Invalid(
        "class-source-with-a-path",
        security_class(httpSources=[{"url": "https://a.example/in", "cidrs": ["10.0.3.0/24"]}]),
        "spec.httpSources[0].url",
        "should match",
    ),
    Invalid(
        "class-source-of-everything",
        security_class(httpSources=[{"url": "https://*", "cidrs": ["10.0.3.0/24"]}]),
        "spec.httpSources[0].url",
        "should match",
    ),
    Invalid(
        "class-source-without-peers",
        security_class(httpSources=[{"url": "https://a.example"}]),
        "spec.httpSources[0]",
        "one of cidrs, namespaceLabels and podLabels must be given",
    ),
    Invalid(
        "class-too-many-sources",
        security_class(httpSources=[{"url": "https://a.example", "cidrs": ["10.0.3.0/24"]}] * 17),
        "spec.httpSources",
        "Too many",
    ),
    Invalid(
        "class-sidecar-labels-ours",
        security_class(sidecar={"labels": {"pdfsecurity.dev/storage-access": "x"}}),
        "spec.sidecar.labels",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-labels-the-job-controllers",
        security_class(sidecar={"labels": {"batch.kubernetes.io/job-name": "x"}}),
        "spec.sidecar.labels",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-labels-kueues",
        security_class(sidecar={"labels": {"kueue.x-k8s.io/queue-name": "x"}}),
        "spec.sidecar.labels",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-labels-kubernetes",
        security_class(sidecar={"labels": {"kubernetes.io/os": "x"}}),
        "spec.sidecar.labels",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-labels-the-job-controllers-old-one",
        security_class(sidecar={"labels": {"job-name": "x"}}),
        "spec.sidecar.labels",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-annotations-ours",
        security_class(sidecar={"annotations": {"pdfsecurity.dev/storage-access": "x"}}),
        "spec.sidecar.annotations",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-annotations-the-job-controllers",
        security_class(sidecar={"annotations": {"batch.kubernetes.io/job-name": "x"}}),
        "spec.sidecar.annotations",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-annotations-kueues",
        security_class(sidecar={"annotations": {"kueue.x-k8s.io/queue-name": "x"}}),
        "spec.sidecar.annotations",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-annotations-kubernetes",
        security_class(sidecar={"annotations": {"kubernetes.io/os": "x"}}),
        "spec.sidecar.annotations",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-annotations-the-job-controllers-old-one",
        security_class(sidecar={"annotations": {"job-name": "x"}}),
        "spec.sidecar.annotations",
        "must not be those of Kubernetes or of this operator",
    ),
    Invalid(
        "class-sidecar-label-no-key",
        security_class(sidecar={"labels": {"no key": "x"}}),
        "spec.sidecar.labels",
        "must be of the form [prefix/]name",
    ),
    Invalid(
        "class-sidecar-without-ports",
        security_class(sidecar={"peers": [{"cidrs": ["10.0.3.0/24"]}]}),
        "spec.sidecar.peers[0].ports",
        "Required value",
    ),
    Invalid(
        "class-sidecar-without-peers",
        security_class(sidecar={"peers": [{"ports": [15012]}]}),
        "spec.sidecar.peers[0]",
        "one of cidrs, namespaceLabels and podLabels must be given",
    ),
]

INVALID = [*_METADATA, *_PLACES, *_OPERATIONS, *_NUMBERS, *_CLASSES]

_DECRYPT = {"decrypt": {"passwordSecretRef": {"name": "passwords", "key": "user"}}}

VALID: dict[str, Manifest] = {
    "encrypted-at-rest": job(
        input={
            "s3": {
                **S3,
                "serverSideEncryption": {
                    "type": "SSE-C",
                    "customerKeySecretRef": {"name": "at-rest", "key": "key"},
                },
            }
        },
        output={
            "s3": {
                **S3,
                "bucket": "outgoing",
                "serverSideEncryption": {
                    "type": "SSE-KMS",
                    "kmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd",
                },
            }
        },
        report={
            "s3": {**S3, "key": "report.json", "serverSideEncryption": {"type": "SSE-S3"}},
        },
    ),
    "class-with-encryption-at-rest": _endpoint(
        serverSideEncryption={"type": "SSE-KMS", "kmsKeyId": "1234abcd-12ab-34cd"}
    ),
    "least": job(),
    "claims": job(
        input={"persistentVolumeClaim": {**CLAIM, "path": "in/contract.pdf"}},
        output={"persistentVolumeClaim": CLAIM},
    ),
    "config-map": job(input={"configMap": {"name": "documents", "key": "contract.pdf"}}),
    "url": _http_input(),
    "url-with-everything": _http_input(
        "https://documents.example.com:8443/a%20b/(c)/../in.pdf?x=1&y=/?;@:!$'*,~",
        bearerTokenSecretRef={"name": "source", "key": "token"},
        digest="sha256:" + "0a" * 32,
    ),
    "url-with-an-address": _http_input("https://10.0.3.255/in.pdf"),
    "url-of-one-name": _http_input("https://documents/"),
    "inspect-only": job(operations=[{"inspect": {}}], output=None),
    "inspect-encrypted": job(operations=[_DECRYPT, {"inspect": {}}], output=None),
    "every-operation": job(
        operations=[
            _DECRYPT,
            {"inspect": {}},
            {"repair": {}},
            {"sanitize": {}},
            {"removeMetadata": {}},
            {"linearize": {}},
            ENCRYPT,
        ]
    ),
    "every-encryption-option": _encrypt(
        algorithm="AES-128",
        userPasswordSecretRef={"name": "passwords", "key": "user"},
        permissions={
            "print": "low",
            "copy": False,
            "modify": False,
            "annotate": True,
            "fillForms": True,
            "assemble": False,
            "accessibility": True,
        },
    ),
    "every-number": job(
        backoffLimit=0,
        activeDeadlineSeconds=1,
        ttlSecondsAfterFinished=0,
        priority=-1000,
        suspend=True,
        className="standard",
    ),
    "quantities": job(
        scratchSize=536870912,
        resources={
            "requests": {"cpu": "250m", "memory": "0.5Gi"},
            "limits": {"cpu": 1, "memory": "2G"},
        },
    ),
    "report": job(report={"s3": {**S3, "key": "contract.json"}, "overwrite": True}),
    "key-of-other-scripts": _s3_input(key="Verträge/契約 $(x) ../2026.pdf"),
    "path-with-points": _path("in/.hidden/..contract...pdf"),
    "nulls": job(report=None) | {"spec": {**job()["spec"], "report": None, "priority": None}},
    "endpoint-with-port": _s3_input(endpoint="https://10.0.0.1:65535"),
    "generated-name": _named(job(), name=None, generateName="contract-"),
    "labels": _named(
        job(),
        labels={"app.kubernetes.io/name": "x", "empty": ""},
        annotations={"note": "any text: ä"},
    ),
    "status-is-dropped": {**job(), "status": {"attempts": 1}},
    "class": security_class(),
    "class-least": security_class(storageEndpoints=None),
    "class-everything": security_class(
        imagePullSecrets=["pull"],
        runtimeClassName="gvisor",
        requireUserNamespaces=False,
        storageEndpoints=[
            {
                "url": "https://s3.example.com:8443",
                "ports": [443, 8443],
                "namespaceLabels": {"kubernetes.io/metadata.name": "storage"},
                "podLabels": {"app": "s3"},
                "cidrs": ["10.0.3.0/24", "fd00::/8"],
                "caBundle": "-----BEGIN CERTIFICATE-----\n",
            }
        ],
        httpSources=[
            {
                "url": "https://documents.example.com:8443",
                "cidrs": ["192.0.2.0/24"],
                "ports": [8443],
                "caBundle": "-----BEGIN CERTIFICATE-----\n",
            },
            {"url": "https://10.0.3.7", "podLabels": {"app": "documents"}},
        ],
        dns={"cidrs": ["169.254.20.10/32"]},
        sidecar={
            "labels": {"sidecar.istio.io/inject": "true"},
            "annotations": {"linkerd.io/inject": "enabled", "not-k8s.iox/a": "", "my-job-name": ""},
            "peers": [{"podLabels": {"app": "istiod"}, "ports": [15012, 15017]}],
        },
        defaults={
            "scratchSize": "1Gi",
            "activeDeadlineSeconds": 60,
            "backoffLimit": 0,
            "resources": {"limits": {"memory": "3Gi"}},
        },
        bounds={
            "cpu": 2,
            "memory": "4Gi",
            "inputSize": "100Mi",
            "scratchSize": "2Gi",
            "activeDeadlineSeconds": 600,
        },
        concurrency={"total": 10, "perNamespace": 2},
    ),
    "class-name-of-63": _named(security_class(), name="x" * 63),
}

IMMUTABLE: dict[str, Change] = {
    "input": lambda spec: spec["input"]["s3"].update(key="other.pdf"),
    "output": lambda spec: spec["output"]["s3"].update(key="other.pdf"),
    "output-overwrite": lambda spec: spec["output"].update(overwrite=True),
    "report": lambda spec: spec.update(report={"s3": {**S3, "key": "report.json"}}),
    "operations": lambda spec: spec["operations"].append({"linearize": {}}),
    "className": lambda spec: spec.update(className="other"),
    "className-removed": lambda spec: spec.pop("className"),
    "resources": lambda spec: spec.update(resources={"limits": {"cpu": "2"}}),
    "scratchSize": lambda spec: spec.update(scratchSize="1Gi"),
    "activeDeadlineSeconds": lambda spec: spec.update(activeDeadlineSeconds=60),
    "backoffLimit": lambda spec: spec.update(backoffLimit=1),
    "priority": lambda spec: spec.update(priority=1),
}
"""Changes of a stored spec that must be refused; each id begins with the field's name."""

MUTABLE: dict[str, Change] = {
    "suspend": lambda spec: spec.update(suspend=False),
    "suspend-removed": lambda spec: spec.pop("suspend"),
    "ttlSecondsAfterFinished": lambda spec: spec.update(ttlSecondsAfterFinished=60),
    "priority-unchanged": lambda spec: spec.update(suspend=False, className="standard"),
}
"""Changes of a stored spec that must be allowed."""

STORED = job(suspend=True, className="standard")
"""The resource that the changes are made to: held, so that nothing is run for it."""
