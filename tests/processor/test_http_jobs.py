"""Whole jobs whose document is behind a URL: the broker, and the worker after it."""

from __future__ import annotations

import hashlib
import signal
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pdf_security_processor.contract import TERMINATED, ExitCode, HttpLocation, Source
from pdf_security_processor.stores import http as store
from processor import documents
from processor.https_source import Sources, answer
from processor.pods import Pod

TOKEN = "Geheim-Bearer-5512"
SANITIZE: dict[str, Any] = {"sanitize": {}}


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sources]:
    """Give a folder of servers that the store finds by their made up names."""
    made = Sources(tmp_path / "sources")
    monkeypatch.setattr(store, "SYSTEM", made.network())
    yield made
    made.close()


def test_a_document_of_a_url_is_processed(
    sources: Sources, pod: Pod, capfd: pytest.CaptureFixture[str]
) -> None:
    """No job could have its input over HTTP; or its token, or a signed URL, would be told."""
    pod.secret("source", "token", TOKEN)
    source, document = sources.add(), documents.with_active_content()
    source.answers = [answer(document)]
    location = sources.location(
        source,
        url=source.url("/in.pdf?signature=Geheim-9917"),
        bearerToken={"name": "source", "key": "token"},
    )
    pod.secret_values.append(b"Geheim-9917")
    result = pod.run_here(pod.request(SANITIZE, source=Source(http=location)), capfd)
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert f"Authorization: Bearer {TOKEN}" in source.requests[0]
    assert "/in.pdf?signature=Geheim-9917 " in source.requests[0]
    assert result.output
    assert result.summary
    assert result.summary.input
    assert result.summary.input.sha256 == hashlib.sha256(document).hexdigest()
    assert result.summary.input.bytes == len(document)
    started = next(event for event in result.events if event["event"] == "download.started")
    assert started["location"] == "https://documents.example/in.pdf"


def test_what_no_source_says_the_size_of_is_counted(
    sources: Sources, pod: Pod, capfd: pytest.CaptureFixture[str]
) -> None:
    """A source could fill the scratch folder by not saying how much it sends."""
    source = sources.add()
    source.answers = [b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000]
    request = pod.request(
        SANITIZE, source=Source(http=sources.location(source)), limits={"inputBytes": 4000}
    )
    result = pod.run_here(request, capfd)
    assert result.status == ExitCode.INPUT_TOO_LARGE, result.log
    assert result.output is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"origins": []}, ExitCode.SOURCE_REFUSED, id="not-listed"),
        pytest.param({"digest": "sha256:" + "0" * 64}, ExitCode.DIGEST_MISMATCH, id="digest"),
    ],
)
def test_what_fails_has_a_code_of_its_own(
    sources: Sources,
    pod: Pod,
    capfd: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    code: ExitCode,
) -> None:
    """Nobody would learn why, or the job be retried for nothing."""
    source = sources.add()
    source.answers = [answer(documents.plain())]
    location = sources.location(source, **changes)
    result = pod.run_here(pod.request(SANITIZE, source=Source(http=location)), capfd)
    assert ExitCode(result.status) == code, result.log
    assert result.report
    assert result.report.reason == code.reason
    assert result.output is None


def test_sigterm_ends_a_download(
    sources: Sources, pod: Pod, capfd: pytest.CaptureFixture[str]
) -> None:
    """A job that is suspended while its source is slow would be killed, and leave its scratch."""
    main = threading.main_thread().ident
    assert main

    def send(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n%PDF")
        signal.pthread_kill(main, signal.SIGTERM)
        connection.recv(1)

    source = sources.add()
    source.answers = [send]
    request = pod.request(SANITIZE, source=Source(http=sources.location(source)))
    result = pod.run_here(request, capfd)
    assert result.status == TERMINATED
    assert result.summary is None


def test_a_request_with_another_url_than_https_is_refused(pod: Pod) -> None:
    """Whoever gets past the API server's schema could have plain HTTP, or file: URLs, read."""
    request = pod.request(SANITIZE).to_environment_value()
    http = '"http":{"url":"http://documents.example/in.pdf","origins":[]}'
    result = pod.run(request.replace('"input":{"file":', f'"input":{{{http},"file":'))
    assert result.status == ExitCode.INVALID_REQUEST
    assert "input.http.url" in result.log


def test_a_source_is_one_place(pod: Pod, capfd: pytest.CaptureFixture[str]) -> None:
    """A request of two inputs would be done with either."""
    http = HttpLocation(url="https://documents.example/in.pdf", origins=[])
    file = pod.request(SANITIZE).input.file
    result = pod.run_here(pod.request(SANITIZE, source=Source(http=http, file=file)), capfd)
    assert result.status == ExitCode.INVALID_REQUEST
