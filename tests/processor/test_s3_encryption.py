"""Encryption at rest: at a store that does it, at one that ignores it, at ones that lie of it."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from pdf_security_processor import errors, stores
from pdf_security_processor.contract import ExitCode, S3Location, ServerSideEncryption, Sink, Source
from pdf_security_processor.secret_files import Password, read_customer_key
from pdf_security_processor.stores import StoreContext
from pdf_security_processor.stores import s3 as store
from pdf_security_processor.stores.s3_encryption import AtRest
from processor import documents
from processor.encrypting_server import KMS_KEY, EncryptingServer, encrypted
from processor.faulty_front import faulty_front
from processor.pods import Pod
from processor.s3_server import S3Server
from processor.test_s3 import PART, SANITIZE, _broken_after

KEY = os.urandom(32)
OTHER_KEY = os.urandom(32)
TYPE = "x-amz-server-side-encryption"
KMS_ID = "x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_DIGEST = "x-amz-server-side-encryption-customer-key-md5"

KINDS = pytest.mark.parametrize(
    ("kind", "key"),
    [
        pytest.param("SSE-S3", None, id="SSE-S3"),
        pytest.param("SSE-KMS", None, id="SSE-KMS-default-key"),
        pytest.param("SSE-KMS", KMS_KEY, id="SSE-KMS"),
        pytest.param("SSE-C", None, id="SSE-C"),
    ],
)
SIZES = pytest.mark.parametrize("size", [1000, 2 * PART + 7], ids=["one-part", "three-parts"])


@pytest.fixture(scope="module")
def server_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptingServer]:
    """Run one server for all tests."""
    server = EncryptingServer(tmp_path_factory.mktemp("minio") / "server")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(server_session: EncryptingServer) -> EncryptingServer:
    """Give the running server with an empty bucket `documents`."""
    server_session.emptied()
    return server_session


@pytest.fixture
def context(tmp_path: Path, pod: Pod, server: EncryptingServer) -> Iterator[StoreContext]:
    """Give a store context with credentials and customers' keys."""
    server.credentials_for(pod)
    _keys_for(pod)
    (tmp_path / "own").mkdir()
    made = StoreContext(pod.paths.secrets, tmp_path / "own", "uid")
    yield made
    made.close()


def _keys_for(pod: Pod) -> None:
    pod.secret("at-rest", "key", KEY)
    pod.secret("at-rest", "other", base64.b64encode(OTHER_KEY) + b"\n")
    pod.secret_values.append(base64.b64encode(KEY))


def _with_key(kind: str, key: bytes = KEY) -> dict[str, Any]:
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key} if kind == "SSE-C" else {}


def _put(location: S3Location, content: bytes, context: StoreContext, **other: Any) -> None:
    options = {"overwrite": False, "part_bytes": PART, **other}
    store.put_object(location, io.BytesIO(content), context, **options)


def _read(location: S3Location, context: StoreContext) -> bytes:
    with store.open_object(location, context) as chunks:
        return b"".join(chunks)


@KINDS
@SIZES
def test_kept_encrypted(
    server: EncryptingServer, context: StoreContext, kind: str, key: str | None, size: int
) -> None:
    """Documents would lie in the store as they are, or could not be read again."""
    content = os.urandom(size)
    location = encrypted(server.location("kept.pdf"), kind, key)
    _put(location, content, context)
    assert not server.keeps(content[:64])
    answer = server.client.head_object(Bucket="documents", Key="kept.pdf", **_with_key(kind))
    if kind == "SSE-C":
        assert answer["SSECustomerAlgorithm"] == "AES256"
    else:
        assert answer["ServerSideEncryption"] == {"SSE-S3": "AES256", "SSE-KMS": "aws:kms"}[kind]
    assert _read(location, context) == content
    assert server.objects() == ["kept.pdf"]


def test_a_drive_that_is_not_encrypted(server: EncryptingServer, context: StoreContext) -> None:
    """The test above would find nothing on the drive whether or not it is encrypted."""
    content = os.urandom(1000)
    _put(server.location("plain.pdf"), content, context)
    assert server.keeps(content[:64])


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        pytest.param("SSE-S3", None, id="SSE-S3"),
        pytest.param("SSE-KMS", KMS_KEY, id="SSE-KMS"),
        pytest.param("SSE-C", "other", id="SSE-C"),
    ],
)
def test_a_job_from_encrypted_to_encrypted(
    server: EncryptingServer, pod: Pod, kind: str, key: str | None
) -> None:
    """Whole jobs could not use it, or would show the keys in what they say."""
    server.credentials_for(pod)
    _keys_for(pod)
    source = documents.with_active_content()
    server.client.put_object(Bucket="documents", Key="in.pdf", Body=source, **_with_key("SSE-C"))
    result = pod.run(
        pod.request(
            SANITIZE,
            source=Source(s3=encrypted(server.location("in.pdf"), "SSE-C")),
            output=Sink(s3=encrypted(server.location("out.pdf"), kind, key)),
            report=Sink(s3=encrypted(server.location("report.json"), kind, key)),
        )
    )
    assert result.status == ExitCode.SUCCEEDED, result.log
    arguments = _with_key(kind, OTHER_KEY)
    got = server.client.get_object(Bucket="documents", Key="report.json", **arguments)
    assert f'"serverSideEncryption": "{kind}"'.encode() in got["Body"].read()
    assert server.objects() == ["in.pdf", "out.pdf", "report.json"]


@pytest.mark.parametrize(
    ("key", "expected", "said"),
    [
        pytest.param(None, errors.InvalidRequestError, "serverSideEncryption", id="no-key"),
        pytest.param("other", errors.AccessDeniedError, "key 'other' of Secret 'at-rest'", id="o"),
    ],
)
def test_not_read_without_its_key(
    server: EncryptingServer, context: StoreContext, key: str | None, expected: Any, said: str
) -> None:
    """SSE-C would protect nothing; or nobody would be told which key is wrong."""
    location = server.location("kept.pdf")
    _put(encrypted(location, "SSE-C"), b"content", context)
    for arguments in ({}, _with_key("SSE-C", OTHER_KEY)):
        with pytest.raises(botocore.exceptions.ClientError):
            server.client.get_object(Bucket="documents", Key="kept.pdf", **arguments)
    with pytest.raises(expected, match=said):
        _read(encrypted(location, "SSE-C", key) if key else location, context)


@KINDS
def test_a_store_that_ignores_it_gets_nothing(
    s3: S3Server, pod: Pod, kind: str, key: str | None
) -> None:
    """A document would lie as it is in versitygw, which takes the headers and encrypts nothing."""
    s3.credentials_for(pod)
    _keys_for(pod)
    (s3.buckets / "documents" / "in.pdf").write_bytes(documents.with_active_content())
    with faulty_front(s3) as front:
        output = encrypted(s3.location("out.pdf", endpoint=front.endpoint), kind, key)
        request = pod.request(
            SANITIZE, source=Source(s3=s3.location()), output=Sink(s3=output, overwrite=True)
        )
        result = pod.run(request)
        assert not any(b"%PDF" in body for body in front.received)
    assert ExitCode(result.status) == ExitCode.OUTPUT_NOT_ENCRYPTED, result.log
    assert result.report
    assert result.report.server_side_encryption is None
    assert "nothing of the document was sent" in result.report.message
    assert s3.objects() == ["in.pdf"]


@pytest.mark.parametrize(
    ("kind", "key", "says", "problem"),
    [
        pytest.param("SSE-S3", None, {"POST": {TYPE: "aws:kms"}}, "'aws:kms'", id="type"),
        pytest.param("SSE-S3", None, {"PUT": {TYPE: None}}, "nothing of encryption", id="silent"),
        pytest.param("SSE-KMS", KMS_KEY, {"PUT": {TYPE: "AES256"}}, "'AES256'", id="weaker"),
        pytest.param("SSE-KMS", KMS_KEY, {"PUT": {KMS_ID: "other"}}, "key 'other'", id="kms-key"),
        pytest.param("SSE-KMS", KMS_KEY, {"PUT": {KMS_ID: None}}, "names key ''", id="no-kms-key"),
        pytest.param(
            "SSE-KMS",
            KMS_KEY,
            {"POST": {TYPE: "aws:kms", KMS_ID: f"not-{KMS_KEY}"}},
            f"key 'not-{KMS_KEY}'",
            id="kms-key-that-ends-alike",
        ),
        pytest.param("SSE-C", None, {"PUT": {CUSTOMER_DIGEST: "x"}}, "customer's key", id="digest"),
        pytest.param("SSE-C", None, {"POST": {TYPE: "AES256"}}, "customer's key", id="not-mine"),
    ],
)
def test_what_is_not_confirmed_is_not_sent(
    server: EncryptingServer,
    context: StoreContext,
    kind: str,
    key: str | None,
    says: dict[str, dict[str, str | None]],
    problem: str,
) -> None:
    """A document would be with the store before anybody sees that it is encrypted otherwise."""
    content = os.urandom(1000)
    with faulty_front(server) as front:
        front.says = says
        location = server.location("out.pdf", endpoint=front.endpoint)
        with pytest.raises(errors.OutputNotEncryptedError, match=problem):
            _put(encrypted(location, kind, key), content, context)
        assert content not in front.received
    assert server.objects() == []


@pytest.mark.parametrize(
    "says",
    [
        pytest.param({"POST complete": {TYPE: "AES256"}}, id="last-answer"),
        pytest.param({"HEAD": {TYPE: None, KMS_ID: None}}, id="silent-afterwards"),
        pytest.param({"HEAD": {KMS_ID: "other"}}, id="other-key-afterwards"),
    ],
)
@pytest.mark.parametrize("versions", [False, True], ids=["plain-bucket", "with-versions"])
def test_what_is_contradicted_is_removed(
    server: EncryptingServer,
    context: StoreContext,
    says: dict[str, dict[str, str | None]],
    versions: bool,
) -> None:
    """A document would stay where it is not encrypted, or behind a mark that it was deleted."""
    bucket = "versions" if versions else "documents"
    server.emptied(bucket)
    if versions:
        server.client.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    with faulty_front(server) as front:
        front.says = says
        location = server.location("out.pdf", bucket, endpoint=front.endpoint)
        with pytest.raises(errors.OutputNotEncryptedError, match="it was removed"):
            _put(encrypted(location, "SSE-KMS", KMS_KEY), b"content", context)
    left = server.client.list_object_versions(Bucket=bucket)
    assert left.get("Versions", []) == left.get("DeleteMarkers", []) == []


@pytest.mark.parametrize("overwrite", [True, False], ids=["overwrite", "new"])
def test_what_is_contradicted_is_removed_though_the_answer_was_lost(
    server: EncryptingServer, context: StoreContext, overwrite: bool
) -> None:
    """A document would stay as it is where a connection broke, and the job be tried for ever."""
    with faulty_front(server) as front:
        front.says = {"HEAD": {TYPE: None}}
        front.loses = ["POST complete"]
        location = server.location("out.pdf", endpoint=front.endpoint)
        with pytest.raises(errors.OutputNotEncryptedError, match="it was removed"):
            _put(encrypted(location, "SSE-S3"), b"content", context, overwrite=overwrite)
        assert front.loses == []
    assert server.objects() == []


def test_what_is_contradicted_is_removed_from_any_store(
    server: EncryptingServer, context: StoreContext
) -> None:
    """A document would stay as it is in a store that knows no condition for removals."""
    with faulty_front(server) as front:
        front.says = {"HEAD": {TYPE: None}}
        front.refuses = "If-Match"
        location = server.location("out.pdf", endpoint=front.endpoint)
        with pytest.raises(errors.OutputNotEncryptedError, match="it was removed"):
            _put(encrypted(location, "SSE-S3"), b"content", context)
    assert server.objects() == []


def test_another_jobs_object_is_not_removed(
    server: EncryptingServer, context: StoreContext
) -> None:
    """A store's wrong answer would cost another job its output."""

    def put_by_another() -> None:
        server.client.put_object(Bucket="documents", Key="out.pdf", Body=b"another's")

    with faulty_front(server) as front:
        front.says = {"POST complete": {TYPE: "aws:kms"}}
        front.meanwhile = {"POST complete": put_by_another}
        location = server.location("out.pdf", endpoint=front.endpoint)
        with pytest.raises(errors.OutputNotEncryptedError, match="could not be removed"):
            _put(encrypted(location, "SSE-S3"), b"content", context)
    assert _read(server.location("out.pdf"), context) == b"another's"


def test_a_store_that_says_so_at_once_is_asked_once(
    server: EncryptingServer, context: StoreContext
) -> None:
    """Each output at Amazon's would cost a request more than it must."""
    with faulty_front(server) as front:
        front.says = {"POST": {TYPE: "AES256"}}
        location = server.location("out.pdf", endpoint=front.endpoint)
        _put(encrypted(location, "SSE-S3"), b"content", context)
    assert [method for method, _ in front.passed] == ["POST", "PUT", "POST", "HEAD"]


def test_what_goes_ahead_is_no_part_of_the_content(
    server: EncryptingServer, context: StoreContext
) -> None:
    """Two contents would be encrypted with one nonce, or a byte stand before the document."""
    with faulty_front(server) as front:
        location = encrypted(server.location("out.pdf", endpoint=front.endpoint), "SSE-S3")
        _put(location, b"content", context)
    assert front.parts == ["10000", "1"]
    assert _read(encrypted(server.location("out.pdf"), "SSE-S3"), context) == b"content"


def test_a_kms_key_that_the_store_does_not_have(
    server: EncryptingServer, context: StoreContext
) -> None:
    """A wrong key would look like a broken store, and be retried for ever."""
    with pytest.raises(errors.OutputNotEncryptedError, match="kmsKeyNotFound"):
        _put(encrypted(server.location("out.pdf"), "SSE-KMS", "absent"), b"content", context)
    assert errors.OutputNotEncryptedError.exit_code.is_permanent
    assert server.objects() == []


@KINDS
@pytest.mark.parametrize("same", [True, False], ids=["same", "other-content"])
def test_retry_replaces_its_own(
    server: EncryptingServer, context: StoreContext, kind: str, key: str | None, same: bool
) -> None:
    """A job that was killed after its upload would fail for good: its own output is in its way."""
    location = encrypted(server.location("retried.pdf"), kind, key)
    first = os.urandom(1000)
    second = first if same else os.urandom(1000)
    for content in (first, second):
        store.refuse_existing_object(location, context)
        _put(location, content, context)
    assert _read(location, context) == second
    assert server.objects() == ["retried.pdf"]


@KINDS
@pytest.mark.parametrize("overwrite", [True, False], ids=["overwrite", "new"])
def test_lost_answer_is_no_failure(
    server: EncryptingServer, context: StoreContext, kind: str, key: str | None, overwrite: bool
) -> None:
    """An upload whose answer was lost would be taken for another job's, or never succeed."""
    content = os.urandom(1000)
    with faulty_front(server) as front:
        front.loses = ["POST complete"]
        location = server.location("lost.pdf", endpoint=front.endpoint)
        _put(encrypted(location, kind, key), content, context, overwrite=overwrite)
        assert front.loses == []
    assert _read(encrypted(server.location("lost.pdf"), kind, key), context) == content


def test_an_earlier_attempt_without_encryption_is_replaced(
    server: EncryptingServer, context: StoreContext
) -> None:
    """What an attempt left before its class asked for encryption would pass for encrypted."""
    content = os.urandom(1000)
    _put(server.location("own.pdf"), content, context)
    _put(encrypted(server.location("own.pdf"), "SSE-KMS", KMS_KEY), content, context)
    answer = server.client.head_object(Bucket="documents", Key="own.pdf")
    assert answer["ServerSideEncryption"] == "aws:kms"


@KINDS
@pytest.mark.parametrize("there", ["plain", "SSE-S3", "SSE-C"])
def test_overwrite_is_refused_early(
    server: EncryptingServer, context: StoreContext, kind: str, key: str | None, there: str
) -> None:
    """A job would work for nothing, or overwrite what it may not, where that is encrypted."""
    location = server.location("theirs.pdf")
    theirs = location if there == "plain" else encrypted(location, there)
    _put(theirs, b"theirs", replace(context, uid="another"))
    if there == "SSE-C" and kind != "SSE-C":
        # Nobody can tell without the key what is there; it is not overwritten all the same.
        expected: type[Exception] = errors.InvalidRequestError
    else:
        expected = errors.OutputExistsError
    mine = encrypted(location, kind, key)
    with pytest.raises(expected):
        store.refuse_existing_object(mine, context)
    with pytest.raises((errors.StoreError, errors.InvalidRequestError)):
        _put(mine, b"mine", context)
    assert _read(theirs, context) == b"theirs"


def test_broken_download_goes_on_with_the_key(
    server: EncryptingServer, context: StoreContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large inputs of SSE-C could not be read over a network that sometimes breaks."""
    monkeypatch.setattr(store, "_CHUNK_BYTES", 1000)
    content = os.urandom(10_000)
    location = encrypted(server.location("broken.pdf"), "SSE-C")
    _put(location, content, context)
    _broken_after(monkeypatch, 3).set()
    assert _read(location, context) == content


def test_the_key_is_taken_as_the_document_begins(
    server: EncryptingServer, context: StoreContext, pod: Pod
) -> None:
    """A key that changes in mid-run would begin and end one document with two."""
    location = encrypted(server.location("out.pdf"), "SSE-C")
    stores.connect([Sink(s3=location)], context)
    pod.secret("at-rest", "key", OTHER_KEY)
    _put(location, b"content", context)
    server.client.head_object(Bucket="documents", Key="out.pdf", **_with_key("SSE-C"))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(KEY, id="bytes"),
        pytest.param(b"\n" * 32, id="bytes-that-are-newlines"),
        pytest.param(base64.b64encode(KEY), id="base64"),
        pytest.param(base64.b64encode(KEY) + b"\n", id="base64-with-newline"),
    ],
)
def test_a_key_as_bytes_or_base64(pod: Pod, value: bytes) -> None:
    """A key that was made as everybody makes one would not be taken, or be another."""
    pod.secret("at-rest", "key", value)
    key = read_customer_key(pod.paths.secrets, _reference())
    assert base64.b64decode(key.reveal()) == (KEY if base64.b64encode(KEY) in value else value[:32])


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(KEY[:31], id="short"),
        pytest.param(KEY + b"\n", id="bytes-with-newline"),
        pytest.param(base64.b64encode(KEY[:24]) + b"\n", id="base64-of-a-short-one"),
        pytest.param(b"Geheim-9913-" * 4, id="text"),
        pytest.param(base64.b64encode(KEY)[:-1], id="base64-cut"),
        pytest.param(b" " + base64.b64encode(KEY), id="base64-with-space"),
        pytest.param(None, id="not-there"),
    ],
)
def test_a_key_that_is_none(pod: Pod, value: bytes | None) -> None:
    """A key would be filled up or cut, so that nobody knows it; or be shown in the error."""
    if value is not None:
        pod.secret("at-rest", "key", value)
    with pytest.raises(errors.CredentialsIncompleteError) as raised:
        read_customer_key(pod.paths.secrets, _reference())
    assert "'key'" in str(raised.value)
    assert "'at-rest'" in str(raised.value)
    assert "Geheim" not in str(raised.value)


def _reference() -> Any:
    wanted = encrypted(_LOCATION, "SSE-C").server_side_encryption
    assert wanted
    return wanted.customer_key_secret_ref


_LOCATION = S3Location(
    endpoint="https://s3.example.com", bucket="documents", key="a.pdf", credentials_secret="s3"
)
_REFERENCE = {"name": "at-rest", "key": "key"}


@pytest.mark.parametrize(
    ("endpoint", "wanted", "said"),
    [
        pytest.param(
            "http://s3.example.com",
            {"type": "SSE-C", "customerKeySecretRef": _REFERENCE},
            "https",
            id="key-in-clear",
        ),
        pytest.param("https://a", {"type": "SSE-C"}, "customerKeySecretRef", id="no-key"),
        pytest.param(
            "https://a",
            {"type": "SSE-S3", "customerKeySecretRef": _REFERENCE},
            "customerKeySecretRef",
            id="key-for-nothing",
        ),
        pytest.param("https://a", {"type": "SSE-S3", "kmsKeyId": "k"}, "kmsKeyId", id="kms-key"),
    ],
)
def test_contradictions_are_refused(
    tmp_path: Path, endpoint: str, wanted: dict[str, Any], said: str
) -> None:
    """A customer's key would cross the network in clear; or a key that is named have no effect."""
    given = {**_LOCATION.to_json_dict(), "endpoint": endpoint, "serverSideEncryption": wanted}
    context = StoreContext(tmp_path, tmp_path, "uid")
    with pytest.raises(errors.InvalidRequestError, match=said):
        stores.connect([Sink(s3=S3Location.model_validate(given))], context)


_DIGEST = base64.b64encode(hashlib.md5(KEY, usedforsecurity=False).digest()).decode()
_ARN = "arn:aws:kms:eu-central-1:111122223333:key/"
_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("kind", "key", "answer", "confirmed"),
    [
        pytest.param("SSE-S3", None, {"ServerSideEncryption": "AES256"}, True, id="s3"),
        pytest.param("SSE-S3", None, {"ServerSideEncryption": "none"}, False, id="s3-none"),
        pytest.param("SSE-S3", None, {}, False, id="s3-silent"),
        pytest.param("SSE-S3", None, {"SSECustomerAlgorithm": "AES256"}, False, id="s3-customer"),
        pytest.param("SSE-KMS", None, {"ServerSideEncryption": "aws:kms"}, True, id="kms-default"),
        pytest.param("SSE-KMS", _ID, {"ServerSideEncryption": "aws:kms"}, False, id="kms-no-key"),
        *(
            pytest.param(
                "SSE-KMS",
                wanted,
                {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": named},
                confirmed,
                id=name,
            )
            for name, wanted, named, confirmed in (
                ("kms-id", _ID, _ID, True),
                ("kms-id-by-arn", _ID, _ARN + _ID, True),
                ("kms-arn", _ARN + _ID, _ARN + _ID, True),
                ("kms-end-of-an-id", _ID[1:], _ARN + _ID, False),
                ("kms-arn-by-other-id", _ARN + _ID, _ID, False),
            )
        ),
        pytest.param(
            "SSE-C",
            None,
            {"SSECustomerAlgorithm": "AES256", "SSECustomerKeyMD5": _DIGEST},
            True,
            id="customer",
        ),
        pytest.param("SSE-C", None, {"SSECustomerAlgorithm": "AES256"}, False, id="no-digest"),
        pytest.param("SSE-C", None, {"SSECustomerKeyMD5": _DIGEST}, False, id="no-algorithm"),
        pytest.param("SSE-C", None, {"ServerSideEncryption": "AES256"}, False, id="store's-own"),
    ],
)
def test_what_confirms(kind: str, key: str | None, answer: dict[str, str], confirmed: bool) -> None:
    """An answer would pass that does not say it, or Amazon's way of saying it be refused."""
    wanted = encrypted(_LOCATION, kind, key).server_side_encryption
    assert isinstance(wanted, ServerSideEncryption)
    customer_key = Password(base64.b64encode(KEY).decode()) if kind == "SSE-C" else None
    at_rest = AtRest(wanted, customer_key)
    assert (at_rest.problem_of(answer) == "") is confirmed
    assert base64.b64encode(KEY).decode() not in repr(at_rest)
