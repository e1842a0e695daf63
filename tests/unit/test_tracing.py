"""What a collector receives of a finished job, and that no collector can hurt the operator."""

from __future__ import annotations

import asyncio
import gzip
import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from structlog.testing import capture_logs

from pdf_security_operator import tracing
from pdf_security_operator.spans import spans_of
from pdf_security_operator.tracing import Tracer

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

BODY: dict[str, Any] = {
    "metadata": {
        "namespace": "team-a",
        "name": "letter",
        "uid": "8f14e45f-ceea-467f-a0e6-bb9a0f1d2c3b",
        "creationTimestamp": "2026-01-02T03:04:05Z",
    }
}

FAILED: dict[str, Any] = {
    "phase": "Failed",
    "reason": "NotAPdf",
    "startTime": "2026-01-02T03:04:15Z",
    "completionTime": "2026-01-02T03:04:45Z",
    "attempts": 1,
    "effective": {"className": "standard"},
}


class Collector(http.server.ThreadingHTTPServer):
    """A collector that keeps what it is sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.paths: list[str] = []
        self.requests: list[ExportTraceServiceRequest] = []
        self.answering = threading.Event()
        self.answering.set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def resources(self) -> Iterator[Any]:
        return (each for request in self.requests for each in request.resource_spans)

    def spans(self) -> list[Span]:
        return [
            span
            for resource in self.resources()
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class Answers(http.server.BaseHTTPRequestHandler):
    """One export."""

    def do_POST(self) -> None:
        collector = self.server
        assert isinstance(collector, Collector)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        collector.paths.append(self.path)
        collector.requests.append(ExportTraceServiceRequest.FromString(body))
        collector.answering.wait(10)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector to which the environment points."""
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setenv(ENDPOINT, server.address)
        yield server
        server.answering.set()
        server.shutdown()
        thread.join()


def attributes_of(entries: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in entries}


async def test_what_arrives(collector: Collector) -> None:
    """Traces would be empty, or of ids and times that the library made up."""
    tracer = Tracer()
    tracer.finished(BODY, FAILED, None)
    await tracer.close()
    assert collector.paths == ["/v1/traces"]
    expected = {span.name: span for span in spans_of(BODY, FAILED, None)}
    received = {span.name: span for span in collector.spans()}
    assert received.keys() == expected.keys()
    for name, span in received.items():
        wanted = expected[name]
        assert int.from_bytes(span.trace_id) == wanted.trace_id
        assert int.from_bytes(span.span_id) == wanted.span_id
        assert int.from_bytes(span.parent_span_id) == (wanted.parent_id or 0)
        assert (span.start_time_unix_nano, span.end_time_unix_nano) == (wanted.start, wanted.end)
        assert attributes_of(span.attributes) == dict(wanted.attributes)
    assert received["run"].status.code == Status.STATUS_CODE_ERROR
    assert received["run"].status.message == "NotAPdf"
    assert received["queued"].status.code == Status.STATUS_CODE_UNSET


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        pytest.param({}, "pdf-security-operator", id="ours"),
        pytest.param({"OTEL_SERVICE_NAME": "theirs"}, "theirs", id="by-name"),
        pytest.param(
            {"OTEL_RESOURCE_ATTRIBUTES": "service.name=theirs"}, "theirs", id="by-attribute"
        ),
    ],
)
async def test_name_of_the_service(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], name: str
) -> None:
    """Two installations could not be told apart, or all would be `unknown_service`."""
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    tracer = Tracer()
    tracer.finished(BODY, FAILED, None)
    await tracer.close()
    (resource,) = collector.resources()
    assert attributes_of(resource.resource.attributes)["service.name"] == name


async def test_own_address_for_traces(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sends only traces somewhere would get none."""
    monkeypatch.delenv(ENDPOINT)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.address}/own")
    tracer = Tracer()
    tracer.finished(BODY, FAILED, None)
    await tracer.close()
    assert collector.paths == ["/own"]


@pytest.mark.parametrize("status", [{}, {**FAILED, "completionTime": "soon"}])
async def test_nonsense_is_passed_over(collector: Collector, status: dict[str, Any]) -> None:
    """A job would never come to its end because it cannot be traced."""
    tracer = Tracer()
    with capture_logs() as logs:
        tracer.finished(BODY, status, None)
    await tracer.close()
    assert [entry["event"] for entry in logs] == ["tracing.lost"]
    assert collector.requests == []


async def test_a_collector_that_hangs_holds_nobody_up(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator would not end on SIGTERM, or stand still meanwhile."""
    monkeypatch.setattr(tracing, "CLOSE_SECONDS", 0.2)
    collector.answering.clear()
    tracer = Tracer()
    tracer.finished(BODY, FAILED, None)
    began, turns = time.monotonic(), 0
    closing = asyncio.ensure_future(tracer.close())
    while not closing.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert time.monotonic() - began < 1
    assert turns > 5


async def test_after_the_end_nothing_is_sent(collector: Collector) -> None:
    """What comes while the operator ends would raise in the midst of it."""
    tracer = Tracer()
    await tracer.close()
    tracer.finished(BODY, FAILED, None)
    await tracer.close()
    assert collector.requests == []


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="nothing-set"),
        pytest.param({ENDPOINT: ""}, id="empty"),
        pytest.param({ENDPOINT: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, id="disabled"),
    ],
)
def test_costs_nothing_where_it_is_not_wanted(environment: dict[str, str]) -> None:
    """Everybody would pay a fifth of a second and 16 MB for what few use."""
    code = (
        "import asyncio, sys; from pdf_security_operator.tracing import Tracer\n"
        f"tracer = Tracer({environment!r}); tracer.finished({{}}, {{}}, None)\n"
        "asyncio.run(tracer.close())\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped address would keep documents from being processed."""

    def fail() -> None:
        raise ValueError("no address")

    monkeypatch.setattr(tracing, "_open", fail)
    with capture_logs() as logs:
        tracer = Tracer({ENDPOINT: "nonsense"})
    tracer.finished(BODY, FAILED, None)
    await tracer.close()
    assert [entry["event"] for entry in logs] == ["tracing.unavailable"]
