"""S3 as source and sink, against a real server."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pdf_security_processor import errors
from pdf_security_processor.contract import ExitCode, Sink, Source
from pdf_security_processor.stores import StoreContext
from pdf_security_processor.stores import s3 as store
from pdf_security_processor.stores.s3_client import s3_client
from pdf_security_processor.termination import sigterm_raised
from processor import documents
from processor.faulty_front import faulty_front
from processor.pods import ENCRYPT, Pod
from processor.readers import check_with_qpdf
from processor.s3_server import SECRET_KEY, S3Server, free_port

SANITIZE: dict[str, Any] = {"sanitize": {}}
PART = 5 * 1024**2
"""The smallest part that S3 takes."""


@pytest.fixture
def context(tmp_path: Path, pod: Pod, s3: S3Server) -> Iterator[StoreContext]:
    """Give a store context with the server's credentials."""
    s3.credentials_for(pod)
    (tmp_path / "own").mkdir()
    made = StoreContext(pod.paths.secrets, tmp_path / "own", "uid")
    yield made
    made.close()


@pytest.fixture
def s3_pod(pod: Pod, s3: S3Server) -> Pod:
    """Give a pod with credentials, and an input in the bucket."""
    s3.credentials_for(pod)
    (s3.bucket("documents") / "in.pdf").write_bytes(documents.with_active_content())
    return pod


def _request(pod: Pod, s3: S3Server, *, overwrite: bool = False, **source: Any) -> Any:
    return pod.request(
        SANITIZE,
        source=Source(s3=s3.location(**source)),
        output=Sink(s3=s3.location("out/out.pdf"), overwrite=overwrite),
    )


def test_from_and_to_s3(s3_pod: Pod, s3: S3Server, tmp_path: Path) -> None:
    """Documents in S3 could not be processed."""
    before = (s3.buckets / "documents" / "in.pdf").read_bytes()
    result = s3_pod.run(_request(s3_pod, s3))
    assert result.status == ExitCode.SUCCEEDED, result.log
    put = (s3.buckets / "documents" / "out" / "out.pdf").read_bytes()
    check_with_qpdf(put, tmp_path)
    assert result.report
    assert result.report.output
    assert result.report.output.bytes == len(put)
    assert (s3.buckets / "documents" / "in.pdf").read_bytes() == before
    assert s3.objects() == ["in.pdf", "out/out.pdf"]


def test_report_goes_to_s3(s3_pod: Pod, s3: S3Server) -> None:
    """The full report would be lost with the pod."""
    sink = Sink(s3=s3.location("report.json"), overwrite=True)
    request = s3_pod.request(SANITIZE, ENCRYPT, source=Source(s3=s3.location()), report=sink)
    result = s3_pod.run(request)
    assert result.summary
    assert result.summary.report_location == "s3://documents/report.json"
    assert b'"Succeeded"' in (s3.buckets / "documents" / "report.json").read_bytes()


def test_overwrite_is_refused_early(s3_pod: Pod, s3: S3Server) -> None:
    """A job would overwrite what it may not, or work for nothing before it fails."""
    (s3.buckets / "documents" / "out").mkdir()
    (s3.buckets / "documents" / "out" / "out.pdf").write_bytes(b"precious")
    result = s3_pod.run(_request(s3_pod, s3))
    assert ExitCode(result.status) == ExitCode.OUTPUT_EXISTS, result.log
    assert not any(event["event"] == "download.started" for event in result.events)
    assert (s3.buckets / "documents" / "out" / "out.pdf").read_bytes() == b"precious"
    assert s3_pod.run(_request(s3_pod, s3, overwrite=True)).status == ExitCode.SUCCEEDED


@pytest.mark.parametrize("size", [1000, 2 * PART + 7], ids=["at-once", "in-parts"])
def test_overwrite_is_refused_late(s3: S3Server, context: StoreContext, size: int) -> None:
    """Of two jobs that passed the early check together, the second would overwrite the first."""
    content = os.urandom(size)
    location = s3.location("race.pdf")
    other = replace(context, uid="other")
    store.refuse_existing_object(location, context)
    store.put_object(location, io.BytesIO(content), other, overwrite=False, part_bytes=PART)
    with pytest.raises(errors.OutputExistsError):
        store.refuse_existing_object(location, context)
    for late in (content, b"x" * size):
        with pytest.raises(errors.OutputExistsError):
            store.put_object(location, io.BytesIO(late), context, overwrite=False, part_bytes=PART)
    with store.open_object(location, context) as chunks:
        assert b"".join(chunks) == content
    assert s3.objects() == ["race.pdf"]
    store.put_object(location, io.BytesIO(b"new"), context, overwrite=True)
    assert (s3.buckets / "documents" / "race.pdf").read_bytes() == b"new"


@pytest.mark.parametrize("size", [1000, 2 * PART + 7], ids=["at-once", "in-parts"])
@pytest.mark.parametrize("same", [True, False], ids=["same", "other-content"])
def test_retry_replaces_its_own(s3: S3Server, context: StoreContext, size: int, same: bool) -> None:
    """A job that was killed after its upload would fail for good: its own output is in its way."""
    location = s3.location("retried.pdf")
    first = os.urandom(size)
    second = first if same else os.urandom(size)
    for content in (first, second):
        store.refuse_existing_object(location, context)
        store.put_object(location, io.BytesIO(content), context, overwrite=False, part_bytes=PART)
    assert (s3.buckets / "documents" / "retried.pdf").read_bytes() == second
    assert s3.objects() == ["retried.pdf"]


@pytest.mark.parametrize("size", [1000, PART + 7], ids=["at-once", "in-parts"])
@pytest.mark.parametrize("overwrite", [True, False], ids=["overwrite", "new"])
def test_lost_answer_is_no_failure(
    s3: S3Server, context: StoreContext, size: int, overwrite: bool
) -> None:
    """An upload whose answer was lost would be taken for another job's, or never succeed."""
    content = os.urandom(size)
    with faulty_front(s3) as front:
        location = s3.location("lost.pdf", endpoint=front.endpoint)
        front.loses = ["PUT"] if size < PART else ["POST complete"]
        store.put_object(
            location, io.BytesIO(content), context, overwrite=overwrite, part_bytes=PART
        )
        assert front.loses == []
    assert (s3.buckets / "documents" / "lost.pdf").read_bytes() == content
    assert s3.objects() == ["lost.pdf"]


@pytest.mark.parametrize(
    ("refuses", "conditions"),
    [
        pytest.param(None, ["*", "etag"], id="if-match"),
        pytest.param("If-Match", ["*", "etag", None], id="without-if-match"),
    ],
)
def test_replaces_its_own_on_any_store(
    s3: S3Server, context: StoreContext, refuses: str | None, conditions: list[str | None]
) -> None:
    """A retry would fail on stores without If-Match, or replace another's object on those with."""
    store.put_object(s3.location("own.pdf"), io.BytesIO(b"first"), context, overwrite=False)
    with faulty_front(s3) as front:
        front.refuses = refuses
        location = s3.location("own.pdf", endpoint=front.endpoint)
        store.put_object(location, io.BytesIO(b"second"), context, overwrite=False)
    puts = [condition for method, condition in front.passed if method == "PUT"]
    seen = ["etag" if one and one != "*" else one for one in dict.fromkeys(puts)]
    assert seen == conditions
    assert (s3.buckets / "documents" / "own.pdf").read_bytes() == b"second"


@pytest.mark.parametrize(
    ("change", "expected", "said"),
    [
        pytest.param({"key": "no.pdf"}, ExitCode.INPUT_NOT_FOUND, "no.pdf", id="object"),
        pytest.param({"bucket": "absent"}, ExitCode.INPUT_NOT_FOUND, "bucket", id="bucket"),
        pytest.param(
            {"endpoint": "ftp://x"}, ExitCode.INVALID_REQUEST, "endpoint", id="no-http-endpoint"
        ),
        pytest.param(
            {"credentials_secret": "absent"},
            ExitCode.CREDENTIALS_INCOMPLETE,
            "accessKeyId",
            id="secret",
        ),
        pytest.param({"ca_bundle": "no pem"}, ExitCode.CERTIFICATE_REFUSED, "PEM", id="no-pem"),
        pytest.param({"ca_bundle": ""}, ExitCode.CERTIFICATE_REFUSED, "PEM", id="empty-bundle"),
    ],
)
def test_source_is_not_there(
    s3_pod: Pod, s3: S3Server, change: dict[str, str], expected: ExitCode, said: str
) -> None:
    """A wrong name would look like a broken store, and be retried for ever."""
    result = s3_pod.run(_request(s3_pod, s3, **dict[str, Any](change)))
    assert ExitCode(result.status) == expected, result.log
    assert result.summary
    assert said in result.summary.message


def test_output_bucket_is_not_there(s3_pod: Pod, s3: S3Server) -> None:
    """A wrong output bucket would look like a missing input."""
    sink = Sink(s3=s3.location("out.pdf", bucket="absent"))
    result = s3_pod.run(s3_pod.request(SANITIZE, source=Source(s3=s3.location()), output=sink))
    assert ExitCode(result.status) == ExitCode.OUTPUT_NOT_FOUND, result.log


@pytest.mark.parametrize("key", ["accessKeyId", "secretAccessKey"])
def test_wrong_credentials(s3_pod: Pod, s3: S3Server, key: str) -> None:
    """Wrong credentials would be retried, or shown in the log."""
    s3_pod.secret("s3", key, "Falsch-3329")
    result = s3_pod.run(_request(s3_pod, s3))
    assert ExitCode(result.status) == ExitCode.ACCESS_DENIED, result.log


def test_incomplete_credentials(s3_pod: Pod, s3: S3Server) -> None:
    """A Secret without one of its keys would look like a refusal of the store."""
    (s3_pod.root / "secrets" / "s3" / "secretAccessKey").unlink()
    result = s3_pod.run(_request(s3_pod, s3))
    assert result.status == ExitCode.CREDENTIALS_INCOMPLETE


def test_certificate_of_another_authority(s3_pod: Pod, s3: S3Server, tmp_path: Path) -> None:
    """Anybody in between could read documents and credentials."""
    from cluster.certificates import Authority

    other = Authority(tmp_path / "other").certificate_file.read_text()
    result = s3_pod.run(_request(s3_pod, s3, ca_bundle=other))
    assert ExitCode(result.status) == ExitCode.CERTIFICATE_REFUSED, result.log


def test_certificate_with_a_comment(s3_pod: Pod, s3: S3Server) -> None:
    """A bundle whose certificates bear names with accents would end every job."""
    bundle = f"# Főtanúsítvány\n{s3.authority.certificate_file.read_text()}"
    result = s3_pod.run(_request(s3_pod, s3, ca_bundle=bundle))
    assert result.status == ExitCode.SUCCEEDED, result.log


def test_certificate_of_another_name(s3_pod: Pod, s3: S3Server) -> None:
    """A certificate for one name would be taken for another."""
    result = s3_pod.run(_request(s3_pod, s3, endpoint=f"https://127.0.0.1:{s3.port}"))
    assert ExitCode(result.status) == ExitCode.CERTIFICATE_REFUSED, result.log


def test_credentials_in_an_endpoint(s3: S3Server, context: StoreContext) -> None:
    """They would be sent beside those of the Secret, and stand in each message."""
    place = s3.location("in.pdf")
    endpoint = place.endpoint.replace("https://", "https://user:word@")
    with pytest.raises(errors.InvalidRequestError, match="without credentials"):
        s3_client(place.model_copy(update={"endpoint": endpoint}), context)


def test_server_down(s3_pod: Pod, s3: S3Server) -> None:
    """A store that restarts would end a job for good."""
    result = s3_pod.run(_request(s3_pod, s3, endpoint=f"https://localhost:{free_port()}"))
    code = ExitCode(result.status)
    assert code == ExitCode.STORAGE_UNAVAILABLE, result.log
    assert not code.is_permanent


def test_environment_and_home_have_no_effect(s3_pod: Pod, s3: S3Server, tmp_path: Path) -> None:
    """Documents and signatures could be sent elsewhere by a variable or a file."""
    aws = tmp_path / "home" / ".aws"
    aws.mkdir(parents=True)
    (aws / "config").write_text(
        "[default]\nendpoint_url = https://evil.invalid\nregion = evil\ns3 =\n  addressing_style ="
        " virtual\n"
    )
    (aws / "credentials").write_text(
        "[default]\naws_access_key_id = evil\naws_secret_access_key = evil\n"
    )
    evil = {
        "HOME": str(tmp_path / "home"),
        "AWS_ENDPOINT_URL": "https://evil.invalid",
        "AWS_ENDPOINT_URL_S3": "https://evil.invalid",
        "AWS_ACCESS_KEY_ID": "evil",
        "AWS_SECRET_ACCESS_KEY": "evil",
        "AWS_SESSION_TOKEN": "evil",
        "AWS_REGION": "evil-1",
        "AWS_PROFILE": "absent",
        "AWS_CONFIG_FILE": str(aws / "config"),
        "AWS_CA_BUNDLE": "/nonexistent",
        "AWS_MAX_ATTEMPTS": "none",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "REQUESTS_CA_BUNDLE": "/nonexistent",
        "SSL_CERT_FILE": "/nonexistent",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "https_proxy": "http://127.0.0.1:1",
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "evil=evil",
    }
    result = s3_pod.run(_request(s3_pod, s3), **evil)
    assert result.status == ExitCode.SUCCEEDED, result.log


def test_multipart_roundtrip(s3: S3Server, context: StoreContext) -> None:
    """Large outputs would be cut or mixed up."""
    content = os.urandom(3 * PART + 1)
    location = s3.location("big.pdf")
    store.put_object(location, io.BytesIO(content), context, overwrite=False, part_bytes=PART)
    with store.open_object(location, context) as chunks:
        assert b"".join(chunks) == content


def test_replaced_while_read(
    s3: S3Server, context: StoreContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first half of one version would be joined to the second half of another."""
    monkeypatch.setattr(store, "_CHUNK_BYTES", 1000)
    location = s3.location("changing.pdf")
    store.put_object(location, io.BytesIO(b"a" * 10_000), context, overwrite=False)
    breaking = _broken_after(monkeypatch, 2)
    with store.open_object(location, context) as chunks:
        assert next(chunks) == b"a" * 1000
        store.put_object(location, io.BytesIO(b"b" * 10_000), context, overwrite=True)
        breaking.set()
        with pytest.raises(errors.InputChangedError):
            b"".join(chunks)


def test_broken_download_goes_on(
    s3: S3Server, context: StoreContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large inputs could not be read over a network that sometimes breaks."""
    monkeypatch.setattr(store, "_CHUNK_BYTES", 1000)
    content = os.urandom(10_000)
    location = s3.location("broken.pdf")
    store.put_object(location, io.BytesIO(content), context, overwrite=False)
    _broken_after(monkeypatch, 3).set()
    with store.open_object(location, context) as chunks:
        assert b"".join(chunks) == content


def _broken_after(monkeypatch: pytest.MonkeyPatch, reads: int) -> threading.Event:
    """Let one read of a body fail as a broken connection does, once the event is set."""
    import botocore.exceptions
    from botocore.response import StreamingBody

    armed = threading.Event()
    read, count = StreamingBody.read, 0

    def breaking(self: StreamingBody, amount: int | None = None) -> bytes:
        nonlocal count
        count += 1
        if armed.is_set() and count >= reads:
            armed.clear()
            raise botocore.exceptions.ResponseStreamingError(error="broken")
        return read(self, amount)

    monkeypatch.setattr(StreamingBody, "read", breaking)
    return armed


class _Interrupting(io.BytesIO):
    """Content that calls back before its second part is read."""

    def __init__(self, size: int, interrupt: Any) -> None:
        super().__init__(os.urandom(size))
        self._interrupt = interrupt

    def read(self, amount: int | None = -1) -> bytes:
        if self.tell() == PART:
            self._interrupt()
        return super().read(amount)


def _terminate() -> None:
    raise errors.TerminationError


def test_termination_aborts_the_upload(s3: S3Server, context: StoreContext) -> None:
    """A deleted pod would leave parts in the bucket, stored and paid for by nobody's choice."""
    location = s3.location("half.pdf")
    content = _Interrupting(3 * PART, _terminate)
    with pytest.raises(errors.TerminationError):
        store.put_object(location, content, context, overwrite=False, part_bytes=PART)
    assert s3.objects() == []


def test_termination_aborts_an_upload_that_has_just_begun(
    s3: S3Server, context: StoreContext
) -> None:
    """The store would know of an upload whose identifier died with its answer."""
    with faulty_front(s3) as front, sigterm_raised():
        front.terminates.append("POST")
        location = s3.location("begun.pdf", endpoint=front.endpoint)
        content = io.BytesIO(os.urandom(3 * PART))
        with pytest.raises(errors.TerminationError):
            store.put_object(location, content, context, overwrite=False, part_bytes=PART)
    assert front.terminates == []
    client = s3_client(s3.location("any"), context)
    assert client.list_multipart_uploads(Bucket="documents").get("Uploads", []) == []


def test_server_dies_during_upload(
    tmp_path: Path, pod: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a document would appear under the output's name."""
    server = S3Server(tmp_path / "dying")
    server.bucket("documents")
    server.start()
    server.credentials_for(pod)
    (tmp_path / "own").mkdir()
    context = StoreContext(pod.paths.secrets, tmp_path / "own", "uid")
    try:
        content = _Interrupting(3 * PART, server.stop)
        with pytest.raises(errors.StorageUnavailableError):
            store.put_object(
                server.location("half.pdf"), content, context, overwrite=False, part_bytes=PART
            )
        assert "half.pdf" not in server.objects()
        # When the store is back, the retried job's output is whole.
        server.start()
        whole = io.BytesIO(b"w" * (PART + 1))
        store.put_object(
            server.location("half.pdf"), whole, context, overwrite=False, part_bytes=PART
        )
        assert (server.buckets / "documents" / "half.pdf").read_bytes() == whole.getvalue()
    finally:
        context.close()
        server.stop()


def test_sigterm_while_a_store_hangs(s3_pod: Pod, s3: S3Server) -> None:
    """A pod would wait for a dead store until it is killed, and leave its scratch behind."""
    assert s3.process
    s3.process.send_signal(signal.SIGSTOP)
    try:
        process = s3_pod.start(_request(s3_pod, s3))
        time.sleep(2)
        process.terminate()
        _, log = process.communicate(timeout=20)
    finally:
        s3.process.send_signal(signal.SIGCONT)
    assert process.returncode == 143, log
    assert s3_pod.leftovers() == []


def test_secrets_stay_out_of_botocore_errors(s3_pod: Pod, s3: S3Server) -> None:
    """An error's text would carry a signature or a key into the status of a job."""
    s3_pod.secret("s3", "accessKeyId", "Falsch-7810")
    result = s3_pod.run(_request(s3_pod, s3))
    assert SECRET_KEY not in result.log
    assert "Signature=" not in result.log
