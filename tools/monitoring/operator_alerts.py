"""What somebody is told of the operator itself: who leads, what waits, what the API server says.

One alert for what one person would do about it, each with a page of docs/runbooks.
"""

from __future__ import annotations

from monitoring.rules import OF_ALL, PREFIX, Alert, Group

REPLICAS = 2
"""As manifests/base has it: one leads, one stands by."""

RESYNC_SECONDS = 900
"""Three times the time between two comparisons of everything."""

MEMORY_PART = 0.85
"""Of the container's limit: in the last seventh, one long list is what it takes to be killed."""


def build_groups() -> tuple[Group, ...]:
    """Build the groups, one for each page."""
    return (
        Group("leadership", _leadership()),
        Group("queue", _queue()),
        Group("api-server", _api_server()),
    )


def _leadership() -> list[Alert]:
    leader, build = f"{PREFIX}leader", f"{PREFIX}build_info"
    replicas = f"count {OF_ALL[:-1]}, version, python) ({build})"
    limit = f"({PREFIX}memory_limit_bytes > 0)"
    return [
        Alert(
            "OperatorAbsent",
            f"absent({build})",
            "5m",
            "critical",
            "No operator is seen: nothing starts, and no result is recorded.",
            "For five minutes Prometheus has scraped no pdf-security-operator.",
            "leadership",
        ),
        Alert(
            "NoLeader",
            f"max {OF_ALL} ({leader}) == 0",
            "1m",
            "critical",
            "A shard has no leader: none of its jobs starts, and no result is recorded.",
            "Shard {{ $labels.shard }} has {{ $value }} leaders; a lost one is replaced within "
            "15 s as a rule.",
            "leadership",
        ),
        Alert(
            "NoStandby",
            f"{replicas} < {REPLICAS}",
            "15m",
            "warning",
            "No operator stands by: when this one ends, work stops.",
            f"{{{{ $value }}}} of {REPLICAS} replicas are seen.",
            "leadership",
        ),
        Alert(
            "LeadershipUnsettled",
            f"sum {OF_ALL} (changes({leader}[30m])) > 6",
            "5m",
            "warning",
            "Shards change hands again and again: Leases are renewed too late.",
            "Shard {{ $labels.shard }} was gained or lost {{ $value }} times in half an hour.",
            "leadership",
        ),
        Alert(
            "MemoryHigh",
            f"process_resident_memory_bytes / {limit} > {MEMORY_PART}",
            "10m",
            "warning",
            "An operator is about to be killed for its memory.",
            "{{ $labels.instance }} has {{ $value | humanizePercentage }} of what its container "
            "may take.",
            "leadership",
        ),
    ]


def _queue() -> list[Alert]:
    waiting = f"sum {OF_ALL[:-1]}, class) ({PREFIX}jobs_waiting) > 0"
    started = f"sum {OF_ALL} (increase({PREFIX}job_queued_seconds_count[15m])) == 0"
    ended = f"sum {OF_ALL[:-1]}, outcome, reason) (increase({PREFIX}jobs_finished_total[15m])) == 0"
    tasks = f"sum {OF_ALL} (rate({PREFIX}queue_wait_seconds_bucket[10m]))"
    unexpected = f'{PREFIX}reconcile_errors_total{{kind="unexpected"}}[15m]'
    return [
        Alert(
            "QueueWithoutProgress",
            f"{waiting}\nand\n{started}\nand\n{ended}",
            "5m",
            "critical",
            "Jobs wait in line, and none of them starts or ends.",
            "{{ $value }} jobs wait; for a quarter of an hour none has started, and none ended.",
            "queue",
        ),
        Alert(
            "WorkersBusy",
            f"histogram_quantile(0.99, {tasks}) > 30",
            "15m",
            "warning",
            "The operator does not get round to what is to be done.",
            "One of a hundred tasks waits for a worker for {{ $value | humanizeDuration }} or "
            "longer.",
            "queue",
        ),
        Alert(
            "JobsForbidden",
            f'sum {OF_ALL} ({PREFIX}jobs_held{{reason="Forbidden"}}) > 0',
            "10m",
            "warning",
            "The API server refuses Jobs: by RBAC, an admission policy or a webhook.",
            "{{ $value }} jobs cannot start, because their Jobs are refused.",
            "queue",
        ),
        Alert(
            "ClassUnfit",
            f"min {OF_ALL} ({PREFIX}class_accepted) == 0",
            "5m",
            "warning",
            "A class is unfit for use: no job of it starts.",
            "The PdfSecurityClass {{ $labels.class }} has Accepted={{ $value }}.",
            "queue",
        ),
        Alert(
            "UnexpectedErrors",
            f"sum {OF_ALL} (increase({unexpected})) > 0",
            "5m",
            "warning",
            "The operator met something that nobody foresaw: a bug of it.",
            "{{ $value | humanize }} tasks failed unexpectedly in a quarter of an hour.",
            "queue",
        ),
    ]


def _api_server() -> list[Alert]:
    limiter = f"sum {OF_ALL} (rate({PREFIX}limiter_wait_seconds_bucket[10m]))"
    errors = f'{PREFIX}reconcile_errors_total{{kind="api"}}[10m]'
    age = f"time() - {PREFIX}resync_last_success_timestamp_seconds"
    restarts = f"increase({PREFIX}watch_restarts_total[15m])"
    return [
        Alert(
            "OwnLimiterHolds",
            f"histogram_quantile(0.99, {limiter}) > 5",
            "15m",
            "warning",
            "Requests wait for the operator's own rate limiter.",
            "One of a hundred requests waits for {{ $value | humanizeDuration }} or longer before "
            "it is sent.",
            "api-server",
        ),
        Alert(
            "ApiServerLimits",
            f"{_part_of_requests('429')} > 0.01",
            "10m",
            "warning",
            "The API server refuses requests for being too many.",
            "{{ $value | humanizePercentage }} of the operator's requests are answered 429.",
            "api-server",
        ),
        Alert(
            "ApiServerFails",
            f"{_part_of_requests('5..|error')} > 0.05",
            "10m",
            "warning",
            "The API server fails, or does not answer.",
            "{{ $value | humanizePercentage }} of the operator's requests fail.",
            "api-server",
        ),
        Alert(
            "ReconcileErrors",
            f"sum {OF_ALL} (rate({errors})) > 0.5",
            "15m",
            "warning",
            "Tasks are tried again and again, for the API server refuses what they do.",
            "{{ $value | humanize }} tasks a second fail.",
            "api-server",
        ),
        Alert(
            "WatchesRestart",
            f"sum {OF_ALL} ({restarts}) > 15",
            "15m",
            "warning",
            "A watch breaks again and again: what happens is seen late.",
            "The watch of {{ $labels.resource }} began anew {{ $value | humanize }} times in a "
            "quarter of an hour.",
            "api-server",
        ),
        Alert(
            "ResyncStale",
            f"{age} > {RESYNC_SECONDS}",
            "5m",
            "warning",
            "Everything was not compared for long: what a watch lost stays lost.",
            "{{ $labels.instance }} compared everything {{ $value | humanizeDuration }} ago.",
            "api-server",
        ),
    ]


def _part_of_requests(codes: str) -> str:
    """Give the part of the operator's requests that are answered with one of some codes."""
    requests = f"{PREFIX}api_requests_total"
    each = f"{OF_ALL[:-1]}, verb, code)"
    answered = f'sum {each} (rate({requests}{{code=~"{codes}"}}[10m]))'
    return f"{answered}\n/\n(sum {each} (rate({requests}[10m])) > 0)"
