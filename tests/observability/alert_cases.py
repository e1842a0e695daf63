"""For each alert: what makes it fire, and when; what is just below, or somebody else's. Data only.

Samples are a minute apart and written as `promtool` reads them: `0+2x90` is 0, 2, 4 and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.rules import PREFIX

Series = Mapping[str, str]
"""Selector, without the prefix and the labels of the scrape -> samples."""

MINUTES = 400
"""Samples of each series; longer than the longest that an alert waits."""


@dataclass(frozen=True)
class Case:
    """One alert.

    Attributes:
        fires: what makes it fire.
        at: the minute at which it does; at the one before it does not yet.
        quiet: what must not make it fire, each for itself.
    """

    fires: Series
    at: int
    quiet: tuple[Series, ...]


_SCRAPED = 'job="operator"'


def series_of(selector: str) -> str:
    """Give a selector in full: with the prefix, and as one replica is scraped."""
    name, _, labels = selector.removesuffix("}").partition("{")
    full = name if name.startswith("process_") else PREFIX + name
    scraped = [] if "instance=" in labels else ['instance="a:8080"']
    return f"{full}{{{', '.join(filter(None, [_SCRAPED, *scraped, labels]))}}}"


def _always(value: float) -> str:
    return f"{value:g}x{MINUTES}"


def _rising(by: float) -> str:
    return f"0+{by:g}x{MINUTES}"


_ONCE = f"0 1x{MINUTES}"
"""A counter that rises once, from 0 on."""

_SECOND = 'instance="b:8080"'


def _ended(**by_reason: float) -> Series:
    """Jobs that end every minute, by reason."""
    return {
        f'jobs_finished_total{{outcome="{"succeeded" if reason == "Succeeded" else "failed"}",'
        f'reason="{reason}"}}': _rising(jobs)
        for reason, jobs in by_reason.items()
    }


def _histogram(name: str, counts: Mapping[str, float]) -> Series:
    """Observations every minute, by upper bound; the last is all of them."""
    buckets = {f'{name}_bucket{{le="{bound}"}}': _rising(count) for bound, count in counts.items()}
    return {**buckets, f"{name}_count": _rising(counts["+Inf"])}


def _started(in_time: float) -> Series:
    return _histogram("job_queued_seconds", {"60.0": in_time, "120.0": 100, "+Inf": 100})


def _answered(**by_code: float) -> Series:
    return {
        f'api_requests_total{{verb="GET",code="{code.lstrip("_")}"}}': _rising(requests)
        for code, requests in by_code.items()
    }


def _of_security(reason: str) -> Case:
    """One is enough; that of yesterday is not, nor are others."""
    counter = f'jobs_finished_total{{outcome="failed",reason="{reason}"}}'
    return Case({counter: _ONCE}, 1, ({counter: _always(1)}, _ended(WrongPassword=50)))


def _of_reason(reason: str) -> Case:
    """Six of a hundred; 4.9 are fewer than 5 %, and one of two is not many."""
    few = {**_ended(Succeeded=0.01), **_ended(**{reason: 0.01})}
    return Case(
        _ended(Succeeded=94, **{reason: 6}), 11, (_ended(Succeeded=95.1, **{reason: 4.9}), few)
    )


CASES: dict[str, Case] = {
    "ErrorBudgetBurnsFast": Case(
        _ended(Succeeded=98, InternalError=2),
        4,
        (_ended(Succeeded=98.6, InternalError=1.4), _ended(Succeeded=50, WrongPassword=50)),
    ),
    "ErrorBudgetBurnsSlowly": Case(
        _ended(Succeeded=99, WorkerCrashed=1),
        18,
        (_ended(Succeeded=99.41, WorkerCrashed=0.59), _ended(Succeeded=50, NotAPdf=50)),
    ),
    "ErrorRatioHigh": Case(
        _ended(Succeeded=998, OutputDamaged=2),
        62,
        (_ended(Succeeded=999.05, OutputDamaged=0.95), _ended(Succeeded=0.01, OutputDamaged=0.001)),
    ),
    "StartBudgetBurnsFast": Case(_started(84), 3, (_started(86),)),
    "StartBudgetBurnsSlowly": Case(_started(93), 16, (_started(94.1),)),
    "JobsWaitLong": Case(_started(98), 16, (_started(99.5),)),
    "LeadershipBudgetBurnsSlowly": Case(
        {'leader{shard="0"}': f"1x299 0x{MINUTES}"},
        316,
        ({'leader{shard="0"}': f"1x333 0x1 1x{MINUTES}"},),
    ),
    "OperatorAbsent": Case({}, 5, ({"build_info": _always(1)},)),
    "NoLeader": Case(
        {'leader{shard="0"}': _always(0), f'leader{{shard="0",{_SECOND}}}': _always(0)},
        1,
        ({'leader{shard="0"}': _always(0), f'leader{{shard="0",{_SECOND}}}': _always(1)},),
    ),
    "NoStandby": Case(
        {"build_info": _always(1)},
        15,
        ({"build_info": _always(1), f"build_info{{{_SECOND}}}": _always(1)},),
    ),
    "LeadershipUnsettled": Case(
        {'leader{shard="0"}': " ".join("01" * 30)},
        12,
        ({'leader{shard="0"}': f"0 1 0 1 0 1 0x{MINUTES}"},),
    ),
    "MemoryHigh": Case(
        {"process_resident_memory_bytes": _always(86), "memory_limit_bytes": _always(100)},
        10,
        (
            {"process_resident_memory_bytes": _always(85), "memory_limit_bytes": _always(100)},
            {"process_resident_memory_bytes": _always(86), "memory_limit_bytes": _always(0)},
            # Another program on the same nodes.
            {"process_resident_memory_bytes": _always(86)},
        ),
    ),
    "QueueWithoutProgress": Case(
        {
            'jobs_waiting{class="standard"}': _always(1),
            "job_queued_seconds_count": _always(5),
            **{name: _always(5) for name in _ended(Succeeded=0)},
        },
        6,
        (
            {
                'jobs_waiting{class="standard"}': _always(1),
                "job_queued_seconds_count": _rising(0.1),
                **{name: _always(5) for name in _ended(Succeeded=0)},
            },
            {
                'jobs_waiting{class="standard"}': _always(0),
                "job_queued_seconds_count": _always(5),
                **{name: _always(5) for name in _ended(Succeeded=0)},
            },
        ),
    ),
    "WorkersBusy": Case(
        _histogram("queue_wait_seconds", {"30.0": 98, "60.0": 100, "+Inf": 100}),
        16,
        (_histogram("queue_wait_seconds", {"30.0": 99, "60.0": 100, "+Inf": 100}),),
    ),
    "JobsForbidden": Case(
        {'jobs_held{reason="Forbidden"}': _always(1)},
        10,
        ({'jobs_held{reason="Forbidden"}': _always(0)}, {'jobs_held{reason="QuotaExceeded"}': "1"}),
    ),
    "ClassUnfit": Case(
        {'class_accepted{class="standard"}': _always(0)},
        5,
        ({'class_accepted{class="standard"}': _always(1)},),
    ),
    "UnexpectedErrors": Case(
        {'reconcile_errors_total{kind="unexpected"}': _ONCE},
        6,
        (
            {'reconcile_errors_total{kind="unexpected"}': _always(1)},
            {'reconcile_errors_total{kind="conflict"}': _rising(10)},
        ),
    ),
    "OwnLimiterHolds": Case(
        _histogram("limiter_wait_seconds", {"5.0": 98, "10.0": 100, "+Inf": 100}),
        16,
        (_histogram("limiter_wait_seconds", {"5.0": 99, "10.0": 100, "+Inf": 100}),),
    ),
    "ApiServerLimits": Case(
        _answered(_200=98, _429=2), 11, (_answered(_200=99.1, _429=0.9), _answered(_200=9, _409=9))
    ),
    "ApiServerFails": Case(
        _answered(_200=94, _503=3, error=3), 11, (_answered(_200=95.1, _500=2.9, error=2),)
    ),
    "ReconcileErrors": Case(
        {'reconcile_errors_total{kind="api"}': _rising(31)},
        25,
        (
            {'reconcile_errors_total{kind="api"}': _rising(29)},
            {'reconcile_errors_total{kind="conflict"}': _rising(90)},
        ),
    ),
    "WatchesRestart": Case(
        {'watch_restarts_total{resource="jobs"}': _rising(2)},
        23,
        ({'watch_restarts_total{resource="jobs"}': _rising(1)},),
    ),
    "ResyncStale": Case(
        # Seconds since the first sample, which is promtool's 1970.
        {"resync_last_success_timestamp_seconds": _always(0)},
        21,
        ({"resync_last_success_timestamp_seconds": f"-900+60x{MINUTES}"},),
    ),
    "AuditLogNotWritten": Case(
        {'audit_sink_failures_total{sink="volume"}': _rising(1), "audit_pending_lines": _always(2)},
        6,
        (
            {
                'audit_sink_failures_total{sink="volume"}': _rising(1),
                "audit_pending_lines": _always(0),
            },
            {
                'audit_sink_failures_total{sink="volume"}': _always(1),
                "audit_pending_lines": _always(2),
            },
        ),
    ),
    "AuditBacklog": Case(
        {"audit_pending_lines": _always(25_001)}, 5, ({"audit_pending_lines": _always(25_000)},)
    ),
    "SealIncomplete": _of_security("SealIncomplete"),
    "SealViolated": _of_security("SealViolated"),
    "OutputNotEncrypted": _of_security("OutputNotEncrypted"),
    "NetworkPolicyMissing": Case(
        {'jobs_held{reason="NetworkPolicyConflict"}': _always(1)},
        5,
        (
            {'jobs_held{reason="NetworkPolicyConflict"}': _always(0)},
            {'jobs_held{reason="QuotaExceeded"}': _always(5)},
        ),
    ),
    "OutOfMemory": _of_reason("OutOfMemory"),
    "DeadlineExceeded": _of_reason("DeadlineExceeded"),
    "StorageUnavailable": _of_reason("StorageUnavailable"),
}
"""By the alert's name, without the prefix that all have."""
