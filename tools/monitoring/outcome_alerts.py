"""What somebody is told of how jobs end, of what confines them, and of the record of it.

One alert for what one person would do about it, each with a page of docs/runbooks.
"""

from __future__ import annotations

from monitoring.rules import OF_ALL, PREFIX, Alert, Group, Severity

FULL_LINES = 25_000
"""Lines of the audit log that wait for a sink: half of what is kept in memory for it."""

LEAST_OF_REASON = 5
"""Jobs that must have failed for one reason within half an hour."""

PART_OF_REASON = 0.05
"""Part of the jobs that must have."""


def build_groups() -> tuple[Group, ...]:
    """Build the groups, one for each page."""
    return (
        Group("audit-log", _audit_log()),
        Group("security", _security()),
        Group("processor", _processor()),
    )


def _audit_log() -> list[Alert]:
    failed = f"sum {OF_ALL} (increase({PREFIX}audit_sink_failures_total[10m])) > 0"
    pending = f"max {OF_ALL} ({PREFIX}audit_pending_lines)"
    return [
        Alert(
            "AuditLogNotWritten",
            f"{failed}\nand ignoring (sink)\n{pending} > 0",
            "5m",
            "critical",
            "The audit log cannot be kept: finished Jobs are held back until it can.",
            "The sink {{ $labels.sink }} failed {{ $value | humanize }} times in ten minutes.",
            "audit-log",
        ),
        Alert(
            "AuditBacklog",
            f"{pending} > {FULL_LINES}",
            "5m",
            "warning",
            "The audit log falls behind what happens.",
            "{{ $value }} lines wait for a sink; beyond 50,000 records are put off.",
            "audit-log",
        ),
    ]


def _security() -> list[Alert]:
    held = f'{PREFIX}jobs_held{{reason=~"NetworkPolicy.+"}}'
    return [
        _ended_by(
            "SealIncomplete",
            "A worker could not be sealed, and did not read its document.",
            "jobs ended because their node does not give the seal: Landlock, seccomp or a bound.",
        ),
        _ended_by(
            "SealViolated",
            "A worker tried what its seal forbids: a document may be an attack.",
            "jobs were ended because their worker asked for what it never needs.",
        ),
        _ended_by(
            "OutputNotEncrypted",
            "A store does not confirm encryption at rest, and was given no document.",
            "jobs ended because their store did not say that it encrypts.",
        ),
        Alert(
            "NetworkPolicyMissing",
            f"sum {OF_ALL} ({held}) > 0",
            "5m",
            "critical",
            "Network policies cannot be brought about: jobs are held until they stand.",
            "{{ $value }} jobs are held for {{ $labels.reason }}.",
            "security",
        ),
    ]


def _ended_by(reason: str, summary: str, description: str) -> Alert:
    ended = f'{PREFIX}jobs_finished_total{{reason="{reason}"}}[15m]'
    return Alert(
        reason,
        f"sum {OF_ALL} (increase({ended})) > 0",
        "0m",
        "critical",
        summary,
        f"In a quarter of an hour, {{{{ $value | humanize }}}} {description}",
        "security",
    )


def _processor() -> list[Alert]:
    return [
        _often(
            "OutOfMemory",
            "warning",
            "Many documents need more memory than their class allows.",
            "of the jobs of the last half hour ended for want of memory.",
        ),
        _often(
            "DeadlineExceeded",
            "warning",
            "Many jobs do not end in time: pods do not start, or are too slow.",
            "of the jobs of the last half hour were not done by their deadline.",
        ),
        _often(
            "StorageUnavailable",
            "critical",
            "A store is away: documents cannot be read or written.",
            "of the jobs of the last half hour found no store.",
        ),
    ]


def _often(reason: str, severity: Severity, summary: str, description: str) -> Alert:
    ended = f"{PREFIX}jobs_finished_total"
    failed = f'sum {OF_ALL} (increase({ended}{{reason="{reason}"}}[30m]))'
    everything = f"sum {OF_ALL[:-1]}, outcome, reason) (increase({ended}[30m])) > 0"
    part = f"{failed}\n/ ignoring (outcome, reason) group_left ()\n({everything})"
    return Alert(
        reason,
        f"{part} > {PART_OF_REASON}\nand\n{failed} >= {LEAST_OF_REASON}",
        "10m",
        severity,
        summary,
        f"{{{{ $value | humanizePercentage }}}} {description}",
        "processor",
    )
