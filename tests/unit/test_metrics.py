"""What Prometheus is told: names, types and labels, and that nothing makes series without end."""

from __future__ import annotations

import platform

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from metrics_scene import filled
from pdf_security_operator.metrics import REASONS, Metrics
from pdf_security_operator.reasons import FINAL_REASONS
from pdf_security_processor.contract import ExitCode

PREFIX = "pdf_security_operator_"

TYPES = {
    "api_request_duration_seconds": "histogram",
    "api_requests": "counter",
    "audit_pending_lines": "gauge",
    "audit_records": "counter",
    "audit_sink_failures": "counter",
    "build_info": "gauge",
    "class_accepted": "gauge",
    "job_queued_seconds": "histogram",
    "job_run_duration_seconds": "histogram",
    "jobs_finished": "counter",
    "jobs_held": "gauge",
    "jobs_running": "gauge",
    "jobs_waiting": "gauge",
    "leader": "gauge",
    "limiter_wait_seconds": "histogram",
    "memory_limit_bytes": "gauge",
    "queue_depth": "gauge",
    "queue_wait_seconds": "histogram",
    "reconcile_errors": "counter",
    "resync_duration_seconds": "histogram",
    "resync_last_success_timestamp_seconds": "gauge",
    "status_writes": "counter",
    "status_writes_coalesced": "counter",
    "watch_restarts": "counter",
}

PROCESS_TYPES = {
    "process_cpu_seconds": "counter",
    "process_max_fds": "gauge",
    "process_open_fds": "gauge",
    "process_resident_memory_bytes": "gauge",
    "process_start_time_seconds": "gauge",
    "process_virtual_memory_bytes": "gauge",
}
"""Of every client of Prometheus: rules and dashboards for all processes read them."""


def samples_of(metrics: Metrics) -> dict[str, float]:
    """All samples, as `name{label="value",...}` without the prefix."""
    found = {}
    for family in text_string_to_metric_families(metrics.render()[0].decode()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            name = sample.name.removeprefix(PREFIX)
            found[f"{name}{{{labels}}}" if labels else name] = sample.value
    return found


def test_names_and_types() -> None:
    """Dashboards and alerts name them: a renamed metric is an alert that never fires."""
    text = filled().render()[0].decode()
    found = {family.name: family.type for family in text_string_to_metric_families(text)}
    assert found == {PREFIX + name: kind for name, kind in TYPES.items()} | PROCESS_TYPES


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (f'build_info{{python="{platform.python_version()}",version="1.2.3"}}', 1),
        ('queue_depth{lane="jobs"}', 7),
        ("queue_wait_seconds_sum", 0.25),
        ('jobs_waiting{class="standard"}', 3),
        ('jobs_running{class="standard"}', 2),
        ('jobs_held{reason="NetworkPolicyRefused"}', 2),
        ('jobs_held{reason="NoDefaultClass"}', 0),
        ('jobs_held{reason="Other"}', 1),
        ('class_accepted{class="standard"}', 1),
        ('class_accepted{class="broken"}', 0),
        ("memory_limit_bytes", 512 << 20),
        ("job_queued_seconds_sum", 4),
        ('job_queued_seconds_bucket{le="0.05"}', 0),
        ('job_queued_seconds_bucket{le="3600.0"}', 1),
        ("job_run_duration_seconds_count", 1),
        ('jobs_finished_total{outcome="succeeded",reason="Succeeded"}', 1),
        ('jobs_finished_total{outcome="failed",reason="Other"}', 1),
        # An increase from nothing is none: the alert for the first broken seal would stay silent.
        ('jobs_finished_total{outcome="failed",reason="SealIncomplete"}', 0),
        ('api_requests_total{code="201",verb="create"}', 1),
        ('api_requests_total{code="error",verb="patch"}', 1),
        ('api_request_duration_seconds_count{verb="create"}', 1),
        ("limiter_wait_seconds_sum", 1.5),
        ('leader{shard="0"}', 1),
        ('leader{shard="1"}', 0),
        ('watch_restarts_total{resource="pdfsecurityjobs"}', 1),
        ('reconcile_errors_total{kind="api"}', 1),
        ('reconcile_errors_total{kind="unexpected"}', 0),
        ("status_writes_total", 2),
        ("status_writes_coalesced_total", 1),
        ("resync_duration_seconds_sum", 0.5),
        ("resync_last_success_timestamp_seconds", 1_790_000_000),
    ],
)
def test_values(sample: str, value: float) -> None:
    """A number would stand under another's name."""
    assert samples_of(filled())[sample] == value


def test_a_class_that_is_gone_is_shown_no_more() -> None:
    """A deleted class would be shown as waiting for ever, with its last number."""
    metrics = Metrics("1")
    metrics.set_jobs_waiting({"old": 5, "new": 1})
    metrics.set_jobs_waiting({"new": 0})
    samples = samples_of(metrics)
    assert samples['jobs_waiting{class="new"}'] == 0
    assert 'jobs_waiting{class="old"}' not in samples


def test_reasons_of_pods_make_no_series() -> None:
    """Whoever writes a pod's message could fill the memory of Prometheus."""
    metrics = Metrics("1", reasons=[f"Reason{number}" for number in range(1000)])
    for number in range(1000):
        metrics.job_finished("failed", f"Reason{number}")
        metrics.job_finished("failed", f"Invented{number}")
    finished = [name for name in samples_of(metrics) if name.startswith("jobs_finished_total")]
    assert len(finished) == REASONS + 1


def test_reasons_of_the_processor_are_known() -> None:
    """A new exit code would vanish among `Other`."""
    assert {code.reason for code in ExitCode} <= FINAL_REASONS
    assert len(FINAL_REASONS) <= REASONS


def test_two_in_one_process() -> None:
    """Two operators in one test would count for each other, or refuse to start."""
    first, second = Metrics("1"), Metrics("2")
    first.status_written()
    assert samples_of(first)["status_writes_total"] == 1
    assert samples_of(second)["status_writes_total"] == 0


def test_openmetrics_where_it_is_asked_for() -> None:
    """A scraper would read one format under the name of the other."""
    body, content_type = filled().render("application/openmetrics-text;version=1.0.0,*/*;q=0.1")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    families = openmetrics_families(body.decode())  # type: ignore[no-untyped-call]  # no types there
    assert {family.name for family in families} == {PREFIX + name for name in TYPES} | {
        *PROCESS_TYPES
    }


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "text/plain;version=soon", ";;,=,"])
def test_plain_text_for_everybody_else(accept: str) -> None:
    """A browser, or a header that is none, would get an error in place of numbers."""
    body, content_type = filled().render(accept)
    assert content_type.startswith("text/plain")
    assert b"pdf_security_operator_build_info{" in body
