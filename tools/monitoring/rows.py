"""What the dashboard shows, row by row. Pure; how Grafana writes it is `panels`' matter."""

from __future__ import annotations

from monitoring.objectives import JOBS, LEADERSHIP, START_SECONDS, STARTS
from monitoring.panels import Panel, Query, Row
from monitoring.rules import PREFIX

_WINDOW = "[$__rate_interval]"
"""Grafana's own: four scrapes at least, and no finer than what is drawn."""

_SCENE = 'job=~"$job"'
"""In each selector: which scrape jobs, for those who have more than one installation."""


def build_rows() -> tuple[Row, ...]:
    """Give all rows, the most important first."""
    return (
        Row("Objectives", _objectives()),
        Row("Queue and fairness", _queue()),
        Row("Outcomes", _outcomes()),
        Row("API server and limiter", _api_server()),
        Row("Leadership", _leadership()),
        Row("Audit log", _audit_log()),
        Row("Resources", _resources()),
    )


def _metric(name: str, labels: str = "") -> str:
    return f"{PREFIX}{name}{{{', '.join(filter(None, (_SCENE, labels)))}}}"


def _rate(name: str, labels: str = "") -> str:
    return f"rate({_metric(name, labels)}{_WINDOW})"


def _quantiles(name: str) -> list[Query]:
    return [
        Query(f"histogram_quantile({part}, sum by (le) ({_rate(f'{name}_bucket')}))", legend)
        for part, legend in ((0.5, "median"), (0.9, "9 of 10"), (0.99, "99 of 100"))
    ]


def _objectives() -> list[Panel]:
    bounds = ((None, "green"), (JOBS.room, "red"))
    return [
        Panel(
            "Failed by our fault, last 3 days",
            f"Part of the ended jobs; the guide says of which reasons. {JOBS.room:.1%} may.",
            "percentunit",
            [Query(f"max({JOBS.ratio('3d')}) or vector(0)")],
            4,
            "stat",
            bounds,
        ),
        Panel(
            f"Started after {START_SECONDS} s, last 3 days",
            f"Part of the started jobs that had waited longer. {STARTS.room:.1%} may. Waits for a "
            "place of the class count: somebody set its limits.",
            "percentunit",
            [Query(f"max({STARTS.ratio('3d')}) or vector(0)")],
            4,
            "stat",
            ((None, "green"), (STARTS.room, "red")),
        ),
        Panel(
            "Without a leader, last 3 days",
            f"Part of the time in which some shard had none. {LEADERSHIP.room:.1%} may.",
            "percentunit",
            [Query(f"max({LEADERSHIP.ratio('3d')})")],
            4,
            "stat",
            ((None, "green"), (LEADERSHIP.room, "red")),
        ),
        Panel(
            "Errors in an hour, and what may be",
            "At 14.4 times what may be, a month's room is gone in two days, and an alert comes.",
            "percentunit",
            [Query(f"max({each.ratio('1h')})", each.name.lower()) for each in (JOBS, STARTS)],
            12,
            bounds=((None, "green"), (14.4 * JOBS.room, "red")),
        ),
    ]


def _queue() -> list[Panel]:
    return [
        Panel(
            "Jobs that wait in line",
            "For a place of their class. A line that stays while nothing starts is an alert.",
            "short",
            [Query(f"sum by (class) ({_metric('jobs_waiting')})", "{{class}}")],
            stacked=True,
        ),
        Panel(
            "Jobs that run",
            "By class; all replicas see the same ones, so the largest number is shown.",
            "short",
            [Query(f"max by (class) ({_metric('jobs_running')})", "{{class}}")],
            stacked=True,
        ),
        Panel(
            "Jobs that are held, by reason",
            "However many places are free: a class, quota, policy or the API server is in the way.",
            "short",
            [Query(f"sum by (reason) ({_metric('jobs_held')})", "{{reason}}")],
            stacked=True,
        ),
        Panel(
            "Time from a resource to its Job",
            "What users wait. Namespaces take turns: a tenant with a thousand jobs waits longer.",
            "s",
            _quantiles("job_queued_seconds"),
            bounds=((None, "green"), (START_SECONDS, "red")),
        ),
        Panel(
            "Started and ended, a second",
            "In balance while a line stays as long as it is.",
            "ops",
            [
                Query(f"sum({_rate('job_queued_seconds_count')})", "started"),
                Query(f"sum({_rate('jobs_finished_total')})", "ended"),
            ],
        ),
        Panel(
            "Classes that are unfit",
            "0 is right. The status of the class says which field is at fault.",
            "short",
            [Query(f"count(min by (class) ({_metric('class_accepted')}) == 0) or vector(0)")],
            4,
            "stat",
            ((None, "green"), (1, "red")),
        ),
        Panel(
            "Tasks before the workers",
            "Of the operator's own workers. A few hundred for seconds are no harm.",
            "short",
            [Query(f"sum by (lane) ({_metric('queue_depth')})", "{{lane}}")],
            4,
        ),
    ]


def _outcomes() -> list[Panel]:
    failed = 'outcome="failed"'
    security = 'reason=~"SealIncomplete|SealViolated|OutputNotEncrypted"'
    broken = f"increase({_metric('jobs_finished_total', security)}[1d])"
    return [
        Panel(
            "Ended, a second",
            "By outcome.",
            "ops",
            [Query(f"sum by (outcome) ({_rate('jobs_finished_total')})", "{{outcome}}")],
        ),
        Panel(
            "Failed, by reason",
            "Most are about the document or the password. docs/runbooks says which are not.",
            "ops",
            [Query(f"sum by (reason) ({_rate('jobs_finished_total', failed)}) > 0", "{{reason}}")],
            stacked=True,
        ),
        Panel(
            "Broken seals and stores without encryption, a day",
            "0 is right; each of them is an alert.",
            "short",
            [Query(f"sum by (reason) ({broken})", "{{reason}}")],
            8,
            "stat",
            ((None, "green"), (1, "red")),
        ),
        Panel(
            "Time from a Job's start to its end",
            "Pod start, reading, work and writing together.",
            "s",
            _quantiles("job_run_duration_seconds"),
            12,
        ),
        Panel(
            "How long jobs run",
            "Each column is a moment, each field a duration; the darker, the more jobs.",
            "s",
            [Query(f"sum by (le) ({_rate('job_run_duration_seconds_bucket')})", "{{le}}")],
            12,
            "heatmap",
        ),
    ]


def _api_server() -> list[Panel]:
    return [
        Panel(
            "Requests, a second, by answer",
            "429 is the API server's limit, `error` no answer at all.",
            "reqps",
            [Query(f"sum by (code) ({_rate('api_requests_total')})", "{{code}}")],
            stacked=True,
        ),
        Panel(
            "Time to an answer",
            "Without the wait for the operator's own limiter.",
            "s",
            _quantiles("api_request_duration_seconds"),
        ),
        Panel(
            "Wait for the operator's own limiter",
            "It holds all requests for as long as the API server asks to.",
            "s",
            _quantiles("limiter_wait_seconds"),
        ),
        Panel(
            "Tasks that are tried again, a second",
            "`conflict` is part of the work, `api` the API server's refusal, `unexpected` a bug.",
            "ops",
            [Query(f"sum by (kind) ({_rate('reconcile_errors_total')})", "{{kind}}")],
        ),
        Panel(
            "Watches that began anew, a second",
            "By resource; whatever was missed is compared afterwards.",
            "ops",
            [Query(f"sum by (resource) ({_rate('watch_restarts_total')})", "{{resource}}")],
        ),
        Panel(
            "Since everything was compared",
            "Every five minutes as a rule.",
            "s",
            [Query(f"time() - {_metric('resync_last_success_timestamp_seconds')}", "{{instance}}")],
        ),
    ]


def _leadership() -> list[Panel]:
    return [
        Panel(
            "Who leads which shard",
            "One replica at a time; between two there may be none for 15 s.",
            "short",
            [Query(f"{_metric('leader')} == 1", "{{instance}}, shard {{shard}}")],
            16,
            "state-timeline",
        ),
        Panel(
            "Replicas",
            "Two in manifests/base: one leads, one stands by.",
            "short",
            [Query(f"count by (version) ({_metric('build_info')})", "{{version}}")],
            8,
            "stat",
        ),
    ]


def _audit_log() -> list[Panel]:
    return [
        Panel(
            "Records, a second",
            "One when a job is let in, one when it ends.",
            "ops",
            [Query(f"sum by (kind) ({_rate('audit_records_total')})", "{{kind}}")],
        ),
        Panel(
            "Lines that a sink does not have yet",
            "Finished Jobs stay until their end is on record.",
            "short",
            [Query(_metric("audit_pending_lines"), "{{instance}}")],
        ),
        Panel(
            "Failures of a sink, a second",
            "0 is right.",
            "ops",
            [Query(f"sum by (sink) ({_rate('audit_sink_failures_total')})", "{{sink}}")],
        ),
    ]


def _resources() -> list[Panel]:
    # Every process has metrics of these names: only the operator's are meant.
    ours = f"* on (job, instance) group_left () {_metric('build_info')}"
    memory = f"process_resident_memory_bytes{{{_SCENE}}}"
    return [
        Panel(
            "Memory",
            "Of each replica, and what its container may take.",
            "bytes",
            [
                Query(f"{memory} {ours}", "{{instance}}"),
                Query(f"min({_metric('memory_limit_bytes')} > 0)", "limit"),
            ],
            12,
        ),
        Panel(
            "Processor time",
            "Share of a core; a job takes less than ten milliseconds of it.",
            "percentunit",
            [Query(f"rate(process_cpu_seconds_total{{{_SCENE}}}{_WINDOW}) {ours}", "{{instance}}")],
            12,
        ),
    ]
