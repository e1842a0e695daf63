"""`python -m scanners` runs them all, prints a table, and ends with one line of JSON.

It exits with 1 where a finding is open, or a waiver excuses nothing any more.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cluster.errors import ClusterError
from cluster.progress import Progress
from images.build import REPOSITORY
from scanners.cluster_objects import scan_with_checkov, scan_with_kube_score, scan_with_kubesec
from scanners.dependencies import scan_with_pip_audit
from scanners.environments import program_of
from scanners.finding import Outcome, ScannerError
from scanners.source_code import scan_with_bandit, scan_with_semgrep
from scanners.waivers import Judged, judge, read_waivers

SCANNERS: dict[str, Callable[[Path, Path], Outcome]] = {
    "semgrep": scan_with_semgrep,
    "checkov": scan_with_checkov,
    "bandit": scan_with_bandit,
    "pip-audit": scan_with_pip_audit,
    "kube-score": scan_with_kube_score,
    "kubesec": scan_with_kubesec,
}
"""The slowest first: two run at a time."""


def main() -> int:
    """Run all scanners; return the exit code."""
    with Progress() as progress:
        programs = {name: program_of(name, progress) for name in SCANNERS}
    with (
        tempfile.TemporaryDirectory(prefix="pdf-security-scan-") as name,
        ThreadPoolExecutor(2) as pool,
    ):
        runs = [
            pool.submit(scan, programs[scanner], Path(name)) for scanner, scan in SCANNERS.items()
        ]
        outcomes = [run.result() for run in runs]
    silent = [outcome.scanner for outcome in outcomes if outcome.not_run]
    judged = judge(
        [finding for outcome in outcomes for finding in outcome.findings], read_waivers(), silent
    )
    _print(sorted(outcomes, key=lambda outcome: outcome.scanner), judged)
    counts = {
        "scanners": len(outcomes),
        "not_run": len(silent),
        "findings": len(judged.waived) + len(judged.open),
        "waived": len(judged.waived),
        "open": len(judged.open),
    }
    sys.stdout.write(json.dumps(counts) + "\n")
    return 1 if judged.open or judged.unused else 0


def _print(outcomes: Sequence[Outcome], judged: Judged) -> None:
    console = Console(highlight=False, width=160)
    table = Table("scanner", "version", "passed", "waived", "open", "", box=None)
    for outcome in outcomes:
        waived = sum(finding.scanner == outcome.scanner for finding, _ in judged.waived)
        still_open = sum(finding.scanner == outcome.scanner for finding in judged.open)
        if outcome.not_run:
            table.add_row(
                outcome.scanner, outcome.version, "", "", "", f"NOT RUN: {outcome.not_run}"
            )
            continue
        passed = "" if outcome.passed is None else str(outcome.passed)
        counts = (passed, str(waived), str(still_open))
        table.add_row(outcome.scanner, outcome.version, *counts, outcome.skipped)
    table.add_row("hadolint", "", "", "", "", _dockerfiles())
    console.print(table)
    reasons = Table("waived", "", "findings", "why it does not apply", box=None)
    for waiver in dict.fromkeys(waiver for _, waiver in judged.waived):
        count = sum(used == waiver for _, used in judged.waived)
        reasons.add_row(waiver.scanner, waiver.rule, str(count), waiver.reason.strip())
    console.print(reasons)
    for finding in judged.open:
        console.print(f"OPEN {finding.scanner} {finding.rule} {finding.where}: {finding.text}")
    for waiver in judged.unused:
        console.print(f"UNUSED WAIVER {waiver.scanner} {waiver.rule} {waiver.where}: remove it")


def _dockerfiles() -> str:
    listed = subprocess.run(
        ["git", "ls-files", "*Dockerfile*", "*Containerfile*"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    found = listed.stdout.split()
    return (
        f"NOT RUN, and there is {found[0]}" if found else "not applicable: there is no Dockerfile"
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ClusterError, ScannerError) as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(1)
