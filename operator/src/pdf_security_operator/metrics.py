"""What the operator counts and measures, under the names that Prometheus sees.

Never a name of a job, a namespace or a user, for each would be a series of its own. No I/O.
"""

import platform
from collections.abc import Collection, Mapping
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest

from pdf_security_operator.reasons import FINAL_REASONS, HELD_REASONS

# A second series beside each counter and histogram, which nobody asks for. Of the whole process.
disable_created_metrics()  # type: ignore[no-untyped-call]  # no types there

_PREFIX = "pdf_security_operator"

OTHER = "Other"
"""Label of what is not counted by its name."""

REASONS = 64
"""Distinct reasons that are counted by their name at most."""

ErrorKind = Literal["api", "unexpected", "conflict"]
Outcome = Literal["succeeded", "failed"]

ERROR_KINDS: tuple[ErrorKind, ...] = ("api", "unexpected", "conflict")

WATCHED = ("jobs", "networkpolicies", "pdfsecurityclasses", "pdfsecurityjobs", "pods")
"""What is watched, by its plural."""

WAIT_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300)
"""Seconds: waits inside the operator."""

JOB_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds: what a user waits for."""

REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds: up to the bound of one request."""


class Metrics:
    """The metrics of one operator process, in a registry of their own.

    Args:
        version: the operator's version.
        reasons: final reasons that are counted by their name.
    """

    def __init__(self, version: str, reasons: Collection[str] = FINAL_REASONS) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        # Memory, processor time and open files, under the names that all clients give them.
        ProcessCollector(registry=self._registry)
        self._reasons = frozenset(sorted(reasons)[:REASONS])
        self._add_of_the_process(version)
        self._add_of_jobs()
        self._add_of_the_api()
        self._add_of_the_audit_log()

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Write all metrics in the format that an `Accept` header prefers; return its type too."""
        try:
            encode, content_type = choose_encoder(accept)
            return encode(self._registry), content_type
        except (TypeError, ValueError):
            # A version that is none, on which the library trips: what every scraper understands.
            return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4

    def set_queue_depth(self, lane: str, tasks: int) -> None:
        """Set how many tasks of a lane wait for a worker."""
        self._queue_depth.labels(lane).set(tasks)

    def task_waited(self, seconds: float) -> None:
        """Take in how long a task waited for a worker."""
        self._queue_wait.observe(seconds)

    def set_jobs_waiting(self, by_class: Mapping[str, int]) -> None:
        """Set how many jobs wait to be admitted, of all classes; those left out are gone."""
        self._jobs_waiting.set(by_class)

    def set_jobs_held(self, by_reason: Mapping[str, int]) -> None:
        """Set how many jobs cannot start for another reason than their place in line."""
        known = {reason: by_reason.get(reason, 0) for reason in HELD_REASONS}
        known[OTHER] = sum(by_reason.values()) - sum(known.values())
        for reason, jobs in known.items():
            self._jobs_held.labels(reason).set(jobs)

    def set_classes(self, accepted: Mapping[str, bool]) -> None:
        """Set which classes are fit for use, of all classes; those left out are gone."""
        self._class_accepted.set({name: int(fit) for name, fit in accepted.items()})

    def set_jobs_running(self, by_class: Mapping[str, int]) -> None:
        """Set how many jobs run, of all classes; those left out are gone."""
        self._jobs_running.set(by_class)

    def job_admitted(self, queued_seconds: float) -> None:
        """Take in the time from a resource's creation to that of its Job."""
        self._job_queued.observe(queued_seconds)

    def job_finished(self, outcome: Outcome, reason: str, run_seconds: float | None = None) -> None:
        """Count a job that came to its end; without a time where it never ran."""
        self._jobs_finished.labels(outcome, reason if reason in self._reasons else OTHER).inc()
        if run_seconds is not None:
            self._job_run.observe(run_seconds)

    def api_answered(self, verb: str, code: int, seconds: float) -> None:
        """Take in a request to the API server, without the wait for the limiter; code 0: none."""
        self._api_requests.labels(verb, str(code) if code else "error").inc()
        self._api_duration.labels(verb).observe(seconds)

    def limiter_waited(self, seconds: float) -> None:
        """Take in how long a request waited for our own limiter before it was sent."""
        self._limiter_wait.observe(seconds)

    def set_memory_limit(self, size: int) -> None:
        """Set how many bytes of memory this process may take; 0 where nobody says so."""
        self._memory_limit.set(size)

    def set_leading(self, shard: str, leading: bool) -> None:
        """Set whether this process leads a shard."""
        self._leader.labels(shard).set(int(leading))

    def watch_restarted(self, resource: str) -> None:
        """Count a watch that began anew; the resource by its plural."""
        self._watch_restarts.labels(resource).inc()

    def reconcile_failed(self, kind: ErrorKind) -> None:
        """Count a task that has to be tried again."""
        self._reconcile_errors.labels(kind).inc()

    def status_written(self) -> None:
        """Count a status that was sent to the API server."""
        self._status_writes.inc()

    def status_coalesced(self) -> None:
        """Count a status that was replaced by a newer one before it was sent."""
        self._status_coalesced.inc()

    def resync_finished(self, seconds: float, now: float) -> None:
        """Take in a comparison of everything that went through; `now` in seconds since 1970."""
        self._resync_duration.observe(seconds)
        self._resync_success.set(now)

    def audit_recorded(self, kind: str) -> None:
        """Count a record of the audit log by its kind."""
        self._audit_records.labels(kind).inc()

    def set_audit_pending(self, lines: int) -> None:
        """Set how many lines of the audit log some sink does not have yet."""
        self._audit_pending.set(lines)

    def audit_sink_failed(self, sink: str) -> None:
        """Count an attempt to keep lines of the audit log that failed."""
        self._audit_failures.labels(sink).inc()

    def _add_of_the_process(self, version: str) -> None:
        build = self._gauge(
            "build_info", "Always 1; what runs is in the labels.", "version", "python"
        )
        build.labels(version, platform.python_version()).set(1)
        self._memory_limit = self._gauge(
            "memory_limit_bytes", "Memory that this process may take; 0: not told."
        )
        self._queue_depth = self._gauge("queue_depth", "Tasks that wait for a worker.", "lane")
        self._queue_wait = self._histogram(
            "queue_wait_seconds", "Time that a task waited for a worker.", WAIT_BUCKETS
        )
        self._leader = self._gauge("leader", "1 while this process leads the shard.", "shard")
        self._reconcile_errors = self._counter(
            "reconcile_errors", "Tasks that failed and are tried again.", "kind"
        )
        for kind in ERROR_KINDS:
            # From 0 on: the first error of a series that was not there is no increase.
            self._reconcile_errors.labels(kind)
        self._resync_duration = self._histogram(
            "resync_duration_seconds",
            "Time to compare everything listed with everything remembered.",
            REQUEST_BUCKETS,
        )
        self._resync_success = self._gauge(
            "resync_last_success_timestamp_seconds", "When that went through last."
        )

    def _add_of_jobs(self) -> None:
        waiting = self._gauge("jobs_waiting", "Jobs that wait to be admitted.", "class")
        self._jobs_waiting = _Changing(waiting)
        self._jobs_running = _Changing(self._gauge("jobs_running", "Jobs that run.", "class"))
        self._jobs_held = self._gauge(
            "jobs_held", "Jobs that cannot start, those that stand in line apart.", "reason"
        )
        self.set_jobs_held({})
        self._class_accepted = _Changing(
            self._gauge("class_accepted", "1 while the class is fit for use.", "class")
        )
        self._job_queued = self._histogram(
            "job_queued_seconds", "Time from a resource's creation to its Job's.", JOB_BUCKETS
        )
        self._job_run = self._histogram(
            "job_run_duration_seconds", "Time from a Job's start to its end.", JOB_BUCKETS
        )
        self._jobs_finished = self._counter(
            "jobs_finished", "Jobs that came to their end.", "outcome", "reason"
        )
        for reason in (*self._reasons, OTHER):
            # From 0 on, as above: who waits for the first broken seal would miss it.
            self._jobs_finished.labels(_outcome_of(reason), reason)
        self._status_writes = self._counter("status_writes", "Statuses that were sent.")
        self._status_coalesced = self._counter(
            "status_writes_coalesced", "Statuses that a newer one replaced before they were sent."
        )

    def _add_of_the_api(self) -> None:
        self._api_requests = self._counter(
            "api_requests", "Requests to the API server; code `error`: no answer.", "verb", "code"
        )
        self._api_duration = self._histogram(
            "api_request_duration_seconds",
            "Time from sending a request to its answer.",
            REQUEST_BUCKETS,
            "verb",
        )
        self._limiter_wait = self._histogram(
            "limiter_wait_seconds",
            "Time that a request waited for the operator's own rate limiter before it was sent.",
            WAIT_BUCKETS,
        )
        self._watch_restarts = self._counter(
            "watch_restarts", "Watches that began anew.", "resource"
        )
        for resource in WATCHED:
            self._watch_restarts.labels(resource)

    def _add_of_the_audit_log(self) -> None:
        self._audit_records = self._counter("audit_records", "Records of the audit log.", "kind")
        self._audit_pending = self._gauge(
            "audit_pending_lines", "Lines of the audit log that a sink does not have yet."
        )
        self._audit_failures = self._counter(
            "audit_sink_failures", "Failed attempts to keep lines of the audit log.", "sink"
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace=_PREFIX, registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace=_PREFIX, registry=self._registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            name, text, labels, namespace=_PREFIX, registry=self._registry, buckets=buckets
        )


def _outcome_of(reason: str) -> Outcome:
    return "succeeded" if reason == "Succeeded" else "failed"


class _Changing:
    """A gauge of one label whose series come and go with what they are of."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._names: frozenset[str] = frozenset()

    def set(self, values: Mapping[str, int]) -> None:
        for name in self._names - values.keys():
            self._gauge.remove(name)
        for name, value in values.items():
            self._gauge.labels(name).set(value)
        self._names = frozenset(values)
