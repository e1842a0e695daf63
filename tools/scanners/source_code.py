"""Scanners of Python code: bandit, and semgrep with the house's rules. Runs; judges nothing."""

from __future__ import annotations

from pathlib import Path

from scanners.environments import version_of
from scanners.finding import Finding, Outcome, without_canary
from scanners.running import json_of, run

CODE = ("operator/src", "processor-image/src", "tools")
"""What is scanned. Tests do on purpose what product code must not."""

RULES = Path(__file__).resolve().parent / "rules" / "house.yaml"

BAD_CODE = """\
import pickle, subprocess
subprocess.run(input(), shell=True)
pickle.loads(b"")
"""
"""What no scanner of Python may let pass."""


def scan_with_bandit(program: Path, work: Path) -> Outcome:
    """Run bandit with all its checks, whatever their severity."""
    command: list[object] = [
        program,
        "--recursive",
        "--quiet",
        "--format",
        "json",
        *CODE,
        _canary(work),
    ]
    report = json_of("bandit", run("bandit", command).stdout)
    findings = [
        Finding(
            "bandit",
            each["test_id"],
            f"{each['filename'].removeprefix('./')}:{each['line_number']}",
            each["issue_text"],
        )
        for each in report["results"]
    ]
    lines = report["metrics"]["_totals"]["loc"]
    return Outcome(
        "bandit",
        version_of("bandit"),
        skipped=f"{lines} lines read; it counts no checks",
        findings=without_canary("bandit", findings),
    )


def scan_with_semgrep(program: Path, work: Path) -> Outcome:
    """Run semgrep with the rules of the house; its own registry is out of reach, and not asked."""
    # semgrep looks for its own core beside it.
    command: list[object] = [
        program,
        "scan",
        "--config",
        RULES,
        "--json",
        "--quiet",
        "--metrics=off",
    ]
    command += ["--disable-version-check", "--no-git-ignore", *CODE, _canary(work)]
    report = json_of("semgrep", run("semgrep", command).stdout)
    findings = [
        Finding(
            "semgrep",
            each["check_id"].rpartition(".")[2],
            f"{each['path']}:{each['start']['line']}",
            each["extra"]["message"],
        )
        for each in report["results"]
    ]
    return Outcome(
        "semgrep",
        version_of("semgrep"),
        skipped="rules of the house only: the registry of rules is not asked",
        findings=without_canary("semgrep", findings),
    )


def _canary(work: Path) -> Path:
    file = work / "canary.py"
    file.write_text(BAD_CODE)
    return file
