"""Metrics with something in each of them, for those who look at how they are written."""

from __future__ import annotations

from pdf_security_operator.metrics import Metrics


def filled() -> Metrics:
    """Every method called, so that every series is there."""
    metrics = Metrics("1.2.3")
    metrics.set_queue_depth("jobs", 7)
    metrics.task_waited(0.25)
    metrics.set_jobs_waiting({"standard": 3})
    metrics.set_jobs_running({"standard": 2})
    metrics.set_jobs_held({"NetworkPolicyRefused": 2, "SomethingThatNobodyForesaw": 1})
    metrics.set_classes({"standard": True, "broken": False})
    metrics.set_memory_limit(512 << 20)
    metrics.job_admitted(4)
    metrics.job_finished("succeeded", "Succeeded", 12)
    metrics.job_finished("failed", "SomethingThatAPodSaid")
    metrics.api_answered("create", 201, 0.02)
    metrics.api_answered("patch", 0, 30)
    metrics.limiter_waited(1.5)
    metrics.set_leading("0", True)
    metrics.set_leading("1", False)
    metrics.watch_restarted("pdfsecurityjobs")
    metrics.reconcile_failed("api")
    metrics.status_written()
    metrics.status_written()
    metrics.status_coalesced()
    metrics.resync_finished(0.5, now=1_790_000_000)
    metrics.audit_recorded("admitted")
    metrics.set_audit_pending(3)
    metrics.audit_sink_failed("volume")
    return metrics
