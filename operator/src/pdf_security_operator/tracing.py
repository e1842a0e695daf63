"""Exports spans of finished jobs, where an OTLP endpoint is set; what they are is `spans`' matter.

The only module that knows OpenTelemetry, and loads it only where it is wanted.
"""

import asyncio
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from pdf_security_operator.spans import JobSpan, spans_of

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

Object = dict[str, Any]

SERVICE = "pdf-security-operator"
"""The service's name, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES gives another."""

CLOSE_SECONDS = 2.0
"""Seconds for what is still to be sent at the end: a collector that is away holds nobody up."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

logger = structlog.get_logger()


class Tracer:
    """Sends spans from a thread of its own. Nothing that goes wrong here reaches the caller.

    Args:
        environment: where OpenTelemetry's own variables are; without an endpoint nothing is sent.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._processor: BatchSpanProcessor | None = None
        disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
        if disabled or not any(environment.get(name) for name in _ENDPOINTS):
            return
        try:
            self._processor, self._resource = _open()
        except Exception as error:
            # An address that is none must not keep documents from being processed.
            logger.warning("tracing.unavailable", error=f"{type(error).__name__}: {error}")

    def finished(self, body: Object, status: Object, job: Object | None) -> None:
        """Send the spans of a job that has come to its end; again is no harm, their ids stay."""
        if self._processor is None:
            return
        try:
            for span in spans_of(body, status, job):
                self._processor.on_end(_readable(span, self._resource))
        except Exception as error:
            logger.warning("tracing.lost", error=f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """Send what is left, for two seconds at most."""
        processor, self._processor = self._processor, None
        if processor is None:
            return
        loop, closed = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            try:
                processor.shutdown()  # type: ignore[no-untyped-call]  # no types there
                loop.call_soon_threadsafe(closed.set)
            except Exception as error:
                # The loop may be gone by then, and the process with it.
                logger.debug("tracing.close-failed", error=f"{type(error).__name__}: {error}")

        # A daemon, not one of the loop's threads: for those the interpreter waits at its end.
        threading.Thread(target=shut_down, name="tracing-close", daemon=True).start()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await closed.wait()
        except TimeoutError:
            logger.warning("tracing.lost", error="the collector did not answer before the end")


def _open() -> "tuple[BatchSpanProcessor, Resource]":
    # A fifth of a second, and 16 MB of memory: only for those who want traces.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: SERVICE}))
    return BatchSpanProcessor(OTLPSpanExporter()), resource


def _readable(span: JobSpan, resource: "Resource") -> "ReadableSpan":
    """Give a span as the exporter wants it.

    Built by hand, because a tracer of the library invents ids, and knows no time but now.
    """
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

    sampled = TraceFlags(TraceFlags.SAMPLED)
    context = SpanContext(span.trace_id, span.span_id, is_remote=False, trace_flags=sampled)
    parent = None
    if span.parent_id is not None:
        parent = SpanContext(span.trace_id, span.parent_id, is_remote=False, trace_flags=sampled)
    failed = span.error is not None
    return ReadableSpan(
        name=span.name,
        context=context,
        parent=parent,
        resource=resource,
        attributes=span.attributes,
        status=Status(StatusCode.ERROR, span.error) if failed else Status(StatusCode.UNSET),
        start_time=span.start,
        end_time=span.end,
        instrumentation_scope=InstrumentationScope(SERVICE),
    )
