"""What is promised, and how fast the room for errors is used up: recordings and their alerts.

Windows and factors are those of Google's SRE workbook, chapter 5: 14.4 times too fast spends two
hundredths of a month's room in an hour, 6 times too fast a twentieth of it in six.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.rules import OF_ALL, PREFIX, Alert, Group, Recording

OPERATORS_FAULTS = (
    "InternalError",
    "InvalidRequest",
    "JobFailed",
    "JobInvalid",
    "OutputDamaged",
    "PodFailurePolicy",
    "BackoffLimitExceeded",
    "ProcessorFailed",
    "ReportRefused",
    "SealIncomplete",
    "WorkerCrashed",
    "Other",
)
"""Final reasons that no document, spec, store or class is to blame for, as far as anybody can tell:
these are the errors of the objective. What is not here is somebody else's to mend."""

START_SECONDS = 60
"""A job has its Job within so many seconds; a bucket of the histogram ends there."""

LEAST_JOBS = 3
"""Bad jobs without which nobody is told: in a quiet night one of one is all of them."""

WINDOWS = {"5m": 300, "30m": 1800, "1h": 3600, "6h": 21600, "3d": 259200}
"""Windows of all ratios, and their seconds."""

_FINISHED = f"{PREFIX}jobs_finished_total"
_STARTED = f"{PREFIX}job_queued_seconds"
_LED = f"operator:{PREFIX}leader:min"


@dataclass(frozen=True)
class Objective:
    """A part of all that may be bad, over thirty days.

    Attributes:
        name: of its alerts.
        metric: of its recordings.
        room: the part.
        what: what is counted, for people.
    """

    name: str
    metric: str
    room: float
    what: str

    def bad(self, window: str) -> str:
        """Name the recording of bad ones a second."""
        return f"operator:{PREFIX}{self.metric}:rate{window}"

    def ratio(self, window: str) -> str:
        """Name the recording of the part that is bad."""
        return f"operator:{PREFIX}{self.metric}:ratio_rate{window}"


JOBS = Objective("Error", "jobs_at_fault", 0.001, "of the jobs that ended failed by our fault")
STARTS = Objective(
    "Start", "jobs_started_late", 0.01, f"of the jobs waited longer than {START_SECONDS} s"
)
LEADERSHIP = Objective("Leadership", "unled", 0.001, "of the time some shard had no leader")


def build_groups() -> tuple[Group, ...]:
    """Build the rules of all objectives."""
    return (
        Group("objectives", recordings=_recordings()),
        Group(
            "budgets",
            alerts=[
                _burns_fast(JOBS),
                _burns_slowly(JOBS),
                _error_ratio(),
                _burns_fast(STARTS),
                _burns_slowly(STARTS),
                _waits_long(),
                # That nobody leads wakes somebody by an alert of its own.
                _burns_slowly(LEADERSHIP),
            ],
        ),
    )


def _recordings() -> list[Recording]:
    found = [
        # Where no operator is scraped at all, nobody leads, either.
        Recording(_LED, f"min(max by (job, shard) ({PREFIX}leader)) or vector(0)"),
    ]
    reasons = "|".join(sorted(OPERATORS_FAULTS))
    for window in WINDOWS:
        ended = f"{OF_ALL[:-1]}, outcome, reason) (rate({_FINISHED}[{window}]))"
        fault = (
            f'{OF_ALL[:-1]}, outcome, reason) (rate({_FINISHED}{{reason=~"{reasons}"}}[{window}]))'
        )
        all_starts = f"{OF_ALL} (rate({_STARTED}_count[{window}]))"
        in_time = (
            f'{OF_ALL[:-1]}, le) (rate({_STARTED}_bucket{{le="{START_SECONDS}.0"}}[{window}]))'
        )
        found += [
            Recording(JOBS.bad(window), f"sum {fault}"),
            Recording(JOBS.ratio(window), f"{JOBS.bad(window)}\n/\n(sum {ended} > 0)"),
            Recording(STARTS.bad(window), f"sum {all_starts}\n-\nsum {in_time}"),
            Recording(STARTS.ratio(window), f"{STARTS.bad(window)}\n/\n(sum {all_starts} > 0)"),
            Recording(LEADERSHIP.ratio(window), f"1 - avg_over_time({_LED}[{window}])"),
        ]
    return found


def _burns_fast(objective: Objective) -> Alert:
    return Alert(
        f"{objective.name}BudgetBurnsFast",
        _burning(objective, 14.4, "1h", "5m"),
        "2m",
        "critical",
        f"The room for errors of a month is gone in two days ({objective.name.lower()} objective).",
        f"In the last hour, {{{{ $value | humanizePercentage }}}} {objective.what}; "
        f"{objective.room:.1%} may.",
        "objectives",
    )


def _burns_slowly(objective: Objective) -> Alert:
    return Alert(
        f"{objective.name}BudgetBurnsSlowly",
        _burning(objective, 6, "6h", "30m"),
        "15m",
        "warning",
        f"The room for errors of a month is gone in five days ({objective.name.lower()} "
        "objective).",
        f"In the last six hours, {{{{ $value | humanizePercentage }}}} {objective.what}; "
        f"{objective.room:.1%} may.",
        "objectives",
    )


def _error_ratio() -> Alert:
    return Alert(
        "ErrorRatioHigh",
        _burning(JOBS, 1, "3d", "6h"),
        "1h",
        "warning",
        "More jobs fail by the operator's fault than are to.",
        f"In the last three days, {{{{ $value | humanizePercentage }}}} {JOBS.what}; "
        f"{JOBS.room:.1%} may.",
        "objectives",
    )


def _waits_long() -> Alert:
    waited = f"sum {OF_ALL} (rate({_STARTED}_bucket[30m]))"
    return Alert(
        "JobsWaitLong",
        f"histogram_quantile(0.99, {waited}) > {START_SECONDS}",
        "15m",
        "warning",
        "Jobs wait too long for their start.",
        "One of a hundred jobs that started in the last half hour had waited for "
        f"{{{{ $value | humanizeDuration }}}} or longer; {START_SECONDS} s are promised.",
        "objectives",
    )


def _burning(objective: Objective, factor: float, long: str, short: str) -> str:
    """Hold where too much is bad over the long window, and over the short one still."""
    bound = f"{factor * objective.room:g}"
    parts = [f"{objective.ratio(window)} > {bound}" for window in (long, short)]
    if objective is not LEADERSHIP:
        parts.append(f"{objective.bad(long)} * {WINDOWS[long]} >= {LEAST_JOBS}")
    return "\nand\n".join(parts)
