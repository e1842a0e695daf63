"""Shows people what came of a run. Pure: from the outcome alone."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from figures import percentile
from gitops.arrival import Arrival
from gitops.run import Checked

_COLOURS = {"Healthy": "green", "Degraded": "red", "Progressing": "cyan", "Suspended": "yellow"}


def build_jobs_table(arrivals: Sequence[Arrival]) -> Table:
    """Build the table of the jobs; seconds are from the commit."""
    table = Table("job", "Application", "sync", "synced s", "health", "ended s", "Argo CD says")
    for arrival in arrivals:
        colour = _COLOURS.get(arrival.seen.health, "")
        health = f"[{colour}]{arrival.seen.health}[/]" if colour else arrival.seen.health
        table.add_row(
            arrival.planned.name,
            arrival.planned.application,
            arrival.seen.sync,
            _seconds(arrival.synced),
            health if arrival.is_right else f"{health} (not as it must be)",
            _seconds(arrival.ended),
            _plain(arrival.seen.message[:90]),
        )
    return table


def build_times_table(arrivals: Sequence[Arrival]) -> Table:
    """Build the table of the times from the commit."""
    table = Table("seconds from the commit until", "jobs", "p50", "p99", "last")
    for what, times in (
        ("Synced", [arrival.synced for arrival in arrivals]),
        ("Healthy or Degraded", [arrival.ended for arrival in arrivals]),
    ):
        known = [seconds for seconds in times if seconds is not None]
        shown = [_seconds(percentile(known, share)) for share in (0.5, 0.99, 1.0)]
        table.add_row(what, str(len(known)), *shown)
    return table


def build_checks_table(checked: Sequence[Checked]) -> Table:
    """Build the table of what was tried afterwards."""
    table = Table("afterwards", "", "s", "what came of it")
    for check in checked:
        passed = "[green]ok[/]" if check.passed else "[red]NOT OK[/]"
        table.add_row(_plain(check.what), passed, _seconds(check.seconds), _plain(check.seen))
    return table


def _plain(text: str) -> str:
    """Keep brackets in a message from being taken for markup."""
    return text.replace("[", "\\[")


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
